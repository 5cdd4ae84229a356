"""The files of the eMRTD application and how they are addressed (ICAO Doc 9303-10 §3 and §4.7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from crypto import tlv
from crypto.errors import MalformedError


class Ef(Enum):
    """An elementary file: its identifier, short identifier and outermost tag."""

    CARD_ACCESS = (0x011C, 0x1C, 0x31)
    ATR_INFO = (0x2F01, 0x01, 0x00)
    CARD_SECURITY = (0x011D, 0x1D, 0x30)
    DIR = (0x2F00, 0x1E, 0x61)
    COM = (0x011E, 0x1E, 0x60)
    SOD = (0x011D, 0x1D, 0x77)
    DG1 = (0x0101, 0x01, 0x61)
    DG2 = (0x0102, 0x02, 0x75)
    DG3 = (0x0103, 0x03, 0x63)
    DG4 = (0x0104, 0x04, 0x76)
    DG5 = (0x0105, 0x05, 0x65)
    DG6 = (0x0106, 0x06, 0x66)
    DG7 = (0x0107, 0x07, 0x67)
    DG8 = (0x0108, 0x08, 0x68)
    DG9 = (0x0109, 0x09, 0x69)
    DG10 = (0x010A, 0x0A, 0x6A)
    DG11 = (0x010B, 0x0B, 0x6B)
    DG12 = (0x010C, 0x0C, 0x6C)
    DG13 = (0x010D, 0x0D, 0x6D)
    DG14 = (0x010E, 0x0E, 0x6E)
    DG15 = (0x010F, 0x0F, 0x6F)
    DG16 = (0x0110, 0x10, 0x70)

    @property
    def fid(self) -> int:
        """The two-byte file identifier."""
        return self.value[0]

    @property
    def sfi(self) -> int:
        """The five-bit short file identifier, for READ BINARY without SELECT."""
        return self.value[1]

    @property
    def tag(self) -> int:
        """The tag that the file begins with; 0 for EF.ATR/INFO, which is a row of objects."""
        return self.value[2]

    @property
    def number(self) -> int | None:
        """The data group number 1 to 16, or None for a file that is no data group."""
        return self.fid & 0xFF if self.name.startswith("DG") else None


@dataclass(frozen=True, slots=True)
class Com:
    """EF.COM: which data groups the chip says it has. It is not signed, so it proves nothing."""

    lds_version: str
    unicode_version: str
    groups: tuple[Ef, ...]


_DATA_GROUP_BY_TAG = {ef.tag: ef for ef in Ef if ef.number is not None}


def parse_com(raw: bytes) -> Com:
    """EF.COM (Doc 9303-10 §4.6.1), unknown tags in its list left out; raises MalformedError."""
    items = tlv.parse_one(raw, Ef.COM.tag).children()
    listed = _tags(tlv.find(items, 0x5C))
    return Com(
        lds_version=_digits(tlv.find(items, 0x5F01), 4),
        unicode_version=_digits(tlv.find(items, 0x5F36), 6),
        groups=tuple(_DATA_GROUP_BY_TAG[tag] for tag in listed if tag in _DATA_GROUP_BY_TAG),
    )


def encode_com(com: Com) -> bytes:
    """EF.COM as a personaliser writes it."""
    value = tlv.encode(0x5F01, com.lds_version.encode("ascii"))
    value += tlv.encode(0x5F36, com.unicode_version.encode("ascii"))
    value += tlv.encode(0x5C, bytes(ef.tag for ef in com.groups))
    return tlv.encode(Ef.COM.tag, value)


def _tags(value: bytes) -> tuple[int, ...]:
    if len(value) > 64:
        raise MalformedError("EF.COM: tag list too long")
    return tuple(value)


def _digits(value: bytes, length: int) -> str:
    if len(value) != length or not value.isdigit():
        raise MalformedError("EF.COM: version is not a row of digits")
    return value.decode("ascii")
