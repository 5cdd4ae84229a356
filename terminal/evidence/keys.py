"""Who can open an evidence file: key pairs in the usual forms (PKCS#8 and SubjectPublicKeyInfo as PEM, X.509).

X25519 (RFC 7748, RFC 8410) is what this program makes; P-256 is taken too, since certificates have it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from crypto.errors import MalformedError, NotSupportedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    PublicKey: TypeAlias = "X25519PublicKey | EllipticCurvePublicKey"
    PrivateKey: TypeAlias = "X25519PrivateKey | EllipticCurvePrivateKey"

MAX_KEY_FILE = 64 << 10
"""Bytes of a key or certificate file."""

_P256 = "secp256r1"
_WANTED = "an X25519 or P-256 key is required"


class Kem(Enum):
    """The key encapsulation, with its number in the registry of RFC 9180 §7.1."""

    P256 = 0x0010
    X25519 = 0x0020


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key to encrypt to, and its id: SHA-256 over the SubjectPublicKeyInfo."""

    kem: Kem
    key_id: bytes
    key: PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Owner:
    """A private key that opens what was encrypted to its public half."""

    recipient: Recipient
    key: PrivateKey = field(repr=False)


def load_recipient(raw: bytes) -> Recipient:
    """The recipient in a PEM public key, or in an X.509 certificate as PEM or DER, whose validity says nothing here.

    Raises MalformedError, NotSupportedError (another kind of key).
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        if b"-----BEGIN PUBLIC KEY-----" in raw:
            return _recipient(serialization.load_pem_public_key(raw))
        load = x509.load_pem_x509_certificate if b"-----BEGIN" in raw else x509.load_der_x509_certificate
        return _recipient(load(raw).public_key())
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise MalformedError("recipient: neither a public key as PEM nor a certificate") from error


def is_encrypted(raw: bytes) -> bool:
    """Whether a private key file needs a passphrase."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in raw


def load_owner(raw: bytes, passphrase: bytes | None = None) -> Owner:
    """The key pair in a PEM private key (PKCS#8). Raises MalformedError (also for a wrong passphrase),
    NotSupportedError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, x25519

    try:
        key = serialization.load_pem_private_key(raw, passphrase if is_encrypted(raw) else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MalformedError("key: no private key as PEM, or a wrong passphrase") from error
    if not isinstance(key, x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise NotSupportedError(f"key: {_WANTED}")
    return Owner(_recipient(key.public_key()), key)


def make_key(passphrase: bytes | None) -> tuple[bytes, bytes]:
    """A new X25519 key pair as PEM: the private half (PKCS#8, encrypted under ``passphrase`` if given), the public."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = X25519PrivateKey.generate()
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _recipient(key: object) -> Recipient:
    from cryptography.hazmat.primitives.asymmetric import ec, x25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if isinstance(key, x25519.X25519PublicKey):
        kem = Kem.X25519
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == _P256:
        kem = Kem.P256
    else:
        raise NotSupportedError(f"key: {_WANTED}")
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Recipient(kem, hashlib.sha256(spki).digest(), key)
