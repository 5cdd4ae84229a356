"""Signatures of certificates and security objects, by their X.509 algorithm identifiers.

Identifiers: RFC 4055, RFC 5758, RFC 8017; ICAO Doc 9303-12 §4.1.6; BSI TR-03111 §5.2.1 for plain ECDSA signatures.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from crypto import curves, der, tlv
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError
from crypto.trust import rsa
from crypto.trust.findings import Finding
from crypto.trust.rsa import RsaKey

_RSA_KEY = "1.2.840.113549.1.1.1"
_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_EC_KEY = "1.2.840.10045.2.1"
_ECDSA_RECOMMENDED = "1.2.840.10045.4.2"
_ECDSA_SPECIFIED = "1.2.840.10045.4.3"
_NULL = b"\x05\x00"
_SHORT_RSA = 2048
_SHORT_EC = 224
_MAX_SALT = 1024

_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_DIGEST_IDENTIFIERS = {name: der.encode_identifier(oid) for oid, name in _DIGESTS.items()}


class Scheme(Enum):
    """How the key signs."""

    RSA_PKCS1 = "RSA"
    RSA_PSS = "RSA-PSS"
    ECDSA = "ECDSA"
    ECDSA_PLAIN = "ECDSA-plain"
    """The two numbers at fixed length, one after the other, instead of a SEQUENCE (BSI TR-03111 §5.2.1.1)."""


_SIGNATURES = {
    "1.2.840.113549.1.1.5": (Scheme.RSA_PKCS1, "sha1"),
    "1.3.14.3.2.29": (Scheme.RSA_PKCS1, "sha1"),
    "1.2.840.113549.1.1.14": (Scheme.RSA_PKCS1, "sha224"),
    "1.2.840.113549.1.1.11": (Scheme.RSA_PKCS1, "sha256"),
    "1.2.840.113549.1.1.12": (Scheme.RSA_PKCS1, "sha384"),
    "1.2.840.113549.1.1.13": (Scheme.RSA_PKCS1, "sha512"),
    "1.2.840.10045.4.1": (Scheme.ECDSA, "sha1"),
    "1.2.840.10045.4.3.1": (Scheme.ECDSA, "sha224"),
    "1.2.840.10045.4.3.2": (Scheme.ECDSA, "sha256"),
    "1.2.840.10045.4.3.3": (Scheme.ECDSA, "sha384"),
    "1.2.840.10045.4.3.4": (Scheme.ECDSA, "sha512"),
    "0.4.0.127.0.7.1.1.4.1.1": (Scheme.ECDSA_PLAIN, "sha1"),
    "0.4.0.127.0.7.1.1.4.1.2": (Scheme.ECDSA_PLAIN, "sha224"),
    "0.4.0.127.0.7.1.1.4.1.3": (Scheme.ECDSA_PLAIN, "sha256"),
    "0.4.0.127.0.7.1.1.4.1.4": (Scheme.ECDSA_PLAIN, "sha384"),
    "0.4.0.127.0.7.1.1.4.1.5": (Scheme.ECDSA_PLAIN, "sha512"),
}
_KEYS_ALONE = {_RSA_KEY: Scheme.RSA_PKCS1, _EC_KEY: Scheme.ECDSA, _ECDSA_RECOMMENDED: Scheme.ECDSA}
"""Identifiers that leave the hash to the digest algorithm beside them (RFC 3370 §3.2)."""


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """Scheme and hash (``hashlib`` name); for PSS also the mask's hash and the salt length in bytes."""

    scheme: Scheme
    digest: str
    mask_digest: str = ""
    salt: int = 0

    @property
    def weak(self) -> tuple[Finding, ...]:
        """What is weak about its hashes."""
        return (Finding.SHA1,) if "sha1" in (self.digest, self.mask_digest) else ()


@dataclass(frozen=True, slots=True)
class _EcKey:
    """A curve that is known and the encoded point, which may still be none of the curve."""

    curve: curves.Curve
    point: bytes


