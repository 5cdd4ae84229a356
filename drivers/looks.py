"""One look at a picture: the codes in it, and what would help to read the one that was found and not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.frames import GreyArray, array_of, bounded, frame_of, middle
from drivers.hints import complaint
from terminal.ports import DecodedCode, Decoder, Locator

FULL_EVERY = 4
"""One look in so many is at the full picture; the others are at the middle, which costs less than half."""

MOST_CODES = 8
"""Codes of one picture that are looked into; a sheet with a hundred is nobody's ticket."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found; ``complaint`` is a key of drivers.hints."""

    codes: Sequence[DecodedCode]
    complaint: str


class Looks:
    """Counts the looks, so that one in four is at the full picture, the first one included."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._number = 0

    def at(self, picture: GreyArray, *, moved: bool = False) -> Seen:
        """The codes in view. ``moved``: whether something is in view at all."""
        whole = self._number % FULL_EVERY == 0
        self._number += 1
        frame = frame_of(bounded(picture if whole else middle(picture)))
        codes = self._decoder.decode(frame)[:MOST_CODES]
        if codes:
            return Seen(codes, "")
        unread = self._decoder.unread if isinstance(self._decoder, Locator) else ()
        return Seen((), complaint(array_of(frame), unread, moved=moved))
