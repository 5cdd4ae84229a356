"""Half an hour of a whole terminal at ten cards a minute: does anything grow?

The command itself with its window (Xvfb), a private PC/SC daemon, a scanner on a pty, a folder as the camera, the
reference backend behind a cable; one device after the other is unplugged now and then. The day in simulated time is
soak_day.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

from parts.counter import Counter, Make, Seen, counter
from parts.footprint import Footprint, growth
from parts.results import Cell, Row, report, spread
from parts.visits import Visitors

EVERY = 6.0
"""Seconds from visit to visit: ten cards a minute."""

SAMPLE_EVERY = 5
"""Visits between two samples."""

DISTURB_EVERY = 25


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the terminal at rest, after it collected its garbage."""

    minutes: float
    held: Footprint
    memory: Seen


class Soak:
    """Visits, samples and disturbances at one counter."""

    def __init__(self, at: Counter) -> None:
        self._at = at
        self._visitors = Visitors(at)
        self._began = time.monotonic()
        self.samples: list[Sample] = []
        self.visits = 0

    def run(self, minutes: float) -> None:
        """One visit each six seconds for so long."""
        self.sample()
        start = time.monotonic()
        while time.monotonic() - start < minutes * 60:
            self._visitors.one()
            self.visits += 1
            if self.visits % DISTURB_EVERY == 0:
                self._disturb(self.visits // DISTURB_EVERY)
            if self.visits % SAMPLE_EVERY == 0:
                self.sample()
            time.sleep(max(0.0, start + self.visits * EVERY - time.monotonic()))
        self.sample()

    def sample(self) -> None:
        """Look at it."""
        memory = self._at.program.ask("memory")
        held = self._at.program.footprint()
        self.samples.append(Sample((time.monotonic() - self._began) / 60, held, memory))

    @property
    def answers(self) -> Sequence[float]:
        """Seconds from the last thing presented to the painted result."""
        return self._visitors.seconds

    def _disturb(self, number: int) -> None:
        """Unplug one device and plug it in again, while nobody is served."""
        kind = number % 2
        if kind == 0:
            self._at.line.unplug()
            time.sleep(1.0)
            self._at.line.plug()
        else:
            hidden = self._at.pictures.with_suffix(".away")
            self._at.pictures.rename(hidden)
            time.sleep(1.0)
            hidden.rename(self._at.pictures)
        time.sleep(3.0)


def row_of(sample: Sample) -> Row:
    """A sample as a row of the table."""
    held = sample.held
    return {
        "minute": round(sample.minutes, 1),
        "RSS MB": held.rss,
        "private MB": held.private,
        "handles": held.handles,
        "threads": held.threads,
        "children": held.children,
        "objects": sample.memory["objects"],
        "CPU s": held.cpu,
        "errors": sample.memory["errors"],
    }


def slopes(samples: Sequence[Sample]) -> dict[str, float]:
    """Growth an hour, and the noise around it."""
    rows = {
        "private MB": [sample.held.private for sample in samples],
        "objects": [float(sample.memory["objects"]) for sample in samples],
        "handles": [float(sample.held.handles) for sample in samples],
        "threads": [float(sample.held.threads) for sample in samples],
    }
    return growth([sample.minutes / 60 for sample in samples], rows)


def live(minutes: float) -> None:
    """The terminal itself."""
    with counter(Make("reception")) as at:
        soak = Soak(at)
        soak.run(minutes)
        balance = at.admissions.balance()
    step = max(1, len(soak.samples) // 12)
    answers = spread(soak.answers)
    notes: dict[str, Cell] = {
        "minutes": minutes,
        "cards": soak.visits,
        "journal entries": balance.entries,
        "yeses of the backend / of the terminal": f"{balance.given} / {balance.allowed}",
        "exactly once": str(balance.exactly_once),
        "result after s, p50 / p95 / most": f"{answers.p50:.2f} / {answers.p95:.2f} / {answers.most:.2f}",
    }
    rows = [row_of(sample) for sample in (*soak.samples[::step], soak.samples[-1])]
    report("soak", rows, slopes(soak.samples), notes)


def main() -> None:
    """Play and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (default 30)")
    args = parser.parse_args()
    if args.minutes:
        live(args.minutes)


if __name__ == "__main__":
    main()
