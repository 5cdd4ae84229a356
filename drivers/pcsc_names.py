"""What a reader's name and its card's answer to reset tell: which readers a desk wants, and which kind each is."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

VIRTUAL = "Virtual PCD"
"""What readers of the vpcd driver are called: a double answers, never a card."""

_WORD = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])"
_SAM = re.compile(_WORD.format("SAM"), re.IGNORECASE)
_CONTACTLESS = re.compile(r"contact-?less|\d+CL\b|" + _WORD.format("(?:PICC|CL|NFC|RFID)"), re.IGNORECASE)
_CONTACT = re.compile(_WORD.format("(?:contact|ICC)"), re.IGNORECASE)

_MADE_UP = re.compile(rb"\x3b[\x80-\x8f]\x80\x01", re.DOTALL)
"""How the answer to reset begins that a reader makes up for a contactless card (PC/SC part 3, 3.1.3.2.3)."""


def simulated(name: str) -> bool:
    """Whether a double sits behind that reader."""
    return name.startswith(VIRTUAL)


def chosen(names: Sequence[str], wanted: str) -> list[str]:
    """The readers to use of those there are, in their order.

    ``wanted`` is one pattern or several, separated by commas, the preferred first: the first that fits any reader
    decides, and every reader that fits it is used. Slots for security modules (SAM) are left alone unless a pattern
    names them. A reader's whole name may stand for itself, brackets, commas and all.
    """
    for pattern in (wanted, *(part.strip() for part in wanted.split(","))):
        fitting = [name for name in names if _fits(name, pattern)]
        if fitting:
            return fitting
    return []


def contact(name: str, atr: bytes = b"") -> bool:
    """Whether cards are plugged into that reader instead of laid on it. What the name leaves open, the answer to reset
    of a card may tell; without one a reader is taken for a contactless one, as these desks use."""
    if _CONTACTLESS.search(name):
        return False
    if _CONTACT.search(name):
        return True
    return bool(atr) and not _MADE_UP.match(atr)


def _fits(name: str, pattern: str) -> bool:
    # Compared as it stands too: many readers carry brackets in their names.
    if name == pattern:
        return True
    return fnmatch.fnmatchcase(name, pattern) and (not _SAM.search(name) or bool(_SAM.search(pattern)))
