from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.unit.backend.engine import killing

_ROUNDS = 100
"""On each engine."""


@pytest.mark.parametrize("seed", [20261122])
def test_a_server_killed_at_any_moment_has_lost_no_answer_and_doubles_none(database_url: str, seed: int) -> None:
    """Killed a hundred times: each green is in the ledger exactly once, and each question gets the answer it got."""
    program = [sys.executable, "-m", killing.__name__, database_url, str(_ROUNDS), str(seed)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    # Killed in the middle: some questions had been answered, and others had not.
    assert _ROUNDS < said["told"] < said["sent"]
    assert said["greens_told"] > _ROUNDS / 2
    assert {name: said[name] for name in ("errors", "changed", "greens_are_the_ledger", "one_use_each")} == {
        "errors": [],
        "changed": 0,
        "greens_are_the_ledger": True,
        "one_use_each": True,
    }
