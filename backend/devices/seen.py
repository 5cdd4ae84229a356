"""When each device was seen last: noted in memory with every request, written down now and then, all in one go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from backend.devices.book import Sighting

EVERY = timedelta(seconds=20)
"""How often it is written down."""


class Seen:
    """Who asked since it was written down last, for one event loop."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._waiting: dict[str, Sighting] = {}
        self._written_at: datetime | None = None

    def note(self, device: str, skew_ms: int | None, waiting: int | None) -> bool:
        """A device asked; whether it is time to `take` and write."""
        now = self._clock()
        before = self._waiting.get(device)
        if before is not None:
            skew_ms = before.skew_ms if skew_ms is None else skew_ms
            waiting = before.waiting if waiting is None else waiting
        self._waiting[device] = Sighting(device, now, skew_ms, waiting)
        # A clock that was set back must not keep it from being written for hours.
        if self._written_at is not None and timedelta(0) <= now - self._written_at < EVERY:
            return False
        self._written_at = now
        return True

    def take(self) -> tuple[Sighting, ...]:
        """What is to be written down, and forgotten here."""
        taken, self._waiting = tuple(self._waiting.values()), {}
        return taken
