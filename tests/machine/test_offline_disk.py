"""No space: no line, no light; and everything goes on when there is space again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crypto.tickets.body import LineBody
from terminal.offline.outbox import Outbox
from terminal.records.sealed import open_sealed, sealed_key


@pytest.mark.parametrize("room", [140_000, 150_001, 200_000, 262_144])
def test_a_full_disk_is_a_fault_and_gives_no_light(tmp_path: Path, room: int) -> None:
    command = [sys.executable, "-m", "tests.machine.offline_disk", str(tmp_path), str(room)]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    *lights, code, after = ended.stdout.splitlines()
    assert code in ("offline.write", "journal.write")
    assert after == "light s-after"
    key = sealed_key(tmp_path / "offline.key")
    outbox = Outbox(open_sealed(tmp_path / "offline.sqlite3", key), key)
    outbox.verify()
    kept = [LineBody.from_text(line.body).scan_id for line in outbox.pending(20_000)]
    outbox.close()
    lit = [light.removeprefix("light ") for light in lights]
    assert len(lit) > 5
    assert kept[: len(lit)] == lit
    assert kept[-1] == "s-after"
    # Where the journal was full first, its line waits to be taken back at the next start.
    assert len(kept) - len(lit) - 1 == (1 if code == "journal.write" else 0)
