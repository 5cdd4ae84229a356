"""The private keys of simulated issuers and chips: worthless as secrets, on every curve of ICAO 9303-11 and RSA.

A key on a curve follows from a seed, so that the same card can be made again. An RSA key is drawn by OpenSSL once in
the life of the program, because finding primes is slow.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from ecdsa import curves as published
from ecdsa.keys import SigningKey as PlainKey
from ecdsa.util import sigencode_strings

from crypto import curves, der, tlv
from crypto.curves import Curve, Point
from crypto.dh import DhGroup, Residue

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_EC_KEY = "1.2.840.10045.2.1"
_RSA_KEY = "1.2.840.113549.1.1.1"
_X942 = "1.2.840.10046.2.1"
_PKCS3 = "1.2.840.113549.1.3.1"
_PRIME_FIELD = "1.2.840.10045.1.1"
_FIRST_PARAMETERS, _LAST_PARAMETERS = 8, 18


@dataclass(frozen=True, slots=True)
class EcPrivate:
    """A private key on one of the standardised curves."""

    curve: Curve
    number: int = field(repr=False)

    @property
    def point(self) -> Point:
        """The public key."""
        return self.curve.public(self.number)

    def agree(self, theirs: bytes) -> bytes:
        """The secret shared with the owner of that public key; raises MalformedError, NotSupportedError."""
        return self.curve.agree(self.number, self.curve.decode(theirs))

    def sign(self, data: bytes, digest: str, *, drawn: bool = False) -> tuple[int, int]:
        """r and s over ``data``; the nonce follows from the data (RFC 6979) unless it shall be ``drawn``."""
        hashed = hashlib.new(digest, data).digest()
        native = _native(self.curve)
        if native is None:
            return self._sign_plainly(hashed, digest, drawn=drawn)
        scheme = ec.ECDSA(Prehashed(_HASHES[digest]()), deterministic_signing=not drawn)
        return decode_dss_signature(ec.derive_private_key(self.number, native).sign(hashed, scheme))

    def _sign_plainly(self, hashed: bytes, digest: str, *, drawn: bool) -> tuple[int, int]:
        numbers = next(row for row in published.curves if row.order == self.curve.order)
        key = PlainKey.from_secret_exponent(self.number, numbers, getattr(hashlib, digest))
        sign = key.sign_digest if drawn else key.sign_digest_deterministic
        r, s = sign(hashed, sigencode=sigencode_strings, allow_truncate=True)
        return int.from_bytes(r, "big"), int.from_bytes(s, "big")


@dataclass(frozen=True, slots=True)
class DhPrivate:
    """A private key in a group of residues. ``pkcs3``: its public half names the group as PKCS #3 does, not X9.42."""

    group: DhGroup
    number: int = field(repr=False)
    pkcs3: bool = False

    @property
    def element(self) -> Residue:
        """The public key."""
        return self.group.public(self.number)

    def agree(self, theirs: bytes) -> bytes:
        """The secret shared with the owner of that public key; raises MalformedError."""
        return self.group.agree(self.number, self.group.decode(theirs))


AgreementKey = EcPrivate | DhPrivate
"""What chip authentication agrees on a secret with."""

PrivateKey = EcPrivate | rsa.RSAPrivateKey
"""What signs: a certificate, a security object, or a challenge."""


def derive_ec(seed: bytes, label: str, curve: Curve) -> EcPrivate:
    """The key that this seed and label always give. Whoever knows the seed knows the key: doubles only."""
    material = hashlib.shake_256(seed + b"\0" + label.encode()).digest(curve.order_size + 16)
    return EcPrivate(curve, int.from_bytes(material, "big") % (curve.order - 1) + 1)


def derive_dh(seed: bytes, label: str, group: DhGroup, *, pkcs3: bool = False) -> DhPrivate:
    """The key in ``group`` that this seed and label always give."""
    order = group.order or (group.p - 1) // 2
    material = hashlib.shake_256(seed + b"\0" + label.encode()).digest(len(order.to_bytes(group.size, "big")) + 16)
    return DhPrivate(group, int.from_bytes(material, "big") % (order - 1) + 1, pkcs3)


@functools.cache
def draw_rsa(seed: bytes, label: str, bits: int) -> rsa.RSAPrivateKey:  # noqa: ARG001 (seed and label are the cache's)
    """An RSA key; the same one for this seed and label as long as the program runs."""
    return rsa.generate_private_key(65537, bits)


def named_curve(name: str) -> Curve:
    """A curve by its name, such as ``P-256`` or ``brainpoolP320r1``; KeyError when there is none."""
    known = (curves.by_parameter_id(number) for number in range(_FIRST_PARAMETERS, _LAST_PARAMETERS + 1))
    return {curve.name: curve for curve in known}[name]


def spki(key: PrivateKey | DhPrivate, *, explicit: bool = False) -> bytes:
    """The public half as SubjectPublicKeyInfo, its curve by name or, if ``explicit``, as numbers (RFC 3279 §2.3)."""
    if isinstance(key, EcPrivate):
        parameters = _explicit(key.curve) if explicit else _identifier(key.curve.oid)
        return _public(_identifier(_EC_KEY) + parameters, key.curve.encode(key.point))
    if isinstance(key, DhPrivate):
        return _public(group_identifier(key.group, pkcs3=key.pkcs3), _integer(key.element.y))
    numbers = key.public_key().public_numbers()
    return _public(_identifier(_RSA_KEY) + b"\x05\0", _sequence(_integer(numbers.n), _integer(numbers.e)))


def group_identifier(group: Curve | DhGroup, *, pkcs3: bool = False) -> bytes:
    """The members of an AlgorithmIdentifier that describes ``group`` in numbers (RFC 3279 §2.3.3 and §2.3.5)."""
    if isinstance(group, Curve):
        return _identifier(_EC_KEY) + _explicit(group)
    if pkcs3:
        return _identifier(_PKCS3) + _sequence(_integer(group.p), _integer(group.base))
    order = () if group.order is None else (_integer(group.order),)
    return _identifier(_X942) + _sequence(_integer(group.p), _integer(group.base), *order)


def _public(algorithm: bytes, content: bytes) -> bytes:
    return _sequence(_sequence(algorithm), tlv.encode(der.BIT_STRING, b"\0" + content))


def _explicit(curve: Curve) -> bytes:
    numbers = next(row.curve for row in published.curves if row.order == curve.order)
    coefficients = (int(numbers.a()) % curve.p, int(numbers.b()))
    octets = [tlv.encode(der.OCTET_STRING, number.to_bytes(curve.field_size, "big")) for number in coefficients]
    return _sequence(
        _integer(1),
        _sequence(_identifier(_PRIME_FIELD), _integer(curve.p)),
        _sequence(*octets),
        tlv.encode(der.OCTET_STRING, curve.encode(curve.generator)),
        _integer(curve.order),
        _integer(1),
    )


def _native(curve: Curve) -> ec.EllipticCurve | None:
    """OpenSSL's own form of the curve; None for the three that ``cryptography`` does not offer."""
    offered: tuple[ec.EllipticCurve, ...] = (
        *(ec.SECP192R1(), ec.SECP224R1(), ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()),
        *(ec.BrainpoolP256R1(), ec.BrainpoolP384R1(), ec.BrainpoolP512R1()),
    )
    return next((one for one in offered if one.group_order == curve.order), None)


def _sequence(*parts: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, b"".join(parts))


def _identifier(oid: str) -> bytes:
    return tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(oid))


def _integer(number: int) -> bytes:
    return der.encode_unsigned(number)
