"""The figure ``backend``: tickets redeemed a second over HTTP with token, rules, ledger and full log on, all durable.

On SQLite in one process and on PostgreSQL with two workers, as fast as sixteen connections can ask and at a steady 200
a second; each connection is a gate and a device of its own. With --pretix the same client asks a real pretix of
packaging/pretix_lane.sh in the same run. Each request redeems a ticket that nobody used before. The client
(children/asking.py) is a process of its own on the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parts.folders import CHILDREN, ROOT, disk_folder
from parts.footprint import footprint
from parts.results import Row, report, spread

from backend.engine.opening import open_store
from backend.sample import ADULT, EVENT
from backend.tickets import selling
from backend.tickets.sold import SoldTicket

sys.path.append(str(ROOT))  # the tests' PostgreSQL, here with settings that are durable
from tests.postgres import cluster

CONNECTIONS, SECONDS, RATE, WARM = 16, 8.0, 200, 20
TICKETS = 40_000


@dataclass(frozen=True)
class Asked:
    """A server to ask: its address, what a request begins with, bodies that were not sent yet, what a yes contains."""

    url: str
    head: str
    bodies: list[str]
    good: str
    processes: tuple[int, ...]
    """Whose processor time counts; with their children."""


def run(what: str, asked: Asked, folder: Path, connections: int, rate: int, seconds: float = SECONDS) -> Row:
    """One row: the client asks, and the server's processor time is taken before and after."""
    file = folder / "bodies"
    file.write_text("\n".join(asked.bodies), encoding="utf-8")
    at = urlsplit(asked.url)
    warm = WARM if connections > 1 else 5
    order = {
        "host": at.hostname,
        "port": at.port,
        "head": f"{asked.head}Host: {at.netloc}\r\nContent-Type: application/json\r\n",
        "bodies": str(file),
        "good": asked.good,
        "connections": connections,
        "warm": warm,
        "seconds": seconds,
        "rate": rate,
    }
    with subprocess.Popen(
        [sys.executable, str(CHILDREN / "asking.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as client:
        if client.stdin is None or client.stdout is None or client.stderr is None:
            raise RuntimeError("a pipe is missing")
        client.stdin.write(json.dumps(order))
        client.stdin.close()
        if client.stderr.readline() != "begin\n":
            raise RuntimeError(client.stderr.read())
        before = sum(footprint(pid).cpu for pid in asked.processes)
        said = json.loads(client.stdout.read())
        spent = sum(footprint(pid).cpu for pid in asked.processes) - before
    if said["good"] != said["asked"]:
        raise RuntimeError(
            f"{what}: {said['asked'] - said['good']} of {said['asked']} were not admitted: {said['codes']}"
        )
    del asked.bodies[: said["asked"] + warm * connections]
    ms = spread(said["times"])
    return {
        "what": what,
        "a second": said["asked"] / said["spent"],
        "answers": said["asked"],
        "p50 ms": ms.p50,
        "p99 ms": ms.p99,
        "most ms": ms.most,
        "server CPU ms each": spent * 1000 / said["asked"],
    }


@contextmanager
def ours(url: str, folder: Path, *more: str, besides: tuple[int, ...] = ()) -> Iterator[Asked]:
    """The backend over the database of ``url``, with tickets to redeem."""
    names = [f"BENCH-{number:06}" for number in range(TICKETS)]
    now, day = datetime.now(UTC), timedelta(days=1)
    with closing(open_store(url)) as store, store.transaction() as db:
        selling.add_tickets(db, (SoldTicket(EVENT, name, ADULT, 1, now - day, now + day) for name in names), now)
    arguments = ["backend", "serve", "--db", url, "--json", *more]
    with subprocess.Popen(
        [sys.executable, "-m", "terminal", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(folder)},
    ) as server:
        try:
            said = json.loads(server.stdout.readline() if server.stdout else "")
            token = Path(said["token_file"]).read_text(encoding="ascii").strip()
            head = f"POST /v1/redeem HTTP/1.1\r\nAuthorization: Bearer {token}\r\nX-Tram-Device: bench-##\r\n"
            bodies = [_question(name) for name in names]
            yield Asked(said["url"], head, bodies, '"admitted"', (server.pid, *besides))
        finally:
            server.terminate()


def _question(ticket: str) -> str:
    asked_at = datetime.now(UTC).isoformat()
    return json.dumps({"scan_id": ticket, "asked_at": asked_at, "event": EVENT, "ticket": ticket, "gate": "cong-##"})


@contextmanager
def pretix() -> Iterator[Asked]:
    """The lane's pretix with its 5,000 tickets; one worker, as more fail on its SQLite."""
    with subprocess.Popen(
        [str(ROOT / "packaging" / "pretix_lane.sh"), "--serve"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TICKETS": "5000"},
    ) as lane:
        try:
            said: dict[str, Any] = json.loads(lane.stdout.readline() if lane.stdout else "")
            path = f"/api/v1/organizers/{said['organizer']}/checkinrpc/redeem/"
            head = f"POST {path} HTTP/1.1\r\nAuthorization: Device {said['token']}\r\nAccept: application/json\r\n"
            secrets = Path(said["tickets"]).read_text(encoding="utf-8").split()
            more = {"lists": [said["checkin_list"]], "type": "entry", "force": False, "questions_supported": True}
            bodies = [json.dumps({"secret": secret, "nonce": secret, **more}) for secret in secrets]
            yield Asked(said["url"], head, bodies, '"status":"ok"', (lane.pid,))
        finally:
            os.killpg(lane.pid, signal.SIGTERM)


def raw(file: Path) -> Row:
    """The floor: one durable transaction with an update and an insert, in this process, without HTTP or rules."""
    db = sqlite3.connect(file, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE ticket (ticket INTEGER PRIMARY KEY, uses INTEGER NOT NULL);"
        "CREATE TABLE scan (scan INTEGER PRIMARY KEY, answer TEXT NOT NULL);"
    )
    db.execute("BEGIN")
    db.executemany("INSERT INTO ticket VALUES (?, 0)", ((number,) for number in range(TICKETS)))
    db.execute("COMMIT")
    times: list[float] = []
    began = time.perf_counter()
    for number in range(TICKETS):
        start = time.perf_counter()
        if start - began > 2:
            break
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE ticket SET uses = uses + 1 WHERE ticket = ? AND uses < 1", (number,))
        db.execute("INSERT INTO scan VALUES (?, 'admitted')", (number,))
        db.execute("COMMIT")
        times.append((time.perf_counter() - start) * 1000)
    spent = time.perf_counter() - began
    db.close()
    ms = spread(times)
    what = "raw SQLite transaction, no HTTP"
    return {"what": what, "a second": len(times) / spent, "answers": len(times), "p50 ms": ms.p50, "p99 ms": ms.p99}


def main() -> None:
    """All rows, and what of the targets was met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pretix", action="store_true", help="also a real pretix (TRAM_PRETIX: where its lane is)")
    wants_pretix = parser.parse_args().pretix
    rows: list[Row] = []
    with disk_folder() as folder:
        rows.append(raw(folder / "raw.sqlite"))
        with ours(f"sqlite:///{folder / 'backend.sqlite'}", folder) as asked:
            sqlite = run("SQLite, one process", asked, folder, CONNECTIONS, 0)
            steady = run(f"SQLite, {RATE} a second", asked, folder, CONNECTIONS, RATE)
        # In memory only where that is what /var/tmp is.
        with cluster({"shared_buffers": "128MB"}, "/var/tmp") as server:  # noqa: S108 - a socket's name is short
            url = server.fresh()
            with ours(url, folder, "--workers", "2", besides=(server.process(),)) as asked:
                postgres = run("PostgreSQL, two workers", asked, folder, CONNECTIONS, 0)
                steady_postgres = run(f"PostgreSQL, {RATE} a second", asked, folder, CONNECTIONS, RATE)
        rows += [sqlite, steady, postgres, steady_postgres]
        ratios = {}
        if wants_pretix:
            with pretix() as asked:
                anchor = run("pretix 2026.8.0 on SQLite, one worker", asked, folder, 1, 0, 20.0)
            rows.append(anchor)
            ratios["SQLite / pretix, a second"] = _number(sqlite, "a second") / _number(anchor, "a second")
            ratios["pretix / SQLite, CPU each"] = _number(anchor, _CPU) / _number(sqlite, _CPU)
    met = {
        "SQLite 1,500 a second": _number(sqlite, "a second") >= 1500,
        "PostgreSQL 1,000 a second": _number(postgres, "a second") >= 1000,
        "p99 25 ms at 200 a second": _number(steady, "p99 ms") <= 25,
        "CPU 2 ms each": max(_number(sqlite, _CPU), _number(steady, _CPU)) <= 2,
    }
    if wants_pretix:
        met["30 times pretix"] = ratios["SQLite / pretix, a second"] >= 30
    report("backend", rows, ratios, {f"target: {what}": "met" if yes else "missed" for what, yes in met.items()})


_CPU = "server CPU ms each"


def _number(row: Row, key: str) -> float:
    return float(row[key] or 0)


if __name__ == "__main__":
    main()
