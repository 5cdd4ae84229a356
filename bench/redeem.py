"""Tickets redeemed a second by the reference backend over HTTP, beside raw durable transactions on the same disk.

Each request redeems a ticket that nobody used before; the raw transaction writes two rows in the backend's way (WAL,
synchronous FULL), which is the least that any exactly-once answer on SQLite must do.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from parts.folders import disk_folder
from parts.results import Row, report, spread

from backend.api import RedeemRequest
from backend.engine.opening import open_store
from backend.sample import ADULT, EVENT
from backend.tickets import redeeming, selling
from backend.tickets.sold import SoldTicket
from terminal.demo.surroundings import RunningBackend, backend_process

SECONDS, RAW_SECONDS, WARM = 5.0, 2.0, 100
CONNECTIONS = (1, 4)
TICKETS = 40_000
GATE = "cong-1"


def sell(database: Path) -> None:
    """Put the tickets into the database before the backend opens it."""
    now = datetime.now(UTC)
    plain = SoldTicket(EVENT, "", ADULT, 1, now - timedelta(days=1), now + timedelta(days=1))
    store = open_store(f"sqlite:///{database}")
    try:
        with store.transaction() as db:
            selling.add_tickets(db, (replace(plain, ticket=_ticket(number)) for number in range(TICKETS)), now)
    finally:
        store.close()


def _ticket(number: int) -> str:
    return f"BENCH-{number:06}"


def _question(number: int) -> dict[str, str]:
    asked_at = datetime.now(UTC).isoformat()
    ticket = _ticket(number)
    return {"scan_id": f"bench-{number}", "asked_at": asked_at, "event": EVENT, "ticket": ticket, "gate": GATE}


class Gate:
    """One connection that redeems one ticket after the other and notes what each took."""

    def __init__(self, backend: RunningBackend, numbers: Iterator[int]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(backend.url).netloc, timeout=10)
        token = backend.token_file.read_text(encoding="ascii").strip()
        self._headers = {
            "Authorization": f"Bearer {token}",
            "X-Tram-Device": "bench",
            "Content-Type": "application/json",
        }
        self._numbers = numbers
        self.times: list[float] = []

    def redeem(self) -> None:
        """Redeem the next ticket. Raises RuntimeError when it is not admitted."""
        number = next(self._numbers)
        began = time.perf_counter()
        self._connection.request("POST", "/v1/redeem", json.dumps(_question(number)), self._headers)
        answer = json.loads(self._connection.getresponse().read())
        self.times.append((time.perf_counter() - began) * 1000)
        if answer.get("result") != "admitted":
            raise RuntimeError(f"ticket {number} was not admitted: {answer}")

    def work(self, seconds: float) -> None:
        """Redeem for so long."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.redeem()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def over_http(backend: RunningBackend, connections: int, numbers: Iterator[int]) -> tuple[float, list[float]]:
    """Redeems a second and what each took, in milliseconds."""
    gates = [Gate(backend, numbers) for _ in range(connections)]
    for gate in gates:
        for _ in range(WARM):
            gate.redeem()
        gate.times.clear()
    threads = [threading.Thread(target=gate.work, args=[SECONDS]) for gate in gates]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    for gate in gates:
        gate.close()
    times = [each for gate in gates for each in gate.times]
    return len(times) / spent, times


def raw_transactions(file: Path) -> tuple[float, list[float]]:
    """The floor: one durable transaction with an update and an insert, in this process, without HTTP or rules."""
    db = sqlite3.connect(file, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE ticket (ticket TEXT PRIMARY KEY, uses INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE scan (scan TEXT PRIMARY KEY, ticket TEXT NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;"
    )
    db.execute("BEGIN")
    db.executemany("INSERT INTO ticket VALUES (?, 0)", ((_ticket(number),) for number in range(TICKETS)))
    db.execute("COMMIT")
    times = []
    began = time.perf_counter()
    for number in range(TICKETS):
        start = time.perf_counter()
        if start - began > RAW_SECONDS:
            break
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE ticket SET uses = uses + 1 WHERE ticket = ? AND uses < 1", (_ticket(number),))
        db.execute("INSERT INTO scan VALUES (?, ?, 'admitted')", (f"bench-{number}", _ticket(number)))
        db.execute("COMMIT")
        times.append((time.perf_counter() - start) * 1000)
    spent = time.perf_counter() - began
    db.close()
    return len(times) / spent, times


def without_http(database: Path, first: int) -> tuple[float, list[float]]:
    """The backend's own ledger, called in this process: what is left of an answer without HTTP."""
    store = open_store(f"sqlite:///{database}")
    times = []
    began = time.perf_counter()
    for number in range(first, TICKETS):
        start = time.perf_counter()
        if start - began > RAW_SECONDS:
            break
        asked = RedeemRequest.model_validate(_question(number))
        with store.transaction() as db:
            redeeming.redeem(db, "bench", asked, datetime.now(UTC))
        times.append((time.perf_counter() - start) * 1000)
    spent = time.perf_counter() - began
    store.close()
    return len(times) / spent, times


def row_of(way: str, rate: float, times: list[float]) -> Row:
    """Rate and quantiles."""
    ms = spread(times)
    return {"way": way, "a second": rate, "answers": len(times), "p50 ms": ms.p50, "p99 ms": ms.p99, "most ms": ms.most}


def main() -> None:
    """Raw, over HTTP, and raw again, so that a disk that changes its mind shows."""
    rows, rates = [], {}
    with disk_folder() as folder:
        (folder / "backend").mkdir()
        sell(folder / "backend" / "backend.sqlite")
        raw_before, times = raw_transactions(folder / "raw-1.sqlite")
        rows.append(row_of("raw transaction, before", raw_before, times))
        numbers = itertools.count()  # one C call: threads may share it
        with backend_process(folder / "backend") as backend:
            for connections in CONNECTIONS:
                rates[connections], times = over_http(backend, connections, numbers)
                rows.append(row_of(f"HTTP, connections: {connections}", rates[connections], times))
        ledger_rate, times = without_http(folder / "backend" / "backend.sqlite", next(numbers))
        rows.append(row_of("the ledger alone, no HTTP", ledger_rate, times))
        raw_after, times = raw_transactions(folder / "raw-2.sqlite")
        rows.append(row_of("raw transaction, after", raw_after, times))
    raw = (raw_before + raw_after) / 2
    ratios = {f"HTTP, {connections} connections / raw, a second": rate / raw for connections, rate in rates.items()}
    ratios["ledger alone / raw, a second"] = ledger_rate / raw
    report("redeem", rows, ratios, {"client": "the same machine", "cores": os.cpu_count()})


if __name__ == "__main__":
    main()
