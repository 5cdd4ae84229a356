"""What may be shown of a person on a screen or on paper: never the six digits that open their chip."""

from __future__ import annotations

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
