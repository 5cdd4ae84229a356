"""SIGTERM and Ctrl-C end a program in order: what runs unwinds, a window is asked to close."""

from __future__ import annotations

import os
import signal

import pytest

from terminal.cli.ending import closing, unwinding
from tests.desk import FakeFace

SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])


class Window(FakeFace):
    """Keeps with which code it was asked to end."""

    code: int | None = None

    def quit(self, code: int = 0) -> None:
        self.code = code


@SIGNALS
def test_what_runs_unwinds(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as stopped, unwinding():
        os.kill(os.getpid(), number)
    assert stopped.value.code == 128 + number
    assert signal.getsignal(number) is before


@SIGNALS
def test_a_window_is_asked_to_close_and_nothing_is_raised(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    window = Window()
    with closing(window):
        os.kill(os.getpid(), number)
    assert window.code == 128 + number
    assert signal.getsignal(number) is before


def test_an_error_puts_the_handlers_back_too() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="x"), closing(Window()):
        raise ValueError("x")
    assert signal.getsignal(signal.SIGTERM) is before
