"""A circuit breaker: where the last answers were all failures, the next question fails at once instead of waiting."""

from __future__ import annotations

import threading

from terminal.clock import Clock
from terminal.faults import FaultError

FAILURES = 3
OPEN_FOR = 4.0
"""Seconds; with the trial that follows, a server that is back is asked again within five."""

_COUNTED = frozenset({"net.down", "net.timeout", "net.server", "net.garbage"})
"""What waiting can mend; a refused token or certificate says so itself each time."""


class Circuit:
    """Closed, open after three failures in a row, and half open four seconds later: then one question may try."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def enter(self) -> None:
        """Ask leave for a question. Raises FaultError ``net.open_circuit``."""
        with self._lock:
            if self._failures < FAILURES:
                return
            now = self._clock.monotonic()
            if now < self._open_until:
                raise FaultError("net.open_circuit")
            # This one is the trial; the others keep failing until it is known what became of it.
            self._open_until = now + OPEN_FOR

    def succeeded(self) -> None:
        """A question was answered."""
        with self._lock:
            self._failures = 0

    def failed(self, error: FaultError) -> None:
        """A question was not answered."""
        with self._lock:
            if error.fault.code in _COUNTED:
                self._failures += 1
                self._open_until = self._clock.monotonic() + OPEN_FOR
            else:
                self._failures = 0
