"""Whoever reads our output may go away: ``tram … | head`` ends quietly, as every other program does."""

from __future__ import annotations

import os
import subprocess
import sys

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


def test_the_process_leaves_no_word_behind() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        command = [sys.executable, "-m", "terminal", "--version"]
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (141, b"")
