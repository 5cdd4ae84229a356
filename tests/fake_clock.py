"""A clock that moves only when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A `terminal.clock.Clock`."""

    def __init__(self) -> None:
        self._start = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        """The time of day."""
        return self._start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds so far."""
        return self.seconds

    def set_wall(self, by: timedelta) -> None:
        """Somebody sets the time of day."""
        self._start += by

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
