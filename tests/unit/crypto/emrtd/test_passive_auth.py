"""Security objects made by openssl, right and wrong."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import der, tlv
from crypto.emrtd.passive_auth import MAX_SOD, SecurityObject
from crypto.errors import (
    HashMismatchError,
    MalformedError,
    NotCoveredError,
    NotSupportedError,
    ProofError,
)
from crypto.trust.findings import Finding
from tests.unit.crypto.conftest import GROUPS, Issuer
from tests.unit.crypto.openssl_issuer import (
    PSS,
    PSS_CMS,
    RSA,
    ec,
    lds_security_object,
    make_csca,
    make_signer,
    make_sod,
    row,
    take_apart,
)

VECTORS = Path(__file__).parents[3] / "vectors"
REFERENCE = VECTORS / "bsi_tr03105_ef_sod.json"
PUBLISHED = VECTORS / "PATest.json"

ALGORITHMS = {
    "rsa": (RSA, (), (), "sha256", "RSA 2048 SHA-256"),
    "rsa-sha512": (RSA, (), (), "sha512", "RSA 2048 SHA-512"),
    "pss": (RSA, PSS, PSS_CMS, "sha256", "RSA-PSS 2048 SHA-256"),
    "pss-sha384": (RSA, PSS, PSS_CMS, "sha384", "RSA-PSS 2048 SHA-384"),
    "p256": (ec("P-256"), (), (), "sha256", "ECDSA P-256 SHA-256"),
    "p521": (ec("P-521"), (), (), "sha512", "ECDSA P-521 SHA-512"),
    "p224": (ec("P-224"), (), (), "sha224", "ECDSA P-224 SHA-224"),
    "brainpool256": (ec("brainpoolP256r1"), (), (), "sha256", "ECDSA brainpoolP256r1 SHA-256"),
    "brainpool320": (ec("brainpoolP320r1"), (), (), "sha384", "ECDSA brainpoolP320r1 SHA-384"),
    "brainpool512": (ec("brainpoolP512r1"), (), (), "sha512", "ECDSA brainpoolP512r1 SHA-512"),
    "explicit-p256": (ec("P-256", "explicit"), (), (), "sha256", "ECDSA P-256 SHA-256"),
    "explicit-brainpool384": (ec("brainpoolP384r1", "explicit"), (), (), "sha256", "ECDSA brainpoolP384r1 SHA-256"),
    "explicit-brainpool512": (ec("brainpoolP512r1", "explicit"), (), (), "sha512", "ECDSA brainpoolP512r1 SHA-512"),
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_security_object_of_openssl_verifies_down_to_its_issuer(name: str, tmp_path: Path) -> None:
    key, certificate_options, cms_options, digest, described = ALGORITHMS[name]
    csca = make_csca(tmp_path, "csca", key, digest=digest, options=certificate_options)
    signer = make_signer(tmp_path, "signer", csca, key, digest=digest, options=certificate_options)
    content = lds_security_object(GROUPS, digest)

    sod = SecurityObject.parse(make_sod(tmp_path, signer, content, digest=digest, options=cms_options))

    sod.verify_signature()
    for number, group in GROUPS.items():
        sod.verify_file(number, group)
    assert sod.signature_algorithm == described
    assert sod.hash_algorithm == digest
    assert sod.signer == signer.certificate
    assert sod.findings == ()
    assert set(sod.hashes) == set(GROUPS)
    sod.signer.verify_signed_by(csca.certificate)


def test_the_published_reference_document_verifies() -> None:
    """EF.SOD of BSI TR-03105-5's reference data set: RSA-PSS inside and out, made by another issuer's software."""
    sod = SecurityObject.parse(bytes.fromhex(json.loads(REFERENCE.read_text("utf-8"))["ef_sod"]))

    sod.verify_signature()
    assert sod.signature_algorithm == "RSA-PSS 2048 SHA-256"
    assert (sod.hash_algorithm, sod.lds_version, sod.findings) == ("sha256", None, ())
    assert sod.signer.subject == "C=DE, O=HJP Consulting, OU=Document Signer, CN=HJP PB DS"
    assert sod.signer.authority_key_id == bytes.fromhex("1e4d57560c12902366a8fde11408a37f70eb7d65")
    assert sorted(sod.hashes) == [1, 2, 3, 4, 14]  # not DG15: active authentication would prove nothing there
    published = {constant["hex"] for constant in json.loads(PUBLISHED.read_text("utf-8"))[0]["constants"]}
    assert {sod.hashes[1].hex(), sod.hashes[14].hex()} == published
    with pytest.raises(NotCoveredError, match="DG15"):
        sod.verify_file(15, b"")


def test_no_flipped_bit_of_the_published_reference_document_verifies() -> None:
    raw = bytes.fromhex(json.loads(REFERENCE.read_text("utf-8"))["ef_sod"])
    original = SecurityObject.parse(raw)
    for at in range(0, len(raw), 7):
        altered = bytearray(raw)
        altered[at] ^= 0x10
        with suppress(ProofError):
            sod = SecurityObject.parse(bytes(altered))
            sod.verify_signature()
            assert (sod.hashes, sod.hash_algorithm) == (original.hashes, original.hash_algorithm)


def test_sha1_is_accepted_and_reported(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", RSA)
    signer = make_signer(tmp_path, "signer", csca, RSA)

    sod = SecurityObject.parse(make_sod(tmp_path, signer, lds_security_object(GROUPS, "sha1"), digest="sha1"))

    sod.verify_signature()
    sod.verify_file(1, GROUPS[1])
    assert sod.signature_algorithm == "RSA 2048 SHA-1"
    assert sod.findings == (Finding.SHA1,)


def test_sha1_of_the_group_hashes_alone_is_reported(issuer: Issuer, tmp_path: Path) -> None:
    sod = SecurityObject.parse(make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS, "sha1")))

    sod.verify_signature()
    assert sod.findings == (Finding.SHA1,)


def test_a_short_rsa_key_is_reported(tmp_path: Path) -> None:
    short = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    csca = make_csca(tmp_path, "csca", ec("P-256"))
    signer = make_signer(tmp_path, "signer", csca, short)

    sod = SecurityObject.parse(make_sod(tmp_path, signer, lds_security_object(GROUPS)))

    sod.verify_signature()
    assert sod.findings == (Finding.SHORT_RSA_KEY,)


def test_version_1_of_the_lds_security_object_tells_the_lds_version(issuer: Issuer, tmp_path: Path) -> None:
    old = SecurityObject.parse(issuer.sod)
    new = SecurityObject.parse(make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS, version=1)))

    new.verify_signature()
    assert (old.lds_version, new.lds_version) == (None, "0108")


@pytest.mark.parametrize("version", [b"\x13\x0401x8", b"\x0c\x040108"], ids=["no digits", "UTF8String"])
def test_an_lds_version_of_another_form_is_malformed(issuer: Issuer, tmp_path: Path, version: bytes) -> None:
    content = lds_security_object(GROUPS, version=1).replace(b"\x13\x040108", version)
    with pytest.raises(MalformedError, match="LDS version"):
        SecurityObject.parse(make_sod(tmp_path, issuer.signer, content))


def test_a_signer_named_by_key_identifier_is_found(issuer: Issuer, tmp_path: Path) -> None:
    sod = SecurityObject.parse(make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-keyid"]))

    sod.verify_signature()
    assert sod.findings == ()


def test_the_named_signer_is_found_among_several_certificates(issuer: Issuer, tmp_path: Path) -> None:
    options = ["-certfile", issuer.csca.pem]
    sod = SecurityObject.parse(make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=options))

    sod.verify_signature()
    assert sod.signer == issuer.signer.certificate


def test_a_file_under_another_tag_is_no_security_object(issuer: Issuer) -> None:
    with pytest.raises(MalformedError, match="tag 78 where 77 belongs"):
        SecurityObject.parse(b"\x78" + issuer.sod[1:])


def test_the_longest_security_object_is_looked_at() -> None:
    longest = b"\x77\x82\xff\xfc" + bytes(MAX_SOD - 4)
    for raw, told in ((longest, "BER"), (longest + b"\0", "too long")):
        with pytest.raises(MalformedError, match=told):
            SecurityObject.parse(raw)


def test_all_sixteen_groups_may_be_covered(issuer: Issuer, tmp_path: Path) -> None:
    groups = {number: bytes([number]) for number in range(1, 17)}
    sod = SecurityObject.parse(make_sod(tmp_path, issuer.signer, lds_security_object(groups)))
    for number, content in groups.items():
        sod.verify_file(number, content)


def test_another_file_than_the_signed_one_is_a_mismatch(issuer: Issuer) -> None:
    sod = SecurityObject.parse(issuer.sod)

    with pytest.raises(HashMismatchError, match="DG13"):
        sod.verify_file(13, GROUPS[13] + b" ")


def test_a_file_without_hash_is_not_covered(issuer: Issuer) -> None:
    sod = SecurityObject.parse(issuer.sod)

    with pytest.raises(NotCoveredError, match="DG15"):
        sod.verify_file(15, b"key")


def test_the_hashes_cannot_be_changed_by_a_caller(issuer: Issuer) -> None:
    with pytest.raises(TypeError):
        SecurityObject.parse(issuer.sod).hashes[1] = bytes(32)  # type: ignore[index]


def _sha256() -> bytes:
    return tlv.encode(0x30, tlv.encode(0x06, der.encode_identifier("2.16.840.1.101.3.4.2.1")))


def _hash(number: int, value: bytes) -> bytes:
    return tlv.encode(0x30, der.encode_unsigned(number) + tlv.encode(0x04, value))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lds_security_object({}), MalformedError),
        (lds_security_object(GROUPS) + b"\0", MalformedError),
        (
            tlv.encode(0x30, der.encode_unsigned(2) + _sha256() + tlv.encode(0x30, _hash(1, bytes(32)))),
            NotSupportedError,
        ),
        (tlv.encode(0x30, der.encode_unsigned(1) + _sha256() + tlv.encode(0x30, _hash(1, bytes(32)))), MalformedError),
        (tlv.encode(0x30, der.encode_unsigned(0) + _sha256()), MalformedError),
        (tlv.encode(0x30, der.encode_unsigned(0) + _sha256() + tlv.encode(0x30, _hash(17, bytes(32)))), MalformedError),
        (tlv.encode(0x30, der.encode_unsigned(0) + _sha256() + tlv.encode(0x30, _hash(1, bytes(20)))), MalformedError),
        (
            tlv.encode(0x30, der.encode_unsigned(0) + _sha256() + tlv.encode(0x30, _hash(1, bytes(32)) * 2)),
            MalformedError,
        ),
        (
            tlv.encode(0x30, der.encode_unsigned(0) + _sha256() + tlv.encode(0x30, tlv.encode(0x30, b"\x02\x01\x01"))),
            MalformedError,
        ),
        (
            tlv.encode(
                0x30,
                der.encode_unsigned(1) + _sha256() + tlv.encode(0x30, _hash(1, bytes(32))) + tlv.encode(0x30, b""),
            ),
            MalformedError,
        ),
        (
            tlv.encode(
                0x30,
                der.encode_unsigned(0)
                + tlv.encode(0x30, tlv.encode(0x06, der.encode_identifier("1.2.840.113549.2.5")))
                + tlv.encode(0x30, _hash(1, bytes(16))),
            ),
            NotSupportedError,
        ),
    ],
    ids=[
        "no hash",
        "bytes after it",
        "version 2",
        "version 1 without LDS version",
        "no hashes",
        "group 17",
        "short hash",
        "doubled group",
        "hash without value",
        "empty LDS version",
        "MD5",
    ],
)
def test_a_rightly_signed_but_wrong_lds_security_object_is_refused(
    issuer: Issuer, tmp_path: Path, content: bytes, expected: type[ProofError]
) -> None:
    with pytest.raises(expected):
        SecurityObject.parse(make_sod(tmp_path, issuer.signer, content))


def test_an_oversized_object_is_refused_unread() -> None:
    with pytest.raises(MalformedError, match="too long"):
        SecurityObject.parse(bytes(MAX_SOD + 1))


@settings(max_examples=150)
@given(raw=st.binary(max_size=200))
def test_random_bytes_end_in_a_proof_error(raw: bytes) -> None:
    for content in (raw, tlv.encode(0x77, raw), tlv.encode(0x77, tlv.encode(0x30, raw))):
        with pytest.raises(ProofError):
            SecurityObject.parse(content)


@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_object_parses_or_ends_in_a_proof_error(issuer: Issuer, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(issuer.sod) - 1))
    piece = data.draw(st.binary(max_size=8))
    cut = data.draw(st.integers(0, 8))
    damaged = issuer.sod[:at] + piece + issuer.sod[at + cut :]
    try:
        SecurityObject.parse(damaged).verify_signature()
    except ProofError:
        return
    assert row(take_apart(damaged).attributes) == row(take_apart(issuer.sod).attributes)
