"""What a pretix server says and is told (its REST API documentation, "Check-in"; read off version 2026.8).

Its answers carry names and addresses, even refusals do: only the fields below are ever read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from terminal.faults import FaultError

_Number = Annotated[int, Meta(ge=0, le=2**53)]
_Line = Annotated[str, Meta(max_length=1000)]
_Text = Annotated[str, Meta(max_length=20_000)]
_Time = Annotated[datetime, Meta(tz=True)]
Words = _Text | Annotated[dict[Annotated[str, Meta(max_length=20)], _Text], Meta(max_length=200)]
"""One text, or one for each language."""

Reason = Literal[
    "canceled", "invalid", "unpaid", "product", "rules", "revoked", "incomplete", "already_redeemed", "ambiguous",
    "error", "blocked", "unapproved", "invalid_time", "annulled", "already_exchanged", "medium_invalid",
    "medium_exists", "exchange",
]  # fmt: skip
"""Why somebody is not let in. ``incomplete`` and ``exchange`` come as a status, the others with ``error``."""


class RedeemRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST checkinrpc/redeem. Without ``at`` the server's clock decides. ``simulate`` leaves no trace; ``force`` is for
    what happened already."""

    lists: tuple[int, ...]
    secret: str
    type: Literal["entry", "exit"]
    nonce: str
    source_type: Literal["barcode"] = "barcode"
    force: bool = False
    questions_supported: bool = True
    at: datetime | msgspec.UnsetType = msgspec.field(name="datetime", default=msgspec.UNSET)
    answers: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    simulate: bool | msgspec.UnsetType = msgspec.UNSET


class AnnulRequest(msgspec.Struct, frozen=True):
    """POST checkinrpc/annul."""

    lists: tuple[int, ...]
    nonce: str


class Checkin(msgspec.Struct, frozen=True):
    """One passing of a ticket."""

    datetime: _Time
    list: _Number
    type: Literal["entry", "exit"]
    gate: _Number | None = None
    device_id: _Number | None = None


class Position(msgspec.Struct, frozen=True):
    """A ticket, without its holder."""

    checkins: Annotated[list[Checkin], Meta(max_length=20_000)]
    valid_from: _Time | None = None
    valid_until: _Time | None = None


class Option(msgspec.Struct, frozen=True):
    """One of the answers that a question leaves to choose from."""

    id: _Number
    answer: Words


class Question(msgspec.Struct, frozen=True):
    """What is to be asked before a ticket lets anybody in."""

    id: _Number
    question: Words
    type: Annotated[str, Meta(min_length=1, max_length=20)]
    required: bool
    options: Annotated[list[Option], Meta(max_length=1000)] = []


class RedeemResponse(msgspec.Struct, frozen=True):
    """The answer to a redemption, whatever its HTTP status."""

    status: Literal["ok", "error", "incomplete", "exchange"]
    reason: Reason | None = None
    reason_explanation: _Text | None = None
    require_attention: bool = False
    checkin_texts: Annotated[list[_Text], Meta(max_length=20)] = []
    position: Position | None = None
    questions: Annotated[list[Question], Meta(max_length=200)] = []


class Invalid(msgspec.Struct, frozen=True):
    """HTTP 400: ``lists`` when the check-in list is out of this device's reach, ``said`` of the request itself."""

    lists: list[_Line] = []
    said: list[_Line] = msgspec.field(name="non_field_errors", default_factory=list)


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """HTTP 404 to an annulment: nothing is known under this nonce."""

    detail: _Line


class AnnulResponse(msgspec.Struct, frozen=True):
    """The answer to an annulment."""

    status: Literal["ok"]


class Gate(msgspec.Struct, frozen=True):
    """Where a device stands."""

    id: _Number
    name: _Line


class Device(msgspec.Struct, frozen=True):
    """This terminal, as pretix knows it."""

    device_id: _Number
    gate: Gate | None = None


class Version(msgspec.Struct, frozen=True):
    """The server's release."""

    pretix: Annotated[str, Meta(min_length=1, max_length=64)]


class Server(msgspec.Struct, frozen=True):
    """The server itself."""

    version: Version


class InfoResponse(msgspec.Struct, frozen=True):
    """GET device/info. The token that comes with it is not read."""

    device: Device
    server: Server


_R = TypeVar("_R")


def decoded(raw: bytes, kind: type[_R]) -> _R:
    """The answer of that kind. Raises FaultError ``net.garbage``."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Without the library's words: they may quote what was sent.
        raise FaultError("net.garbage", f"not an answer: {kind.__name__}") from None


def invalid(raw: bytes) -> Invalid:
    """What is wrong with a request; a bare list is about all of it. Raises FaultError ``net.garbage``."""
    if raw.lstrip().startswith(b"["):
        return Invalid(said=decoded(raw, list[_Line]))
    return decoded(raw, Invalid)


def in_words(words: Words) -> str:
    """In Vietnamese where it is there, else in English, else in whichever language comes first."""
    if isinstance(words, str):
        return words.strip()
    return (words.get("vi") or words.get("en") or next(iter(words.values()), "")).strip()
