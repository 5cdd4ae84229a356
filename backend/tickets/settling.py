"""What a ticket's passages come to, those that the server decided and those that devices decided alone: pure.

The result depends on what happened, never on when the server heard of it. Passages that the server gave keep what they
were given. Those that devices report are put in order by the time at which they happened (corrected by what the device
knew of its clock, then by the device's name, then by the line's number) and get what is left; whoever gets nothing went
in all the same and is a `Conflict`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from crypto.tickets.rules import (
    Passage,
    Passing,
    Product,
    Refusal,
    Standing,
    TicketState,
    after,
    day_of,
    on_day,
    passage,
    refusal,
)


class ConflictKind(Enum):
    """How an admission without the server contradicts what the server knows."""

    UNKNOWN_TICKET = "unknown_ticket"
    REVOKED_BEFORE_ENTRY = "revoked_before_entry"
    DUPLICATE_ENTRY = "duplicate_entry"
    NOT_VALID_THEN = "not_valid_then"
    OVER_CAPACITY = "over_capacity"


_NOT_VALID = frozenset({Refusal.WRONG_DAY, Refusal.NOT_YET, Refusal.WRONG_GATE, Refusal.UNPAID})


@dataclass(frozen=True, slots=True)
class Given:
    """A passage that the server decided; ``no`` is its place among the ticket's."""

    no: int
    device: str
    gate: str
    at: datetime
    passage: Passage


@dataclass(frozen=True, slots=True)
class Told:
    """A passage that a device decided, ``at`` within ``error`` (None: it did not know how wrong its clock was)."""

    device: str
    seq: int
    gate: str
    at: datetime
    error: timedelta | None
    direction: Passing
    people: int | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """``people`` went in without a use, or otherwise against the rules; ``holder``: who has the use instead.

    ``ambiguous``: the clocks do not tell which of the two was first, or on which side of an hour it was.
    """

    kind: ConflictKind
    people: int
    ambiguous: bool
    holder: Given | Told | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one told passage; ``no``: its place among the ticket's."""

    told: Told
    no: int
    passage: Passage
    conflict: Conflict | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The ticket after all of it, None for one that nobody sold, and what became of each told passage, in order."""

    state: TicketState | None
    outcomes: tuple[Outcome, ...]


def settle(
    sold: TicketState | None,
    product: Product | None,
    since: datetime | None,
    given: Sequence[Given],
    told: Iterable[Told],
) -> Settled:
    """Put a ticket's passages together. ``sold``: as it stands, whatever its counts; ``since``: when it came to."""
    replay = _Replay(sold, product, since, given)
    events: list[Given | Told] = [*given, *told]
    events.sort(key=_order)
    taken = {each.no for each in given}
    free = (no for no in range(1, len(events) + 1) if no not in taken)
    outcomes: list[Outcome] = []
    for event in events:
        if isinstance(event, Given):
            replay.give(event)
        else:
            passed, conflict = replay.tell(event)
            outcomes.append(Outcome(event, next(free), passed, conflict))
    return Settled(replay.final(), tuple(outcomes))


def _order(event: Given | Told) -> tuple[datetime, str, int]:
    return (event.at, event.device, event.seq if isinstance(event, Told) else 0)


