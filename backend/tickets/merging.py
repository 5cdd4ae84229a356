"""Tickets brought in line with all that is known of them, after lines of devices or annulments came in.

Everything is computed anew from what happened (backend.tickets.settling), then only the differences are written.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backend.tickets import changes, counting, sold
from backend.tickets.settling import Conflict, Given, Outcome, Settled, Told, settle
from backend.tickets.tables import CONFLICT, LINE, REDEMPTION, SCAN, TICKET
from crypto.tickets.rules import Passage, Passing, day_of

_AT_ONCE = 500

_THESE: sa.BindParameter[Any] = sa.bindparam("the_tickets", expanding=True)
_GIVEN = sa.select(REDEMPTION).where(
    REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.ticket.in_(_THESE), REDEMPTION.c.seq.is_(None)
)
_TOLD = (
    sa.select(LINE, SCAN.c.reference)
    .select_from(LINE.join(SCAN, sa.and_(SCAN.c.device == LINE.c.asker, SCAN.c.scan_id == LINE.c.scan_id)))
    .where(
        LINE.c.event == sa.bindparam("the_event"),
        LINE.c.ticket.in_(_THESE),
        LINE.c.stands,
        LINE.c.kind.in_(["entry", "exit"]),
    )
)
_WRITE = (
    sa.update(TICKET)
    .where(TICKET.c.event == sa.bindparam("the_event"), TICKET.c.ticket == sa.bindparam("the_ticket"))
    .values(
        {name: sa.bindparam(f"new_{name}") for name in ("uses", "day", "day_uses", "inside", "outside")}
        | {"version": TICKET.c.version + 1}
    )
)
_FORGET_TOLD = sa.delete(REDEMPTION).where(
    REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.ticket.in_(_THESE), REDEMPTION.c.seq.is_not(None)
)
_KEEP = sa.insert(REDEMPTION).inline()
_COUNTED = (
    sa.update(LINE)
    .where(LINE.c.device == sa.bindparam("the_device"), LINE.c.seq == sa.bindparam("the_seq"))
    .values(people=sa.bindparam("new_people"))
)
_CONFLICTS = sa.select(CONFLICT).where(
    CONFLICT.c.event == sa.bindparam("the_event"), CONFLICT.c.ticket.in_(_THESE), CONFLICT.c.kind != "over_capacity"
)
_FORGET_CONFLICT = sa.delete(CONFLICT).where(CONFLICT.c.conflict == sa.bindparam("the_conflict"))
_KEEP_CONFLICT = sa.insert(CONFLICT).inline()


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database has of some tickets of an event."""

    tickets: Mapping[str, sold.Kept]
    given: Mapping[str, list[Given]]
    told: Mapping[str, list[sa.Row[Any]]]
    conflicts: Mapping[str, dict[str, Any]]


def merge(db: sa.Connection, event: str, tickets: Iterable[str], now: datetime) -> None:
    """Settle these tickets of an event anew; a number that nobody sold may be among them."""
    names = sorted(set(tickets))
    for begin in range(0, len(names), _AT_ONCE):
        some = names[begin : begin + _AT_ONCE]
        found = _look(db, event, some)
        settled = {name: _settle(found, name) for name in some}
        _write_tickets(db, event, found, settled, now)
        _write_passages(db, event, found, settled)
        _write_conflicts(db, event, found, settled)


def conflict_id(device: str, seq: int) -> str:
    """The number under which a supervisor finds the conflict of a line: always the same for the same line."""
    digest = hashlib.sha256(f"{device}\n{seq}".encode()).digest()
    return f"C-{base64.b32encode(digest[:10]).decode('ascii')}"


def _look(db: sa.Connection, event: str, names: list[str]) -> _Found:
    these = {"the_event": event, "the_tickets": names}
    tickets = sold.locked(db, event, names)
    given: defaultdict[str, list[Given]] = defaultdict(list)
    for row in db.execute(_GIVEN, these):
        passed = Passage(Passing(row.direction), day_of(row.at), row.people, row.uses, row.moved)
        given[row.ticket].append(Given(row.use_no, row.device, row.gate, row.at, passed))
    told: defaultdict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in db.execute(_TOLD, these):
        told[row.ticket].append(row)
    conflicts = {row.conflict: dict(row._mapping) for row in db.execute(_CONFLICTS, these)}
    return _Found(tickets, given, told, conflicts)


