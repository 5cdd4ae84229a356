"""How a ticket stands, for people: its counts, who went in with it, what contradicts it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from backend.tickets import sold
from backend.tickets.tables import CONFLICT, HOLDER, REDEMPTION, TICKET
from backend.tickets.wire import ConflictRow
from crypto.tickets.rules import VIETNAM

_TICKET = sa.select(TICKET).where(
    TICKET.c.event == sa.bindparam("the_event"), TICKET.c.ticket == sa.bindparam("the_ticket")
)
_PASSAGES = (
    sa.select(
        REDEMPTION.c.at,
        REDEMPTION.c.gate,
        REDEMPTION.c.device,
        REDEMPTION.c.seq,
        REDEMPTION.c.direction,
        REDEMPTION.c.people,
        REDEMPTION.c.uses,
    )
    .where(REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.ticket == sa.bindparam("the_ticket"))
    .order_by(REDEMPTION.c.at, REDEMPTION.c.use_no)
)
_CARDS = sa.select(sa.func.count()).where(
    HOLDER.c.event == sa.bindparam("the_event"), HOLDER.c.ticket == sa.bindparam("the_ticket")
)
_CONFLICTS = sa.select(CONFLICT.c.conflict, CONFLICT.c.kind, CONFLICT.c.state).where(
    CONFLICT.c.event == sa.bindparam("the_event"), CONFLICT.c.ticket == sa.bindparam("the_ticket")
)


def ticket(db: sa.Connection, event: str, name: str) -> dict[str, Any] | None:
    """All that is known of a ticket, None when there is none. Of cards only how many are bound to it."""
    this = {"the_event": event, "the_ticket": name}
    row = db.execute(_TICKET, this).one_or_none()
    kept = sold.kept(db, event, name)
    if row is None or kept is None:
        return None
    own = {str(key): _plain(value) for key, value in row._mapping.items() if key != "version"}
    return own | {
        "audience": kept.product.audience,
        "cards": int(db.execute(_CARDS, this).scalar_one()),
        "passages": [_row(each) for each in db.execute(_PASSAGES, this)],
        "conflicts": [_row(each) for each in db.execute(_CONFLICTS, this)],
    }


def flat(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The same as lines for a console."""
    for name, value in found.items():
        if isinstance(value, list):
            for each in value:
                yield name, " ".join(str(part) for part in each.values() if part is not None)
        elif value is not None:
            yield name, str(value)


def line(row: ConflictRow) -> str:
    """A conflict as a line for a console."""
    parts = [row.conflict, row.kind, row.ticket or "-", f"{row.people}x", _side(row.entered.gate, row.entered.at)]
    if row.holder is not None:
        parts.append(f"held {_side(row.holder.gate, row.holder.at)}")
    parts += [word for word, holds in (("ambiguous", row.ambiguous), ("clock wrong", row.skewed)) if holds]
    parts.append(row.state.value if row.noted_by is None else f"{row.state.value} by {row.noted_by}")
    return "  ".join(parts)


def _side(gate: str, at: datetime) -> str:
    return f"{gate} {at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"


def _row(row: Any) -> dict[str, Any]:
    return {str(key): _plain(value) for key, value in row._mapping.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if hasattr(value, "isoformat") else value