class _Replay:
    """A ticket on its way through its passages. The uses that the server gave are taken from the beginning."""

    def __init__(
        self, sold: TicketState | None, product: Product | None, since: datetime | None, given: Sequence[Given]
    ) -> None:
        self._sold, self._product, self._since = sold, product, since
        self._uses = sum(each.passage.uses for each in given)
        self._by_day: Counter[date] = Counter()
        for each in given:
            self._by_day[each.passage.day] += each.passage.uses
        self._given = sorted((each for each in given if each.passage.uses), key=_order)
        self._holders: list[Given | Told] = []
        self._day: date | None = None
        self._inside = self._outside = 0

    def give(self, event: Given) -> None:
        """A passage that the server gave, as it gave it."""
        if event.passage.uses:
            self._holders.append(event)
        self._move(event.passage)

    def tell(self, event: Told) -> tuple[Passage, Conflict | None]:
        """What a passage that happened at a device gets, and what is wrong with it."""
        today = self._today(day_of(event.at))
        wish = passage(today, self._product, event.direction, event.people, event.at)
        if today is None or self._product is None:
            entered = event.direction is Passing.ENTRY
            return wish, Conflict(ConflictKind.UNKNOWN_TICKET, wish.people, ambiguous=False) if entered else None
        if event.direction is Passing.EXIT:
            self._move(wish)
            return wish, None
        if self._since_then(event, today):
            unsure = self._since is not None and _unsure(event, self._since)
            return replace(wish, uses=0, moved=0), Conflict(ConflictKind.REVOKED_BEFORE_ENTRY, wish.people, unsure)
        passed = replace(wish, uses=min(wish.uses, self._free(today, self._product)))
        conflict = self._against(event, today, wish.uses - passed.uses)
        if passed.uses:
            self._holders.append(event)
            self._uses += passed.uses
            self._by_day[passed.day] += passed.uses
        self._move(passed)
        return passed, conflict

    def final(self) -> TicketState | None:
        """The ticket after everything."""
        if self._sold is None or self._product is None:
            return self._sold
        used = [day for day, uses in self._by_day.items() if uses]
        day = self._day if self._product.per_day is not None else max(used, default=None)
        counted = self._by_day[day] if day is not None else 0
        return replace(self._state(self._sold), day=day, day_uses=counted)

    def _state(self, sold: TicketState) -> TicketState:
        uses = min(self._uses, sold.max_uses)
        return replace(sold, uses=uses, day=self._day, day_uses=0, inside=self._inside, outside=self._outside)

    def _today(self, day: date) -> TicketState | None:
        if self._sold is None or self._product is None:
            return None
        state = on_day(self._state(self._sold), self._product, day)
        return replace(state, day=day, day_uses=self._by_day[day])

    def _move(self, passed: Passage) -> None:
        if self._sold is None or self._product is None:
            return
        roomy = replace(self._state(self._sold), uses=0, max_uses=max(self._sold.max_uses, passed.uses))
        found = after(roomy, self._product, passed)
        self._inside, self._outside, self._day = found.inside, found.outside, passed.day

    def _free(self, today: TicketState, product: Product) -> int:
        free = today.max_uses - today.uses
        return max(0, free if product.per_day is None else min(free, product.per_day - today.day_uses))

    def _since_then(self, event: Told, today: TicketState) -> bool:
        return today.standing is not Standing.VALID and (self._since is None or event.at >= self._since)

    def _against(self, event: Told, today: TicketState, beyond: int) -> Conflict | None:
        if beyond:
            holder = self._holder(event)
            people = beyond if self._product is not None and self._product.splits else event.people or today.admits
            return Conflict(
                ConflictKind.DUPLICATE_ENTRY, people, holder is not None and _overlap(event, holder), holder
            )
        fresh = replace(today, standing=Standing.VALID, uses=0, day_uses=0)
        if refusal(fresh, self._product, event.gate, Passing.ENTRY, event.people, event.at) in _NOT_VALID:
            unsure = _unsure(event, today.valid_from) or _unsure(event, today.valid_to)
            return Conflict(ConflictKind.NOT_VALID_THEN, event.people or today.admits, unsure)
        return None

    def _holder(self, event: Told) -> Given | Told | None:
        """Who was given a use last before this one; else who will be first."""
        limited = self._product is not None and self._product.per_day is not None
        for pool in (reversed(self._holders), iter(self._given)):
            for each in pool:
                if not limited or day_of(each.at) == day_of(event.at):
                    return each
        return self._holders[-1] if self._holders else next(iter(self._given), None)


def _overlap(event: Told, other: Given | Told) -> bool:
    """Whether the clocks leave open which of the two was first."""
    error = other.error if isinstance(other, Told) else timedelta(0)
    return event.error is None or error is None or abs(event.at - other.at) <= event.error + error


def _unsure(event: Told, moment: datetime) -> bool:
    return event.error is None or abs(event.at - moment) <= event.error
