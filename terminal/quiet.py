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
        if self.begin <= self.end:
            quiet = self.begin <= now < self.end
        else:
            quiet = now >= self.begin or now < self.end
        return min(self.volume, usual) if quiet else usual