def _settle(found: _Found, name: str) -> Settled:
    ticket = found.tickets.get(name)
    told = (
        Told(
            device=row.device,
            seq=row.seq,
            gate=row.gate,
            at=row.at,
            error=None if row.error_ms is None else timedelta(milliseconds=row.error_ms),
            direction=Passing(row.kind),
            people=row.asked_people,
        )
        for row in found.told.get(name, ())
    )
    given = found.given.get(name, [])
    if ticket is None:
        return settle(None, None, None, given, told)
    return settle(ticket.state, ticket.product, ticket.since, given, told)


def _write_tickets(db: sa.Connection, event: str, found: _Found, settled: Mapping[str, Settled], now: datetime) -> None:
    changed = {
        name: each.state
        for name, each in settled.items()
        if each.state is not None and each.state != found.tickets[name].state
    }
    rows = [sold.change_of(found.tickets[name], state) for name, state in changed.items()]
    if rows:
        db.execute(_WRITE, rows)
    changes.tell(db, event, changes.Changed.TICKET, changed, now)


def _write_passages(db: sa.Connection, event: str, found: _Found, settled: Mapping[str, Settled]) -> None:
    lines = {(row.device, row.seq): row for rows in found.told.values() for row in rows}
    db.execute(_FORGET_TOLD, {"the_event": event, "the_tickets": sorted(settled)})
    kept, counted, counters = [], [], []
    for name, outcome in _outcomes(settled):
        told, people = outcome.told, outcome.passage.people
        line = lines[told.device, told.seq]
        if name in found.tickets:
            kept.append(_passage_row(event, name, outcome, line.reference))
        if line.people != people:
            counted.append({"the_device": told.device, "the_seq": told.seq, "new_people": people})
            place = counting.Place(event, day_of(told.at), told.gate, told.device)
            counters.append(counting.row_of(place, told.direction, people - line.people))
    if kept:
        db.execute(_KEEP, kept)
    if counted:
        db.execute(_COUNTED, counted)
    counting.count(db, counters)


def _passage_row(event: str, ticket: str, outcome: Outcome, reference: str) -> dict[str, Any]:
    told, passed = outcome.told, outcome.passage
    return {
        "event": event,
        "ticket": ticket,
        "use_no": outcome.no,
        "reference": reference,
        "device": told.device,
        "seq": told.seq,
        "gate": told.gate,
        "at": told.at,
        "direction": passed.direction.value,
        "people": passed.people,
        "uses": passed.uses,
        "moved": passed.moved,
    }


def _write_conflicts(db: sa.Connection, event: str, found: _Found, settled: Mapping[str, Settled]) -> None:
    wanted = {
        row["conflict"]: row
        for name, outcome in _outcomes(settled)
        if outcome.conflict is not None
        for row in [_conflict_row(event, name, outcome.told, outcome.conflict)]
    }
    # One whose sides are the same keeps what a supervisor made of it.
    same = {key for key, row in wanted.items() if _says_the_same(found.conflicts.get(key), row)}
    gone = sorted(found.conflicts.keys() - same)
    if gone:
        db.execute(_FORGET_CONFLICT, [{"the_conflict": key} for key in gone])
    new = [row for key, row in wanted.items() if key not in same]
    if new:
        # The line may have been one too many for its zone, which is the lesser of the two.
        db.execute(_FORGET_CONFLICT, [{"the_conflict": row["conflict"]} for row in new])
        db.execute(_KEEP_CONFLICT, new)


def _says_the_same(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    return old is not None and all(old[name] == new[name] for name in new if name != "state")


def _conflict_row(event: str, ticket: str, told: Told, conflict: Conflict) -> dict[str, Any]:
    holder = conflict.holder
    return {
        "conflict": conflict_id(told.device, told.seq),
        "event": event,
        "ticket": ticket,
        "kind": conflict.kind.value,
        "device": told.device,
        "seq": told.seq,
        "gate": told.gate,
        "at": told.at,
        "people": conflict.people,
        "ambiguous": conflict.ambiguous,
        "held_by": holder.device if holder else None,
        "held_gate": holder.gate if holder else None,
        "held_at": holder.at if holder else None,
        "state": "open",
    }


def _outcomes(settled: Mapping[str, Settled]) -> Iterator[tuple[str, Outcome]]:
    return ((name, outcome) for name, each in settled.items() for outcome in each.outcomes)
