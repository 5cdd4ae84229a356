"""What is Vietnamese about the citizen card: data group 13 and the form of its MRZ.

No public specification exists; the layout is the one that several independent readers agree on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crypto import tlv
from crypto.civil import PartialDate, read_written
from crypto.emrtd import mrz
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError
from crypto.id_number import IdNumber

NO_EXPIRY = "991231"
"""The MRZ date of a card that does not expire."""

_UTF8_TEXT = bytes.fromhex("28D316010008")  # OID 1.0.10646.1.0.8
_STRINGS = {
    0x0C: "utf-8",  # UTF8String
    0x12: "utf-8",  # NumericString
    0x13: "utf-8",  # PrintableString, in which cards write marks all the same
    0x16: "utf-8",  # IA5String
    0x1E: "utf-16-be",  # BMPString
}
_MAX_SIZE = 16 * 1024
_MAX_FIELDS = 64
_OLD_NUMBER = re.compile(r"[0-9]{9}|[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Dg13Field:
    """One numbered field: its texts in order, or none when it holds something else; ``raw`` is its value's TLV.

    ``raw`` is empty where the card writes a number without a value.
    """

    number: int
    texts: tuple[str, ...] = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dg13:
    """Data group 13. A property is None where the card leaves the field out; every field is kept by its number.

    ``others`` are rows that are no numbered field. Ethnic group (6) and religion (7) are sensitive by law and have no
    property on purpose.
    """

    fields: tuple[Dg13Field, ...]
    others: tuple[tlv.Tlv, ...] = ()

    def texts(self, number: int) -> tuple[str, ...]:
        """The texts of field ``number``; empty when absent."""
        return next((item.texts for item in self.fields if item.number == number), ())

    def text(self, number: int) -> str | None:
        """The single text of field ``number``; None when absent or empty."""
        texts = self.texts(number)
        return texts[0] or None if texts else None

    @property
    def id_number(self) -> IdNumber | None:
        """The personal ID number (1); raises MalformedError when present and not 12 digits."""
        digits = self.text(1)
        return IdNumber(digits) if digits else None

    @property
    def name(self) -> str | None:
        """The name with all its marks (2), NFC."""
        return self.text(2)

    @property
    def born(self) -> PartialDate | None:
        """The date of birth (3), perhaps without day or month; None when it is not written as a date."""
        return read_written(self.text(3) or "")

    @property
    def sex(self) -> str | None:
        """``Nam`` or ``Nữ`` as written (4)."""
        return self.text(4)

    @property
    def nationality(self) -> str | None:
        """The nationality in words (5)."""
        return self.text(5)

    @property
    def origin(self) -> str | None:
        """Place of origin or of birth registration (8)."""
        return self.text(8)

    @property
    def residence(self) -> str | None:
        """Place of residence (9)."""
        return self.text(9)

    @property
    def marks(self) -> str | None:
        """Personal identification, such as a scar (10)."""
        return self.text(10)

    @property
    def issued(self) -> date | None:
        """The date of issue (11)."""
        return _exact(self.text(11))

    @property
    def expires(self) -> date | None:
        """The date of expiry (12); None when the card has none, see ``no_expiry``."""
        return _exact(self.text(12))

    @property
    def no_expiry(self) -> bool:
        """Whether field 12 says in words that the card does not expire."""
        return folded(self.text(12) or "") in {"KHONG THOI HAN", "KHONG XAC DINH THOI HAN"}

    @property
    def parents(self) -> tuple[str, ...]:
        """Father and mother (13)."""
        return self.texts(13)

    @property
    def spouse(self) -> str | None:
        """Husband or wife (14)."""
        return self.text(14)

    @property
    def old_number(self) -> str | None:
        """The number of an older paper: field 15, or 16 where that holds one of 9 or 12 digits and 15 none.

        Readers of cards disagree on which it is; sixteen characters in 16 are something else.
        """
        return self.text(15) or (old if _OLD_NUMBER.fullmatch(old := self.text(16) or "") else None)


def parse_dg13(raw: bytes) -> Dg13:
    """Data group 13 of a Vietnamese card from its file (tag 6D).

    Fields may be missing, unknown or in any order; one that cannot be read has no texts. Raises NotSupportedError for
    the group of another country (its content is the issuer's own, Doc 9303-10 §4.7.13), MalformedError.
    """
    if len(raw) > _MAX_SIZE:
        raise MalformedError("DG13: too long")
    outer, rest = tlv.parse_first(raw)
    if outer.tag != Ef.DG13.tag or rest.strip(b"\0"):
        raise MalformedError("DG13: not one object of tag 6D")
    rows = _profile(outer.value).children()
    if len(rows) > _MAX_FIELDS:
        raise MalformedError("DG13: too many fields")
    found = [(row, _field(row)) for row in rows]
    fields = tuple(known for _, known in found if known is not None)
    if len({item.number for item in fields}) != len(fields):
        raise MalformedError("DG13: a field appears twice")
    return Dg13(fields, tuple(row for row, known in found if known is None))


def encode_dg13(values: Mapping[int, str | Sequence[str]]) -> bytes:
    """Data group 13 as the personaliser writes it: a text or a row of texts by field number (1 as PrintableString)."""
    rows = b"".join(tlv.encode(0x30, _integer(number) + _value(number, value)) for number, value in values.items())
    body = _integer(1) + tlv.encode(0x06, _UTF8_TEXT) + tlv.encode(0x31, rows)
    return tlv.encode(Ef.DG13.tag, tlv.encode(0x30, body))


def card_mrz(*, id_number: IdNumber, name: str, born: PartialDate, sex: str, expires: date | None) -> str:
    """The TD1 zone of a citizen card, 90 characters; ``sex`` is M or F, no ``expires`` means that it has none.

    Raises MalformedError where a part does not fit the zone.
    """
    surname, _, given_names = folded(name).partition(" ")
    return mrz.compose_td1(
        document_code="ID",
        state="VNM",
        document_number=id_number.document_number,
        optional=f"{id_number.digits}<<{mrz.check_digit(id_number.digits)}",
        born=born.mrz,
        sex=sex,
        expires=expires.strftime("%y%m%d") if expires else NO_EXPIRY,
        nationality="VNM",
        surname=surname,
        given_names=given_names,
    )


def folded(name: str) -> str:
    """The name as the MRZ writes it: capital letters without marks, Đ as D, apostrophes and hyphens dropped."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    letters = (character for character in plain if character.isascii() and (character.isalpha() or character == " "))
    return " ".join("".join(letters).upper().split())


def _profile(content: bytes) -> tlv.Tlv:
    """The set of fields; the version is not looked at, as the text form is what tells this profile from others."""
    try:
        parts = tlv.parse_one(content, 0x30).children()
    except MalformedError:
        raise NotSupportedError("DG13: not of the Vietnamese profile") from None
    if [part.tag for part in parts[:3]] != [0x02, 0x06, 0x31] or parts[1].value != _UTF8_TEXT:
        raise NotSupportedError("DG13: not of the Vietnamese profile")
    return parts[2]


def _field(row: tlv.Tlv) -> Dg13Field | None:
    try:
        parts = row.children() if row.tag == 0x30 else ()
    except MalformedError:
        return None
    if not 1 <= len(parts) <= 2 or parts[0].tag != 0x02 or not 1 <= len(parts[0].value) <= 2:
        return None
    number = int.from_bytes(parts[0].value, "big", signed=True)
    return Dg13Field(number, _texts(parts[1]), parts[1].encode()) if len(parts) == 2 else Dg13Field(number, (), b"")


def _texts(value: tlv.Tlv) -> tuple[str, ...]:
    try:
        rows = value.children() if value.tag == 0x30 else (value,)
    except MalformedError:
        return ()
    texts = (_clean(item.value, _STRINGS[item.tag]) for item in rows if item.tag in _STRINGS)
    return tuple(text for text in texts if text is not None)


def _clean(value: bytes, encoding: str) -> str | None:
    try:
        text = value.decode(encoding)
    except UnicodeDecodeError:
        return None
    text = " ".join(unicodedata.normalize("NFC", text).rstrip("\0").split())
    return None if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text) else text


def _exact(text: str | None) -> date | None:
    found = read_written(text or "")
    return found.exact if found else None


def _integer(number: int) -> bytes:
    return tlv.encode(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _value(number: int, value: str | Sequence[str]) -> bytes:
    if isinstance(value, str):
        return tlv.encode(0x13 if number == 1 else 0x0C, value.encode("utf-8"))
    return tlv.encode(0x30, b"".join(tlv.encode(0x0C, item.encode("utf-8")) for item in value))
