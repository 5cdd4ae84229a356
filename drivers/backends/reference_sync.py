"""The other half of the reference backend's client: what a terminal that also decides by itself exchanges with it
(docs/protocol.md, version 1)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from crypto.tickets.line import Line, head_message
from crypto.tickets.record import MAX_CHANGE
from crypto.tickets.snapshot import MAX_FILE
from drivers.backends.http import Call, JsonServer, Reply
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.ports import BackendOptions
from terminal.syncing import Changes, LineAnswer, Skew

Sign = Callable[[bytes], bytes]
"""Signs with this device's key: Ed25519, 64 bytes."""

_AT_ONCE = 1000
"""Rows of the change feed that are asked for at once."""

_MOST_CHANGES = 8 * 1024 * 1024
_HALF_SECOND = timedelta(milliseconds=500)
_FIRST_YEAR, _LAST_YEAR = 2020, 2100

_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_Time = Annotated[datetime, Meta(tz=True)]
_Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class _Line(msgspec.Struct, frozen=True):
    seq: int
    body: str
    prev: str
    seal: str


class _Journal(msgspec.Struct, frozen=True):
    lines: list[_Line]
    head_signature: str


class _LineAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seq: _Number
    result: Literal["kept", "known", "refused"]
    reason: _Word | None
    conflict: _Word | None


class _Witness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seq: _Number
    seal: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    signature: Annotated[str, Meta(min_length=88, max_length=88)]


class _JournalAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    received_at: _Time
    answered_at: _Time
    answers: Annotated[list[_LineAnswer], Meta(max_length=500)]
    witness: _Witness


class _ChangesAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cursor: _Number
    more: bool
    records: Annotated[list[Annotated[str, Meta(max_length=MAX_CHANGE * 2)]], Meta(max_length=20_000)]


_R = TypeVar("_R")


class ReferencePeer:
    """A `terminal.syncing.SyncPeer`; for one thread."""

    def __init__(self, options: BackendOptions, sign: Sign, clock: Clock) -> None:
        headers = {"Authorization": f"Bearer {options.token}", "X-Tram-Device": options.device}
        self._server = JsonServer(options, headers)
        self._device = options.device
        self._sign = sign
        self._clock = clock
        self._skew: Skew | None = None

    @property
    def skew(self) -> Skew | None:
        """From the last answer that told its time; None before the first."""
        return self._skew

    def upload(self, lines: Sequence[Line], deadline: float) -> Sequence[LineAnswer]:
        """Hand over up to 500 lines of this device's ledger, in their order; an answer for each. Raises FaultError."""
        if not lines:
            return ()
        signature = self._sign(head_message(self._device, lines[-1]))
        sent = [_Line(line.seq, line.body, line.prev.hex(), line.seal.hex()) for line in lines]
        body = msgspec.json.encode(_Journal(sent, base64.b64encode(signature).decode("ascii")))
        begun = self._clock.now()
        reply = self._server.send(Call("POST", "/v1/journal", body), deadline)
        ended = self._clock.now()
        answer = _decoded(reply, _JournalAnswer)
        if [each.seq for each in answer.answers] != [line.seq for line in lines]:
            raise FaultError("net.garbage", "answers to other lines")
        if any((each.result == "refused") is (each.reason is None) for each in answer.answers):
            raise FaultError("net.garbage", "refused without a reason, or a reason without a refusal")
        self._learn(begun, answer.received_at, answer.answered_at, ended)
        return tuple(LineAnswer(each.seq, each.result, each.reason, each.conflict) for each in answer.answers)

    def changes(self, event: str, cursor: int, deadline: float) -> Changes:
        """What happened to the event's tickets since ``cursor``. Raises FaultError."""
        path = "/v1/changes?" + urlencode({"event": event, "since": cursor, "limit": _AT_ONCE})
        begun = self._clock.now()
        reply = self._server.send(Call("GET", path, most=_MOST_CHANGES), deadline)
        ended = self._clock.now()
        answer = _decoded(reply, _ChangesAnswer)
        if reply.date is not None:
            # The header tells whole seconds: any moment of that one may be meant.
            self._learn(begun, reply.date, reply.date + 2 * _HALF_SECOND, ended, exact=False)
        try:
            records = tuple(base64.b64decode(record, validate=True) for record in answer.records)
        except binascii.Error:
            raise FaultError("net.garbage", "no base64") from None
        return Changes(answer.cursor, answer.more, records)

    def snapshot(self, event: str, to: Path, deadline: float) -> None:
        """All tickets of the event as a snapshot file, at most 64 MB, not yet proven. Raises FaultError, also
        ``offline.write``."""
        path = "/v1/snapshot?" + urlencode({"event": event})
        self._server.send(Call("GET", path, most=MAX_FILE, answer="application/octet-stream", to=to), deadline)

    def _learn(
        self, begun: datetime, received: datetime, answered: datetime, ended: datetime, *, exact: bool = True
    ) -> None:
        """The offset and its error from the four times of an exchange (RFC 5905, section 8)."""
        if not (received <= answered and _FIRST_YEAR <= received.year <= answered.year <= _LAST_YEAR):
            raise FaultError("net.garbage", "times out of order")
        offset = ((received - begun) + (answered - ended)) / 2
        span = ended - begun
        error = (span - (answered - received)) / 2 if exact else span / 2 + _HALF_SECOND
        if begun <= ended:
            self._skew = Skew(offset.total_seconds(), max(error.total_seconds(), 0.0))


def build(options: BackendOptions, sign: Sign) -> ReferencePeer:
    """The entry point ``tram.peer``: a server, or a hub, that speaks docs/protocol.md."""
    return ReferencePeer(options, sign, SystemClock())


def _decoded(reply: Reply, kind: type[_R]) -> _R:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Without the library's words: they may quote what was sent.
        raise FaultError("net.garbage", f"not an answer: {kind.__name__}") from None
