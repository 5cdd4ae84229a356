"""Certificates as careless issuers write them, self-signed, put together from data objects."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from crypto import der, tlv

SEQUENCE, SET = 0x30, 0x31
EC_KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
P = int(
    "e13eff927c4fc8820591715c74d4e6af6f11661f6bf9b2df69f94b903da9d05e"
    "f71c3fcefe877d37d2336de3733341329c07e2d649024a71942c002cbee2a76f",
    16,
)
Q = int(
    "c9c0a892fc6b3e7257db6a1b8c1399e20b7ed402ce2405a28dbcc5e365b1a986"
    "1dc706799b29e68d7b8c2d5a6e96d570ccaf729d4cf62c56377bb1be24c65dc5",
    16,
)
D = pow(65537, -1, (P - 1) * (Q - 1))
RSA_KEY = rsa.RSAPrivateNumbers(
    *(P, Q, D, D % (P - 1), D % (Q - 1), pow(Q, -1, P)), rsa.RSAPublicNumbers(65537, P * Q)
).private_key()
"""An invented key: 1024 bits, since making one costs time."""


def oid(dotted: str) -> bytes:
    return tlv.encode(0x06, der.encode_identifier(dotted))


def seq(*rows: bytes) -> bytes:
    return tlv.encode(SEQUENCE, b"".join(rows))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    return seq(oid(dotted), parameters)


def name(*parts: tuple[str, int, bytes]) -> bytes:
    """A name of one part a level: type, string's tag, content."""
    return seq(*(tlv.encode(SET, seq(oid(kind), tlv.encode(tag, content))) for kind, tag, content in parts))


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return seq(oid(dotted), b"\x01\x01\xff" if critical else b"", tlv.encode(0x04, value))


def extensions(*rows: bytes) -> bytes:
    return tlv.encode(0xA3, seq(*rows))


def spki(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


def sign_ecdsa(body: bytes) -> bytes:
    return EC_KEY.sign(body, ec.ECDSA(hashes.SHA256()))


def sign_rsa(body: bytes) -> bytes:
    return RSA_KEY.sign(body, padding.PKCS1v15(), hashes.SHA256())


NAME = name(("2.5.4.6", 0x13, b"VN"), ("2.5.4.3", 0x0C, b"CSCA Invented"))
KEY_ID = tlv.encode(0x04, b"\x01" * 20)
CA = (
    extension("2.5.29.19", seq(b"\x01\x01\xff"), critical=True),
    extension("2.5.29.15", b"\x03\x02\x01\x06", critical=True),
    extension("2.5.29.14", KEY_ID),
)
ECDSA_SHA256 = algorithm("1.2.840.10045.4.3.2")
RSA_SHA256 = algorithm("1.2.840.113549.1.1.11", b"\x05\x00")
VALIDITY = seq(tlv.encode(0x17, b"210101000000Z"), tlv.encode(0x17, b"461231235959Z"))


@dataclass(frozen=True)
class Parts:
    """The pieces of a certificate, each as it will be written."""

    version: bytes = b"\xa0\x03\x02\x01\x02"
    serial: bytes = b"\x02\x01\x05"
    inner: bytes = ECDSA_SHA256
    issuer: bytes = NAME
    validity: bytes = VALIDITY
    subject: bytes = NAME
    spki: bytes = field(default_factory=lambda: spki(EC_KEY))
    unique_ids: bytes = b""
    extensions: bytes = field(default_factory=lambda: extensions(*CA))
    outer: bytes | None = None
    sign: Callable[[bytes], bytes] = sign_ecdsa
    unused_bits: bytes = b"\x00"

    def encode(self) -> bytes:
        body = seq(
            *(self.version, self.serial, self.inner, self.issuer, self.validity, self.subject, self.spki),
            *(self.unique_ids, self.extensions),
        )
        outer = self.inner if self.outer is None else self.outer
        return seq(body, outer, tlv.encode(0x03, self.unused_bits + self.sign(body)))


PLAIN = Parts()


def odd(**parts: object) -> bytes:
    return replace(PLAIN, **parts).encode()  # type: ignore[arg-type]


def named(*parts: tuple[str, int, bytes]) -> bytes:
    return odd(issuer=name(*parts), subject=name(*parts))


def times(begin: tuple[int, bytes], end: tuple[int, bytes]) -> bytes:
    return seq(tlv.encode(*begin), tlv.encode(*end))


def indefinite(raw: bytes) -> bytes:
    """The same in BER: every constructed object with an open length."""
    item = tlv.parse_one(raw)
    if not item.constructed:
        return raw
    return bytes([item.tag, 0x80]) + b"".join(indefinite(child.encode()) for child in item.children()) + b"\0\0"


def explicit_spki(*, seed: bool = False, cofactor: bool = True, compressed_base: bool = False) -> bytes:
    """P-256 by its numbers (FIPS 186-4 §D.1.2.3)."""
    p = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    x = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    base = (b"\x03" if compressed_base else b"\x04") + x.to_bytes(32, "big")
    seed_bits = tlv.encode(0x03, b"\0" + bytes.fromhex("c49d360886e704936a6678e1139d26b7819f7e90")) if seed else b""
    parameters = seq(
        der.encode_unsigned(1),
        seq(oid("1.2.840.10045.1.1"), der.encode_unsigned(p)),
        seq(tlv.encode(0x04, (p - 3).to_bytes(32, "big")), tlv.encode(0x04, b.to_bytes(32, "big")), seed_bits),
        tlv.encode(0x04, base if compressed_base else base + y.to_bytes(32, "big")),
        der.encode_unsigned(n),
        der.encode_unsigned(1) if cofactor else b"",
    )
    _, point = tlv.parse_one(spki(EC_KEY)).children()
    return seq(algorithm("1.2.840.10045.2.1", parameters), point.encode())


def openssl_loads(raw: bytes) -> bool:
    """What an independent reader says."""
    command = ["openssl", "x509", "-inform", "DER", "-noout", "-serial"]
    return subprocess.run(command, input=raw, capture_output=True, check=False).returncode == 0
