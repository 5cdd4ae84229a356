"""The QR code of the paper health-insurance card (BHYT), old (10 fields) and new (16 fields), unsigned.

Bars between fields, ``$`` at the end, texts as hexadecimal UTF-8. The dates on paper prove nothing; the register does.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from crypto.civil import PartialDate, Sex, read_slashed
from crypto.errors import MalformedError

_CODE = re.compile(r"[0-9]{10}|[A-Z]{2}[1-5][0-9]{12}")
_HEAD = re.compile(r"[0-9]{10}|[A-Z]{2}[0-9]{13}")
_FACILITY = re.compile(r"([0-9]{2}) ?- ?([0-9A-Za-z]{3})")
_SEX = {"1": Sex.MALE, "2": Sex.FEMALE}
_OLD_FIELDS = 10
_MAX_FIELDS = 40
_MAX_FIELD = 1200


class InsuranceWarning(Enum):
    """What is odd about a card code that was still understood."""

    CODE_ODD = "code_odd"
    TEXT_DAMAGED = "text_damaged"
    DATE_UNREADABLE = "date_unreadable"
    SEX_UNREADABLE = "sex_unreadable"
    FACILITY_UNREADABLE = "facility_unreadable"
    FIELD_MISSING = "field_missing"


@dataclass(frozen=True, slots=True)
class InsuranceQr:
    """What the paper card's QR says. ``facility`` is the five-character code of the initial health facility."""

    code: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    born: PartialDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    facility: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    issued: date | None = None
    five_years_from: date | None = None
    benefit: str | None = None
    issued_at: str | None = field(default=None, repr=False)
    warnings: tuple[InsuranceWarning, ...] = ()

    @property
    def number(self) -> str:
        """The ten-digit insurance number (mã số BHXH), which both forms of the code end with."""
        return self.code[-10:]


def is_insurance_code(text: str) -> bool:
    """Whether the text is a card code: 10 digits, or the 15 characters of cards before April 2021."""
    return _CODE.fullmatch(text) is not None


def looks_like_insurance(text: str) -> bool:
    """Whether the text has the paper card's form: a code in field 0 and a field that is exactly ``$``."""
    parts = text.split("|")
    return "$" in parts[1:] and _HEAD.fullmatch(parts[0].strip()) is not None


def parse_insurance(text: str) -> InsuranceQr:
    """The card's data; damaged texts become None and a warning. Raises MalformedError without a usable code."""
    if not looks_like_insurance(text):
        raise MalformedError("insurance QR: no card code, or no end mark")
    parts = text.split("|")
    if len(parts) > _MAX_FIELDS or any(len(part) > _MAX_FIELD for part in parts):
        raise MalformedError("insurance QR: more than a card holds")
    return _Fields([part.strip() for part in parts[: parts.index("$")]]).card()


class _Fields:
    """The fields of one code, read one by one; collects what was odd."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._odd: list[InsuranceWarning] = []

    def card(self) -> InsuranceQr:
        code = self._parts[0]
        if not is_insurance_code(code):
            self._warn(InsuranceWarning.CODE_ODD)
        if len(self._parts) < _OLD_FIELDS:
            self._warn(InsuranceWarning.FIELD_MISSING)
        return InsuranceQr(
            code=code,
            name=self._text(1),
            born=self._partial(2),
            sex=self._sex(3),
            address=self._text(4),
            facility=self._facility(5),
            valid_from=self._date(6),
            valid_to=self._date(7),
            issued=self._date(8),
            five_years_from=self._date(12),
            benefit=self._benefit(14) or (code[2] if len(code) == 15 else None),
            issued_at=self._text(15),
            warnings=tuple(self._odd),
        )

    def _at(self, index: int) -> str | None:
        part = self._parts[index] if index < len(self._parts) else "-"
        return None if part in {"", "-"} else part

    def _warn(self, warning: InsuranceWarning) -> None:
        if warning not in self._odd:
            self._odd.append(warning)

    def _benefit(self, index: int) -> str | None:
        part = self._at(index)
        return part if part in {"1", "2", "3", "4", "5"} else None

    def _text(self, index: int) -> str | None:
        part = self._at(index)
        if part is None:
            return None
        try:
            text = unicodedata.normalize("NFC", bytes.fromhex(part).decode("utf-8"))
        except ValueError:
            self._warn(InsuranceWarning.TEXT_DAMAGED)
            return _what_is_whole(part)
        return " ".join(text.split())

    def _partial(self, index: int) -> PartialDate | None:
        part = self._at(index)
        found = read_slashed(part) if part else None
        if part and found is None:
            self._warn(InsuranceWarning.DATE_UNREADABLE)
        return found

    def _date(self, index: int) -> date | None:
        found = self._partial(index)
        if found is not None and found.exact is None:
            self._warn(InsuranceWarning.DATE_UNREADABLE)
        return found.exact if found else None

    def _sex(self, index: int) -> Sex | None:
        part = self._at(index)
        if part is not None and part not in _SEX:
            self._warn(InsuranceWarning.SEX_UNREADABLE)
        return _SEX.get(part or "")

    def _facility(self, index: int) -> str | None:
        part = self._at(index)
        match = _FACILITY.fullmatch(part or "")
        if part is not None and match is None:
            self._warn(InsuranceWarning.FACILITY_UNREADABLE)
        return "".join(match.groups()).upper() if match else None


def _what_is_whole(part: str) -> str | None:
    """The text up to the damage, each lost piece as U+FFFD, or None when the field was never hexadecimal."""
    digits = re.match(r"[0-9A-Fa-f]*", part)
    whole = digits.group() if digits else ""
    if len(whole) < len(part) - 1:
        return None
    decoded = bytes.fromhex(whole[: len(whole) // 2 * 2]).decode("utf-8", "replace")
    return " ".join(unicodedata.normalize("NFC", decoded).split()) or None
