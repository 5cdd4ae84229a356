"""The fields of a citizen card whose bars were doubled, dropped or swallowed on the way."""

from __future__ import annotations

import re

from crypto.civil import read_packed, read_sex

ID_DIGITS, OLD_DIGITS, DATE_DIGITS = 12, 9, 8

_GLUED = re.compile(
    r"([0-9]{12})\|*([0-9]{9})?\|*([^0-9|]{2,})\|*([0-9]{8})\|*(Nam|NAM|nam|Nữ|NỮ|nữ)\|*([^|]*?)\|*([0-9]{8})\|*"
)

_NEXT_CARD = re.compile(r"[0-9]{12}")
"""In an address: two codes came as one, and what follows is somebody else's."""


def digits(part: str, count: int) -> bool:
    """Whether this is a number of exactly so many figures."""
    return len(part) == count and part.isascii() and part.isdigit()


def regained(text: str) -> list[str] | None:
    """The seven fields, found by their forms: number, old number or "", name, birth, sex, address, issue or "".

    None where the forms fit nowhere, or in more than one way.
    """
    # Without any bar the keyboard's layout may be a wrong one, and so may letters.
    glued = _GLUED.fullmatch(text) if "|" in text else None
    if glued is not None and read_packed(glued[4]) and read_packed(glued[7]):
        return [part or "" for part in glued.groups()]
    return _around_the_sex([part for part in text.split("|") if part])


def _around_the_sex(kept: list[str]) -> list[str] | None:
    for at in (2, 3):
        if len(kept) > at + 1 and _anchored(kept, at):
            old, rest = kept[1] if at == 3 else "", kept[at + 2 :]
            issued = next((part for part in rest if digits(part, DATE_DIGITS)), "")
            before_issue = rest[: rest.index(issued)] if issued else rest[:1]
            if any(map(_NEXT_CARD.search, before_issue)):
                return None
            return [kept[0], old, kept[at - 1], kept[at], kept[at + 1], " ".join(before_issue), issued]
    return None


def _anchored(kept: list[str], at: int) -> bool:
    # Whatever stands between the number and the name must be a number too, or it is a piece of the name.
    numbers = all(part.isascii() and part.isdigit() for part in kept[1 : at - 1])
    return (
        numbers and digits(kept[0], ID_DIGITS) and digits(kept[at], DATE_DIGITS) and read_sex(kept[at + 1]) is not None
    )