def digest_of(identifier: bytes) -> str:
    """The ``hashlib`` name of a digest AlgorithmIdentifier (DER); raises MalformedError, NotSupportedError."""
    oid, _ = _split(tlv.parse_one(identifier))
    if oid not in _DIGESTS:
        raise NotSupportedError(f"digest algorithm {oid}")
    return _DIGESTS[oid]


def digest(name: str, content: bytes) -> bytes:
    """The hash of ``content``. SHA-1 is computed like the others; its weakness is reported as a finding."""
    return hashlib.new(name, content, usedforsecurity=False).digest()


def without_null(identifier: bytes) -> bytes:
    """An AlgorithmIdentifier (DER) without parameters when they are NULL: both forms say the same (RFC 4055 §2.1)."""
    item = tlv.parse_one(identifier)
    return tlv.encode(item.tag, item.value.removesuffix(_NULL))


def algorithm_of(identifier: bytes, digest_name: str | None = None) -> SignatureAlgorithm:
    """The algorithm that a signature AlgorithmIdentifier (DER) names; raises MalformedError, NotSupportedError.

    CMS may name only the key (rsaEncryption, RFC 3370 §3.2); then ``digest_name`` says the hash.
    """
    oid, parameters = _split(tlv.parse_one(identifier))
    if oid in _SIGNATURES:
        return SignatureAlgorithm(*_SIGNATURES[oid])
    if oid == _PSS:
        return _pss(parameters)
    if oid == _ECDSA_SPECIFIED and parameters is not None:
        return SignatureAlgorithm(Scheme.ECDSA, digest_of(parameters.encode()))
    if oid in _KEYS_ALONE and digest_name is not None:
        return SignatureAlgorithm(_KEYS_ALONE[oid], digest_name)
    raise NotSupportedError(f"signature algorithm {oid}")


def describe(spki: bytes, algorithm: SignatureAlgorithm) -> str:
    """Scheme, key and hash for a report: ``ECDSA brainpoolP384r1 SHA-256``, ``RSA-PSS 3072 SHA-256``.

    Raises MalformedError, NotSupportedError.
    """
    key = describe_key(spki).removeprefix("RSA ")
    return f"{algorithm.scheme.value} {key} SHA-{algorithm.digest.removeprefix('sha')}"


def describe_key(spki: bytes) -> str:
    """The key of a SubjectPublicKeyInfo for a report: ``brainpoolP384r1``, ``RSA 3072``.

    Raises MalformedError, NotSupportedError.
    """
    key = _key(spki)
    return f"RSA {key.bits}" if isinstance(key, RsaKey) else key.curve.name


def findings(spki: bytes, algorithm: SignatureAlgorithm) -> tuple[Finding, ...]:
    """What is weak about this key and hash; raises MalformedError, NotSupportedError."""
    key = _key(spki)
    if isinstance(key, RsaKey):
        short = (Finding.SHORT_RSA_KEY,) if key.bits < _SHORT_RSA else ()
    else:
        short = (Finding.SHORT_EC_KEY,) if key.curve.order.bit_length() < _SHORT_EC else ()
    return (*algorithm.weak, *short)


def verify(spki: bytes, algorithm: SignatureAlgorithm, signature: bytes, content: bytes) -> None:
    """Check ``signature`` over ``content`` with the key of a SubjectPublicKeyInfo (DER).

    Raises SignatureWrongError; MalformedError or NotSupportedError for a key that does not fit the algorithm.
    """
    key, hashed = _key(spki, algorithm), digest(algorithm.digest, content)
    if isinstance(key, RsaKey):
        if algorithm.scheme is Scheme.RSA_PSS:
            rsa.verify_pss(key, algorithm.digest, hashed, algorithm.mask_digest, algorithm.salt, signature)
        elif algorithm.scheme is Scheme.RSA_PKCS1:
            rsa.verify_pkcs1(key, _DIGEST_IDENTIFIERS[algorithm.digest], hashed, signature)
        else:
            raise MalformedError("public key: an EC key is required")
    elif algorithm.scheme is Scheme.ECDSA:
        curves.verify_ecdsa(key.curve, key.point, hashed, *_pair(signature))
    elif algorithm.scheme is Scheme.ECDSA_PLAIN:
        curves.verify_ecdsa(key.curve, key.point, hashed, *_plain_pair(signature, key.curve.order_size))
    else:
        raise MalformedError("public key: an RSA key is required")


