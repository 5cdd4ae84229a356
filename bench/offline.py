"""A million tickets for a terminal that decides alone: built and signed as on the server, taken in, looked up, decided.

The decision begins with the bytes of a scanned code and ends with the verdict: signature, the server found silent (its
circuit open), look-up, rules, the line on the disk. Everything is done on the disk of the project.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from parts.folders import disk_folder
from parts.results import Row, report, spread

from crypto.codes.ticket import Ticket, issue, public_half
from crypto.tickets.record import EPOCH, HolderRecord, Marks, TicketRow
from crypto.tickets.rules import Product
from crypto.tickets.snapshot import Head, write
from drivers.backends import reference
from terminal.clock import SystemClock
from terminal.flow.recognise import TicketSeen, recognise_code
from terminal.model import CheckName, Outcome, Source
from terminal.offline.assembly import alone, asked_in_turn
from terminal.offline.budget import Budget
from terminal.offline.outbox import Outbox
from terminal.offline.skew import Timekeeper
from terminal.offline.snapshots import TicketData
from terminal.ports import Backend, BackendOptions, RedeemQuestion
from terminal.proof.verdict import Facts, decide
from terminal.records.sealed import SealedKey, open_sealed

TICKETS = 1_000_000
LOOKED_UP = 20_000
DECIDED = 1_000
CARDS = 10_000
EVENT, GATE = "hoi-mau", "cong-1"
KEY = Ed25519PrivateKey.generate()
SNAPSHOT_KEY = os.urandom(32)
MARKS = Marks(SNAPSHOT_KEY)
NOW = datetime.now(UTC).replace(microsecond=0)
BEGINS, ENDS = NOW - timedelta(hours=12), NOW + timedelta(hours=12)
PRODUCTS = (Product(EVENT, "ve-ngay", "người lớn"), Product(EVENT, "the-nam", "người lớn", per_day=1, reentry=True))


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the processor."""

    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> Spent:
    """What ``work`` costs."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def sold() -> Iterator[TicketRow]:
    """A million tickets as a database gives them: in the order of their numbers; a tenth was used."""
    begins, ends = ((moment - EPOCH) // timedelta(seconds=1) for moment in (BEGINS, ENDS))
    for number in range(TICKETS):
        used = int(number % 10 == 9)
        yield TicketRow(MARKS.ticket(name(number)), "ve-ngay", 1, 1, None, begins, ends, 0, used, used, 0, 0, 0)


def name(number: int) -> str:
    """A ticket's number."""
    return f"T{number:09}"


def build(file: Path) -> None:
    """The snapshot, as the server writes it."""
    cards = (HolderRecord(MARKS.holder(f"003{number:09}"), MARKS.ticket(name(number))) for number in range(CARDS))
    with file.open("wb") as stream:
        write(stream, Head(EVENT, NOW, 1), PRODUCTS, sold(), cards, KEY)


def looked_up(data: TicketData) -> tuple[list[float], list[float]]:
    """Microseconds of looking tickets up at random, by the clock and of the processor: on a shared machine the clock
    also counts who else had its turn."""
    times, own = [], []
    for _ in range(LOOKED_UP):
        mark = MARKS.ticket(name(random.randrange(TICKETS)))  # noqa: S311 - which one does not matter
        began, cpu = time.perf_counter(), time.thread_time()
        found = data.find(mark)
        own.append((time.thread_time() - cpu) * 1e6)
        times.append((time.perf_counter() - began) * 1e6)
        assert found is not None
    return times, own


