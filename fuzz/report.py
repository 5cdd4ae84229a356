"""Adds up the slices of ``fuzz.runner`` into results.json and results.md: ``python -m fuzz.report [SLICES]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from fuzz.runner import ROOT, SLICES, Slice
from fuzz.table import TARGETS

_HEAD = """# What the fuzzers did

Made by `python -m fuzz.report`; README.md says what a target is. Edges are what libFuzzer counts in the instrumented
Python (branches and calls); minutes are wall time of slices that ran beside other work, the last column says of which
commits. A finding is any undocumented exception, more than 1 s or 50 MiB for one input, or a hang; what was found is
in README.md, with its regression test.

| target | minutes | executions | edges | inputs kept | most memory | findings | commits |
|---|---:|---:|---:|---:|---:|---:|---|
"""


@dataclass(frozen=True, slots=True)
class Total:
    """All slices of one target; ``clean_seconds`` since its last finding."""

    target: str
    parser: str
    slices: int
    seconds: int
    clean_seconds: int
    executions: int
    coverage: int
    corpus: int
    peak_mib: int
    findings: tuple[str, ...]
    first_commit: str
    last_commit: str


def read_slices(path: Path) -> list[Slice]:
    """The slices that a runner wrote."""
    return [Slice(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def add_up(slices: Iterable[Slice]) -> list[Total]:
    """One total for each target that ran, in the table's order."""
    rows = list(slices)
    totals = []
    for target in TARGETS:
        mine = [row for row in rows if row.target == target.name]
        if mine:
            totals.append(_total(mine))
    return totals


def _total(mine: list[Slice]) -> Total:
    since = max((number + 1 for number, row in enumerate(mine) if row.finding), default=0)
    return Total(
        target=mine[-1].target,
        parser=mine[-1].parser,
        slices=len(mine),
        seconds=sum(row.seconds for row in mine),
        clean_seconds=sum(row.seconds for row in mine[since:]),
        executions=sum(row.executions for row in mine),
        coverage=max(row.coverage for row in mine),
        corpus=mine[-1].corpus,
        peak_mib=max(row.peak_mib for row in mine),
        findings=tuple(dict.fromkeys(row.finding for row in mine if row.finding)),
        first_commit=mine[0].commit,
        last_commit=mine[-1].commit,
    )


def table(totals: Iterable[Total]) -> str:
    """The totals as a page of Markdown."""
    rows = [
        f"| {row.target} | {row.seconds / 60:.1f} | {row.executions:,} | {row.coverage:,} | {row.corpus:,}"
        f" | {row.peak_mib} MiB | {len(row.findings)} | {row.first_commit[:7]}…{row.last_commit[:7]} |\n"
        for row in totals
    ]
    return _HEAD + "".join(rows)


def main(arguments: list[str]) -> None:
    """Write both files."""
    slices = Path(arguments[0]) if arguments else ROOT / "build" / "fuzz" / SLICES
    totals = add_up(read_slices(slices))
    text = json.dumps([asdict(total) for total in totals], indent=1)
    (ROOT / "fuzz" / "results.json").write_text(text + "\n", "utf-8")
    (ROOT / "fuzz" / "results.md").write_text(table(totals), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
