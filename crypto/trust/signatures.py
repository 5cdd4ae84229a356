"""Signatures of certificates and security objects, by their X.509 algorithm identifiers (RFC 4055, 5758, 8017)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from crypto import curves, der, tlv
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError

_RSA_KEY = "1.2.840.113549.1.1.1"
_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_EC_KEY = "1.2.840.10045.2.1"
_SHORT_RSA = 2048
_MIN_RSA = 1024

_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Scheme(Enum):
    """How the key signs."""

    RSA_PKCS1 = "RSA"
    RSA_PSS = "RSA-PSS"
    ECDSA = "ECDSA"


class Finding(Enum):
    """Something weak or irregular that does not make a signature wrong, but that a report names."""

    SHA1 = "sha1"
    SHORT_RSA_KEY = "short_rsa_key"
    SIGNER_MISNAMED = "signer_misnamed"


_SIGNATURES = {
    "1.2.840.113549.1.1.5": (Scheme.RSA_PKCS1, "sha1"),
    "1.2.840.113549.1.1.14": (Scheme.RSA_PKCS1, "sha224"),
    "1.2.840.113549.1.1.11": (Scheme.RSA_PKCS1, "sha256"),
    "1.2.840.113549.1.1.12": (Scheme.RSA_PKCS1, "sha384"),
    "1.2.840.113549.1.1.13": (Scheme.RSA_PKCS1, "sha512"),
    "1.2.840.10045.4.1": (Scheme.ECDSA, "sha1"),
    "1.2.840.10045.4.3.1": (Scheme.ECDSA, "sha224"),
    "1.2.840.10045.4.3.2": (Scheme.ECDSA, "sha256"),
    "1.2.840.10045.4.3.3": (Scheme.ECDSA, "sha384"),
    "1.2.840.10045.4.3.4": (Scheme.ECDSA, "sha512"),
}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """Scheme and hash (``hashlib`` name); for PSS also the mask's hash and the salt length in bytes."""

    scheme: Scheme
    digest: str
    mask_digest: str = ""
    salt: int = 0


def digest_of(identifier: bytes) -> str:
    """The ``hashlib`` name of a digest AlgorithmIdentifier (DER); raises MalformedError, NotSupportedError."""
    oid, _ = _split(tlv.parse_one(identifier))
    if oid not in _DIGESTS:
        raise NotSupportedError(f"digest algorithm {oid}")
    return _DIGESTS[oid]


def digest(name: str, content: bytes) -> bytes:
    """The hash of ``content``. SHA-1 is computed like the others; its weakness is reported as a finding."""
    return hashlib.new(name, content, usedforsecurity=False).digest()


def algorithm_of(identifier: bytes, digest_name: str | None = None) -> SignatureAlgorithm:
    """The algorithm that a signature AlgorithmIdentifier (DER) names; raises MalformedError, NotSupportedError.

    CMS may name only the key (rsaEncryption, RFC 3370 §3.2); then ``digest_name`` says the hash.
    """
    oid, parameters = _split(tlv.parse_one(identifier))
    if oid in _SIGNATURES:
        return SignatureAlgorithm(*_SIGNATURES[oid])
    if oid == _PSS:
        return _pss(parameters)
    if oid == _RSA_KEY and digest_name is not None:
        return SignatureAlgorithm(Scheme.RSA_PKCS1, digest_name)
    raise NotSupportedError(f"signature algorithm {oid}")


def describe(spki: bytes, algorithm: SignatureAlgorithm) -> str:
    """Scheme, key and hash for a report: ``ECDSA brainpoolP384r1 SHA-256``, ``RSA-PSS 3072 SHA-256``."""
    key = _ec_key(spki)[0].name if algorithm.scheme is Scheme.ECDSA else str(_rsa_key(spki).n.bit_length())
    return f"{algorithm.scheme.value} {key} SHA-{algorithm.digest.removeprefix('sha')}"


def findings(spki: bytes, algorithm: SignatureAlgorithm) -> tuple[Finding, ...]:
    """What is weak about this key and hash."""
    found = []
    if "sha1" in (algorithm.digest, algorithm.mask_digest):
        found.append(Finding.SHA1)
    if algorithm.scheme is not Scheme.ECDSA and _rsa_key(spki).n.bit_length() < _SHORT_RSA:
        found.append(Finding.SHORT_RSA_KEY)
    return tuple(found)


def verify(spki: bytes, algorithm: SignatureAlgorithm, signature: bytes, content: bytes) -> None:
    """Check ``signature`` over ``content`` with the key of a SubjectPublicKeyInfo (DER).

    Raises SignatureWrongError; MalformedError or NotSupportedError for a key that does not fit the algorithm.
    """
    if algorithm.scheme is Scheme.ECDSA:
        curve, point = _ec_key(spki)
        r, s = _ecdsa_pair(signature)
        curves.verify_ecdsa(curve, point, digest(algorithm.digest, content), r, s)
    else:
        _verify_rsa(_rsa_key(spki), algorithm, signature, content)


def _verify_rsa(numbers: rsa.RSAPublicNumbers, algorithm: SignatureAlgorithm, signature: bytes, content: bytes) -> None:
    hashed = _HASHES[algorithm.digest]()
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.scheme is Scheme.RSA_PSS:
        scheme = padding.PSS(padding.MGF1(_HASHES[algorithm.mask_digest]()), algorithm.salt)
    try:
        numbers.public_key().verify(signature, content, scheme, hashed)
    except InvalidSignature:
        raise SignatureWrongError("RSA: the signature does not verify") from None
    except (ValueError, UnsupportedAlgorithm):
        raise NotSupportedError("RSA: key or parameters are not accepted") from None


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
    if length > 512:
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


def _key_parts(spki: bytes) -> tuple[str, tlv.Tlv | None, bytes]:
    members = der.parts(tlv.parse_one(spki))
    if len(members) != 2:
        raise MalformedError("public key: not algorithm and bits")
    oid, parameters = _split(members[0])
    return oid, parameters, der.bits(members[1])


def _ec_key(spki: bytes) -> tuple[curves.Curve, bytes]:
    oid, parameters, point = _key_parts(spki)
    if oid != _EC_KEY or parameters is None:
        raise MalformedError("public key: an EC key with parameters is required")
    return curves.curve_of(parameters.encode()), point


def _rsa_key(spki: bytes) -> rsa.RSAPublicNumbers:
    oid, _, content = _key_parts(spki)
    if oid not in (_RSA_KEY, _PSS):
        raise MalformedError("public key: an RSA key is required")
    members = der.parts(tlv.parse_one(content))
    if len(members) != 2:
        raise MalformedError("public key: not modulus and exponent")
    modulus, exponent = der.unsigned(members[0]), der.unsigned(members[1])
    if modulus.bit_length() < _MIN_RSA or modulus % 2 == 0:
        raise NotSupportedError("public key: RSA modulus of an unusable size")
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > 64:
        raise NotSupportedError("public key: RSA exponent of an unusable size")
    return rsa.RSAPublicNumbers(exponent, modulus)


def _ecdsa_pair(signature: bytes) -> tuple[int, int]:
    try:
        members = der.parts(tlv.parse_one(signature))
        if len(members) != 2:
            raise SignatureWrongError("ECDSA: not a pair of numbers")
        return der.unsigned(members[0]), der.unsigned(members[1])
    except MalformedError:
        raise SignatureWrongError("ECDSA: not a pair of numbers") from None