def decided(backend: Backend) -> list[float]:
    """Milliseconds from a scanned code to the verdict, each of another ticket."""
    key, times = public_half(KEY), []
    for number in range(0, DECIDED * 10, 10):
        claims = Ticket("tram-mau", name(number), EVENT, "ve-ngay", 1, BEGINS, ENDS)
        text = issue(claims, KEY).encode()
        began = time.perf_counter()
        seen = recognise_code(text, [key], datetime.now(UTC), event=EVENT)
        assert isinstance(seen, TicketSeen)
        assert seen.ticket is not None
        question = RedeemQuestion(f"s-{number}", datetime.now(UTC), EVENT, seen.ticket.ticket_id, GATE)
        answer = backend.redeem(question, 2.0)
        demands = frozenset({CheckName.SIGNATURE, CheckName.TICKET})
        verdict = decide(Facts(demands, answer.answered_at, "ok.ticket", answer=answer, ticket=True))
        times.append((time.perf_counter() - began) * 1000)
        assert (answer.source, verdict.outcome) == (Source.LOCAL, Outcome.ALLOW), (answer.reason, verdict.title)
    return times


def plain(file: Path, stack: ExitStack) -> tuple[Spent, list[float]]:
    """The same look-ups in plain SQLite with a row a ticket: filled in the order of the marks, nothing encrypted."""
    db = stack.enter_context(closing(sqlite3.connect(file)))
    rows = sorted((row.mark, row.begins, row.ends, row.uses) for row in sold())

    def fill() -> None:
        db.execute("CREATE TABLE ticket (mark BLOB PRIMARY KEY, begins INT, ends INT, uses INT) WITHOUT ROWID")
        db.executemany("INSERT INTO ticket VALUES (?, ?, ?, ?)", rows)
        db.commit()

    cost, times = spent(fill), []
    for _ in range(LOOKED_UP):
        mark = rows[random.randrange(TICKETS)][0]  # noqa: S311 - which one does not matter
        began = time.perf_counter()
        db.execute("SELECT * FROM ticket WHERE mark = ?", (mark,)).fetchone()
        times.append((time.perf_counter() - began) * 1e6)
    return cost, times


def main() -> None:
    """Build, take in, look up, decide."""
    with ExitStack() as stack:
        folder = stack.enter_context(disk_folder())
        file = folder / "snapshot"
        built = spent(lambda: build(file))
        store_key = SealedKey(os.urandom(32))
        public = KEY.public_key().public_bytes_raw()
        data = stack.enter_context(closing(TicketData(folder / "tickets", store_key, EVENT, public)))
        taken = spent(lambda: data.take(file))
        again = spent(lambda: data.take(file))
        found, found_cpu = map(spread, looked_up(data))
        outbox = stack.enter_context(closing(Outbox(open_sealed(folder / "offline", store_key), store_key)))
        own = alone(data, outbox, Timekeeper(SystemClock()), SNAPSHOT_KEY, Budget(24, 100_000, 0.8))
        silent = reference.build(BackendOptions("http://127.0.0.1:9", "t", "bench"))
        verdicts = spread(decided(asked_in_turn(silent, own=own))[10:])
        filled, plain_times = plain(folder / "plain.sqlite", stack)
        beside = spread(plain_times)
        rows: list[Row] = [
            {"step": "built and signed", "s": built.wall, "CPU s": built.cpu},
            {"step": "proven and taken in", "s": taken.wall, "CPU s": taken.cpu},
            {"step": "another one taken in", "s": again.wall, "CPU s": again.cpu},
            {"step": "looked up, µs", "p50": found.p50, "p99": found.p99, "most": found.most},
            {"step": "looked up, CPU µs", "p50": found_cpu.p50, "p99": found_cpu.p99, "most": found_cpu.most},
            {"step": "code to verdict, ms", "p50": verdicts.p50, "p99": verdicts.p99, "most": verdicts.most},
            {"step": "plain SQLite, filled", "s": filled.wall, "CPU s": filled.cpu},
            {"step": "plain SQLite, looked up, µs", "p50": beside.p50, "p99": beside.p99, "most": beside.most},
        ]
        ratios = {
            "taken in / plain rows filled": taken.wall / filled.wall,
            "looked up / in plain rows, p50": found.p50 / beside.p50,
        }
        size = {"megabytes": file.stat().st_size / 1e6, "tickets": TICKETS, "cards": CARDS, "decided": DECIDED}
        report("offline", rows, ratios, size)


if __name__ == "__main__":
    main()
