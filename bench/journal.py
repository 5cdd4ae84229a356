"""Lines of the encrypted ledger and journal entries appended a second, beside plain inserts and one fsync of a file.

The ledger (what a terminal decides without a server) and the journal seal each line to the one before and are on the
disk before a screen turns green; the plain inserts, of the same texts, have neither seal nor guards nor cipher. All
write to the same disk in turn, in small lots.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from parts.folders import disk_folder
from parts.results import Row, median, report, spread

from crypto.tickets.body import LineBody, LineKind, Stamp
from terminal.clock import SystemClock
from terminal.model import CheckName, Outcome, Word
from terminal.offline.outbox import Outbox
from terminal.offline.skew import Timekeeper
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.records.sealed import SealedKey, open_sealed
from terminal.syncing import Skew
from terminal.view import Desk

LOTS, LOT = 10, 200

ENTRY = JournalEntry(
    when=datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
    session=1,
    desk=Desk.RECEPTION,
    device="bench",
    method=Method.CHIP_CCCD,
    outcome=Outcome.ALLOW,
    reason="title.ok.bhyt",
    masked="003 090 ••••••",
    pseudonym="0" * 64,
    checks=tuple((name, Word.SUCCESSFUL) for name in CheckName),
    scan_id="bench-1",
    reference="R-0123456789ABCDEF",
    ms=812,
)


def journal(file: Path, stack: ExitStack) -> Callable[[int], None]:
    """Appends the entry with that number."""
    kept = stack.enter_context(Journal(file))
    return lambda number: _done(kept.append(replace(ENTRY, session=number)))


def ledger(file: Path, stack: ExitStack) -> Callable[[int], None]:
    """Appends a line to the outbox, body and stamp made as the terminal makes them."""
    key = SealedKey(os.urandom(32))
    kept = stack.enter_context(closing(Outbox(open_sealed(file, key), key)))
    times = Timekeeper(SystemClock())
    times.learn(Skew(-0.04, 0.01))
    return lambda number: _done(kept.append(line_body(number, times.stamp())))


def line_body(number: int, stamp: Stamp) -> LineBody:
    """What an admission says."""
    return LineBody(
        scan_id=f"bench-{number}", kind=LineKind.ENTRY, event="hoi-mau", ticket="T7Q2M9XK4B", gate="cong-1", stamp=stamp
    )


def plain_line(file: Path, stack: ExitStack) -> Callable[[int], None]:
    """Inserts the text of the ledger's line durably into plain SQLite, and nothing else."""
    db = stack.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE line (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    times = Timekeeper(SystemClock())
    times.learn(Skew(-0.04, 0.01))
    insert = "INSERT INTO line (body) VALUES (?)"
    return lambda number: _done(db.execute(insert, (line_body(number, times.stamp()).to_text(),)))


def plain(file: Path, stack: ExitStack, mode: str) -> Callable[[int], None]:
    """Inserts the same text durably in SQLite's ``mode``, one transaction each."""
    db = stack.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
    db.execute(f"PRAGMA journal_mode = {mode}")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)")
    insert = "INSERT INTO journal (entry) VALUES (?)"
    return lambda number: _done(db.execute(insert, (replace(ENTRY, session=number).to_json(),)))


def synced_line(file: Path, stack: ExitStack) -> Callable[[int], None]:
    """Appends the same text to a file and waits for the disk."""
    log = stack.enter_context(file.open("ab", buffering=0))

    def write(number: int) -> None:
        log.write(replace(ENTRY, session=number).to_json().encode() + b"\n")
        os.fsync(log.fileno())

    return write


def _done(_result: object) -> None:
    """What is written is written."""


def main() -> None:
    """Lot by lot in turn; the first lot only warms up."""
    times: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(disk_folder())
        ways = {
            "ledger, encrypted": ledger(folder / "offline.sqlite", stack),
            "ledger's text in plain SQLite, WAL, FULL": plain_line(folder / "lines.sqlite", stack),
            "journal": journal(folder / "journal.sqlite", stack),
            "plain SQLite, WAL, FULL": plain(folder / "wal.sqlite", stack, "WAL"),
            "plain SQLite, rollback journal, FULL": plain(folder / "delete.sqlite", stack, "DELETE"),
            "line in a file, fsync": synced_line(folder / "lines", stack),
        }
        for lot in range(LOTS + 1):
            for name, write in ways.items():
                spans = lot_of(write, lot)
                if lot:
                    times.setdefault(name, []).extend(spans)
                    rates.setdefault(name, []).append(1000 * LOT / sum(spans))
    rows: list[Row] = [
        {
            "way": name,
            "a second": median(rates[name]),
            "p50 ms": spread(spans).p50,
            "p99 ms": spread(spans).p99,
            "most ms": spread(spans).most,
        }
        for name, spans in times.items()
    ]
    first, its_plain, mine, *others = times
    pairs = [(first, its_plain), *((mine, other) for other in others)]
    ratios = {f"{one} / {other}, a second": median(rates[one]) / median(rates[other]) for one, other in pairs}
    report("journal", rows, ratios, {"entries each": LOTS * LOT, "bytes an entry": len(ENTRY.to_json())})


def lot_of(write: Callable[[int], None], lot: int) -> list[float]:
    """Milliseconds of each write."""
    spans = []
    for number in range(LOT):
        began = time.perf_counter()
        write(lot * LOT + number + 1)
        spans.append((time.perf_counter() - began) * 1000)
    return spans


if __name__ == "__main__":
    main()
