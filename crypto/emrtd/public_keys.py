"""SubjectPublicKeyInfo as chips carry it in DG14 and DG15 (RFC 5280 §4.1.2.7, BSI TR-03110-3 A.1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto import curves, der, dh, tlv
from crypto.curves import Curve, Point
from crypto.dh import DhGroup, Residue
from crypto.errors import MalformedError, NotSupportedError
from crypto.tlv import Tlv

_RSA = "1.2.840.113549.1.1.1"
_EC = "1.2.840.10045.2.1"
_DH_X942 = "1.2.840.10046.2.1"
_DH_PKCS3 = "1.2.840.113549.1.3.1"
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


@dataclass(frozen=True, slots=True)
class DhKey:
    """An element of a Diffie-Hellman group."""

    group: DhGroup
    element: Residue


def parse(item: Tlv) -> RsaKey | EcKey | DhKey:
    """The key in a SubjectPublicKeyInfo; raises MalformedError, NotSupportedError."""
    members = der.parts(item)
    if len(members) != 2:
        raise MalformedError("public key: algorithm and key are required")
    algorithm = der.parts(members[0])
    if not algorithm:
        raise MalformedError("public key: no algorithm")
    raw = der.bits(members[1])
    if der.identifier(algorithm[0]) == _RSA:
        return _parse_rsa(raw)
    group = parse_group(members[0])
    if isinstance(group, Curve):
        return EcKey(group, group.decode(raw))
    return DhKey(group, group.element(der.unsigned(tlv.parse_one(raw))))


def parse_group(algorithm: Tlv) -> Curve | DhGroup:
    """The domain parameters in an AlgorithmIdentifier: by number, by name or explicit (ICAO 9303-11 §9.5).

    Raises MalformedError, NotSupportedError (an explicit curve that is none of the known ones among others).
    """
    members = der.parts(algorithm)
    if len(members) != 2:
        raise NotSupportedError("domain parameters: algorithm and parameters are required")
    oid, parameters = der.identifier(members[0]), members[1]
    if oid == _STANDARDISED:
        return standardised(der.unsigned(parameters))
    if oid == _EC:
        return curves.curve_of(parameters.encode())
    if oid == _DH_X942:
        return dh.group_of_x942(parameters.encode())
    if oid == _DH_PKCS3:
        return dh.group_of_pkcs3(parameters.encode())
    raise NotSupportedError(f"public key algorithm {oid}")


def standardised(parameter_id: int) -> Curve | DhGroup:
    """The standardised domain parameters of that number (ICAO 9303-11 table 12); raises NotSupportedError."""
    if parameter_id < 8:
        return dh.by_parameter_id(parameter_id)
    return curves.by_parameter_id(parameter_id)


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
