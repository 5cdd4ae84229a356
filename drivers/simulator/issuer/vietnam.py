"""Data group 13 of the Vietnamese citizen card, as the readers of cards found it; no specification is public."""

from __future__ import annotations

from datetime import date
from enum import Enum

from crypto import der, tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.people import Resident

_UTF8_TEXT = "1.0.10646.1.0.8"
_UTF8_STRING, _PRINTABLE_STRING = 0x0C, 0x13
_ID_NUMBER, _MARKS = 1, 10
_OLD_NUMBER, _SERIAL = 15, 16
_NO_SERIAL = "0" * 16


class Series(Enum):
    """The two series of cards.

    What differs in data group 13 is not known for certain; the newer one here uses all that readers have met: no
    personal marks (Law 26/2023/QH15 has none on the card), the old number as field 16, PrintableString for plain
    letters, and fields that are not in the order of their numbers.
    """

    CARD_2021 = "căn cước công dân, from January 2021"
    CARD_2024 = "căn cước, from July 2024"


def encode_dg13(person: Resident, series: Series) -> bytes:
    """Data group 13 of ``person``'s card."""
    newer = series is Series.CARD_2024
    fields = sorted(_fields(person, series).items(), key=lambda row: row[0] % 8 if newer else row[0])
    rows = b"".join(_row(number, value, printable=newer or number == _ID_NUMBER) for number, value in fields)
    oid = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(_UTF8_TEXT))
    content = der.encode_unsigned(1) + oid + tlv.encode(der.SET, rows)
    return tlv.encode(Ef.DG13.tag, tlv.encode(der.SEQUENCE, content))


def _fields(person: Resident, series: Series) -> dict[int, str | tuple[str, ...]]:
    """The fields by number; those that the person has not are left out."""
    fields: dict[int, str | tuple[str, ...] | None] = {
        _ID_NUMBER: person.id_number.digits,
        2: person.name,
        3: _day(person.born),
        4: person.sex_word,
        5: "Việt Nam",
        6: person.ethnic_group,
        7: "Không",
        8: person.birthplace,
        9: person.address,
        _MARKS: person.marks if series is Series.CARD_2021 else None,
        11: _day(person.issued),
        12: _day(person.expires) if person.expires else "Không thời hạn",
        13: person.parents,
        14: (person.spouse,) if person.spouse else None,
        _OLD_NUMBER: person.old_number if series is Series.CARD_2021 else None,
        _SERIAL: (series is Series.CARD_2024 and person.old_number) or _NO_SERIAL,
    }
    return {number: value for number, value in fields.items() if value is not None}


def _row(number: int, value: str | tuple[str, ...], *, printable: bool) -> bytes:
    if isinstance(value, str):
        content = _string(value, printable=printable)
    else:
        content = tlv.encode(der.SEQUENCE, b"".join(_string(text, printable=printable) for text in value))
    return tlv.encode(der.SEQUENCE, der.encode_unsigned(number) + content)


def _string(text: str, *, printable: bool) -> bytes:
    return tlv.encode(_PRINTABLE_STRING if printable and text.isascii() else _UTF8_STRING, text.encode())


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
