"""Whether a ticket opens a gate, and what its passing does to it: one set of rules for terminals and servers.

The order of the checks is the order of `Refusal` (docs/protocol.md). Nothing here knows a clock, a network or a file:
a terminal decides by the same lines without its server as the server does with it.

A ticket counts in *uses*. One that ``splits`` (a group that may come in parts) has one use a person; of any other a use
admits all its people at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from enum import Enum

VIETNAM = timezone(timedelta(hours=7))
"""The time of day at every gate (no summer time since 1975)."""


class Standing(Enum):
    """Whether a ticket stands as it was sold."""

    VALID = "valid"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    REVOKED = "revoked"


class Passing(Enum):
    """Which way somebody goes."""

    ENTRY = "entry"
    EXIT = "exit"


class Refusal(Enum):
    """Why a gate stays closed, in the order in which the reasons are looked for.

    ``ANNULLED`` is a matter of the scan and ``HOLDER_UNKNOWN`` and ``AMBIGUOUS`` are matters of the card that was shown
    instead of a ticket: whoever looks those up says so, `refusal` never does.
    """

    ANNULLED = "annulled"
    HOLDER_UNKNOWN = "holder_unknown"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    REVOKED = "revoked"
    WRONG_DAY = "wrong_day"
    NOT_YET = "not_yet"
    WRONG_GATE = "wrong_gate"
    UNPAID = "unpaid"
    DAY_LIMIT = "day_limit"
    TOO_MANY = "too_many"
    USED = "used"
    FULL = "full"
    NOT_INSIDE = "not_inside"


@dataclass(frozen=True, slots=True)
class Product:
    """What all tickets of a kind have in common.

    ``audience``: for whom, in words (``người lớn``). ``gates``: the only ones that it opens; none: every one.
    ``per_day``: most uses a day (Vietnam), for passes. ``reentry``: whoever left may come back without a new use; with
    ``per_day`` on the same day only. ``splits``: a group that may come in parts. ``attention``: words for the staff.
    """

    event: str
    product: str
    audience: str
    gates: frozenset[str] = frozenset()
    per_day: int | None = None
    reentry: bool = False
    splits: bool = False
    attention: str | None = None


@dataclass(frozen=True, slots=True)
class TicketState:
    """All of one ticket that a decision needs; valid from ``valid_from`` until just before ``valid_to``.

    ``admits``: people a use admits; 1 for one that splits. ``day_uses``: those of ``uses`` that were made on ``day``,
    the day of the last one. ``inside``: uses (of a group: people) that are in; ``outside``: that left and may come
    back.
    """

    valid_from: datetime
    valid_to: datetime
    standing: Standing = Standing.VALID
    paid: bool = True
    gate: str | None = None
    admits: int = 1
    max_uses: int = 1
    uses: int = 0
    day: date | None = None
    day_uses: int = 0
    inside: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """Who goes through. ``uses`` are new ones; ``moved`` come back in (entry) or are counted out (exit) for none."""

    direction: Passing
    day: date
    people: int
    uses: int = 0
    moved: int = 0


def day_of(moment: datetime) -> date:
    """The day of an aware time in Vietnam."""
    return moment.astimezone(VIETNAM).date()


def refusal(
    state: TicketState | None,
    product: Product | None,
    gate: str,
    direction: Passing,
    people: int | None,
    now: datetime,
    *,
    room: int | None = None,
) -> Refusal | None:
    """Why ``gate`` stays closed, or None when it opens.

    ``people``: how many go through now; None: all of the ticket who are left. ``room``: how many people still find
    place behind the gate; None: any number. Nobody is kept inside: an exit is refused only where an exit that nobody
    made would let somebody in (``NOT_INSIDE``, with ``reentry``).
    """
    if state is None or product is None:
        return Refusal.UNKNOWN if direction is Passing.ENTRY else None
    if direction is Passing.EXIT:
        today = on_day(state, product, day_of(now))
        return Refusal.NOT_INSIDE if product.reentry and today.inside < _leaving(today, product, people) else None
    return (
        _standing_against(state)
        or _time_against(state, now)
        or _gate_against(state, product, gate)
        or (None if state.paid else Refusal.UNPAID)
        or _uses_against(state, product, people, day_of(now))
        or _room_against(passage(state, product, direction, people, now), room)
    )


def passage(
    state: TicketState | None, product: Product | None, direction: Passing, people: int | None, now: datetime
) -> Passage:
    """Who goes through when this question is admitted, whether it may be or not."""
    day = day_of(now)
    if state is None or product is None:
        return Passage(direction, day, people or 1)
    today = on_day(state, product, day)
    if direction is Passing.EXIT:
        leaving = _leaving(today, product, people)
        return Passage(direction, day, _heads(today, product, people, leaving), moved=min(leaving, today.inside))
    wanted = _wanted(today, product, people)
    back = min(wanted, today.outside) if product.reentry else 0
    return Passage(direction, day, _heads(today, product, people, wanted), uses=wanted - back, moved=back)


def after(state: TicketState, product: Product, passed: Passage) -> TicketState:
    """The ticket once they went through; never more uses than it has (who went in without one is a conflict)."""
    now = on_day(state, product, passed.day)
    if passed.direction is Passing.EXIT:
        moved = min(passed.moved, now.inside)
        return replace(now, inside=now.inside - moved, outside=now.outside + moved)
    uses = min(passed.uses, now.max_uses - now.uses)
    moved = min(passed.moved, now.outside)
    counted = now.day_uses if now.day == passed.day else 0
    return replace(
        now,
        uses=now.uses + uses,
        day=passed.day if uses else now.day,
        day_uses=counted + uses if uses else now.day_uses,
        inside=now.inside + uses + moved,
        outside=now.outside - moved,
    )


def undone(state: TicketState, passed: Passage) -> TicketState:
    """The ticket as if they had not gone through, whatever else happened since."""
    if passed.direction is Passing.EXIT:
        moved = min(passed.moved, state.outside)
        return replace(state, inside=state.inside + moved, outside=state.outside - moved)
    same_day = state.day == passed.day
    return replace(
        state,
        uses=max(0, state.uses - passed.uses),
        day_uses=max(0, state.day_uses - passed.uses) if same_day else state.day_uses,
        inside=max(0, state.inside - passed.uses - passed.moved),
        outside=state.outside + passed.moved,
    )


def on_day(state: TicketState, product: Product, day: date) -> TicketState:
    """The ticket as a day finds it: a pass begins each one with nothing used, and with nobody inside."""
    if product.per_day is None or state.day == day:
        return state
    return replace(state, day=day, day_uses=0, inside=0, outside=0)


def left_of(state: TicketState, product: Product) -> int | None:
    """How many of a group may still come for the first time; None for tickets that do not split."""
    return state.max_uses - state.uses if product.splits else None


def _standing_against(state: TicketState) -> Refusal | None:
    return None if state.standing is Standing.VALID else Refusal(state.standing.value)


def _time_against(state: TicketState, now: datetime) -> Refusal | None:
    if state.valid_from <= now < state.valid_to:
        return None
    soon = now < state.valid_from and day_of(now) == day_of(state.valid_from)
    return Refusal.NOT_YET if soon else Refusal.WRONG_DAY


def _gate_against(state: TicketState, product: Product, gate: str) -> Refusal | None:
    opens = (state.gate is None or state.gate == gate) and (not product.gates or gate in product.gates)
    return None if opens else Refusal.WRONG_GATE


def _uses_against(state: TicketState, product: Product, people: int | None, day: date) -> Refusal | None:
    today = on_day(state, product, day)
    back = today.outside if product.reentry else 0
    new = max(0, _wanted(today, product, people) - back)
    if new and product.per_day is not None and new > product.per_day - today.day_uses:
        return Refusal.DAY_LIMIT
    left = today.max_uses - today.uses
    if left + back and (new > left or _crowd(today, product, people)):
        return Refusal.TOO_MANY
    return Refusal.USED if new > left else None


def _crowd(state: TicketState, product: Product, people: int | None) -> bool:
    """Whether more people come with one use than it admits."""
    return not product.splits and people is not None and people > state.admits


def _room_against(passed: Passage, room: int | None) -> Refusal | None:
    return Refusal.FULL if room is not None and passed.people > room else None


def _wanted(today: TicketState, product: Product, people: int | None) -> int:
    """Uses, new or known, that an entry takes: one, or one a person; all who may come where nobody counted them."""
    if not product.splits:
        return 1
    if people is not None:
        return people
    new = today.max_uses - today.uses
    if product.per_day is not None:
        new = min(new, product.per_day - today.day_uses)
    return max(1, new + (today.outside if product.reentry else 0))


def _leaving(state: TicketState, product: Product, people: int | None) -> int:
    if not product.splits:
        return 1
    return people if people is not None else max(1, state.inside)


def _heads(state: TicketState, product: Product, people: int | None, uses: int) -> int:
    if product.splits:
        return uses
    return people if people is not None else state.admits
