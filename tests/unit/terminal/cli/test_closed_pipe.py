"""Whoever reads our output may go away: ``tram … | head`` ends quietly, as every other program does."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from terminal import __main__ as door


class Gone:
    """An output whose reader has gone: writing fails at once, or only when what is buffered is sent."""

    def __init__(self, *, buffered: bool) -> None:
        self._buffered = buffered

    def write(self, text: str) -> int:
        if not self._buffered:
            raise BrokenPipeError
        return len(text)

    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.parametrize("buffered", [False, True], ids=["at once", "at the end"])
def test_a_verb_whose_reader_has_gone_ends_with_141(monkeypatch: pytest.MonkeyPatch, buffered: bool) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Gone(buffered=buffered))
        code = door.main(["--version"])
        left = sys.stdout
    with left:
        assert (code, left.name) == (141, os.devnull)  # what is buffered still goes somewhere


@pytest.mark.parametrize("arguments", [("--version",), ("trust", "list"), ("trust", "list", "--json")])
def test_the_process_leaves_no_word_behind(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        command = [sys.executable, "-m", "terminal", *arguments]
        surroundings = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, timeout=30, check=False, env=surroundings)
    assert (done.returncode, done.stderr) == (141, b"")


class Full:
    """An output on a disk without room: told when what is buffered is written."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "--lang", "en"], ["shine", "--json"]])
def test_an_output_without_room_is_told_on_the_error_stream(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Full())
        patched.setenv("LC_ALL", "en_US.UTF-8")
        code = door.main(arguments)
        left = sys.stdout
    with left:
        assert (code, left.name) == (3, os.devnull)
    assert capsys.readouterr().err.startswith("File cannot be used\n")


def test_an_output_that_was_closed_from_the_start_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", None)
        code = door.main(["--version"])
        left = sys.stdout
    with left:
        assert (code, left.name) == (0, os.devnull)
