"""The data elements in which data groups 11, 12 and 16 write texts, names, dates and places (ICAO Doc 9303-10 §4.7).

Issuers differ: dates as digits or packed, UTF-8 or Latin-1, name parts left out, wrappers forgotten. So a value that
cannot be read is None or empty and stays in its data object; only a file that is no row of data objects is refused.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, time

from crypto import tlv
from crypto.civil import PartialDate, read_year_first
from crypto.emrtd.image import EncodedImage, image_in
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, ProofError
from crypto.tlv import Tlv

_MAX_SIZE = 128 * 1024  # these groups may hold scanned pages
_MAX_OBJECTS = 64
_PADDING = b"\0\xff"
_TAG_LIST = 0x5C
_NESTED = (0xA0, 0x0A)
"""Around repeated elements; Supplement 11 to Doc 9303 prints 0A in its example, and issuers took that over."""

_UNKNOWN_DIGITS = bytes.maketrans(b"<Xx", b"000")


@dataclass(frozen=True, slots=True)
class HolderName:
    """A name in two parts (Doc 9303-3 §4.6); ``secondary`` is empty where the document does not part it."""

    primary: str = field(repr=False)
    secondary: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DataElements:
    """The data objects of one group in their order, those of unknown tags too."""

    objects: tuple[Tlv, ...]

    @property
    def listed(self) -> tuple[int, ...]:
        """The tags that the group's own list (5C) names; empty when it has no readable one."""
        return _tags(self.value(_TAG_LIST) or b"")

    def value(self, tag: int) -> bytes | None:
        """The first value of ``tag``; None when there is none."""
        return next((item.value for item in self.objects if item.tag == tag), None)

    def repeated(self, tag: int) -> tuple[bytes, ...]:
        """All values of ``tag``, whether they stand in a wrapper (A0) with their number, as they should, or bare."""
        row = list(self.objects)
        for item in self.objects:
            if item.tag in _NESTED:
                row += _row_or_nothing(item.value)
        return tuple(item.value for item in row if item.tag == tag)

    def text(self, tag: int) -> str | None:
        """A text without fillers; None when absent or empty."""
        return " ".join(self.lines(tag)) or None

    def lines(self, tag: int) -> tuple[str, ...]:
        """The parts of a text that fillers (``<``) keep apart, empty ones left out."""
        return tuple(part for part in map(_trimmed, decoded(self.value(tag) or b"").split("<")) if part)

    def name(self, tag: int) -> HolderName | None:
        """A name; None when absent or empty."""
        return name_of(self.value(tag) or b"")

    def names(self, tag: int) -> tuple[HolderName, ...]:
        """Every name of a repeated element, empty ones left out."""
        return tuple(name for value in self.repeated(tag) if (name := name_of(value)) is not None)

    def day(self, tag: int) -> PartialDate | None:
        """A date, YYYYMMDD in digits or packed (BCD); None when absent or no date."""
        digits = _digits(self.value(tag), 8)
        return read_year_first(digits) if digits else None

    def moment(self, tag: int) -> str | None:
        """A time, YYYYMMDDhhmmss in digits or packed (BCD), as ``YYYY-MM-DDThh:mm:ss``; its zone is not told."""
        digits = _digits(self.value(tag), 14)
        if digits is None:
            return None
        month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
        try:
            return f"{date(int(digits[:4]), month, day).isoformat()}T{time(hour, minute, second).isoformat()}"
        except ValueError:
            return None

    def image(self, tag: int) -> EncodedImage | None:
        """An image; None when absent or of no known kind."""
        try:
            return image_in(self.value(tag) or b"")
        except ProofError:
            return None


def data_elements(raw: bytes, ef: Ef) -> DataElements:
    """The data objects of the file ``ef``; raises MalformedError when it is no such file."""
    if len(raw) > _MAX_SIZE:
        raise MalformedError(f"{ef.name}: too long")
    outer, rest = tlv.parse_first(raw)
    if outer.tag != ef.tag or rest.strip(_PADDING):
        raise MalformedError(f"{ef.name}: not one object of tag {ef.tag:X}")
    return DataElements(row_of(outer.value))


def row_of(value: bytes) -> tuple[Tlv, ...]:
    """The data objects of a row, padding between and after them left out; raises MalformedError."""
    found: list[Tlv] = []
    rest = value
    while rest := rest.lstrip(_PADDING):
        item, rest = tlv.parse_first(rest)
        found.append(item)
        if len(found) > _MAX_OBJECTS:
            raise MalformedError("data elements: too many")
    return tuple(found)


def decoded(value: bytes) -> str:
    """The text as UTF-8, or else as Latin-1; NFC, control characters as spaces."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    text = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(character) in {"Cc", "Cf"} else character for character in text)


def name_of(value: bytes) -> HolderName | None:
    """A name whose parts ``<<`` keeps apart; None when there is nothing in it."""
    primary, _, secondary = decoded(value).partition("<<")
    name = HolderName(_unfilled(primary), _unfilled(secondary))
    return name if name.primary or name.secondary else None


def _unfilled(text: str) -> str:
    return _trimmed(text.replace("<", " "))


def _trimmed(text: str) -> str:
    return " ".join(text.split())


def _digits(value: bytes | None, count: int) -> str | None:
    """The digits of a value that has ``count`` of them, one a byte or packed two a byte; what is unknown is 0."""
    if value is None:
        return None
    written = value.strip(b" \0").translate(_UNKNOWN_DIGITS)
    if len(written) == count and written.isdigit():
        return written.decode("ascii")
    packed = value.hex()
    return packed if len(packed) == count and packed.isdecimal() else None


def _row_or_nothing(value: bytes) -> tuple[Tlv, ...]:
    try:
        return row_of(value)
    except MalformedError:
        return ()


def _tags(value: bytes) -> tuple[int, ...]:
    found: list[int] = []
    at = 0
    while at < len(value):
        size = 2 if value[at] & 0x1F == 0x1F else 1
        if at + size > len(value):
            return ()
        found.append(int.from_bytes(value[at : at + size], "big"))
        at += size
    return tuple(found)
