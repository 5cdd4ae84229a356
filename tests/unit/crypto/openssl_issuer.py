"""Issuers, document signers and security objects made by the ``openssl`` command line: a tool that is not ours."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import new as new_hash
from pathlib import Path

from crypto import der, tlv
from crypto.trust.bundle import read_certificates
from crypto.trust.certificate import Certificate

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
DIGEST_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}

RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
PSS = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")
PSS_CMS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")


def ec(curve: str, encoding: str = "named_curve") -> tuple[str, ...]:
    return ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-pkeyopt", f"ec_param_enc:{encoding}")


def openssl(*arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


@dataclass(frozen=True)
class Signer:
    """A key and its certificate, as files."""

    key: Path
    pem: Path

    @property
    def certificate(self) -> Certificate:
        return read_certificates(self.pem.read_bytes())[0]


def make_csca(
    folder: Path,
    name: str,
    key: Sequence[str],
    *,
    days: int = 4000,
    digest: str = "sha256",
    options: Sequence[str] = (),
    ca: str = "TRUE",
    subject: str = "/C=VN/O=Invented/CN=CSCA",
) -> Signer:
    files = Signer(folder / f"{name}.key", folder / f"{name}.pem")
    openssl("genpkey", *key, "-out", files.key)
    config = folder / f"{name}.cnf"
    config.write_text(
        "[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n"
        f"basicConstraints=critical,CA:{ca}\nkeyUsage=critical,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
        encoding="ascii",
    )
    openssl(
        *("req", "-x509", "-new", "-key", files.key, "-subj", subject, "-days", str(days), f"-{digest}"),
        *("-config", config, "-out", files.pem, *options),
    )
    return files


def make_signer(
    folder: Path,
    name: str,
    csca: Signer,
    key: Sequence[str],
    *,
    days: int = 4000,
    digest: str = "sha256",
    options: Sequence[str] = (),
    extensions: str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
) -> Signer:
    files = Signer(folder / f"{name}.key", folder / f"{name}.pem")
    openssl("genpkey", *key, "-out", files.key)
    request, extra = folder / f"{name}.csr", folder / f"{name}.ext"
    openssl("req", "-new", "-key", files.key, "-subj", "/C=VN/O=Invented/CN=Document signer", "-out", request)
    extra.write_text(f"keyUsage=critical,digitalSignature\n{extensions}", encoding="ascii")
    openssl(
        *("x509", "-req", "-in", request, "-CA", csca.pem, "-CAkey", csca.key, "-days", str(days)),
        *("-set_serial", "0x1234", f"-{digest}", "-extfile", extra, "-out", files.pem, *options),
    )
    return files


def lds_security_object(groups: Mapping[int, bytes], digest: str = "sha256", version: int = 0) -> bytes:
    def hash_of(content: bytes) -> bytes:
        return new_hash(digest, content, usedforsecurity=False).digest()

    rows = b"".join(
        tlv.encode(0x30, der.encode_unsigned(number) + tlv.encode(0x04, hash_of(content)))
        for number, content in groups.items()
    )
    algorithm = tlv.encode(0x30, tlv.encode(0x06, der.encode_identifier(DIGEST_OIDS[digest])))
    tail = tlv.encode(0x30, tlv.encode(0x13, b"0108") + tlv.encode(0x13, b"040000")) if version else b""
    return tlv.encode(0x30, der.encode_unsigned(version) + algorithm + tlv.encode(0x30, rows) + tail)


def make_sod(
    folder: Path,
    signer: Signer,
    content: bytes,
    *,
    digest: str = "sha256",
    content_type: str = LDS_SECURITY_OBJECT,
    options: Sequence[str | Path] = (),
) -> bytes:
    source, target = folder / "content.der", folder / "signed.der"
    source.write_bytes(content)
    openssl(
        *("cms", "-sign", "-binary", "-nosmimecap", "-nodetach", "-in", source, "-outform", "DER", "-out", target),
        *("-econtent_type", content_type, "-md", digest, "-signer", signer.pem, "-inkey", signer.key, *options),
    )
    return tlv.encode(0x77, target.read_bytes())


@dataclass(frozen=True)
class Parts:
    """A security object taken apart, to be put together differently."""

    head: tuple[tlv.Tlv, ...]
    signer_info: tuple[tlv.Tlv, ...]

    @property
    def attributes(self) -> tuple[tlv.Tlv, ...]:
        return self.signer_info[3].children()


def take_apart(sod: bytes) -> Parts:
    wrapped = tlv.parse_one(tlv.parse_one(sod, 0x77).value).children()[1]
    members = tlv.parse_one(wrapped.value).children()
    return Parts(members[:-1], members[-1].children()[0].children())


def row(items: Sequence[tlv.Tlv]) -> bytes:
    return b"".join(item.encode() for item in items)


def put_together(head: Sequence[tlv.Tlv], *signer_infos: Sequence[tlv.Tlv]) -> bytes:
    infos = b"".join(tlv.encode(0x30, row(info)) for info in signer_infos)
    signed_data = tlv.encode(0x30, row(head) + tlv.encode(0x31, infos))
    kind = tlv.encode(0x06, der.encode_identifier("1.2.840.113549.1.7.2"))
    return tlv.encode(0x77, tlv.encode(0x30, kind + tlv.encode(0xA0, signed_data)))


def sign_again(folder: Path, parts: Parts, attributes: Sequence[tlv.Tlv], key: Path, digest: str = "sha256") -> bytes:
    """The same security object with other signed attributes, rightly signed by ``key``."""
    source = folder / "attributes.der"
    source.write_bytes(tlv.encode(0x31, row(attributes)))
    signature = openssl("dgst", f"-{digest}", "-sign", key, source)
    info = (*parts.signer_info[:3], tlv.Tlv(0xA0, row(attributes)), parts.signer_info[4], tlv.Tlv(0x04, signature))
    return put_together(parts.head, info)


def attribute(oid: str, *values: tlv.Tlv) -> tlv.Tlv:
    return tlv.Tlv(0x30, tlv.encode(0x06, der.encode_identifier(oid)) + tlv.encode(0x31, row(values)))
