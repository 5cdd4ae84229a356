"""What a process and the processes that it started hold, and whether a row of such samples grows. Linux only."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Footprint:
    """One look. Megabytes for ``rss`` and ``private``; ``cpu`` are seconds so far, of the children that live too."""

    rss: float
    private: float
    handles: int
    threads: int
    children: int
    cpu: float


def footprint(pid: int) -> Footprint:
    """What process ``pid`` holds now; only ``cpu`` and ``children`` count what it started as well."""
    status = _status(pid)
    family = [pid, *_descendants(pid)]
    return Footprint(
        rss=int(status["VmRSS"].split()[0]) * 1024 / _MB,
        private=int(status["RssAnon"].split()[0]) * 1024 / _MB,
        handles=len(os.listdir(f"/proc/{pid}/fd")),
        threads=int(status["Threads"]),
        children=len(family) - 1,
        cpu=sum(_cpu(each) for each in family),
    )


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _cpu(pid: int) -> float:
    """Seconds of this process and of its children that have ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0  # it ended between the two looks
    fields = stat.rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for task in tasks:
        try:
            children = [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
        except OSError:
            continue  # the thread ended between the two looks
        for child in children:
            found += [child, *_descendants(child)]
    return found


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through samples: ``slope`` a unit of time, ``noise`` the standard deviation around it."""

    slope: float
    noise: float


def trend(times: Sequence[float], values: Sequence[float]) -> Trend:
    """The line of least squares; at least two samples at different times."""
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    across = sum((time - middle) ** 2 for time in times)
    slope = sum((time - middle) * (value - mean) for time, value in zip(times, values, strict=True)) / across
    rest = [value - mean - slope * (time - middle) for time, value in zip(times, values, strict=True)]
    noise = (sum(each * each for each in rest) / max(1, len(rest) - 2)) ** 0.5
    return Trend(slope, noise)


def growth(times: Sequence[float], rows: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Of each row of samples its slope a unit of time and the noise around it, after the first quarter: caches fill,
    the allocator settles."""
    first = len(times) // 4
    found = {}
    for name, values in rows.items():
        line = trend(times[first:], values[first:])
        found[f"{name} an hour"] = line.slope
        found[f"{name}, noise"] = line.noise
    return found
