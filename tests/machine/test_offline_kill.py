"""A terminal that is killed at random moments while it decides by itself: every light is in the ledger exactly once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.unit.terminal.offline.ledger import memory

ROOT = Path(__file__).parents[2]
ROUNDS = 120


def test_every_light_is_a_line_exactly_once_and_none_without_a_light_counts() -> None:
    seed = 20_261_122
    with memory() as folder:
        command = [sys.executable, "-m", "tests.machine.offline_desk", str(folder), str(ROUNDS), str(seed)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    report = json.loads(ended.stdout)
    lights = Counter(report["lights"])
    assert len(lights) > ROUNDS
    assert set(lights.values()) == {1}
    said = Counter((kind, scan) for kind, scan in report["server"])
    assert set(said.values()) == {1}  # after all uploads, also those whose answers nobody heard
    assert report["lines"] == len(report["server"])
    assert report["waiting"] == 0
    assert 0 < report["early"] < len(report["server"])
    entries = {scan for kind, scan in said if kind == "entry"}
    annulled = {scan for kind, scan in said if kind == "annul"}
    assert {kind for kind, _ in said} <= {"entry", "annul"}  # nothing was damaged
    assert set(lights) <= entries - annulled
    # A kill between the journal and the light leaves a line that stands, at most one a round.
    assert len(entries - annulled - set(lights)) <= ROUNDS
