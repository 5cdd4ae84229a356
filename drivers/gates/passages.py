"""The people who were let in and have not gone through yet, in their order. Pure: the time is passed in."""

from __future__ import annotations

from collections import deque

MOST = 32
"""Passages open at once; a desk that admits faster than anybody walks has lost count anyway."""


class Passages:
    """A queue. The oldest passage is released: for ``seconds`` from its opening or, behind another one, from ``pause``
    after that one's end, since nobody can walk through the person in front."""

    def __init__(self, seconds: float, pause: float) -> None:
        self._seconds = seconds
        self._pause = pause
        self._open: deque[tuple[str, float]] = deque()
        self._free_from = float("-inf")

    def open(self, passage: str, now: float) -> bool:
        """Add a passage at the end; False when there is no room."""
        if len(self._open) >= MOST:
            return False
        self._open.append((passage, now))
        return True

    def turned(self, now: float) -> str:
        """Somebody went through: the passage that this ends, the oldest, or "" when none is open."""
        if not self._open:
            return ""
        self._free_from = now + self._pause
        return self._open.popleft()[0]

    def expired(self, now: float) -> list[str]:
        """The passages whose time is over at ``now``, oldest first; they are open no longer."""
        names = []
        while (until := self.until) is not None and until <= now:
            names.append(self._open.popleft()[0])
            self._free_from = until + self._pause
        return names

    def end(self) -> list[str]:
        """End all, oldest first."""
        names = [name for name, _ in self._open]
        self._open.clear()
        return names

    @property
    def released_from(self) -> float | None:
        """When the oldest is to be released; None when none is open."""
        return max(self._open[0][1], self._free_from) if self._open else None

    @property
    def until(self) -> float | None:
        """When its time is over."""
        return None if self.released_from is None else self.released_from + self._seconds
