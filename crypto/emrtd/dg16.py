"""Data group 16: persons to notify (ICAO Doc 9303-10 §4.7.16)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.civil import PartialDate
from crypto.emrtd.data_elements import DataElements, HolderName, data_elements, row_of
from crypto.emrtd.lds import Ef
from crypto.tlv import Tlv

_TEMPLATES = range(0xA1, 0xB0)


@dataclass(frozen=True, slots=True)
class PersonToNotify:
    """One person to notify; ``elements`` holds every data object as read, those of unknown tags too."""

    elements: DataElements
    recorded: PartialDate | None = field(repr=False)
    name: HolderName | None = field(repr=False)
    telephone: str | None = field(repr=False)
    address: tuple[str, ...] = field(repr=False)


def parse_dg16(raw: bytes) -> tuple[PersonToNotify, ...]:
    """The persons in their order from the file (tag 70); raises MalformedError."""
    templates = data_elements(raw, Ef.DG16).objects
    return tuple(_person(row_of(item.value)) for item in templates if item.tag in _TEMPLATES)


def _person(objects: tuple[Tlv, ...]) -> PersonToNotify:
    found = DataElements(objects)
    return PersonToNotify(
        elements=found,
        recorded=found.day(0x5F50),
        name=found.name(0x5F51),
        telephone=found.text(0x5F52),
        address=found.lines(0x5F53),
    )
