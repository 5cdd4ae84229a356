"""A day without a network: how long the lines of its admissions take to reach the server, each answered and kept.

The terminal's side is its own: the encrypted ledger, the exchange's batches, the answers written back. The server's is
the reference server's ledger, rules and durable database in another process, over a socket (children/ledger_keeper.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.connection import Client, Connection
from pathlib import Path

from parts.folders import CHILDREN, ROOT, disk_folder
from parts.results import Row, report

from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import Line
from terminal.clock import SystemClock
from terminal.offline.outbox import Outbox
from terminal.offline.skew import Timekeeper
from terminal.offline.sync import Link, ServerExchange
from terminal.records.sealed import SealedKey, open_sealed
from terminal.syncing import Changes, LineAnswer, Skew

DAY = 5000
MOST_SECONDS = 10.0


class Keeper:
    """The server's side of the exchange."""

    skew = Skew(-0.04, 0.01)

    def __init__(self, wire: Connection) -> None:
        self._wire = wire
        self.batches = 0

    def upload(self, lines: Sequence[Line], deadline: float) -> Sequence[LineAnswer]:  # noqa: ARG002 - the port's
        """An answer for each."""
        self.batches += 1
        self._wire.send(list(lines))
        answers: Sequence[LineAnswer] = self._wire.recv()
        return answers

    def changes(self, event: str, cursor: int, deadline: float) -> Changes:
        """Not asked for here."""
        raise NotImplementedError

    def snapshot(self, event: str, to: Path, deadline: float) -> None:
        """Not asked for here."""
        raise NotImplementedError


def main() -> None:
    """Fill the ledger, then hand it over."""
    key, times = SealedKey(os.urandom(32)), Timekeeper(SystemClock())
    with disk_folder() as folder, closing(Outbox(open_sealed(folder / "offline.sqlite", key), key)) as outbox:
        began = time.perf_counter()
        for number in range(1, DAY + 1):
            outbox.append(admission(number, times))
        filled = time.perf_counter() - began
        with keeper(folder) as peer:
            exchange = ServerExchange((Link(peer),), outbox, times, SystemClock(), anew=lambda _: admission(0, times))
            began = time.perf_counter()
            exchange.turn()
            uploaded = time.perf_counter() - began
        assert exchange.standing.online
        assert outbox.waiting().lines == 0
        assert exchange.standing.tasks == exchange.standing.conflicts == 0
        began = time.perf_counter()
        assert outbox.verify() == DAY
        proven = time.perf_counter() - began
    rows: list[Row] = [
        {"what": "appended, one by one", "seconds": filled, "lines a second": DAY / filled},
        {"what": "handed over, answered, written back", "seconds": uploaded, "lines a second": DAY / uploaded},
        {"what": "proven, the whole chain", "seconds": proven, "lines a second": DAY / proven},
    ]
    report("upload", rows, {"of the seconds that it may take": uploaded / MOST_SECONDS}, {"batches": peer.batches})


def admission(number: int, times: Timekeeper) -> LineBody:
    """One of the day's."""
    return LineBody(
        scan_id=f"bench-{number}",
        kind=LineKind.ENTRY,
        event="hoi-mau",
        ticket=f"T{number}",
        gate="cong-1",
        stamp=times.stamp(),
    )


@contextmanager
def keeper(folder: Path) -> Iterator[Keeper]:
    """The server's process."""
    command = [sys.executable, str(CHILDREN / "ledger_keeper.py"), str(folder), str(DAY)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        with Client(("127.0.0.1", int(process.stdout.readline())), authkey=b"bench") as wire:
            yield Keeper(wire)
            wire.send(None)


if __name__ == "__main__":
    main()
