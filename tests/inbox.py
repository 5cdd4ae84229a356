"""An inbox that a test can wait on."""

from __future__ import annotations

import queue
from typing import TypeVar

from terminal.events import Event

_E = TypeVar("_E")


class RecordingInbox:
    """Keeps every event in order; ``wait_for`` gives the next one of a kind and fails after ten seconds."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []

    def __call__(self, event: Event) -> None:
        self._queue.put(event)

    def wait_for(self, kind: type[_E], timeout: float = 10.0) -> _E:
        """The next event of ``kind``; earlier ones of other kinds are passed over but stay in ``seen``."""
        while True:
            try:
                event = self._queue.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"no {kind.__name__} came, only {self.seen}") from None
            self.seen.append(event)
            if isinstance(event, kind):
                return event

    def all(self) -> list[Event]:
        """Everything that has come so far."""
        while not self._queue.empty():
            self.seen.append(self._queue.get())
        return self.seen
