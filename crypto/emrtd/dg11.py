"""Data group 11: additional personal details (ICAO Doc 9303-10 §4.7.11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.civil import PartialDate
from crypto.emrtd.data_elements import DataElements, HolderName, data_elements
from crypto.emrtd.image import EncodedImage
from crypto.emrtd.lds import Ef


@dataclass(frozen=True, slots=True)
class Dg11:
    """Additional personal details; None or empty where the document leaves something out or cannot be read there.

    ``elements`` holds every data object as read, those of unknown tags too.
    """

    elements: DataElements
    name: HolderName | None = field(repr=False)
    other_names: tuple[HolderName, ...] = field(repr=False)
    personal_number: str | None = field(repr=False)
    born: PartialDate | None = field(repr=False)
    place_of_birth: tuple[str, ...] = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    telephone: str | None = field(repr=False)
    profession: str | None = field(repr=False)
    title: str | None = field(repr=False)
    summary: str | None = field(repr=False)
    proof_of_citizenship: EncodedImage | None = field(repr=False)
    other_documents: tuple[str, ...] = field(repr=False)
    custody: str | None = field(repr=False)


def parse_dg11(raw: bytes) -> Dg11:
    """Data group 11 from its file (tag 6B); raises MalformedError."""
    found = data_elements(raw, Ef.DG11)
    return Dg11(
        elements=found,
        name=found.name(0x5F0E),
        other_names=found.names(0x5F0F),
        personal_number=found.text(0x5F10),
        born=found.day(0x5F2B),
        place_of_birth=found.lines(0x5F11),
        address=found.lines(0x5F42),
        telephone=found.text(0x5F12),
        profession=found.text(0x5F13),
        title=found.text(0x5F14),
        summary=found.text(0x5F15),
        proof_of_citizenship=found.image(0x5F16),
        other_documents=found.lines(0x5F17),
        custody=found.text(0x5F18),
    )
