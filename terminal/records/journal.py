"""The journal: every decision, on the disk before anything turns green, each entry sealed to the one before.

The chain shows any later change to the file short of rewriting all that follows; it is not a defence against someone
who may write the whole file, for which the entries must leave the machine.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from terminal.faults import FaultError
from terminal.records.entry import JournalEntry
from terminal.records.store import faults, open_store

_START = bytes(32)
_COLUMNS = "SELECT seq, entry, prev, hash FROM journal"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry and its number, counted from 1."""

    seq: int
    entry: JournalEntry


class Journal:
    """An open journal; one thread may append while others read. Every method raises FaultError and nothing else."""

    def __init__(self, path: Path) -> None:
        self._connection = open_store(path)
        self._lock = threading.Lock()

    def append(self, entry: JournalEntry) -> int:
        """Keep ``entry``; its number, once it is on the disk. Raises ``journal.write`` or ``journal.damaged``."""
        text = entry.to_json()
        with self._lock, faults(), self._writing():
            seq, prev = self._tail()
            seal = _seal(prev, seq + 1, text)
            row = (seq + 1, text, prev, seal)
            self._connection.execute("INSERT INTO journal (seq, entry, prev, hash) VALUES (?, ?, ?, ?)", row)
        return seq + 1

    def probe(self) -> None:
        """Nothing, when the journal could take an entry now; raises ``journal.write`` or ``journal.damaged``."""
        with self._lock, faults(), self._writing():
            self._tail()

    def read(self, since: int = 0, limit: int = 500) -> tuple[Recorded, ...]:
        """At most ``limit`` entries after number ``since``, in order; ``journal.damaged`` where one is not an entry."""
        with self._lock, faults():
            query = f"{_COLUMNS} WHERE seq > ? ORDER BY seq LIMIT ?"
            rows = self._connection.execute(query, (since, limit)).fetchall()
        return tuple(Recorded(seq, _parse(seq, text)) for seq, text, _, _ in rows)

    def verify(self, newest: int | None = None) -> int:
        """How many entries there are, all (or the ``newest`` ones) proven unchanged and none missing; raises
        ``journal.damaged``."""
        with self._lock, faults():
            highest = self._highest()
            count = max(0, highest - newest) if newest is not None else 0
            before = self._connection.execute("SELECT hash FROM journal WHERE seq = ?", (count,)).fetchone()
            prev = before[0] if before and isinstance(before[0], bytes) else _START
            for seq, text, linked, seal in self._connection.execute(f"{_COLUMNS} WHERE seq > ? ORDER BY seq", (count,)):
                count += 1
                if seq != count or linked != prev or seal != _seal(prev, seq, text):
                    raise FaultError("journal.damaged", f"the chain breaks at entry {count}")
                _parse(seq, text)
                prev = seal
        if count < highest:
            raise FaultError("journal.damaged", f"entries after {count} are missing")
        return count

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _writing(self) -> _Transaction:
        return _Transaction(self._connection)

    def _tail(self) -> tuple[int, bytes]:
        """Number and seal of the last entry; nothing is ever chained to one that was changed."""
        row = self._connection.execute(f"{_COLUMNS} ORDER BY seq DESC LIMIT 1").fetchone()
        seq, text, prev, seal = row or (0, "", _START, _START)
        if self._highest() != seq or (row and seal != _seal(prev, seq, text)):
            raise FaultError("journal.damaged", f"the last entry ({seq}) was changed or others were cut off")
        return seq, seal

    def _highest(self) -> int:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
        return int(row[0]) if row else 0


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when anything is raised within."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            # A full disk can make COMMIT itself fail and leave the transaction open.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _seal(prev: bytes, seq: int, text: str) -> bytes:
    return hashlib.sha256(prev + seq.to_bytes(8, "big") + text.encode()).digest()


def _parse(seq: int, text: str) -> JournalEntry:
    try:
        return JournalEntry.from_json(text)
    except ValueError as error:
        raise FaultError("journal.damaged", f"entry {seq} is not an entry") from error
