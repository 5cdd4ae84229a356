"""24 hours at ten cards a minute in simulated time: 14,400 visits at the reception; does anything grow?

Everything of the terminal is real but its clock, its reader (simulated chips in this process) and its camera (codes
are handed to the engine): engine, window (painted off screen), journal on the disk, reading, photos in their process,
questions over HTTP to the reference backend. Of ten visits one reads a chip whole; parts/long_day.py lists the others.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from parts.admissions import Admissions, Balance
from parts.folders import disk_folder
from parts.footprint import Footprint, footprint, growth
from parts.long_day import Day, SimulatedClock, Stage, Watch
from parts.results import Cell, Row, report
from parts.site import site_file

from config.load import load
from crypto.trust.certificate import Certificate
from crypto.trust.store import TrustStore
from drivers.simulator.cable import Cable
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.issuer.authority import Authority
from terminal.boot import build
from terminal.demo.surroundings import backend_process
from terminal.view import Screen
from ui.app import WindowFace

CARDS = 14_400
AN_HOUR = 600
WARM = 0.25
"""The part of the day after which Python's memory is looked at for the first time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look after the garbage was collected: hours of the day, what the process holds."""

    hour: float
    held: Footprint
    objects: int


class Errors(logging.Handler):
    """Counts what is logged at ERROR."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - only their number counts
        """One more."""
        self.count += 1


class Played:
    """The day's samples."""

    def __init__(self, stage: Stage, cards: int) -> None:
        self._stage, self._cards = stage, cards
        self.day = Day(stage)
        self.samples: list[Sample] = []
        self.growth: list[str] = []
        self.seconds = 0.0

    def play(self) -> None:
        """All visits, on a thread of its own."""
        began = time.monotonic()
        self._stage.watch.wait(Screen.IDLE)
        early = None
        for number in range(self._cards):
            if number % AN_HOUR == 0:
                self._sample()
            if number == int(self._cards * WARM) and tracemalloc.is_tracing():
                early = tracemalloc.take_snapshot()
            self.day.visit(number)
        self._sample()
        self.seconds = time.monotonic() - began
        if early is not None:
            self.growth = _grown(early, tracemalloc.take_snapshot())

    def _sample(self) -> None:
        gc.collect()
        hour = self._stage.clock.monotonic() / 3600
        self.samples.append(Sample(hour, footprint(os.getpid()), len(gc.get_objects())))


def _grown(early: tracemalloc.Snapshot, late: tracemalloc.Snapshot) -> list[str]:
    """Where the most was kept, line by line, without the tracing's own."""
    ours = [tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__)]
    lines = late.filter_traces(ours).compare_to(early.filter_traces(ours), "lineno")[:8]
    return [f"{Path(row.traceback[0].filename).name}:{row.traceback[0].lineno} {row.size_diff:+} B" for row in lines]


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """The terminal at its place, not started."""
    with ExitStack() as stack:
        backend = stack.enter_context(backend_process(folder / "backend"))
        at = urlsplit(backend.url)
        cable = Cable((at.hostname or "", at.port or 0))
        stack.callback(cable.close)
        asks = f'[backend]\nurl = "http://127.0.0.1:{cable.port}"\ntoken_file = "{backend.token_file}"'
        file = site_file(folder, "reception", asks, "[face]\nsound = 0.0", looks=False)
        authority = Authority(b"bench")
        fingerprint = Certificate.parse(authority.root).fingerprint
        TrustStore.open(folder / "trust").add(authority.root, fingerprint, "bench (SIMULATED)", datetime.now(UTC))
        clock, watch, reader = SimulatedClock(), Watch(), SimulatedReader()
        terminal = build(load(file, environ={}), reader=reader, clock=clock, watch=watch)
        stack.callback(terminal.journal.close)
        face = terminal.face
        assert isinstance(face, WindowFace)
        yield Stage(terminal, reader, clock, watch, cable, authority, lambda: face.shell.view)


def play(cards: int) -> tuple[Played, Balance]:
    """The whole day in the window's own main loop."""
    failures: list[BaseException] = []
    with disk_folder() as folder, stage(folder) as made:
        played = Played(made, cards)
        face = made.terminal.face

        def day() -> None:
            try:
                played.play()
            except BaseException as error:  # noqa: BLE001 - raised on the main thread
                failures.append(error)
            finally:
                face.quit()

        player = threading.Thread(target=day, name="bench-day")

        def begin() -> None:
            made.terminal.engine.start()
            player.start()

        face.run(begin)
        player.join()
        made.terminal.engine.stop()
        if failures:
            raise failures[0]
        return played, Admissions(folder / "journal.sqlite", folder / "backend" / "backend.sqlite").balance()


def row_of(sample: Sample) -> Row:
    """A sample as a row of the table."""
    held = sample.held
    return {
        "hour": round(sample.hour, 1),
        "RSS MB": held.rss,
        "private MB": held.private,
        "objects": sample.objects,
        "handles": held.handles,
        "threads": held.threads,
        "children": held.children,
        "CPU s": held.cpu,
    }


def slopes(samples: Sequence[Sample]) -> dict[str, float]:
    """Growth an hour, and the noise around it."""
    rows = {
        "private MB": [sample.held.private for sample in samples],
        "objects": [float(sample.objects) for sample in samples],
        "handles": [float(sample.held.handles) for sample in samples],
        "threads": [float(sample.held.threads) for sample in samples],
    }
    return growth([sample.hour for sample in samples], rows)


def main() -> None:
    """Play, compare, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trace", action="store_true", help="also where Python's memory grew; twice as slow")
    parser.add_argument("--cards", type=int, default=CARDS, help=f"visits (default {CARDS}: 24 hours)")
    args = parser.parse_args()
    errors = Errors()
    logging.getLogger().addHandler(errors)
    if args.trace:
        tracemalloc.start()
    played, balance = play(args.cards)
    notes: dict[str, Cell] = {
        "visits": args.cards,
        "simulated hours": played.samples[-1].hour,
        "real minutes": played.seconds / 60,
        "of each kind": ", ".join(f"{name} {count}" for name, count in sorted(played.day.kinds.items())),
        "journal entries": balance.entries,
        "yeses of the backend / of the terminal": f"{balance.given} / {balance.allowed}",
        "exactly once": str(balance.exactly_once),
        "errors logged": errors.count,
    }
    if played.growth:
        notes["kept since the warm-up"] = "; ".join(played.growth)
    report("soak_day", [row_of(sample) for sample in played.samples], slopes(played.samples), notes)


if __name__ == "__main__":
    main()
