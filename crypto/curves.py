"""The elliptic curves of travel documents: found by id, OID or explicit parameters; points checked; sums done.

Curves: ICAO 9303-11 §9.5.1 (standardised domain parameters 8 to 18). Points travel uncompressed (BSI TR-03111 §3.2.1).
OpenSSL does what it can do for a curve; the rest (generic mapping, three of the Brainpool curves) is done by ``ecdsa``.
That arithmetic is not constant-time, so a terminal uses it with keys that live for one conversation only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ecdsa.curves
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from ecdsa.ellipticcurve import INFINITY, PointJacobi

from crypto import der, tlv
from crypto.agreement import Random as Random
from crypto.agreement import draw
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError
from crypto.tlv import Tlv

_POINT_TAG = 0x86
_PRIME_FIELD = "1.2.840.10045.1.1"
_HASH_OF_SIZE: dict[int, type[hashes.HashAlgorithm]] = {
    28: hashes.SHA224,
    32: hashes.SHA256,
    48: hashes.SHA384,
    64: hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class Point:
    """A point that was found on its curve, never the one at infinity."""

    x: int = field(repr=False)
    y: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve over a prime field, of prime order (cofactor 1)."""

    name: str
    oid: str
    parameter_id: int
    """The standardised domain parameter id of ICAO 9303-11 table 12."""
    _numbers: Any = field(repr=False, compare=False)
    _native: ec.EllipticCurve | None = field(repr=False, compare=False)

    @property
    def p(self) -> int:
        """The prime of the field."""
        return int(self._numbers.curve.p())

    @property
    def a(self) -> int:
        """The coefficient of x, below ``p``."""
        return int(self._numbers.curve.a()) % self.p

    @property
    def b(self) -> int:
        """The constant term."""
        return int(self._numbers.curve.b())

    @property
    def embeds(self) -> bool:
        """Whether the integrated mapping works here: its prime must be 3 modulo 4, which that of P-224 is not."""
        return self.p % 4 == 3

    @property
    def key_tag(self) -> int:
        """The tag of a public point in public key data objects (ICAO 9303-11 §9.4.4)."""
        return _POINT_TAG

    @property
    def order(self) -> int:
        """The number of points, a prime."""
        return int(self._numbers.order)

    @property
    def field_size(self) -> int:
        """Bytes of one coordinate."""
        return (self.p.bit_length() + 7) // 8

    @property
    def order_size(self) -> int:
        """Bytes of one scalar."""
        return (self.order.bit_length() + 7) // 8

    @property
    def generator(self) -> Point:
        """The base point."""
        return Point(int(self._numbers.generator.x()), int(self._numbers.generator.y()))

    def decode(self, raw: bytes) -> Point:
        """The point that ``raw`` (04, x, y) encodes; raises MalformedError when it is not on the curve."""
        size = self.field_size
        if raw[:1] in (b"\x02", b"\x03"):
            raise NotSupportedError("curve point: compressed form")
        if len(raw) != 1 + 2 * size or raw[0] != 4:
            raise MalformedError("curve point: not an uncompressed point of this curve's size")
        return self._checked(int.from_bytes(raw[1 : 1 + size], "big"), int.from_bytes(raw[1 + size :], "big"))

    def _checked(self, x: int, y: int) -> Point:
        if x >= self.p or y >= self.p or not self._numbers.curve.contains_point(x, y):
            raise MalformedError("curve point: not on the curve")
        return Point(x, y)

    def encode(self, point: Point) -> bytes:
        """``point`` in uncompressed form: 04, x, y, each coordinate with its leading zeros."""
        return b"\x04" + self.encode_x(point) + point.y.to_bytes(self.field_size, "big")

    def encode_x(self, point: Point) -> bytes:
        """The x coordinate at fixed length: what key agreement yields (a leading zero byte is part of it)."""
        return point.x.to_bytes(self.field_size, "big")

    def scalar(self, random: Random) -> int:
        """A fresh private key in 1..order-1, by rejection from ``order_size`` random bytes."""
        return draw(self.order, random)

    def public(self, private: int) -> Point:
        """The point that belongs to a private key: ``private`` times the base point."""
        if self._native is None:
            return self._affine(self._numbers.generator * private)
        numbers = ec.derive_private_key(private % self.order, self._native).public_key().public_numbers()
        return Point(numbers.x, numbers.y)

    def multiply(self, scalar: int, point: Point) -> Point:
        """``scalar`` times ``point``; raises MalformedError at infinity."""
        return self._affine(self._inner(point) * (scalar % self.order))

    def combine(self, first: Point, second: Point) -> Point:
        """The sum of two points; raises MalformedError at infinity."""
        return self._affine(self._inner(first) + self._inner(second))

    def embed(self, number: int) -> Point:
        """The point to which the integrated mapping takes ``number`` (ICAO 9303-11 appendix B.1, affine coordinates).

        Raises NotSupportedError when ``embeds`` is false, MalformedError for -1, 0 and 1.
        """
        p, a, b = self.p, self.a, self.b
        if not self.embeds:
            raise NotSupportedError(f"integrated mapping on {self.name}")
        alpha = -number * number % p
        divisor = a * (alpha + alpha * alpha) % p
        if divisor == 0:
            raise MalformedError("integrated mapping: a nonce without point")
        # -b/a (1 + 1/(alpha + alpha^2)), over one common divisor.
        x2 = -b * (alpha + alpha * alpha + 1) * pow(divisor, -1, p) % p
        x3 = alpha * x2 % p
        h2 = (x2 * x2 * x2 + a * x2 + b) % p
        root = pow(h2, p - 1 - (p + 1) // 4, p)
        if root * root * h2 % p == 1:
            return self._checked(x2, root * h2 % p)
        return self._checked(x3, root * pow(number, 3, p) * h2 % p)

    def agree(self, private: int, other: Point) -> bytes:
        """The shared secret of Diffie and Hellman at fixed length (x coordinate, BSI TR-03111 §4.3.1)."""
        if self._native is None:
            return self.encode_x(self.multiply(private, other))
        peer = ec.EllipticCurvePublicNumbers(other.x, other.y, self._native).public_key()
        return ec.derive_private_key(private, self._native).exchange(ec.ECDH(), peer)

    def _inner(self, point: Point) -> Any:
        return PointJacobi(self._numbers.curve, point.x, point.y, 1, self.order)

    def _affine(self, inner: Any) -> Point:
        if inner == INFINITY:
            raise MalformedError("curve point: infinity")
        affine = inner.to_affine()
        return Point(int(affine.x()), int(affine.y()))


_CURVES = tuple(
    Curve(name, oid, parameter_id, numbers, native)
    for name, oid, parameter_id, numbers, native in (
        ("P-192", "1.2.840.10045.3.1.1", 8, ecdsa.curves.NIST192p, ec.SECP192R1()),
        ("brainpoolP192r1", "1.3.36.3.3.2.8.1.1.3", 9, ecdsa.curves.BRAINPOOLP192r1, None),
        ("P-224", "1.3.132.0.33", 10, ecdsa.curves.NIST224p, ec.SECP224R1()),
        ("brainpoolP224r1", "1.3.36.3.3.2.8.1.1.5", 11, ecdsa.curves.BRAINPOOLP224r1, None),
        ("P-256", "1.2.840.10045.3.1.7", 12, ecdsa.curves.NIST256p, ec.SECP256R1()),
        ("brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7", 13, ecdsa.curves.BRAINPOOLP256r1, ec.BrainpoolP256R1()),
        ("brainpoolP320r1", "1.3.36.3.3.2.8.1.1.9", 14, ecdsa.curves.BRAINPOOLP320r1, None),
        ("P-384", "1.3.132.0.34", 15, ecdsa.curves.NIST384p, ec.SECP384R1()),
        ("brainpoolP384r1", "1.3.36.3.3.2.8.1.1.11", 16, ecdsa.curves.BRAINPOOLP384r1, ec.BrainpoolP384R1()),
        ("brainpoolP512r1", "1.3.36.3.3.2.8.1.1.13", 17, ecdsa.curves.BRAINPOOLP512r1, ec.BrainpoolP512R1()),
        ("P-521", "1.3.132.0.35", 18, ecdsa.curves.NIST521p, ec.SECP521R1()),
    )
)


def by_parameter_id(parameter_id: int) -> Curve:
    """The curve of a standardised domain parameter id (8 to 18); raises NotSupportedError."""
    return _first(lambda curve: curve.parameter_id == parameter_id, f"domain parameters {parameter_id}")


def by_oid(oid: str) -> Curve:
    """The curve that ``oid`` names; raises NotSupportedError."""
    return _first(lambda curve: curve.oid == oid, f"named curve {oid}")


def _first(matches: Callable[[Curve], bool], what: str) -> Curve:
    for curve in _CURVES:
        if matches(curve):
            return curve
    raise NotSupportedError(what)


def curve_of(ec_parameters_der: bytes) -> Curve:
    """The curve of an ECParameters structure (ISO/IEC 14888-3 / RFC 3279): a named OID or explicit parameters.

    Explicit parameters count only when p, a, b, G, n and the cofactor all equal a known curve's; anything else
    could hide a generator that somebody made up. Raises MalformedError, NotSupportedError.
    """
    item = tlv.parse_one(ec_parameters_der)
    if item.tag == der.OBJECT_IDENTIFIER:
        return by_oid(der.identifier(item))
    members = der.parts(item)
    if not 5 <= len(members) <= 6:
        raise MalformedError("EC parameters: five or six members are required")
    der.unsigned(members[0])
    p = _prime(members[1])
    a, b = _coefficients(members[2])
    base = der.value(members[3], der.OCTET_STRING)
    order = der.unsigned(members[4])
    cofactor = der.unsigned(members[5]) if len(members) == 6 else 1

    def same(curve: Curve) -> bool:
        numbers = (p, a, b, order, cofactor)
        return numbers == (curve.p, curve.a, curve.b, curve.order, 1) and base in _forms_of_base(curve)

    return _first(same, "explicit EC parameters of no known curve")


def _prime(item: Tlv) -> int:
    members = der.parts(item)
    if len(members) != 2:
        raise MalformedError("EC parameters: field of another form")
    if der.identifier(members[0]) != _PRIME_FIELD:
        raise NotSupportedError("EC parameters: not a prime field")
    return der.unsigned(members[1])


def _coefficients(item: Tlv) -> tuple[int, int]:
    members = der.parts(item)
    if not 2 <= len(members) <= 3:
        raise MalformedError("EC parameters: curve of another form")
    a, b = (int.from_bytes(der.value(member, der.OCTET_STRING), "big") for member in members[:2])
    return a, b


def _forms_of_base(curve: Curve) -> tuple[bytes, bytes]:
    point = curve.generator
    return curve.encode(point), bytes([2 | point.y & 1]) + curve.encode_x(point)


def verify_ecdsa(curve: Curve, public_point: bytes, digest: bytes, r: int, s: int) -> None:
    """Check an ECDSA signature over a finished ``digest`` (longer ones count by their leftmost bits).

    Raises SignatureWrongError; MalformedError or NotSupportedError when the public point is not one of the curve.
    """
    point = curve.decode(public_point)
    if not (0 < r < curve.order and 0 < s < curve.order):
        raise SignatureWrongError("ECDSA: r or s out of range")
    algorithm = _HASH_OF_SIZE.get(len(digest))
    if curve._native is not None and algorithm is not None:
        _verify_native(curve._native, point, digest, encode_dss_signature(r, s), algorithm())
    else:
        _verify_plain(curve, point, digest, r, s)


def _verify_native(
    native: ec.EllipticCurve, point: Point, digest: bytes, signature: bytes, algorithm: hashes.HashAlgorithm
) -> None:
    key = ec.EllipticCurvePublicNumbers(point.x, point.y, native).public_key()
    try:
        key.verify(signature, digest, ec.ECDSA(Prehashed(algorithm)))
    except InvalidSignature:
        raise SignatureWrongError("ECDSA: the signature does not verify") from None


def _verify_plain(curve: Curve, point: Point, digest: bytes, r: int, s: int) -> None:
    n = curve.order
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    inverse = pow(s, -1, n)
    base = curve._inner(curve.generator)
    total = base.mul_add(e * inverse % n, curve._inner(point), r * inverse % n)
    if total == INFINITY or int(total.to_affine().x()) % n != r:
        raise SignatureWrongError("ECDSA: the signature does not verify")
