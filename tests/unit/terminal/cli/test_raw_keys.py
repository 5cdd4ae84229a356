"""Keys of a real (pseudo-)terminal, without echo and without leaving anything behind."""

from __future__ import annotations

import os
import pty
import select
import sys
import termios
from collections.abc import Iterator
from typing import Any

import pytest

from terminal.cli.raw_keys import raw_keys, typed_text


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of a pseudo-terminal where keys are pressed; standard input is the other."""
    pressed, terminal = pty.openpty()
    with os.fdopen(terminal, closefd=True) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield pressed
    os.close(pressed)


def test_keys_come_at_once_without_echo_and_as_they_are(keyboard: int) -> None:
    with raw_keys() as keys:
        os.write(keyboard, "0030|Nữ\x02\x03\x11\r".encode())
        text = ""
        while not text.endswith("\r"):
            text += keys(5.0)
        assert select.select([keyboard], [], [], 0)[0] == []
    assert text == "0030|Nữ\x02\x03\x11\r"


def test_the_terminal_is_left_as_it_was_and_empty(keyboard: int) -> None:
    before = termios.tcgetattr(sys.stdin.fileno())
    with raw_keys() as keys:
        os.write(keyboard, b"first")
        assert keys(5.0)
        os.write(keyboard, b"rm -r everything\r")
        assert select.select([sys.stdin.fileno()], [], [], 5.0)[0]
    assert termios.tcgetattr(sys.stdin.fileno()) == before
    assert select.select([sys.stdin.fileno()], [], [], 0)[0] == []


@pytest.mark.usefixtures("keyboard")
def test_a_signal_while_the_terminal_is_set_leaves_it_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = sys.stdin.fileno()
    before, real, calls = termios.tcgetattr(terminal), termios.tcsetattr, list[int]()

    def interrupted(*args: Any) -> None:
        real(*args)
        calls.append(1)
        if len(calls) == 1:
            raise SystemExit(143)

    monkeypatch.setattr(termios, "tcsetattr", interrupted)
    with pytest.raises(SystemExit), raw_keys():
        pass
    assert termios.tcgetattr(terminal) == before


def test_nothing_typed_is_no_text(keyboard: int) -> None:
    with raw_keys() as keys:
        assert keys(0.0) == ""


class Typist:
    """Types pieces, each so many seconds after the one before."""

    def __init__(self, *pieces: tuple[float, str]) -> None:
        self.now = 0.0
        self._pieces = list(pieces)

    def keys(self, seconds: float) -> str:
        if not self._pieces or self._pieces[0][0] > seconds:
            self.now += seconds
            if self._pieces:
                self._pieces[0] = (self._pieces[0][0] - seconds, self._pieces[0][1])
            return ""
        after, text = self._pieces.pop(0)
        self.now += after
        return text

    def type(self, seconds: float = 60.0, longest: int = 100) -> str:
        return typed_text(self.keys, seconds, longest, lambda: self.now)


def test_a_text_ends_with_a_second_of_silence() -> None:
    assert Typist((20.0, "0030"), (0.9, "90"), (1.1, "later")).type() == "003090"


def test_nobody_who_types_is_waited_for_longer_than_told() -> None:
    typist = Typist()
    assert (typist.type(30.0), typist.now) == ("", 30.0)


def test_keys_without_end_are_cut() -> None:
    assert len(Typist(*[(0.01, "x" * 7)] * 1000).type()) == 100


def test_ctrl_c_ends_it_unless_a_scanner_types_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        Typist((1.0, "\x03")).type()
    assert Typist((1.0, "0030\x03")).type() == "0030\x03"
    assert Typist((1.0, "0030"), (0.1, "\x03")).type() == "0030\x03"