def _split(identifier: tlv.Tlv) -> tuple[str, tlv.Tlv | None]:
    members = der.parts(identifier)
    if not 1 <= len(members) <= 2:
        raise MalformedError("algorithm identifier: not an OID and parameters")
    return der.identifier(members[0]), members[1] if len(members) == 2 else None


def _pss(parameters: tlv.Tlv | None) -> SignatureAlgorithm:
    """RFC 4055 §3.1; what is left out has SHA-1 and 20 bytes of salt as default."""
    members = der.parts(parameters) if parameters else ()
    hashed = tlv.find_optional(members, 0xA0)
    masked = tlv.find_optional(members, 0xA1)
    salt = tlv.find_optional(members, 0xA2)
    trailer = tlv.find_optional(members, 0xA3)
    if trailer is not None and der.unsigned(tlv.parse_one(trailer)) != 1:
        raise NotSupportedError("RSA-PSS: trailer field")
    length = der.unsigned(tlv.parse_one(salt)) if salt is not None else 20
    if length > _MAX_SALT:
        raise MalformedError("RSA-PSS: salt longer than a key")
    return SignatureAlgorithm(
        Scheme.RSA_PSS,
        digest=digest_of(hashed) if hashed is not None else "sha1",
        mask_digest=_mask_digest(masked) if masked is not None else "sha1",
        salt=length,
    )


def _mask_digest(identifier: bytes) -> str:
    oid, parameters = _split(tlv.parse_one(identifier))
    if oid != _MGF1 or parameters is None:
        raise NotSupportedError("RSA-PSS: mask generation other than MGF1")
    return digest_of(parameters.encode())


def _key(spki: bytes, algorithm: SignatureAlgorithm | None = None) -> RsaKey | _EcKey:
    """The key, which must be one that may sign with ``algorithm`` when that is given."""
    members = der.parts(tlv.parse_one(spki))
    if len(members) != 2:
        raise MalformedError("public key: not algorithm and bits")
    oid, parameters = _split(members[0])
    content = der.bits(members[1])
    if oid == _EC_KEY:
        if parameters is None:
            raise MalformedError("public key: an EC key with parameters is required")
        return _EcKey(curves.curve_of(parameters.encode()), content)
    if oid not in (_RSA_KEY, _PSS):
        raise NotSupportedError(f"public key of algorithm {oid}")
    if oid == _PSS and algorithm is not None:
        _check_restriction(parameters, algorithm)
    return RsaKey.parse(content)


def _check_restriction(parameters: tlv.Tlv | None, algorithm: SignatureAlgorithm) -> None:
    """A PSS key signs nothing else, and with no other hashes than its own parameters allow (RFC 4055 §3.3)."""
    if algorithm.scheme is not Scheme.RSA_PSS:
        raise MalformedError("public key: it signs with RSA-PSS only")
    if parameters is None:
        return
    allowed = _pss(parameters)
    hashes = (allowed.digest, allowed.mask_digest)
    if hashes != (algorithm.digest, algorithm.mask_digest) or algorithm.salt < allowed.salt:
        raise MalformedError("public key: its own parameters forbid this signature")


def _pair(signature: bytes) -> tuple[int, int]:
    """The numbers of Ecdsa-Sig-Value (RFC 3279 §2.2.3), in the one form that DER has for them."""
    try:
        r, s = (der.unsigned(member) for member in der.parts(tlv.parse_one(signature)))
    except (MalformedError, ValueError):
        raise SignatureWrongError("ECDSA: not a pair of numbers") from None
    if tlv.encode(der.SEQUENCE, der.encode_unsigned(r) + der.encode_unsigned(s)) != signature:
        raise SignatureWrongError("ECDSA: a pair of numbers in another form than DER's")
    return r, s


def _plain_pair(signature: bytes, size: int) -> tuple[int, int]:
    if len(signature) != 2 * size:
        raise SignatureWrongError("ECDSA: not two numbers of the curve's size")
    return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
