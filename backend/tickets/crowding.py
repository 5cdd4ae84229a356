"""Zones that take only so many people: which admissions without the server were too many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from backend.tickets import counting
from backend.tickets.merging import conflict_id
from backend.tickets.tables import CONFLICT, COUNTER, GATE, LINE, REDEMPTION, ZONE
from crypto.tickets.rules import VIETNAM, Passing

# Changed first, so that two uploads about one event see each other.
_LOCK = sa.update(ZONE).where(ZONE.c.event == sa.bindparam("the_event")).values(capacity=ZONE.c.capacity)
_CROWDED = (
    sa.select(GATE.c.zone, COUNTER.c.day)
    .select_from(
        COUNTER.join(GATE, sa.and_(GATE.c.event == COUNTER.c.event, GATE.c.gate == COUNTER.c.gate)).join(
            ZONE, sa.and_(ZONE.c.event == GATE.c.event, ZONE.c.zone == GATE.c.zone)
        )
    )
    .where(COUNTER.c.event == sa.bindparam("the_event"))
    .group_by(GATE.c.zone, COUNTER.c.day, ZONE.c.capacity)
    .having(sa.func.sum(COUNTER.c.entered) > ZONE.c.capacity)
)
_GATES = sa.select(GATE.c.gate).where(
    GATE.c.event == sa.bindparam("the_event"), GATE.c.zone == sa.bindparam("the_zone")
)
_GIVEN = sa.select(REDEMPTION.c.at, REDEMPTION.c.device, REDEMPTION.c.direction, REDEMPTION.c.people).where(
    REDEMPTION.c.event == sa.bindparam("the_event"),
    REDEMPTION.c.gate.in_(sa.bindparam("the_gates", expanding=True)),
    REDEMPTION.c.at >= sa.bindparam("the_day"),
    REDEMPTION.c.at < sa.bindparam("the_next"),
    REDEMPTION.c.seq.is_(None),
)
_TOLD = sa.select(LINE).where(
    LINE.c.event == sa.bindparam("the_event"),
    LINE.c.gate.in_(sa.bindparam("the_gates", expanding=True)),
    LINE.c.at >= sa.bindparam("the_day"),
    LINE.c.at < sa.bindparam("the_next"),
    LINE.c.stands,
)
_CONFLICTS = sa.select(CONFLICT.c.device, CONFLICT.c.seq, CONFLICT.c.kind, CONFLICT.c.conflict).where(
    CONFLICT.c.event == sa.bindparam("the_event")
)
_FORGET = sa.delete(CONFLICT).where(CONFLICT.c.conflict == sa.bindparam("the_conflict"))
_KEEP = sa.insert(CONFLICT).inline()
_KIND = "over_capacity"


def settle(db: sa.Connection, event: str) -> None:
    """Bring the event's conflicts of this kind in line with everybody who went in and out, in the order of time."""
    capacity = counting.capacities(db, event)
    if not capacity:
        return
    db.execute(_LOCK, {"the_event": event})
    crowd = _too_many(db, event, capacity)
    known = {(row.device, row.seq): row for row in db.execute(_CONFLICTS, {"the_event": event})}
    gone = [row.conflict for key, row in known.items() if row.kind == _KIND and key not in crowd]
    if gone:
        db.execute(_FORGET, [{"the_conflict": key} for key in gone])
    new = [_row(line) for key, line in crowd.items() if key not in known]
    if new:
        db.execute(_KEEP, new)


def _too_many(db: sa.Connection, event: str, capacity: Mapping[str, int]) -> dict[tuple[str, int], sa.Row[Any]]:
    """The lines of entries after which more people were in a zone than it takes."""
    found: dict[tuple[str, int], sa.Row[Any]] = {}
    # Where not even all who came that day are too many, nobody was: those passages, most of all, are not looked at.
    for zone, day in db.execute(_CROWDED, {"the_event": event}).all():
        begin = datetime.combine(day, time(), VIETNAM)
        gates = db.execute(_GATES, {"the_event": event, "the_zone": zone}).scalars().all()
        about = {"the_event": event, "the_gates": gates, "the_day": begin, "the_next": begin + timedelta(days=1)}
        if told := db.execute(_TOLD, about).all():
            found.update(_beyond(capacity[zone], db.execute(_GIVEN, about), told))
    return found


def _beyond(
    capacity: int, given: Iterable[sa.Row[Any]], told: Iterable[sa.Row[Any]]
) -> Iterator[tuple[tuple[str, int], sa.Row[Any]]]:
    events = [(row.at, row.device, 0, row) for row in given] + [(row.at, row.device, row.seq, row) for row in told]
    inside = 0
    for _, device, seq, row in sorted(events, key=lambda each: each[:3]):
        leaves = (row.kind if seq else row.direction) == Passing.EXIT.value
        inside += -row.people if leaves else row.people
        if seq and not leaves and inside > capacity:
            yield (device, seq), row


def _row(line: sa.Row[Any]) -> dict[str, Any]:
    return {
        "conflict": conflict_id(line.device, line.seq),
        "event": line.event,
        "ticket": line.ticket,
        "kind": _KIND,
        "device": line.device,
        "seq": line.seq,
        "gate": line.gate,
        "at": line.at,
        "people": line.people,
        "ambiguous": line.error_ms is None,
        "state": "open",
    }
