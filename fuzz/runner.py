"""Runs targets one after the other, a slice of time each, and keeps what they found: ``python -m fuzz.runner --help``.

Can be stopped and started at any time: inputs that reached new code stay in the corpus, and each ended slice is a line
of ``slices.jsonl``. Everything it writes is below ``--out``; ``fuzz.report`` makes the committed tables of it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from fuzz.table import TARGETS
from fuzz.target import MOST_SECONDS, SEEDS, Target

ROOT = Path(__file__).parents[1]
SLICES = "slices.jsonl"

_HANG = 300
"""Seconds after which libFuzzer calls an input a hang: its clock goes on while this process waits or is stopped."""

_MEMORY = 512
"""MiB for the whole process, corpus and instrumentation included."""

_STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)$", re.MULTILINE)
_PULSE = re.compile(r"^#\d+\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
_RAISED = re.compile(r"^(?:[\w.]+(?:Error|Exception|Interrupt)\b.*|==\d+== ?ERROR: libFuzzer: .*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Slice:
    """One run of one target: ``coverage`` in libFuzzer's edges, ``finding`` the last line of the traceback or empty."""

    target: str
    parser: str
    commit: str
    began: str
    seconds: int
    executions: int
    coverage: int
    features: int
    corpus: int
    peak_mib: int
    slowest_seconds: int
    finding: str


def main(arguments: list[str] | None = None) -> int:
    """Run the slices; 1 when there was a finding."""
    args = _parsed(arguments)
    findings = 0
    for _ in range(args.rounds):
        for target in _chosen(args.targets):
            done = fuzz(target, args.out, args.seconds)
            with (args.out / SLICES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(done)) + "\n")
            print(f"{done.target:20} {done.executions:>9} runs {done.coverage:>5} edges  {done.finding or 'nothing'}")
            sys.stdout.flush()
            findings += bool(done.finding)
    return 1 if findings else 0


def fuzz(target: Target, out: Path, seconds: int) -> Slice:
    """One slice of ``target``, its corpus, findings and log in folders of ``out``."""
    corpus, log = out / "corpus" / target.name, out / "logs" / f"{target.name}.log"
    found = out / "findings" / target.name
    for folder in (corpus, log.parent, found):
        folder.mkdir(parents=True, exist_ok=True)
    began, start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        code = subprocess.run(  # noqa: S603 - this very program
            [
                *(sys.executable, "-m", "fuzz.harness", target.name, str(corpus), str(SEEDS / target.name)),
                *(f"-max_total_time={seconds}", f"-max_len={target.max_len}", f"-artifact_prefix={found}/"),
                *(f"-timeout={_HANG}", f"-rss_limit_mb={_MEMORY}", "-print_final_stats=1"),
            ],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    return _told(target, code, log.read_text("utf-8", "replace"), began, round(time.monotonic() - start))


def _told(target: Target, code: int, log: str, began: str, seconds: int) -> Slice:
    numbers: Mapping[str, int] = {name: int(value) for name, value in _STATISTIC.findall(log)}
    pulses = _PULSE.findall(log)
    coverage, features, corpus = (int(number) for number in (pulses[-1] if pulses else (0, 0, 0)))
    raised = _RAISED.findall(log)
    return Slice(
        target=target.name,
        parser=target.parser,
        commit=_commit(),
        began=began,
        seconds=seconds,
        executions=numbers.get("number_of_executed_units", 0),
        coverage=coverage,
        features=features,
        corpus=corpus,
        peak_mib=numbers.get("peak_rss_mb", 0),
        slowest_seconds=numbers.get("slowest_unit_time_sec", 0),
        finding="" if code == 0 else raised[0] if raised else f"ended with {code}",
    )


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - whichever git the developer has
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip()


def _chosen(names: list[str]) -> list[Target]:
    return [target for target in TARGETS if not names or target.name in names]


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.runner",
        description=f"Coverage-guided fuzzing; an input may take {MOST_SECONDS:g} s of processor time.",
    )
    names = sorted(target.name for target in TARGETS)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"all when none is named: {', '.join(names)}")
    parser.add_argument("--seconds", type=int, default=60, help="time for each target (default: 60)")
    parser.add_argument("--rounds", type=int, default=1, help="how often to go through them (default: 1)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz", help="where corpus, findings, logs go")
    args = parser.parse_args(arguments)
    unknown = set(args.targets) - set(names)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    args.out.mkdir(parents=True, exist_ok=True)
    return args


if __name__ == "__main__":
    raise SystemExit(main())
