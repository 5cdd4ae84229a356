"""SIGTERM and Ctrl-C end a program in order: what runs unwinds, a window is asked to close."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from terminal.cli.ending import closing, leave, unwinding
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


def test_a_hanging_device_ends_the_process_in_order(caplog: pytest.LogCaptureFixture) -> None:
    free, ended = threading.Event(), list[int]()
    hanging = threading.Thread(target=free.wait, name="dev-hangs", daemon=True)
    hanging.start()
    try:
        leave(3, ended.append)
    finally:
        free.set()
        hanging.join(10)
    assert ended == [3]
    assert "dev-hangs" in caplog.text


def test_with_every_device_gone_the_code_is_returned() -> None:
    program = "from terminal.cli.ending import leave; print(leave(5, lambda code: print('ended')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
