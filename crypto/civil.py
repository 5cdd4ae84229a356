"""Dates and sex as Vietnamese papers write them, where a day or month may be unknown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum

_PACKED = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_WRITTEN = re.compile(r"(?:(?:([0-9]{2})[/-])?([0-9]{2})[/-])?([0-9]{4})")
_SLASHED = re.compile(r"(?:(?:([0-9]{1,2})/)?([0-9]{1,2})/)?([0-9]{4})")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date; month and day are 0 where the papers do not know them."""

    year: int
    month: int = 0
    day: int = 0

    def __repr__(self) -> str:
        return "PartialDate(…)"

    def text(self) -> str:
        """As printed: dd/MM/yyyy, MM/yyyy or yyyy."""
        day = f"{self.day:02}/" if self.day else ""
        month = f"{self.month:02}/" if self.month else ""
        return f"{day}{month}{self.year:04}"

    @property
    def mrz(self) -> str:
        """YYMMDD with fillers for what is unknown (ICAO Doc 9303-3 §4.8)."""
        month = f"{self.month:02}" if self.month else "<<"
        return f"{self.year % 100:02}{month}" + (f"{self.day:02}" if self.day else "<<")

    @property
    def exact(self) -> date | None:
        """The calendar date, or None when it is partly unknown."""
        return date(self.year, self.month, self.day) if self.month and self.day else None


class Sex(Enum):
    """As the papers write it: Nam, Nữ."""

    MALE = "male"
    FEMALE = "female"


_SEXES = {"NAM": Sex.MALE, "NỮ": Sex.FEMALE, "NU": Sex.FEMALE}


def read_sex(text: str) -> Sex | None:
    """``Nam`` or ``Nữ`` in any case, ``Nu`` too; None for anything else."""
    return _SEXES.get(unicodedata.normalize("NFC", text).strip().upper())


def read_packed(text: str) -> PartialDate | None:
    """DDMMYYYY with 00 for what is unknown; None when that is no date."""
    match = _PACKED.fullmatch(text.strip())
    return _checked(match) if match else None


def read_year_first(text: str) -> PartialDate | None:
    """YYYYMMDD with 00 for what is unknown; None when that is no date."""
    match = _YEAR_FIRST.fullmatch(text)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    return _valid(day if month else 0, month, year)


def read_slashed(text: str) -> PartialDate | None:
    """``dd/MM/yyyy``, ``MM/yyyy`` or ``yyyy``; None when that is no date."""
    match = _SLASHED.fullmatch(text.strip())
    return _checked(match) if match else None


def read_written(text: str) -> PartialDate | None:
    """As DG13 writes it: two digits for day and month, slashes or hyphens; None when that is no date.

    An unknown day or month may be 00; a day without its month says nothing and is dropped.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    found = _valid(*(int(part or 0) for part in match.groups()))
    return PartialDate(found.year) if found and not found.month else found


def _checked(match: re.Match[str]) -> PartialDate | None:
    day, month, year = (int(part or 0) for part in match.groups())
    return None if day and not month else _valid(day, month, year)


def _valid(day: int, month: int, year: int) -> PartialDate | None:
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return PartialDate(year, month, day)
