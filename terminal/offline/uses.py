"""What this terminal itself did with tickets, beside its ledger, until the server's data contain it.

A redemption counts here from the moment it was answered, whoever answered it, up to the moment when the server, knowing
of it, told how all tickets stand: from then on it is in those data, and counting it once more would be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec

from crypto.tickets.body import LineKind
from crypto.tickets.rules import Passage, Passing, Product, TicketState, after, undone
from terminal.faults import FaultError
from terminal.model import RedeemAnswer
from terminal.offline.outbox import Outbox

KEPT = timedelta(days=7)
"""How long a scan is known again after the server knows of it."""

HUB_TELLS = timedelta(minutes=10)
"""So long after a hub's answer the server is taken to know of it: once this terminal reaches it, so does the hub."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# ``teller``: who makes the server know of it. ``covered`` and ``undo_covered``: the data that the server told since
# contain the use, and its annulment.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS own_use (
    scan_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('entry', 'exit', 'refused', 'buried')),
    event TEXT NOT NULL,
    ticket TEXT NOT NULL,
    mark BLOB,
    gate TEXT NOT NULL,
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    people INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    answer BLOB,
    teller TEXT NOT NULL,
    covered INTEGER NOT NULL DEFAULT 0,
    undone INTEGER NOT NULL DEFAULT 0,
    undo_line INTEGER NOT NULL DEFAULT 0,
    undo_covered INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS own_use_of ON own_use (mark, at);
CREATE INDEX IF NOT EXISTS own_use_at ON own_use (at);
"""

_SELECT = "SELECT scan_id, kind, event, ticket, mark, gate, at, day, people, uses, moved, answer, undone FROM own_use"
_INSERT = (
    "INSERT OR REPLACE INTO own_use (scan_id, kind, event, ticket, mark, gate, at, day, people, uses, moved, answer, "
    "teller, undone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# Not yet in the data and not annulled: to be added. In the data, and annulled without the data saying so: to be undone.
_ON_TOP = (
    "SELECT kind, day, people, uses, moved, covered FROM own_use WHERE mark = ? AND kind IN ('entry', 'exit') "
    "AND ((covered = 0 AND undone = 0) OR (covered = 1 AND undone = 1 AND undo_covered = 0)) ORDER BY at, rowid"
)
_FIRST_USE = (
    "SELECT at, gate FROM own_use WHERE mark = ? AND kind = 'entry' AND undone = 0 AND uses > 0 "
    "ORDER BY at, rowid LIMIT 1"
)

Kind = Literal["entry", "exit", "refused", "buried"]

Teller = Literal["server", "hub", "ledger"]
"""Who makes the server know of a scan: it knows already, the hub that answered it, or this terminal's ledger."""


@dataclass(frozen=True, slots=True)
class Use:
    """One scan. ``buried``: annulled before it was ever answered. ``ticket``: as the ledger calls it, "" for a card
    of which only the server knows the ticket; ``mark`` then is None."""

    scan_id: str
    kind: Kind
    event: str
    ticket: str
    mark: bytes | None
    gate: str
    at: datetime
    passed: Passage
    answer: RedeemAnswer | None = field(default=None, repr=False)
    undone: bool = False


@dataclass(frozen=True, slots=True)
class FirstUse:
    """When and where this terminal let a ticket in for the first time, as far as it remembers."""

    at: datetime
    gate: str


@dataclass(frozen=True, slots=True)
class Known:
    """Scans, and annulments, of which the server knew before it was asked how all tickets stand."""

    uses: tuple[str, ...]
    annulments: tuple[str, ...]


