"""What opens a chip: the card access number and, as fallback, the MRZ key texts of BAC (ICAO 9303-11 §4.3, §4.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.emrtd import mrz, validity
from crypto.errors import MalformedError, ProofError
from crypto.id_number import IdNumber
from terminal.model import Person


@dataclass(frozen=True, slots=True)
class ChipAccess:
    """Passwords to try: ``pin``, else ``can``, by PACE; ``mrz_information`` by PACE or BAC, in order.

    ``typed``: by a person.
    """

    can: str | None = field(default=None, repr=False)
    mrz_information: tuple[str, ...] = field(default=(), repr=False)
    typed: bool = False
    pin: str | None = field(default=None, repr=False)


def access_for(person: Person, *, typed: bool = False) -> ChipAccess | None:
    """What ``person``'s number and dates open, or None when there is no number.

    The MRZ's expiry date is not in the card's QR; it follows from birth and issue (facts: Law 26/2023 Art. 21).
    """
    if person.id_number is None:
        return None
    return ChipAccess(person.id_number.can, _derived(person, person.id_number), typed)


def _derived(person: Person, number: IdNumber) -> tuple[str, ...]:
    born = person.born.exact if person.born else None
    if born is None or person.issued is None:
        return ()
    try:
        ends = validity.candidates(born, person.issued)
    except ProofError:
        return ()  # dates that contradict each other open nothing; the number still may
    return tuple(mrz.information(number.document_number, f"{born:%y%m%d}", end) for end in ends)


def typed_access(person: Person, born: str, expires: str) -> ChipAccess:
    """Number and dates (YYMMDD) as a person typed them. Raises MalformedError for dates that no MRZ has."""
    if person.id_number is None:
        raise MalformedError("ID number: needed beside the dates")
    text = mrz.information(person.id_number.document_number, born, expires)
    return ChipAccess(None, (text,), typed=True)
