"""What opens a chip: the card access number and, as fallback, the MRZ key texts of BAC (ICAO 9303-11 §4.3, §4.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.emrtd import mrz, validity
from crypto.id_number import IdNumber
from terminal.model import Person


@dataclass(frozen=True, slots=True)
class ChipAccess:
    """Passwords to try: ``can`` by PACE; ``mrz_information`` by PACE-MRZ or BAC, in order. ``typed``: by a person."""

    can: str | None = field(default=None, repr=False)
    mrz_information: tuple[str, ...] = field(default=(), repr=False)
    typed: bool = False


def access_for(person: Person, *, typed: bool = False) -> ChipAccess | None:
    """What ``person``'s number and dates open, or None when there is no number.

    The MRZ's expiry date is not in the card's QR; it follows from birth and issue (facts: Law 26/2023 Art. 21).
    """
    if person.id_number is None:
        return None
    texts: tuple[str, ...] = ()
    born = person.born
    if born and born.month and born.day and person.issued:
        texts = tuple(
            mrz.information(person.id_number.document_number, f"{born.year % 100:02}{born.month:02}{born.day:02}", end)
            for end in validity.candidates(_date(born.year, born.month, born.day), person.issued)
        )
    return ChipAccess(person.id_number.can, texts, typed)
