"""One line of a device's ledger on its way into the database: what it says, by the server's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from crypto.errors import MalformedError
from crypto.tickets.body import LineBody, LineKind, Stamp
from crypto.tickets.line import START, Line, seal_of

SKEWED = timedelta(minutes=2)
"""A device clock that is wrong by more is pointed out."""

_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC)


class Refused(StrEnum):
    """Why a line is not taken.

    The first three say that it does not fit the ledger here, which stays as it was. Of the others the line is kept as
    evidence, without effect, so that the ones after it can follow.
    """

    SEQ_REUSED = "seq_reused"
    GAP = "gap"
    CHAIN_BROKEN = "chain_broken"
    SEAL_WRONG = "seal_wrong"
    MALFORMED = "malformed"
    FORBIDDEN = "forbidden"


KEPT_AS_EVIDENCE = frozenset({Refused.SEAL_WRONG, Refused.MALFORMED, Refused.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose ledger it is. ``event``: the only one of which its lines may tell, None for any; ``for_others``: they may
    tell of other devices' scans, as a hub's do."""

    device: str
    event: str | None = None
    for_others: bool = False

    def may(self, body: LineBody) -> bool:
        """Whether this device may say so."""
        return self.event in (None, body.event) and (self.for_others or body.asker is None)


@dataclass(frozen=True, slots=True)
class Read:
    """A line whose seal is right and whose body says something. ``error``: None, the device did not know its clock."""

    line: Line
    body: LineBody = field(repr=False)
    at: datetime
    error: timedelta | None
    skewed: bool


@dataclass(frozen=True, slots=True)
class Head:
    """How far a device's ledger is here."""

    seq: int = 0
    seal: bytes = START


def read(writer: Writer, head: Head, line: Line, received_at: datetime) -> Read | Refused:
    """What ``line`` of ``writer`` says, as the one after ``head``."""
    body = _body(line)
    if isinstance(body, LineBody) and body.kind is LineKind.ANEW and line.prev == START:
        pass  # the device lost its store: a chain of its own begins, at a number that it never used
    elif line.seq != head.seq + 1:
        return Refused.GAP
    elif line.prev != head.seal:
        return Refused.CHAIN_BROKEN
    if line.seal != seal_of(line.prev, line.seq, line.body):
        return Refused.SEAL_WRONG
    if isinstance(body, Refused):
        return body
    if not writer.may(body):
        return Refused.FORBIDDEN
    at = corrected(body.stamp)
    if not _FIRST <= at < _LAST:
        return Refused.MALFORMED
    skew = body.stamp.skew_ms
    off = timedelta(milliseconds=skew) if skew is not None else max(timedelta(0), at - received_at)
    error = body.stamp.skew_error_ms
    return Read(line, body, at, None if error is None else timedelta(milliseconds=error), abs(off) > SKEWED)


def corrected(stamp: Stamp) -> datetime:
    """When it was by the server's clock, as far as the device knew; one so far off that no date holds it: year 1."""
    try:
        return stamp.at.astimezone(UTC) + timedelta(milliseconds=stamp.skew_ms or 0)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def asker_of(device: str, body: LineBody) -> str:
    """The device whose scan a line of ``device`` tells of."""
    return body.asker or device


def evidence_row(device: str, line: Line, received_at: datetime, refused: Refused | None) -> dict[str, Any]:
    """A row of the line table that says only what came."""
    return {
        "device": device,
        "seq": line.seq,
        "prev": line.prev,
        "seal": line.seal,
        "body": line.body.encode(),
        "received_at": received_at,
        "refused": refused.value if refused else None,
        "asker": None,
        "scan_id": None,
        "kind": None,
        "event": None,
        "ticket": None,
        "gate": None,
        "asked_people": None,
        "at": None,
        "error_ms": None,
        "skewed": False,
        "stands": False,
        "people": 0,
    }


def row_of(device: str, found: Read, received_at: datetime, *, stands: bool, people: int) -> dict[str, Any]:
    """A row of the line table."""
    body = found.body
    return evidence_row(device, found.line, received_at, None) | {
        "asker": asker_of(device, body),
        "scan_id": body.scan_id,
        "kind": body.kind.value,
        "event": body.event,
        "ticket": body.ticket,
        "gate": body.gate,
        "asked_people": body.people,
        "at": found.at,
        "error_ms": None if found.error is None else found.error // timedelta(milliseconds=1),
        "skewed": found.skewed,
        "stands": stands,
        "people": people,
    }


def _body(line: Line) -> LineBody | Refused:
    try:
        return LineBody.from_text(line.body)
    except MalformedError:
        return Refused.MALFORMED
