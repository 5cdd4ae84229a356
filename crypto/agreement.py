"""What key agreement asks of a group, whatever its elements are: points of a curve or residues modulo a prime.

PACE and chip authentication are written once, against ``Group``; ``crypto.curves.Curve`` and ``crypto.dh.DhGroup`` are
the two kinds. Arithmetic here is not constant-time: private keys must live for one conversation only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Random = Callable[[int], bytes]
"""So many unpredictable bytes."""

Element = TypeVar("Element")

_TRIES = 128


class Group(Protocol[Element]):
    """A cyclic group for the agreement of Diffie and Hellman; the operation is written as that of points."""

    @property
    def name(self) -> str:
        """What people call it, such as ``P-256``."""
        ...

    @property
    def parameter_id(self) -> int | None:
        """The standardised domain parameter id of ICAO 9303-11 §9.5.1; None for parameters of a chip's own."""
        ...

    @property
    def order(self) -> int | None:
        """The number of elements, a prime; None where explicit parameters leave it out."""
        ...

    @property
    def p(self) -> int:
        """The prime of the field over which the elements are written."""
        ...

    @property
    def key_tag(self) -> int:
        """The tag of a public key in public key data objects (ICAO 9303-11 §9.4)."""
        ...

    def scalar(self, random: Random) -> int:
        """A fresh private key."""
        ...

    def public(self, private: int) -> Element:
        """``private`` times the generator."""
        ...

    def multiply(self, scalar: int, element: Element) -> Element:
        """``element`` taken ``scalar`` times; raises MalformedError when that is the neutral element."""
        ...

    def combine(self, first: Element, second: Element) -> Element:
        """The sum of points, the product of residues; raises MalformedError at the neutral element."""
        ...

    def embed(self, number: int) -> Element:
        """The element to which the integrated mapping takes a number below ``p`` (ICAO 9303-11 §4.4.3.3.2).

        Raises MalformedError where it leads to none, NotSupportedError in a group that cannot do it.
        """
        ...

    def agree(self, private: int, other: Element) -> bytes:
        """The shared secret, always of the same length: its leading zero bytes are part of it."""
        ...

    def encode(self, element: Element) -> bytes:
        """A public key as it travels in data objects (ICAO 9303-11 §9.4.5)."""
        ...

    def decode(self, raw: bytes) -> Element:
        """The public key in ``raw``, found to be in the group; raises MalformedError, NotSupportedError."""
        ...


def draw(bound: int, random: Random) -> int:
    """A number in 1..bound-1, each as likely as the others: by rejection from as many bytes as ``bound`` has."""
    mask = (1 << bound.bit_length()) - 1
    size = (bound.bit_length() + 7) // 8
    for _ in range(_TRIES):
        number = int.from_bytes(random(size), "big") & mask
        if 0 < number < bound:
            return number
    raise ValueError("the random source is stuck")
