"""Results that wait for the hospital's system: in memory only, for some minutes, each visit once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from terminal.clock import Clock
from terminal.handing import Handed

MOST = 100
"""Results that wait at once; a busy desk serves fewer in ten minutes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One result until ``until`` (monotonic). ``fault``: what was told last; ``held``: waits until somebody asks."""

    handed: Handed = field(repr=False)
    until: float
    fault: str | None = None
    held: bool = False


class WaitingRoom:
    """Keeps them in the order they came. Not locked: its owner sees to that."""

    def __init__(self, clock: Clock, keep: float) -> None:
        self._clock = clock
        self._keep = keep
        self._all: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(tuple(self._all.values()))

    def add(self, handed: Handed) -> tuple[Waiting, ...]:
        """Let it wait, in the place of an earlier word about the same visit; what had to go for want of room."""
        self._all.pop(handed.visit, None)
        self._all[handed.visit] = Waiting(handed, self._clock.monotonic() + self._keep)
        surplus = tuple(self._all.values())[: max(0, len(self._all) - MOST)]
        return tuple(self._all.pop(one.handed.visit) for one in surplus)

    def next(self) -> Waiting | None:
        """The first that may be handed over now."""
        return next((one for one in self._all.values() if not one.held), None)

    def done(self, one: Waiting) -> bool:
        """It was handed over; False when a later word about that visit waits already."""
        latest = self._all.get(one.handed.visit)
        if latest is None or latest.handed is not one.handed:
            return False
        del self._all[one.handed.visit]
        return True

    def failed(self, one: Waiting, fault: str, *, held: bool) -> bool:
        """Remember this; whether it is news about this result."""
        latest = self._all.get(one.handed.visit)
        if latest is None or latest.handed is not one.handed:
            return False
        self._all[one.handed.visit] = replace(latest, fault=fault, held=held)
        return latest.fault != fault

    def release(self) -> None:
        """What was held may be tried again."""
        self._all = {visit: replace(one, held=False, fault=None) for visit, one in self._all.items()}

    def expired(self) -> tuple[Waiting, ...]:
        """Those whose time is over; they are not kept any more."""
        now = self._clock.monotonic()
        over = tuple(one for one in self._all.values() if one.until <= now)
        return tuple(self._all.pop(one.handed.visit) for one in over)

    def clear(self) -> None:
        """Forget everybody."""
        self._all.clear()
