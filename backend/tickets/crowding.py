"""Zones that take only so many people: which admissions without the server were too many."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import sqlalchemy as sa

from backend.tickets import counting
from backend.tickets.merging import conflict_id
from backend.tickets.tables import CONFLICT, GATE, LINE, REDEMPTION, ZONE
from crypto.tickets.rules import Passing, day_of

# Changed first, so that two uploads about one event see each other.
_LOCK = sa.update(ZONE).where(ZONE.c.event == sa.bindparam("the_event")).values(capacity=ZONE.c.capacity)
_GIVEN = sa.select(
    REDEMPTION.c.at, REDEMPTION.c.device, REDEMPTION.c.gate, REDEMPTION.c.direction, REDEMPTION.c.people
).where(REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.seq.is_(None))
_TOLD = sa.select(LINE).where(LINE.c.event == sa.bindparam("the_event"), LINE.c.stands)
_GATES = sa.select(GATE).where(GATE.c.event == sa.bindparam("the_event"))
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
    crowd = _too_many(db, event, dict(capacity))
    known = {(row.device, row.seq): row for row in db.execute(_CONFLICTS, {"the_event": event})}
    gone = [row.conflict for key, row in known.items() if row.kind == _KIND and key not in crowd]
    if gone:
        db.execute(_FORGET, [{"the_conflict": key} for key in gone])
    new = [_row(line) for key, line in crowd.items() if key not in known]
    if new:
        db.execute(_KEEP, new)


def _too_many(db: sa.Connection, event: str, capacity: dict[str, int]) -> dict[tuple[str, int], sa.Row[Any]]:
    """The lines of entries after which more people were in a zone than it takes."""
    zone_of = {row.gate: row.zone for row in db.execute(_GATES, {"the_event": event})}
    given = [(row.at, row.device, 0, row) for row in db.execute(_GIVEN, {"the_event": event})]
    told = [(row.at, row.device, row.seq, row) for row in db.execute(_TOLD, {"the_event": event})]
    inside: Counter[tuple[str, date]] = Counter()
    found = {}
    for at, device, seq, row in sorted(given + told, key=lambda each: each[:3]):
        zone = zone_of.get(row.gate)
        if zone not in capacity:
            continue
        place = (zone, day_of(at))
        leaves = (row.kind if seq else row.direction) == Passing.EXIT.value
        inside[place] += -row.people if leaves else row.people
        if seq and not leaves and inside[place] > capacity[zone]:
            found[device, seq] = row
    return found


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
