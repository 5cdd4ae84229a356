"""The card's half of generic mapping (ICAO Doc 9303-11 §4.4.3.3.1): the nonce times the generator, plus a secret."""

from __future__ import annotations

from typing import Any

from crypto.agreement import Group, Random


class GenericMapping:
    """One run's mapping; ``private`` is the chip's ephemeral key for it once the answer was given."""

    def __init__(self, group: Group[Any], nonce: bytes, random: Random) -> None:
        self._group = group
        self._nonce = int.from_bytes(nonce, "big")
        self._random = random
        self.private = 0

    def answer(self, theirs: bytes) -> tuple[bytes, Any]:
        """The chip's mapping data for the terminal's, and the mapped generator; raises MalformedError."""
        group = self._group
        other = group.decode(theirs)
        self.private = group.scalar(self._random)
        # The whole point of the agreement, not only its x coordinate, goes into the sum.
        secret = group.multiply(self.private, other)
        scaled = group.public(self._nonce if group.order is None else self._nonce % group.order)
        return group.encode(group.public(self.private)), group.combine(scaled, secret)
