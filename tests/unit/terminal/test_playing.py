"""Programs that make sound: one at a time, without waiting, and no error for want of one."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import pytest

from terminal.playing import OneAtATime, find_player

_KEEP_INPUT = "import os, sys; part = sys.argv[1] + '.part'; " + (
    "open(part, 'wb').write(sys.stdin.buffer.read()); os.replace(part, sys.argv[1])"
)


def _wait_for(path: Path) -> bytes:
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end
    return path.read_bytes()


def test_the_first_player_found_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == "aplay" else None)
    assert find_player() == ("/bin/aplay", "-q")
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert find_player() is None


def test_what_is_spoken_goes_through_the_standard_input(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    playing = OneAtATime()
    playing.start((sys.executable, "-c", _KEEP_INPUT, str(heard)), "được".encode())
    assert _wait_for(heard).decode() == "được"
    playing.close()


def test_the_next_one_cuts_off_the_one_before_and_nothing_is_left() -> None:
    playing = OneAtATime()
    begun = time.monotonic()
    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    started = []
    for _ in range(3):
        playing.start(sleeper)
        started += playing._running[-1:]
    assert time.monotonic() - begun < 5
    playing.close()
    assert [process.wait(5) for process in started] == [-9, -9, -9]
    assert playing._running == []


def test_a_program_that_is_gone_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    playing = OneAtATime()
    with caplog.at_level(logging.WARNING):
        playing.start(("/nonexistent/player",), b"secret")
    assert "FileNotFoundError" in caplog.text
    assert "secret" not in caplog.text
    playing.close()


def test_a_program_that_does_not_listen_harms_nobody() -> None:
    playing = OneAtATime()
    playing.start((sys.executable, "-c", "import os; os.close(0)"), b"x" * 1_000_000)
    playing.start((sys.executable, "-c", "pass"))
    playing.close()
