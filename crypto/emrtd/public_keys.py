"""SubjectPublicKeyInfo as chips carry it in DG14 and DG15 (RFC 5280 §4.1.2.7, BSI TR-03110-3 A.1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto import curves, der, tlv
from crypto.curves import Curve, Point
from crypto.errors import MalformedError, NotSupportedError
from crypto.tlv import Tlv

_RSA = "1.2.840.113549.1.1.1"
_EC = "1.2.840.10045.2.1"
_STANDARDISED = "0.4.0.127.0.7.1.2"

_MODULUS_BITS = range(1024, 4097)
_EXPONENT_BITS = range(2, 65)


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA public key of 1024 to 4096 bits."""

    modulus: int = field(repr=False)
    exponent: int = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of the modulus, and so of a signature."""
        return (self.modulus.bit_length() + 7) // 8


@dataclass(frozen=True, slots=True)
class EcKey:
    """A point on a known curve."""

    curve: Curve
    point: Point


def parse(item: Tlv) -> RsaKey | EcKey:
    """The key in a SubjectPublicKeyInfo; raises MalformedError, NotSupportedError."""
    members = der.parts(item)
    if len(members) != 2:
        raise MalformedError("public key: algorithm and key are required")
    algorithm = der.parts(members[0])
    if not algorithm:
        raise MalformedError("public key: no algorithm")
    oid, raw = der.identifier(algorithm[0]), der.bits(members[1])
    if oid == _RSA:
        return _parse_rsa(raw)
    if oid not in (_EC, _STANDARDISED) or len(algorithm) != 2:
        raise NotSupportedError(f"public key algorithm {oid}")
    curve = _curve(oid, algorithm[1])
    return EcKey(curve, curve.decode(raw))


def _curve(oid: str, parameters: Tlv) -> Curve:
    if oid == _STANDARDISED:
        return curves.by_parameter_id(der.unsigned(parameters))
    return curves.curve_of(parameters.encode())


def _parse_rsa(raw: bytes) -> RsaKey:
    numbers = der.parts(tlv.parse_one(raw))
    if len(numbers) != 2:
        raise MalformedError("RSA key: modulus and exponent are required")
    modulus, exponent = der.unsigned(numbers[0]), der.unsigned(numbers[1])
    if modulus.bit_length() not in _MODULUS_BITS or exponent.bit_length() not in _EXPONENT_BITS:
        raise NotSupportedError("RSA key: size of modulus or exponent")
    if not modulus & exponent & 1:
        raise MalformedError("RSA key: modulus or exponent is even")
    return RsaKey(modulus, exponent)
