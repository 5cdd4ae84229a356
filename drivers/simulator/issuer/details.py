"""Data groups 11, 12 and 16: details of the person, of the document, and whom to notify (Doc 9303-10 §4.7.11 ff.)."""

from __future__ import annotations

from collections.abc import Mapping

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.people import Resident

_TAG_LIST = 0x5C


def encode_dg11(person: Resident) -> bytes:
    """Additional personal details."""
    return _listed(
        Ef.DG11,
        {
            0x5F0E: mrz_order(person.name),
            0x5F10: person.id_number.digits,
            0x5F2B: f"{person.born:%Y%m%d}",
            0x5F11: _lines(person.birthplace),
            0x5F42: _lines(person.address),
            0x5F13: "KIEM THU VIEN",
        },
    )


def encode_dg12(person: Resident) -> bytes:
    """Additional document details."""
    return _listed(
        Ef.DG12,
        {
            0x5F19: "CO QUAN CAP MO PHONG (SIMULATED)",
            0x5F26: f"{person.issued:%Y%m%d}",
            0x5F1B: "SIMULATED DOCUMENT",
            0x5F55: f"{person.issued:%Y%m%d}083000",
            0x5F56: "MP000001",
        },
    )


def encode_dg16(person: Resident) -> bytes:
    """Persons to notify: both parents."""
    people = [_to_notify(0xA1 + at, name, person) for at, name in enumerate(person.parents)]
    return tlv.encode(Ef.DG16.tag, tlv.encode(0x02, bytes([len(people)])) + b"".join(people))


def _to_notify(tag: int, name: str, person: Resident) -> bytes:
    fields = {
        0x5F50: f"{person.issued:%Y%m%d}",
        0x5F51: mrz_order(name),
        0x5F52: "84000000000",
        0x5F53: _lines(person.address),
    }
    return tlv.encode(tag, b"".join(tlv.encode(at, text.encode()) for at, text in fields.items()))


def mrz_order(name: str) -> str:
    """A name as data objects hold it: the surname, two fillers, the others with one between each."""
    surname, _, others = name.partition(" ")
    return f"{surname}<<{others.replace(' ', '<')}"


def _lines(text: str) -> str:
    return "<".join(part.strip() for part in text.split(","))


def _listed(ef: Ef, fields: Mapping[int, str]) -> bytes:
    """The fields after the list of their tags."""
    tags = b"".join(tag.to_bytes(2, "big") for tag in fields)
    row = b"".join(tlv.encode(tag, text.encode()) for tag, text in fields.items())
    return tlv.encode(ef.tag, tlv.encode(_TAG_LIST, tags) + row)