class OwnUses:
    """The table, in the outbox's store: what is written with a line is written in one transaction with it. Every method
    raises FaultError ``offline.write`` or ``offline.damaged`` and nothing else."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._store = outbox.store
        with self._store.writing() as db:
            db.execute(_SCHEMA)

    def of(self, scan_id: str) -> Use | None:
        """What became of a scan; None when it is not known here."""
        with self._store.reading() as db:
            row = db.execute(f"{_SELECT} WHERE scan_id = ?", (scan_id,)).fetchone()
        return None if row is None else _use(row)

    def keep(self, use: Use, teller: Teller) -> None:
        """Remember a scan."""
        passed = use.passed
        values = (
            use.scan_id, use.kind, use.event, use.ticket, use.mark, use.gate, _micros(use.at), passed.day.toordinal(),
            passed.people, passed.uses, passed.moved, None if use.answer is None else msgspec.json.encode(use.answer),
            teller, use.undone,
        )  # fmt: skip
        with self._store.writing() as db:
            db.execute(_INSERT, values)

    def undo(self, scan_id: str, *, line: bool) -> None:
        """Its people did not go through. ``line``: the ledger tells of that."""
        with self._store.writing() as db:
            db.execute("UPDATE own_use SET undone = 1, undo_line = ? WHERE scan_id = ?", (line, scan_id))

    def last_refusal(self, mark: bytes) -> Use | None:
        """The server's refusal, where nothing was heard of this ticket since: no data, and no passage here."""
        with self._store.reading() as db:
            query = f"{_SELECT} WHERE mark = ? AND covered = 0 AND undone = 0 ORDER BY at DESC, rowid DESC LIMIT 1"
            row = db.execute(query, (mark,)).fetchone()
        use = None if row is None else _use(row)
        return use if use is not None and use.kind == "refused" else None

    def on_top(self, mark: bytes, state: TicketState, product: Product) -> TicketState:
        """The ticket with what this terminal did to it and the server's data do not contain."""
        with self._store.reading() as db:
            rows: list[tuple[Any, ...]] = db.execute(_ON_TOP, (mark,)).fetchall()
        for kind, day, people, uses, moved, covered in rows:
            passed = Passage(Passing(kind), date.fromordinal(day), people, uses, moved)
            state = undone(state, passed) if covered else after(state, product, passed)
        return state

    def first_use(self, mark: bytes) -> FirstUse | None:
        """The first of this ticket's uses here."""
        with self._store.reading() as db:
            row = db.execute(_FIRST_USE, (mark,)).fetchone()
        return None if row is None else FirstUse(_moment(row[0]), row[1])

    def latest(self) -> datetime | None:
        """When the last scan was, by the server's clock as far as it was known."""
        with self._store.reading() as db:
            at = db.execute("SELECT max(at) FROM own_use").get
        return None if at is None else _moment(at)

    def reconcile(self) -> None:
        """Know the annulments that the ledger got by another way: of what was admitted and never shown."""
        with self._store.writing() as db:
            oldest = db.execute(
                "SELECT min(at) FROM own_use WHERE teller = 'ledger' AND undone = 0 AND covered = 0"
            ).get
            events = () if oldest is None else self._outbox.since(_moment(oldest) - timedelta(days=1))
            annulled = [event.scan_id for event in events if event.kind is LineKind.ANNUL]
            query = "UPDATE own_use SET undone = 1, undo_line = 1 WHERE scan_id = ? AND undone = 0"
            db.executemany(query, _each(annulled))

    def known(self, now: datetime) -> Known:
        """What the server knows. Lines count once none waits any more, so that their order need not matter; what the
        hub answered counts after `HUB_TELLS`, since it does not say when it told."""
        all_told = not self._outbox.pending(1, held=True)
        with self._store.reading() as db:
            query = (
                "SELECT scan_id FROM own_use WHERE covered = 0 "
                "AND (teller = 'server' OR (teller = 'ledger' AND ?) OR (teller = 'hub' AND at < ?))"
            )
            uses = db.execute(query, (all_told, _micros(now - HUB_TELLS)))
            found = tuple(scan_id for (scan_id,) in uses)
            query = "SELECT scan_id FROM own_use WHERE undone = 1 AND undo_covered = 0 AND (undo_line = 0 OR ?)"
            return Known(found, tuple(scan_id for (scan_id,) in db.execute(query, (all_told,))))

    def cover(self, known: Known, now: datetime) -> None:
        """The server has told how all tickets stand since it knew of these."""
        with self._store.writing() as db:
            db.executemany("UPDATE own_use SET covered = 1 WHERE scan_id = ?", _each(known.uses))
            db.executemany("UPDATE own_use SET undo_covered = 1 WHERE scan_id = ?", _each(known.annulments))
            db.execute(
                "DELETE FROM own_use WHERE covered = 1 AND undone = undo_covered AND (kind = 'refused' OR at < ?)",
                (_micros(now - KEPT),),
            )


def _use(row: tuple[Any, ...]) -> Use:
    scan_id, kind, event, ticket, mark, gate, at, day, people, uses, moved, answer, gone = row
    direction = Passing.EXIT if kind == "exit" else Passing.ENTRY
    try:
        return Use(
            scan_id,
            kind,
            event,
            ticket,
            mark,
            gate,
            _moment(at),
            Passage(direction, date.fromordinal(day), people, uses, moved),
            None if answer is None else msgspec.json.decode(answer, type=RedeemAnswer),
            bool(gone),
        )
    except (ValueError, OverflowError) as error:
        raise FaultError("offline.damaged", "a scan that is none") from error


def _each(scan_ids: Sequence[str]) -> list[tuple[str]]:
    return [(scan_id,) for scan_id in scan_ids]


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
