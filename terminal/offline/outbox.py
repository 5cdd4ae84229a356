"""The outbox: what this terminal let happen by itself, each line on the disk before anything turns green, each sealed
to the one before, kept until a server has it.

A line that a server refused becomes a task and stays one until a person settled it; nothing is dropped. What is done
about a damaged store stands in `terminal.offline.recovery` and docs/decisions/0035-a-ledger-that-starts-anew.md.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import apsw

from crypto.tickets.body import LineBody, Stamp
from crypto.tickets.line import START, Line
from terminal.faults import FaultError
from terminal.offline import lines
from terminal.offline.head import Head, HeadMark
from terminal.offline.skew import note_jump
from terminal.records.sealed import Sealed, SealedKey
from terminal.syncing import LineAnswer

_log = logging.getLogger(__name__)

BROKEN_CHAIN = frozenset({"gap", "seq_reused", "chain_broken"})
"""Refusals that say nothing about a line, but that this ledger and the server's copy of it do not fit together."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What no server has confirmed: lines, how many of them let somebody in, and since when the first one waits."""

    lines: int
    admissions: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an upload: how many lines are done (of them with a conflict), how many became tasks. ``broken``:
    the number and the reason of the first line that does not fit the server's copy of this ledger."""

    done: int
    refused: int
    conflicts: int
    broken: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A line that a server refused, or that was damaged: somebody went through, and a person must look at it."""

    seq: int
    reason: str
    body: str = field(repr=False)


class Outbox:
    """The ledger in an open store. Any thread may use it. Every method raises FaultError ``offline.write`` or
    ``offline.damaged`` and nothing else."""

    def __init__(self, store: Sealed, key: SealedKey, mark: HeadMark | None = None) -> None:
        self._store = store
        self._mark = mark or HeadMark.beside(store.path, key)
        with store.writing() as db:
            db.execute(lines.SCHEMA)
        self._latest: Stamp | None = None

    @property
    def store(self) -> Sealed:
        """The store, for what must be written in one transaction with a line (``with outbox.store.writing(): …``)."""
        return self._store

    def append(self, event: LineBody) -> Line:
        """Keep ``event``: its line, once it is on the disk (within a block of ``store.writing``: once that ended)."""
        with self._store.writing() as db:
            before = lines.last(db)
            line = lines.insert(db, before.seq + 1, before.seal, event)
            self._mark_later(line)
        note_jump(self._latest, event.stamp)
        self._latest = event.stamp
        return line

    def pending(self, limit: int = 500, *, held: bool = False) -> tuple[Line, ...]:
        """The first lines that nobody has confirmed, in their order; also those (``held``) that only a hub has."""
        states = ("pending", "held") if held else ("pending", "pending")
        with self._store.reading() as db:
            query = "SELECT seq, body, prev, seal FROM line WHERE state IN (?, ?) ORDER BY seq LIMIT ?"
            return tuple(lines.line(*row) for row in db.execute(query, (*states, limit)))

    def before(self, seq: int, limit: int = 500) -> tuple[Line, ...]:
        """The last lines before number ``seq`` that are still kept, in their order, for a server that misses them."""
        query = "SELECT seq, body, prev, seal FROM line WHERE seq < ? AND state <> 'moved' ORDER BY seq DESC LIMIT ?"
        with self._store.reading() as db:
            rows = db.execute(query, (seq, limit)).fetchall()
        return tuple(lines.line(*row) for row in reversed(rows))

    def confirmed(self, answers: Sequence[LineAnswer], *, by_hub: bool = False) -> Told:
        """Take answers to lines that wait: kept and known ones are done (``by_hub``: held), refused ones become tasks.
        Where a copy of the ledger does not fit, lines stay as they are and ``broken`` says why. Answers to other lines
        say nothing."""
        done = refused = conflicts = 0
        broken = None
        with self._store.writing() as db:
            for answer in answers:
                if answer.result != "refused":
                    taken = _settled(db, answer, "held" if by_hub else "done")
                    done += taken
                    conflicts += taken and answer.conflict is not None
                elif answer.reason in BROKEN_CHAIN:
                    broken = broken or (answer.seq, str(answer.reason))
                elif _settled(db, answer, "refused"):
                    refused += 1
                    reason = answer.reason or "refused"
                    db.execute(
                        "INSERT OR IGNORE INTO task SELECT seq, body, ? FROM line WHERE seq = ?", (reason, answer.seq)
                    )
        return Told(done, refused, conflicts, broken)

    def begin_anew(self, mark: LineBody, saved: Sequence[LineBody] = (), tasks: Sequence[Task] = ()) -> Line:
        """Go on in a chain of its own, whose first line is ``mark`` (of kind ANEW), then the ``saved`` lines of another
        store, then all that is pending here: they say what they said, under new numbers. The first number is higher
        than any that was ever given: the time in milliseconds."""
        known = self._mark.read()
        with self._store.writing() as db:
            rows = db.execute("SELECT seq, body, prev, seal FROM line WHERE state IN ('pending', 'held') ORDER BY seq")
            pending = [lines.parsed(line.seq, line.body) for line in (lines.line(*row) for row in rows)]
            db.execute("UPDATE line SET state = 'moved' WHERE state IN ('pending', 'held')")
            least = max(lines.highest(db), known.seq if known else 0) + 1
            line = first = lines.insert(db, max(least, lines.milliseconds(mark.stamp.at)), START, mark)
            for event in (*saved, *pending):
                line = lines.insert(db, line.seq + 1, line.seal, event)
            at = mark.stamp.at + timedelta(milliseconds=mark.stamp.skew_ms or 0)
            db.execute("UPDATE ledger SET anew_at = ?", (lines.milliseconds(at),))
            db.executemany("INSERT OR REPLACE INTO task VALUES (?, ?, ?)", ((t.seq, t.body, t.reason) for t in tasks))
            self._mark_later(line)
        _log.warning("offline.damaged: the ledger starts anew at %d, %d lines with it", first.seq, line.seq - first.seq)
        return first

    def waiting(self) -> Waiting:
        """What no server has confirmed."""
        with self._store.reading() as db:
            count, first, admissions = db.execute(
                "SELECT count(*), min(seq), count(*) FILTER (WHERE kind IN ('entry', 'manual')) "
                "FROM line WHERE state = 'pending'"
            ).get
            at = db.execute("SELECT at FROM line WHERE seq = ?", (first,)).get
        return Waiting(count, admissions, None if at is None else _moment(at))

    def latest(self) -> Stamp | None:
        """The stamp of the last line; None before the first."""
        with self._store.reading() as db:
            line = lines.last(db)
        return lines.parsed(line.seq, line.body).stamp if line.seq else None

    def anew_at(self) -> datetime | None:
        """When the ledger last started anew, by the server's clock as far as it was known; None if it never did. Not
        all that this terminal admitted before is known to it: data from before then must decide nothing."""
        with self._store.reading() as db:
            at = db.execute("SELECT anew_at FROM ledger").get
        return None if at is None else _moment(at)

    def since(self, moment: datetime) -> tuple[LineBody, ...]:
        """What happened since ``moment`` by this computer's clock, as far as it is still kept, in order."""
        with self._store.reading() as db:
            query = "SELECT seq, body FROM line WHERE at >= ? AND state <> 'moved' ORDER BY seq"
            return tuple(lines.parsed(*row) for row in db.execute(query, (lines.milliseconds(moment),)))

    def tasks(self) -> tuple[Task, ...]:
        """The lines that servers refused and nobody has settled, in order."""
        with self._store.reading() as db:
            return tuple(Task(*row) for row in db.execute("SELECT seq, reason, body FROM task ORDER BY seq"))

    def settle(self, seq: int) -> None:
        """A person has looked at that task."""
        with self._store.writing() as db:
            db.execute("DELETE FROM task WHERE seq = ?", (seq,))

    def forget(self, now: datetime, age: timedelta) -> int:
        """Delete the first lines, as far as they are all settled and older than ``age``; how many. The last line stays,
        and so do numbers and tasks."""
        with self._store.writing() as db:
            keep = db.execute(
                "SELECT min(seq) FROM line "
                "WHERE state IN ('pending', 'held') OR at >= ? OR seq = (SELECT seq FROM ledger)",
                (lines.milliseconds(now - age),),
            ).get
            last = db.execute("SELECT seq, seal FROM line WHERE seq < ? ORDER BY seq DESC LIMIT 1", (keep,)).fetchone()
            if last is None:
                return 0
            db.execute("UPDATE ledger SET base_seq = ?, base_seal = ?", last)
            db.execute("DELETE FROM line WHERE seq <= ?", (last[0],))
            return db.changes()

    def verify(self, newest: int | None = None) -> int:
        """How many lines are kept, all of them (or the ``newest`` ones) proven unchanged and none missing; raises
        ``offline.damaged`` with the number of the last good one."""
        mark = self._mark.read()
        with self._store.reading() as db:
            count, head = lines.prove(db, newest)
            if mark is not None:
                row = db.execute("SELECT seal FROM line WHERE seq = ?", (mark.seq,)).fetchone()
                if mark.seq > head.seq or (row is not None and row[0] != mark.seal):
                    raise FaultError("offline.damaged", f"the ledger is broken after {head.seq}: cut before {mark.seq}")
        return count

    def close(self) -> None:
        """Release the store."""
        self._mark.close()
        self._store.close()

    def _mark_later(self, line: Line) -> None:
        self._store.after_commit(lambda: self._mark.write(Head(line.seq, line.seal)))


def _settled(db: apsw.Connection, answer: LineAnswer, state: str) -> bool:
    db.execute(
        "UPDATE line SET state = ?, reason = ?, conflict = ? WHERE seq = ? AND state IN ('pending', 'held')",
        (state, answer.reason, answer.conflict, answer.seq),
    )
    return db.changes() > 0


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
