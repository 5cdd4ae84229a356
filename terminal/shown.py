"""What may be shown on a screen or on paper: not the six digits that open a chip, nor what hides or turns text."""

from __future__ import annotations

import unicodedata

from terminal.model import Person

HIDDEN = "••••••"
"""Stands where the last six digits of an ID number would."""

_NUMBER_LENGTH = 12


def insurance_code(code: str, person: Person | None) -> str:
    """The insurance code; masked where it contains the digits that open the chip (new codes are the ID number)."""
    if (person is None or person.id_number is None) and len(code) == _NUMBER_LENGTH and code.isdigit():
        return f"{code[:3]} {code[3:6]} {HIDDEN}"
    return without_can(code, person)


def without_can(text: str, person: Person | None) -> str:
    """The text, the person's card access number hidden wherever it occurs."""
    number = person.id_number if person else None
    return text if number is None else text.replace(number.can, HIDDEN)


def visible(text: str) -> str:
    """A line as it is written: composed letters, one space where there is any, and none of the marks that turn the
    direction of writing or hide letters."""
    kept = (letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())
