"""Data group 12: additional details of the document (ICAO Doc 9303-10 §4.7.12)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.civil import PartialDate
from crypto.emrtd.data_elements import DataElements, HolderName, data_elements
from crypto.emrtd.image import EncodedImage
from crypto.emrtd.lds import Ef


@dataclass(frozen=True, slots=True)
class Dg12:
    """Additional document details; None or empty where the document leaves something out or cannot be read there.

    ``personalised`` is ``YYYY-MM-DDThh:mm:ss`` in a zone that the document does not tell. ``elements`` holds every data
    object as read, those of unknown tags too.
    """

    elements: DataElements
    authority: str | None = field(repr=False)
    issued: PartialDate | None = field(repr=False)
    other_people: tuple[HolderName, ...] = field(repr=False)
    endorsements: str | None = field(repr=False)
    tax_exit: str | None = field(repr=False)
    front: EncodedImage | None = field(repr=False)
    rear: EncodedImage | None = field(repr=False)
    personalised: str | None = field(repr=False)
    serial_number: str | None = field(repr=False)


def parse_dg12(raw: bytes) -> Dg12:
    """Data group 12 from its file (tag 6C); raises MalformedError."""
    found = data_elements(raw, Ef.DG12)
    return Dg12(
        elements=found,
        authority=found.text(0x5F19),
        issued=found.day(0x5F26),
        other_people=found.names(0x5F1A),
        endorsements=found.text(0x5F1B),
        tax_exit=found.text(0x5F1C),
        front=found.image(0x5F1D),
        rear=found.image(0x5F1E),
        personalised=found.moment(0x5F55),
        serial_number=found.text(0x5F56),
    )
