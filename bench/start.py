"""From ``tram run`` to the painted idle screen, and the memory it then takes, beside a bare PySide6 window.

Reader on a private PC/SC daemon, a folder as the camera, the reference backend on the loopback: as at a desk.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from parts.folders import CHILDREN, ROOT, disk_folder, short_folder
from parts.results import Row, median, report, spread
from parts.site import site_file

from drivers.simulator import daemon
from terminal.demo.surroundings import backend_process, display

RUNS, COLD_RUNS = 9, 3
SETTLED = 5.0
LIBRARIES = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu"
KIB = 1024


@dataclass(frozen=True, slots=True)
class Program:
    """What is started: its name in the table and its command line."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Once:
    """One start; milliseconds from the call of the new process, MB of memory when settled (0: not waited for)."""

    first: float
    idle: float
    rss: float
    anonymous: float


def start_once(program: Program, platform: str, *, settle: bool) -> Once:
    """Start it, wait for the idle screen, end it."""
    environment = {**os.environ, "QT_QPA_PLATFORM": platform}
    called = time.monotonic()
    with subprocess.Popen(program.command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            if settle:
                time.sleep(SETTLED)
            rss, anonymous = (_memory(process.pid, key) if settle else 0.0 for key in ("VmRSS", "RssAnon"))
        finally:
            process.terminate()
    return Once((said["first"] - called) * 1000, (said["idle"] - called) * 1000, rss, anonymous)


def _memory(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) * KIB / 1e6


def forget_files() -> None:
    """Drop the program's files from the page cache; what another process has mapped at this moment stays."""
    for file in _program_files():
        try:
            handle = os.open(file, os.O_RDONLY)
        except OSError:
            continue
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def _program_files() -> Iterator[Path]:
    rooms = [ROOT / room for room in ("terminal", "drivers", "ui", "crypto", "config")]
    folders = [Path(sys.prefix), Path(sysconfig.get_paths()["stdlib"]), LIBRARIES, *rooms]
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


@contextmanager
def desk() -> Iterator[tuple[Program, Program]]:
    """Our program at a whole desk, and the bare window."""
    with ExitStack() as stack:
        folder = stack.enter_context(disk_folder())
        running = daemon.start(stack.enter_context(short_folder()) / "pcscd")
        stack.callback(running.stop)
        backend = stack.enter_context(backend_process(folder / "backend"))
        stack.enter_context(display(headless=True))
        asks = f'[backend]\nurl = "{backend.url}"\ntoken_file = "{backend.token_file}"'
        file = site_file(folder, "reception", '[reader]\nnames = "Virtual PCD*"', asks)
        ours = (sys.executable, str(CHILDREN / "run_with_stopwatch.py"), "--config", str(file))
        bare = (sys.executable, str(CHILDREN / "bare_window.py"))
        yield Program("tram run", ours), Program("bare PySide6 window", bare)


def row_of(program: str, platform: str, cache: str, runs: list[Once]) -> Row:
    """The medians of one program, platform and state of the page cache."""
    idle = spread([once.idle for once in runs])
    settled = [once for once in runs if once.rss]
    return {
        "program": program,
        "platform": platform,
        "files": cache,
        "runs": len(runs),
        "first picture ms": median([once.first for once in runs]),
        "idle ms": idle.p50,
        "least": idle.least,
        "most": idle.most,
        "RSS MB": median([once.rss for once in settled]) if settled else None,
        "of that private": median([once.anonymous for once in settled]) if settled else None,
    }


def main() -> None:
    """All programs and platforms in turn; the last warm run of each stays for its memory."""
    runs: dict[tuple[str, str, str], list[Once]] = {}
    with desk() as programs:
        for platform, program in itertools.product(("xcb", "offscreen"), programs):
            start_once(program, platform, settle=False)
        for number in range(RUNS):
            for platform, program in itertools.product(("xcb", "offscreen"), programs):
                once = start_once(program, platform, settle=number == RUNS - 1)
                runs.setdefault((program.name, platform, "warm"), []).append(once)
        for _ in range(COLD_RUNS):
            for program in programs:
                forget_files()
                once = start_once(program, "xcb", settle=False)
                runs.setdefault((program.name, "xcb", "cold"), []).append(once)
    rows = [row_of(*key, found) for key, found in runs.items()]
    ours, bare = (runs[program.name, "xcb", "warm"] for program in programs)
    cold = [median([once.idle for once in runs[program.name, "xcb", "cold"]]) for program in programs]
    ratios = {
        "tram / bare window, idle screen, warm": median([o.idle for o in ours]) / median([b.idle for b in bare]),
        "tram / bare window, idle screen, cold": cold[0] / cold[1],
        "tram / bare window, RSS": ours[-1].rss / bare[-1].rss,
    }
    report("start", rows, ratios, {"targets": "idle screen <= 2000 ms, RSS <= 180 MB", "settled s": SETTLED})


if __name__ == "__main__":
    main()
