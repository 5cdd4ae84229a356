"""An output that a test can wait on."""

from __future__ import annotations

import threading
import time


class Output:
    """A relay, coil or line: on or off, and when it changed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._on = False
        self.changes: list[tuple[float, bool]] = []

    @property
    def on(self) -> bool:
        """How it stands now."""
        return self._on

    def switch(self, on: bool) -> None:
        """Set it; from any thread."""
        with self._changed:
            if on != self._on:
                self._on = on
                self.changes.append((time.monotonic(), on))
                self._changed.notify_all()

    def wait_until(self, on: bool, timeout: float = 10.0) -> bool:
        """Whether it came to stand so within ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._on == on, timeout)
