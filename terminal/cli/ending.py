"""An orderly end on SIGTERM and Ctrl-C: a window is asked to close, everything else unwinds as after an error."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from terminal.ports import Face

_log = logging.getLogger(__name__)

_STOPPED = 128
"""What a shell adds to the number of the signal that ended a program."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def unwinding() -> Iterator[None]:
    """Within, a signal raises SystemExit in the main thread, so that every ``finally`` runs. Main thread only."""
    with _handling(_exit):
        yield


@contextmanager
def closing(face: Face) -> Iterator[None]:
    """Within, a signal asks ``face`` to end its main loop: an exception raised in a Qt slot would go nowhere."""

    def close(number: int, _frame: FrameType | None) -> None:
        face.quit(_STOPPED + number)

    with _handling(close):
        yield


def leave(code: int, end: Callable[[int], object] = os._exit) -> int:
    """``code``, for the caller to return; or the end of the process, when a device's thread still hangs in its library.

    Everything is closed by then. Finalising Python below such a thread would abort the process (it is unwound through
    C++ when it asks for the interpreter again), and a supervisor would see a crash where there was none.
    """
    hanging = [one.name for one in threading.enumerate() if one.name.startswith("dev-") and one.is_alive()]
    if hanging:
        _log.warning("left with %s still waiting for a device", ", ".join(hanging))
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        end(code)
    return code


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(_STOPPED + number)
