"""What a supervisor sees of admissions that contradict the ledger, and what they make of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backend.tickets.tables import CONFLICT, LINE
from backend.tickets.wire import ConflictRow, ConflictState, Side

MOST = 500

_ALL = (
    sa.select(CONFLICT, LINE.c.skewed)
    .select_from(CONFLICT.join(LINE, sa.and_(LINE.c.device == CONFLICT.c.device, LINE.c.seq == CONFLICT.c.seq)))
    .where(CONFLICT.c.event == sa.bindparam("the_event"))
    .order_by(CONFLICT.c.at, CONFLICT.c.conflict)
    .limit(sa.bindparam("the_limit"))
)
_OPEN = _ALL.where(CONFLICT.c.state == ConflictState.OPEN.value)
_ONE = _ALL.where(CONFLICT.c.conflict == sa.bindparam("the_conflict"))
_RESOLVE = (
    sa.update(CONFLICT)
    .where(CONFLICT.c.conflict == sa.bindparam("the_conflict"), CONFLICT.c.event == sa.bindparam("the_event"))
    .values(state=sa.bindparam("new_state"), noted_by=sa.bindparam("new_by"), noted_at=sa.bindparam("new_at"))
    .returning(CONFLICT.c.conflict)
)
_EVENT = sa.select(CONFLICT.c.event).where(CONFLICT.c.conflict == sa.bindparam("the_conflict"))


def listed(db: sa.Connection, event: str, *, only_open: bool) -> tuple[tuple[ConflictRow, ...], bool]:
    """The event's first 500 conflicts in the order of time, and whether there are more."""
    wanted = _OPEN if only_open else _ALL
    rows = db.execute(wanted, {"the_event": event, "the_limit": MOST + 1}).all()
    return tuple(_row(row) for row in rows[:MOST]), len(rows) > MOST


def one(db: sa.Connection, event: str, conflict: str) -> tuple[ConflictRow, ...]:
    """The conflict of that number, if the event has it."""
    found = db.execute(_ONE, {"the_event": event, "the_limit": 1, "the_conflict": conflict})
    return tuple(_row(row) for row in found)


def event_of(db: sa.Connection, conflict: str) -> str | None:
    """Which event a conflict belongs to; None when there is none of that number."""
    return db.execute(_EVENT, {"the_conflict": conflict}).scalar_one_or_none()


def resolve(db: sa.Connection, event: str, conflict: str, state: ConflictState, noted_by: str, now: datetime) -> bool:
    """Note what somebody made of a conflict, also a second time; whether there is one of that number."""
    about = {
        "the_conflict": conflict,
        "the_event": event,
        "new_state": state.value,
        "new_by": noted_by,
        "new_at": now,
    }
    return db.execute(_RESOLVE, about).one_or_none() is not None


def _row(row: sa.Row[Any]) -> ConflictRow:
    held = row.held_by is not None
    return ConflictRow(
        conflict=row.conflict,
        event=row.event,
        ticket=row.ticket,
        kind=row.kind,
        people=row.people,
        entered=Side(device=row.device, gate=row.gate, at=row.at),
        skewed=row.skewed,
        ambiguous=row.ambiguous,
        holder=Side(device=row.held_by, gate=row.held_gate, at=row.held_at) if held else None,
        state=ConflictState(row.state),
        noted_by=row.noted_by,
        noted_at=row.noted_at,
    )
