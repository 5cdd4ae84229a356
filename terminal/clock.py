"""Time, passed in: the kiosk never asks the machine's clock behind anybody's back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from datetime import time as time_of_day
from typing import Protocol

VIETNAM_TIME = timezone(timedelta(hours=7))
"""One zone, no daylight saving; the machine's own zone setting must not change what a ticket or a screen says."""


class Clock(Protocol):
    """Wall time for records and validity, monotonic time for waiting."""

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...


def wall_time(clock: Clock) -> time_of_day:
    """The time of day on a wall in Vietnam."""
    return clock.now().astimezone(VIETNAM_TIME).time()


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """UTC now."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some start."""
        return time.monotonic()
