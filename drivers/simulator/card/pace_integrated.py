"""The card's half of integrated mapping (ICAO Doc 9303-11 §4.4.3.3.2): both nonces, hashed into the group."""

from __future__ import annotations

from typing import Any

from ecdsa import curves as published

from crypto.curves import Curve
from crypto.dh import DhGroup, Residue
from crypto.emrtd import ciphers
from crypto.emrtd.keys import Suite
from crypto.errors import NotSupportedError
from drivers.simulator.card.contents import SW_WRONG_DATA, RefusedError

_SECURITY_BITS = 64
_CONSTANTS = {
    16: ("a668892a7c41e3ca739f40b057d85904", "a4e136ac725f738b01c1f60217c188ad"),
    32: (
        "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676",
        "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517",
    ),
}
"""c0 and c1 by the bytes of the chip's nonce."""


class IntegratedMapping:
    """One run's mapping; the chip's nonce is ``nonce``."""

    def __init__(self, group: Curve | DhGroup, nonce: bytes, suite: Suite) -> None:
        self._group = group
        self._nonce = nonce
        self._suite = suite

    def answer(self, theirs: bytes) -> tuple[bytes, Any]:
        """No mapping data of the chip's own, and the mapped generator for the terminal's nonce; RefusedError."""
        if len(theirs) != self._suite.key_size:
            raise RefusedError(SW_WRONG_DATA)
        if isinstance(self._group, DhGroup):
            return b"", _into_group(self._group, self._number(self._group.p, theirs))
        return b"", self._group.decode(into_curve(self._group, self._number(self._group.p, theirs)))

    def _number(self, prime: int, theirs: bytes) -> int:
        return int.from_bytes(pseudo_random(self._suite, self._nonce, theirs, prime), "big") % prime


def pseudo_random(suite: Suite, nonce: bytes, key: bytes, prime: int) -> bytes:
    """R(s, t): ``nonce`` (s) under the terminal's ``key`` (t), stretched to 64 bits more than ``prime`` has."""
    size = len(nonce)
    first, second = (bytes.fromhex(constant) for constant in _CONSTANTS[size])
    key = ciphers.encrypt(suite, key, nonce)
    found = b""
    while 8 * len(found) < prime.bit_length() + _SECURITY_BITS:
        key = key[: suite.key_size]
        found += ciphers.encrypt(suite, key, second)
        key = ciphers.encrypt(suite, key, first)
    return found


def into_curve(curve: Curve, t: int) -> bytes:
    """The point that belongs to the field element ``t``, encoded (§4.4.3.3.2.1 and appendix B.2, affine form)."""
    p = curve.p
    if p % 4 != 3:
        raise NotSupportedError("integrated mapping: the field's prime is not 3 modulo 4")
    numbers = next(row.curve for row in published.curves if row.order == curve.order)
    a, b = int(numbers.a()), int(numbers.b())
    alpha = -t * t % p
    x2 = -b * pow(a, -1, p) * (1 + pow(alpha + alpha * alpha, -1, p)) % p
    x3 = alpha * x2 % p
    h2 = (x2 * x2 * x2 + a * x2 + b) % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    x, y = (x2, root * h2 % p) if root * root * h2 % p == 1 else (x3, root * pow(t, 3, p) * h2 % p)
    return b"\x04" + x.to_bytes(curve.field_size, "big") + y.to_bytes(curve.field_size, "big")


def _into_group(group: DhGroup, number: int) -> Residue:
    """The power of ``number`` that lies in the subgroup (§4.4.3.3.2.2)."""
    if group.order is None:
        raise NotSupportedError("integrated mapping: the order of the subgroup is unknown")
    return group.element(pow(number, (group.p - 1) // group.order, group.p))
