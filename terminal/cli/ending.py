"""An orderly end on SIGTERM and Ctrl-C: a window is asked to close, everything else unwinds as after an error."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from terminal.ports import Face

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
