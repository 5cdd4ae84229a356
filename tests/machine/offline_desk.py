"""A terminal that decides without a server, in a process that is killed: ``python -m tests.machine.offline_desk``.

One process forks a child a round, so that a round costs what its work costs. The child does what the desk does, in its
order: a line, the desk's journal, the light. Now and then it hands over what waits. Prints a JSON report.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from crypto.tickets.body import LineBody, LineKind, Stamp
from crypto.tickets.line import Line
from terminal.clock import SystemClock
from terminal.model import Outcome
from terminal.offline.outbox import Outbox
from terminal.offline.recovery import open_outbox
from terminal.offline.skew import Timekeeper
from terminal.offline.sync import Link, ServerExchange
from terminal.offline.unlit import take_back
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.records.sealed import sealed_key
from terminal.syncing import Changes, LineAnswer, Skew
from terminal.view import Desk
from tests.unit.terminal.offline.peer import LedgerPeer


def body(scan_id: str, kind: LineKind, stamp: Stamp, reason: str | None = None) -> LineBody:
    return LineBody(
        scan_id=scan_id, kind=kind, event="hoi-mau", ticket=f"T{scan_id}", gate="cong-1", stamp=stamp, reason=reason
    )


class FarPeer:
    """The server, in the other process."""

    skew: Skew | None = None

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def upload(self, lines: Sequence[Line], deadline: float) -> Sequence[LineAnswer]:
        self._wire.send(("upload", lines))
        answers: Sequence[LineAnswer] = self._wire.recv()
        return answers

    def changes(self, event: str, cursor: int, deadline: float) -> Changes:
        raise AssertionError

    def snapshot(self, event: str, to: Path, deadline: float) -> None:
        raise AssertionError


class OfflineDesk:
    """The parts, opened as at a start."""

    def __init__(self, folder: Path) -> None:
        self.times = Timekeeper(SystemClock())
        self.outbox = self._opened(folder)
        self.journal = Journal(folder / "journal.sqlite3")
        take_back(self.outbox, self.journal, self.times.stamp, lambda scan: None)

    def _opened(self, folder: Path) -> Outbox:
        key = sealed_key(folder / "offline.key")
        return open_outbox(folder / "offline.sqlite3", key, self.anew)

    def anew(self, why: str) -> LineBody:
        return body("anew", LineKind.ANEW, self.times.stamp(), why)

    def admit(self, scan_id: str) -> None:
        """Line, journal; the light is the caller's."""
        self.outbox.append(body(scan_id, LineKind.ENTRY, self.times.stamp()))
        self.journal.append(
            JournalEntry(
                when=datetime.now(UTC),
                session=1,
                desk=Desk.GATE,
                device="cong-1",
                method=Method.TICKET,
                outcome=Outcome.ALLOW,
                reason="title.ok.ticket",
                scan_id=scan_id,
            )
        )

    def close(self) -> None:
        self.outbox.close()
        self.journal.close()


def live(folder: Path, round_: int, wire: Connection) -> None:
    """The child: admits until it is killed."""
    desk = OfflineDesk(folder)
    exchange = ServerExchange((Link(FarPeer(wire)),), desk.outbox, desk.times, SystemClock(), desk.anew)
    number = 0
    while True:
        number += 1
        scan_id = f"{round_}-{number}"
        desk.admit(scan_id)
        wire.send(("light", scan_id))
        if number % 5 == 0:
            exchange.turn()


def one_round(folder: Path, round_: int, server: LedgerPeer, chance: random.Random) -> list[str]:
    """Lights of a child that is killed at a moment that nobody chose."""
    ours, theirs = Pipe()
    child = os.fork()
    if child == 0:
        ours.close()
        try:
            live(folder, round_, theirs)
        finally:
            os._exit(1)
    theirs.close()
    lights: list[str] = []
    last = time.monotonic() + 60
    for _ in range(chance.randrange(1, 18)):
        serve(ours, server, lights)
        if time.monotonic() > last:
            break
    moment = time.perf_counter() + chance.random() * 0.003
    while time.perf_counter() < moment:
        pass
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if status != signal.SIGKILL:
        raise RuntimeError(f"the child ended by itself: {status}")
    try:
        while True:
            serve(ours, server, lights, answer=False)
    except (EOFError, OSError):
        ours.close()
    return lights


def serve(wire: Connection, server: LedgerPeer, lights: list[str], *, answer: bool = True) -> None:
    """One message of the child. What it sent before it died has arrived, its answers may not."""
    kind, content = wire.recv()
    if kind == "light":
        lights.append(content)
    else:
        answers = server.upload(content, 1.0)
        if answer:
            wire.send(answers)


def main() -> None:
    """``FOLDER ROUNDS SEED``"""
    folder, rounds, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    server = LedgerPeer()
    lights = [scan for round_ in range(rounds) for scan in one_round(folder, round_, server, chance)]
    early = len(server.lines)
    desk = OfflineDesk(folder)
    desk.admit("last")
    count = desk.outbox.verify()
    ServerExchange((Link(server),), desk.outbox, desk.times, SystemClock(), desk.anew).turn()
    report = {
        "lights": [*lights, "last"],
        "early": early,
        "lines": count,
        "waiting": desk.outbox.waiting().lines,
        "server": [
            (said.kind.value, said.scan_id) for said in (LineBody.from_text(line.body) for line in server.lines)
        ],
    }
    desk.close()
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
