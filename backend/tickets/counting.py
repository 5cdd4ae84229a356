"""How many people went in and out, by day: whoever is still in at midnight counts as gone.

A row a day, gate and device, so that no two devices wait for each other to count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from backend.engine.prepared import Prepared
from backend.engine.sql import insert
from backend.tickets.tables import COUNTER, GATE, ZONE
from crypto.tickets.rules import Passing

_NEW = insert(COUNTER)
_COUNT = Prepared(
    _NEW.on_conflict_do_update(
        index_elements=["event", "day", "gate", "device"],
        set_={
            "entered": COUNTER.c.entered + _NEW.excluded.entered,
            "exited": COUNTER.c.exited + _NEW.excluded.exited,
        },
    )
)
_IN_ZONE = Prepared(
    sa.select(sa.func.coalesce(sa.func.sum(COUNTER.c.entered - COUNTER.c.exited), 0).label("inside"))
    .select_from(COUNTER.join(GATE, sa.and_(GATE.c.event == COUNTER.c.event, GATE.c.gate == COUNTER.c.gate)))
    .where(
        GATE.c.event == sa.bindparam("the_event"),
        GATE.c.zone == sa.bindparam("the_zone"),
        COUNTER.c.day == sa.bindparam("the_day"),
    )
)
_BY_GATE = (
    sa.select(
        COUNTER.c.gate,
        GATE.c.zone,
        sa.func.sum(COUNTER.c.entered).label("entered"),
        sa.func.sum(COUNTER.c.exited).label("exited"),
    )
    .select_from(COUNTER.outerjoin(GATE, sa.and_(GATE.c.event == COUNTER.c.event, GATE.c.gate == COUNTER.c.gate)))
    .where(COUNTER.c.event == sa.bindparam("the_event"), COUNTER.c.day == sa.bindparam("the_day"))
    .group_by(COUNTER.c.gate, GATE.c.zone)
)
_ZONES = sa.select(ZONE).where(ZONE.c.event == sa.bindparam("the_event"))


@dataclass(frozen=True, slots=True)
class AtGate:
    """People who went through one gate."""

    gate: str
    zone: str | None
    entered: int
    exited: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a count belongs."""

    event: str
    day: date
    gate: str
    device: str


def row_of(place: Place, direction: Passing, people: int) -> dict[str, Any]:
    """What `count` adds for one passage; a negative number of people takes it back."""
    entered, exited = (people, 0) if direction is Passing.ENTRY else (0, people)
    return {
        "event": place.event,
        "day": place.day,
        "gate": place.gate,
        "device": place.device,
        "entered": entered,
        "exited": exited,
    }


def count(db: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Add rows of `row_of` to the counters."""
    _COUNT.run_each(db, rows)


def inside_zone(db: sa.Connection, event: str, zone: str, day: date) -> int:
    """People behind the zone's gates that day; whom another transaction just lets in is not counted yet."""
    return int(_IN_ZONE.first(db, {"the_event": event, "the_zone": zone, "the_day": day}).inside)


def at_gates(db: sa.Connection, event: str, day: date) -> tuple[AtGate, ...]:
    """The event's counters of a day, by gate."""
    rows: list[sa.Row[Any]] = list(db.execute(_BY_GATE, {"the_event": event, "the_day": day}))
    return tuple(AtGate(row.gate, row.zone, int(row.entered), int(row.exited)) for row in sorted(rows, key=_gate))


def capacities(db: sa.Connection, event: str) -> Mapping[str, int]:
    """How many people each zone takes."""
    return {row.zone: row.capacity for row in db.execute(_ZONES, {"the_event": event})}


def _gate(row: sa.Row[Any]) -> str:
    return str(row.gate)
