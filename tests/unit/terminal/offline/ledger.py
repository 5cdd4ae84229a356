"""A terminal's ledger for tests."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from crypto.tickets.body import LineBody, LineKind, Stamp
from terminal.offline.outbox import Outbox
from terminal.offline.skew import Timekeeper
from terminal.records.sealed import SealedKey, open_sealed
from tests.fake_clock import FakeClock

KEY = SealedKey(b"k" * 32)


class Ledger:
    """An outbox and the clock that its lines are stamped by."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = FakeClock()
        self.times = Timekeeper(self.clock, lambda: "b" * 16)
        self.outbox = Outbox(open_sealed(path, KEY), KEY)

    def body(self, number: int = 1, kind: LineKind = LineKind.ENTRY, **fields: str) -> LineBody:
        """Entry ``number``."""
        return body(number, self.times.stamp(), kind, **fields)

    def admit(self, count: int = 1, first: int = 1) -> None:
        """So many lines, a second apart."""
        for number in range(first, first + count):
            self.clock.advance(1)
            self.outbox.append(self.body(number))

    def close(self) -> None:
        self.outbox.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def body(number: int, stamp: Stamp, kind: LineKind = LineKind.ENTRY, **fields: str) -> LineBody:
    known = {"scan_id": f"s-{number}", "event": "hoi-mau", "ticket": f"T{number}", "gate": "cong-1"} | fields
    return LineBody(kind=kind, stamp=stamp, **known)  # type: ignore[arg-type]


def anew(why: str) -> LineBody:
    """What a ledger starts anew with."""
    stamp = Timekeeper(FakeClock(), lambda: "a" * 16).stamp()
    return body(0, stamp, LineKind.ANEW, scan_id="anew", reason=why)


@contextlib.contextmanager
def memory() -> Iterator[Path]:
    """A folder that waits for no disk, for tests whose faults are not the disk's delay."""
    shared = "/dev/shm"  # noqa: S108 - where there is none, the usual place serves
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)
