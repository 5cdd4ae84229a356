"""``docs/doctor.md``: what ``tram doctor`` says of a computer with one thing wrong, found out by making it wrong:

python -m tests.doctor_page > docs/doctor.md
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock

from drivers.simulator.daemon import PcscDaemon
from terminal.cli import doctor
from terminal.clock import SystemClock
from terminal.health import HealthReport
from terminal.messages import LANGUAGES
from tests.doctor_faults import SCENARIOS, Scenario, full_disk
from tests.doctor_site import Site, site
from tests.house.rooms import ROOT
from tests.unit.backend.processes import serving

_SCREEN = {"DISPLAY": ":0", "QT_QPA_PLATFORM": "", "WAYLAND_DISPLAY": ""}

_FULL = """
mount -t tmpfs -o size=1m tmpfs "$1" && cp "$2" "$1/journal.sqlite3"
head -c 2m /dev/zero > "$1/filling" 2> "$3"
shift 3
exec "$@"
"""


def examined(scenario: Scenario, desk: Site) -> dict[str, list[str]]:
    """What doctor says of this desk, in each language."""
    with scenario.fault(desk):
        file = desk.write()
        if scenario.fault is full_disk:
            return _in_small_world(desk, file)
        with mock.patch.dict(os.environ, _SCREEN):
            _, report = doctor.examine(_arguments(file), SystemClock())
    codes = {(found.subject.value, found.fault) for found in report.findings}
    assert scenario.found is None or scenario.found in codes, (scenario.title, codes)
    return _said(report)


def _said(report: HealthReport) -> dict[str, list[str]]:
    return {language: doctor.shown(report, language) for language in LANGUAGES}


def _arguments(file: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    doctor.configure(parser)
    return argparse.Namespace(**vars(parser.parse_args(["--config", str(file)])), lang="en")


def _in_small_world(desk: Site, file: Path) -> dict[str, list[str]]:
    """The same in a mount namespace of its own, where the journal's disk is small and full."""
    root = [] if os.geteuid() == 0 else ["-r"]
    paths = [str(desk.folder / name) for name in ("small", "journal.sqlite3", "said")]
    program = [sys.executable, "-c", "from tests.doctor_page import say; say()", str(file)]
    command = ["unshare", *root, "-m", "sh", "-c", _FULL, "sh", *paths, *program]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=os.environ | _SCREEN, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, list[str]] = json.loads(done.stdout)
    return said


def say() -> None:
    """What the doctor says of the configuration file that the command line names, as JSON."""
    _, report = doctor.examine(_arguments(Path(sys.argv[1])), SystemClock())
    sys.stdout.write(json.dumps(_said(report)))


_CHANGING = (
    (r"tram \d[\w.]*, Python [\d.]+, \S+ \S+", "tram VERSION, Python VERSION, SYSTEM"),
    (r"\w+, \d+ × CPU, \d+ MB", "MACHINE, 4 × CPU, 4096 MB"),
    (r"UTC[+-]\d{4}, \w+", "UTC+0700, vi_VN"),
    (r"\d+ MB free", "50000 MB free"),
    (r"còn trống \d+ MB", "còn trống 50000 MB"),
    (r"\b\d+ (sentences|câu)", r"700 \1"),
    (r"\d+ ms", "12 ms"),
    (r"[+-]\d+\.\d (s |giây)", r"+0.0 \1"),
    (r"\((?:10799|10800|10801) s\)", "(10800 s)"),
    (r"\btcp:127\.0\.0\.1:\d+", "tcp:127.0.0.1:PORT"),
    (r"(sharpness|độ nét) \d\.\d\d", r"\1 0.90"),
    (r"(brightness|độ sáng) \d+", r"\1 230"),
    (r"\(\d+/255, \d\.\d\d\)", "(230/255, 0.10)"),
    (r"\(\d+/255\)", "(15/255)"),
)


def settled(lines: list[str], folder: Path) -> list[str]:
    """The lines without what differs from computer to computer and from run to run."""
    text = "\n".join(lines).replace(str(folder), "~")
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    return text.splitlines()


def _wrong(lines: list[str]) -> list[str]:
    """The findings that are not in order, and the last line."""
    kept: list[str] = []
    leaving_out = False
    for line in lines:
        if not line.startswith(" "):
            leaving_out = line.startswith(("[ok]", "[tốt]"))
        if not leaving_out:
            kept.append(line)
    return kept


_INTRODUCTION = """\
# tram doctor

What `tram doctor` says, in both languages, of one desk with one thing wrong at a time. The desk is a reception: two
virtual readers of the real PC/SC daemon, the reference backend, a receipt printer on a socket, one accepted (invented)
issuer, a journal; where the camera is looked at, a folder of pictures takes its place. Where a fault is shown, what is
in order is left out.

Written by `python -m tests.doctor_page > docs/doctor.md`, which makes every fault and runs the doctor on it; a test
compares this page with a fresh run. What differs from computer to computer (versions, sizes, milliseconds) is replaced.

A finding is *ok*, *limited* (people can be served, something does not work) or a *problem*. Below it stand what to do,
where there is one the command for it, and who does it. The same faults on the screen are in the
[failure manual](faults.md); `tram doctor --report FILE` writes it all to a file for whoever helps
([cli.md](cli.md#tram-doctor)).
"""


def page(pcscd: PcscDaemon) -> str:
    """The whole page; takes some seconds."""
    parts = [_INTRODUCTION]
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "backend.sqlite3") as (_, ready):
        for number, scenario in enumerate(SCENARIOS):
            own = Path(folder) / str(number)
            own.mkdir()
            with site(own, pcscd, ready["url"], Path(ready["token_file"])) as desk:
                said = examined(scenario, replace(desk))
            parts.append(f"## {scenario.title}\n{scenario.made}\n")
            for language in LANGUAGES:
                lines = settled(said[language], own)
                parts.append("\n".join(["```", *(lines if scenario.whole else _wrong(lines)), "```", ""]))
    return "\n".join(parts)


def main() -> None:
    """Write the page to standard output."""
    with tempfile.TemporaryDirectory(prefix="tram-pcscd-") as folder:
        pcscd = PcscDaemon(Path(folder))
        os.environ.update(pcscd.environment)
        pcscd.start()
        try:
            sys.stdout.write(page(pcscd))
        finally:
            pcscd.stop()


if __name__ == "__main__":
    main()
