"""Quiet hours: when another volume holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` until just before ``end`` by the clock on the wall (over midnight when ``end`` is earlier),
    ``volume`` (0 to 1) holds in the place of the usual one, unless that is lower."""

    begin: time
    end: time
    volume: float

    def volume_at(self, now: time, usual: float) -> float:
        """The volume that holds at ``now``."""
        begun, over = now >= self.begin, now >= self.end
        quiet = begun and not over if self.begin <= self.end else begun or not over
        return min(self.volume, usual) if quiet else usual
