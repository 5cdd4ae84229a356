"""Quantiles, the printed table, and the kept result with the machine it was taken on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from parts.folders import RESULTS, ROOT

Cell = str | int | float | None
Row = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th and 99th percentile and extremes of a row of times, in the unit of the times."""

    p50: float
    p95: float
    p99: float
    least: float
    most: float


def spread(times: Sequence[float]) -> Spread:
    """The quantiles of ``times`` (nearest rank; at least one time)."""
    ranked = sorted(times)

    def at(share: float) -> float:
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]

    return Spread(at(0.5), at(0.95), at(0.99), ranked[0], ranked[-1])


def median(times: Sequence[float]) -> float:
    """The middle of ``times``."""
    return spread(times).p50


# The table and the results -------------------------------------------------------------------------------------------


def report(
    name: str, rows: Sequence[Row], ratios: Mapping[str, float], notes: Mapping[str, Cell] | None = None
) -> None:
    """Print the table and keep it with the machine it was taken on as ``results/NAME.json``."""
    print(_table(rows))
    for what, ratio in ratios.items():
        print(f"  {what}: {ratio:.3g}")
    for what, value in (notes or {}).items():
        print(f"  {what}: {value}")
    kept = {
        "figure": name,
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": machine(),
        "rows": [{key: _rounded(value) for key, value in row.items()} for row in rows],
        "ratios": {what: _rounded(ratio) for what, ratio in ratios.items()},
        "notes": {what: _rounded(value) for what, value in (notes or {}).items()},
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def machine() -> dict[str, Cell]:
    """What the figures were taken on; the load average tells whether others used it too."""
    return {
        "cpu": _first(Path("/proc/cpuinfo"), "model name"),
        "cores": os.cpu_count(),
        "memory_gb": round(int((_first(Path("/proc/meminfo"), "MemTotal") or "0").split()[0]) / 1e6, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2),
    }


def _first(file: Path, key: str) -> str | None:
    if not file.exists():
        return None
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)


def _commit() -> str:
    answer = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "unknown"


def _rounded(value: Cell) -> Cell:
    return round(value, 3) if isinstance(value, float) else value


def _table(rows: Sequence[Row]) -> str:
    heads = list(dict.fromkeys(key for row in rows for key in row))
    lines = [heads, *([_cell(row.get(head)) for head in heads] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _cell(value: Cell) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
