"""The JSON of the social security gateway, both ways (CV 1923/BHXH-CNTT of 20/06/2024 and its annex).

The structures name only what is used. msgspec passes over everything else without building it: the history of visits
(``dsLichSuKCB2018``, ``dsLichSuKT2018``) holds diagnoses and is none of a reception's business.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, field

from crypto.civil import PartialDate
from terminal.faults import FaultError

MOST_BYTES = 4 * 1024 * 1024
"""Of an answer with its history: some ten thousand visits."""

_Code = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,8}\Z")]
_Short = Annotated[str, Meta(max_length=32)]
_Line = Annotated[str, Meta(max_length=200)]
_Note = Annotated[str, Meta(max_length=2000)]
_Token = Annotated[str, Meta(min_length=1, max_length=4096)]

_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")

_T = TypeVar("_T")


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of ``KQNhanLichSuKCB2024``; the last two are the person who asks."""

    card: str = field(name="maThe")
    name: str = field(name="hoTen")
    born: str = field(name="ngaySinh")
    staff_name: str | None = field(name="hoTenCb", default=None)
    staff_number: str | None = field(name="cccdCb", default=None)

    def __repr__(self) -> str:
        return "Question(…)"


class CardAnswer(msgspec.Struct, frozen=True):
    """The answer about a card; an absent text is null or empty."""

    code: _Code = field(name="maKetQua")
    note: _Note | None = field(name="ghiChu", default=None)
    card: _Short | None = field(name="maThe", default=None)
    member: _Short | None = field(name="maSoBHXH", default=None)
    old_card: _Short | None = field(name="maTheCu", default=None)
    name: _Line | None = field(name="hoTen", default=None)
    born: _Short | None = field(name="ngaySinh", default=None)
    facility: _Short | None = field(name="maDKBD", default=None)
    begins: _Short | None = field(name="gtTheTu", default=None)
    ends: _Short | None = field(name="gtTheDen", default=None)
    new_card: _Short | None = field(name="maTheMoi", default=None)
    new_begins: _Short | None = field(name="gtTheTuMoi", default=None)
    new_ends: _Short | None = field(name="gtTheDenMoi", default=None)
    new_facility: _Short | None = field(name="maDKBDMoi", default=None)
    new_facility_name: _Line | None = field(name="tenDKBDMoi", default=None)

    def __repr__(self) -> str:
        return "CardAnswer(…)"


class _Key(msgspec.Struct, frozen=True):
    access_token: _Token
    id_token: _Token

    def __repr__(self) -> str:
        return "_Key(…)"


class _TokenAnswer(msgspec.Struct, frozen=True):
    code: _Code | int = field(name="maKetQua")
    key: _Key | None = field(name="APIKey", default=None)


def written(question: Question) -> bytes:
    """The JSON of a question."""
    return msgspec.json.encode(question)


def card(raw: bytes) -> CardAnswer:
    """The answer about a card. Raises FaultError ``net.garbage``."""
    return _decoded(raw, CardAnswer)


def tokens(raw: bytes) -> tuple[str, str]:
    """``access_token`` and ``id_token``. Raises FaultError ``net.garbage``; ``net.denied`` where there are none."""
    answer = _decoded(raw, _TokenAnswer)
    if answer.key is None:
        raise FaultError("net.denied", f"no token: maKetQua {answer.code}")
    return answer.key.access_token, answer.key.id_token


def day(text: str | None) -> date | None:
    """``dd/MM/yyyy``; None for an absent one. Raises FaultError ``net.garbage`` for anything else."""
    if not text:
        return None
    found = _DATE.fullmatch(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        pass  # no such day: told below
    raise FaultError("net.garbage", "a date that is none")


def birth(text: str | None) -> PartialDate | None:
    """``dd/MM/yyyy`` or ``yyyy``; None for an absent one. Raises FaultError ``net.garbage`` for anything else."""
    if text and _YEAR.fullmatch(text):
        return PartialDate(int(text))
    whole = day(text)
    return PartialDate(whole.year, whole.month, whole.day) if whole else None


def birth_text(born: PartialDate) -> str:
    """A date of birth as the gateway takes it: whole, or its year alone."""
    return born.text() if born.month and born.day else f"{born.year:04}"


def _decoded(raw: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Without the library's words: they may quote what was sent.
        raise FaultError("net.garbage", f"not an answer: {kind.__name__}") from None
