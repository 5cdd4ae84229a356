"""What the desk API still knows: the last results by number, for some minutes, and whether a page has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from terminal.clock import Clock
from terminal.handing import Handed, as_json

MOST = 100

_ID = re.compile(r"([0-9a-f]{8})-([0-9]{1,9})")


@dataclass(slots=True)
class Kept:
    """One result: its event id, its JSON, until when (monotonic), and whether a page has it."""

    id: str
    number: int
    visit: str
    session: int
    text: str = field(repr=False)
    until: float
    taken: bool = False


class KeptResults:
    """In the order they came. ``boot`` (8 hex digits) tells the numbers of this run from those of another."""

    def __init__(self, clock: Clock, keep: float, boot: str) -> None:
        self._clock = clock
        self._keep = keep
        self._boot = boot
        self._count = 0
        self._all: list[Kept] = []

    def __len__(self) -> int:
        return len(self._all)

    @property
    def last(self) -> Kept | None:
        """The newest."""
        return self._all[-1] if self._all else None

    def add(self, handed: Handed) -> Kept:
        """Keep it, in the place of an earlier word about the same visit."""
        self._count += 1
        until = self._clock.monotonic() + self._keep
        made = Kept(f"{self._boot}-{self._count}", self._count, handed.visit, handed.session, as_json(handed), until)
        self._all = [one for one in self._all if one.visit != made.visit] + [made]
        return made

    def after(self, event_id: str) -> list[Kept]:
        """Those that a page has not seen that saw this event last; all, if the event is of another run, or none."""
        found = _ID.fullmatch(event_id)
        seen = int(found.group(2)) if found and found.group(1) == self._boot else 0
        return [one for one in self._all if one.number > seen]

    def drop(self) -> list[Kept]:
        """Forget those whose time is over, and the oldest of too many; which of them no page has."""
        now = self._clock.monotonic()
        stay = [one for one in self._all[-MOST:] if one.until > now]
        gone = [one for one in self._all if one not in stay]
        self._all = stay
        return [one for one in gone if not one.taken]

    def clear(self) -> None:
        """Forget everybody."""
        self._all.clear()
