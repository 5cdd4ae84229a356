"""What every device driver stands on: a thread of its own, calls that may never return, and patience between tries."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

_log = logging.getLogger(__name__)

STOP_WITHIN = 1.5
"""Seconds that a stopping driver waits for its thread; the ports allow two."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

_T = TypeVar("_T")


class StuckError(Exception):
    """A call into a device did not return in its time, or was interrupted; its lane is lost."""


class DeviceThread:
    """The one thread that owns a device. ``work`` runs on it and must watch ``stopping``."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._thread = threading.Thread()
        self.stopping = threading.Event()

    def start(self) -> None:
        """Begin, or begin again after ``stop``."""
        self.stopping.clear()
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, wake: Callable[[], None] | None = None) -> None:
        """Ask the thread to end, ``wake`` it where it may be waiting, and wait for its end, not for ever."""
        self.stopping.set()
        if wake is not None:
            wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN)
            if self._thread.is_alive():
                _log.error("%s does not end; it is left to itself", self._thread.name)


class BackOff:
    """The pauses between tries: doubling from 0.1 s to 2 s, from the start again after a success."""

    def __init__(self) -> None:
        self._next = _FIRST_PAUSE

    def pause(self, stopping: threading.Event) -> None:
        """Wait for the next try, or until ``stopping``."""
        stopping.wait(self._next)
        self._next = min(self._next * 2, _LONGEST_PAUSE)

    def success(self) -> None:
        """The device works: begin with the short pause next time."""
        self._next = _FIRST_PAUSE


class Lane:
    """A helper thread for calls that the system cannot abort (a silent card, a stuck camera).

    It alone touches the handle. When a call overruns its time the lane is given up: whoever waited goes on, and the
    helper runs ``at_end`` and ends as soon as its call comes back, should it ever. Whenever nobody called for
    ``idle_after`` seconds, the helper runs ``idle``, which must not raise.
    """

    def __init__(
        self,
        name: str,
        at_end: Callable[[], None],
        idle: Callable[[], None] | None = None,
        idle_after: float | None = None,
    ) -> None:
        self._idle, self._idle_after = idle, idle_after
        self._calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._ends: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._at_end = at_end
        self._lost = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], _T], timeout: float) -> _T:
        """What ``work`` returns or raises on the helper thread; StuckError after ``timeout`` seconds."""
        if self._lost:
            raise StuckError
        result: list[_T] = []
        self._calls.put(lambda: result.append(work()))
        try:
            error = self._ends.get(timeout=timeout)
        except queue.Empty:
            error = StuckError()
        if isinstance(error, StuckError):
            self._lost = True
            self._calls.put(None)
        if error is not None:
            raise error
        return result[0]

    @property
    def ended(self) -> bool:
        """Whether the helper thread has let go of the handle."""
        return not self._thread.is_alive()

    def wait_for_end(self, timeout: float) -> bool:
        """Whether the helper thread lets go of the handle within ``timeout`` seconds."""
        self._thread.join(timeout)
        return self.ended

    def interrupt(self) -> None:
        """Let the caller that waits now, or the next one, go on with StuckError. From any thread."""
        self._ends.put(StuckError())

    def close(self) -> None:
        """Run ``at_end`` and end the helper thread; waits a moment, unless the lane is lost."""
        if not self._lost:
            self._lost = True
            self._calls.put(None)
            self._thread.join(STOP_WITHIN / 2)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - it is raised again where the caller waits
                self._ends.put(error)
            else:
                self._ends.put(None)
        self._at_end()

    def _next(self) -> Callable[[], object] | None:
        while True:
            try:
                return self._calls.get(timeout=self._idle_after)
            except queue.Empty:
                if self._idle is not None:
                    self._idle()
