"""How much a terminal may risk while no server answers, and what time it takes it to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crypto.tickets.body import Stamp
from terminal.faults import FaultError
from terminal.offline.outbox import Outbox
from terminal.offline.skew import Timekeeper
from terminal.offline.snapshots import TicketData
from terminal.offline.uses import OwnUses

SET_BACK = timedelta(minutes=2)
"""A clock that shows an earlier time than was seen before, by more than this, was set back."""

MOST_DOUBT = timedelta(minutes=10)
"""However badly a clock is known: no more of a ticket's first and last minutes are given to its holder."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be risked. ``hours``: the greatest age of the data; ``admissions``: the most that no server confirmed;
    ``warn``: the share of either from which on staff are told."""

    hours: float
    admissions: int
    warn: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by the server's clock as far as it is known, within ``doubt``. ``newest``: no earlier than anything that was
    seen before, however the clock was set since. ``stamp``: the same for a line."""

    at: datetime
    doubt: timedelta
    newest: datetime
    stamp: Stamp

    @property
    def set_back(self) -> bool:
        """Whether the clock shows a time that was over already."""
        return self.newest - self.at > SET_BACK


@dataclass(frozen=True, slots=True)
class Standing:
    """How good the data are on which a decision rests: as old as ``as_of``, and whether a limit is near."""

    as_of: datetime | None = None
    near_limit: bool = False


class Limits:
    """Keeps the budget. Every method raises FaultError ``offline.write`` or ``offline.damaged`` besides."""

    def __init__(self, data: TicketData, outbox: Outbox, uses: OwnUses, timekeeper: Timekeeper, budget: Budget) -> None:
        self._data = data
        self._outbox = outbox
        self._uses = uses
        self._timekeeper = timekeeper
        self._budget = budget

    def now(self) -> Moment:
        """This moment."""
        stamp = self._timekeeper.stamp()
        at = stamp.at + timedelta(milliseconds=stamp.skew_ms or 0)
        doubt = timedelta(milliseconds=stamp.skew_error_ms or 0)
        told, latest = self._data.told(), self._uses.latest()
        newest = max(moment for moment in (at, told.as_of if told else None, latest) if moment is not None)
        return Moment(at, min(doubt, MOST_DOUBT), newest, stamp)

    def unlimited(self) -> Standing:
        """For what is decided whatever the age of the data."""
        told = self._data.told()
        return Standing(told.as_of if told else None)

    def allow(self, event: str, now: Moment) -> Standing:
        """What an admission now would rest on. Raises ``offline.stale`` (no data, too old, or from before this
        terminal lost its memory) and ``offline.limit`` (too many admissions that no server confirmed)."""
        told, anew = self._data.told(), self._outbox.anew_at()
        if told is None or event != self._data.event or (anew is not None and told.as_of <= anew):
            raise FaultError("offline.stale", "no data")
        oldest, age = timedelta(hours=self._budget.hours), now.newest - told.as_of
        if age > oldest:
            raise FaultError("offline.stale", "too old")
        waiting, most = self._outbox.waiting().admissions, self._budget.admissions
        if waiting >= most:
            raise FaultError("offline.limit", "too many admissions")
        near = age >= oldest * self._budget.warn or waiting + 1 >= most * self._budget.warn
        return Standing(told.as_of, near or now.set_back)
