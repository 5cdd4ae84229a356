"""The change feed: what terminals must hear of, in the order of a cursor, and how each of it stands now.

A row says only what changed; what it is now is read when somebody asks, so that many changes of one ticket are one
record. Numbers are given before their transactions end: on a server with several writers a smaller one may appear after
a larger one. So the last page's cursor goes back behind rows younger than `SETTLED`; they are told again, which changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa

from backend.engine.prepared import Prepared
from backend.tickets.sold import products, state_of
from backend.tickets.tables import CHANGE, HOLDER, TICKET
from crypto.tickets.record import Change, HolderRecord, TicketRecord, encode_change, ticket_mark
from crypto.tickets.rules import Product

SETTLED = timedelta(seconds=10)
"""Longer than any transaction lasts."""

MOST = 5000
"""Rows of one answer."""


class Changed(Enum):
    """What a row is about: a product, a ticket, or whether a ticket is bound to a card."""

    PRODUCT = "product"
    TICKET = "ticket"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Page:
    """Records of the feed; ``more``: ask again at once with this cursor."""

    cursor: int
    more: bool
    records: tuple[bytes, ...]


_INSERT = Prepared(sa.insert(CHANGE).inline(), ["event", "at", "kind", "name", "holder"])
_SINCE = (
    sa.select(CHANGE)
    .where(CHANGE.c.event == sa.bindparam("the_event"), CHANGE.c.no > sa.bindparam("the_cursor"))
    .order_by(CHANGE.c.no)
    .limit(sa.bindparam("the_limit"))
)
CHANGED_TICKETS = (
    sa.select(CHANGE.c.no, CHANGE.c.name)
    .where(
        CHANGE.c.event == sa.bindparam("the_event"),
        CHANGE.c.no > sa.bindparam("the_cursor"),
        CHANGE.c.kind != Changed.PRODUCT.value,
    )
    .order_by(CHANGE.c.no)
    .limit(sa.bindparam("the_limit"))
)
"""Rows of the feed that are about tickets."""

_SOME = sa.select(TICKET).where(
    TICKET.c.event == sa.bindparam("the_event"),
    TICKET.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)),
)
_BOUND = sa.select(HOLDER.c.mark, HOLDER.c.ticket).where(
    HOLDER.c.event == sa.bindparam("the_event"),
    HOLDER.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)),
)
_SETTLED = (
    sa.select(CHANGE.c.no)
    .where(
        CHANGE.c.event == sa.bindparam("the_event"),
        CHANGE.c.at <= sa.bindparam("the_moment", type_=CHANGE.c.at.type),
    )
    .order_by(CHANGE.c.no.desc())
    .limit(1)
)


def tell(
    db: sa.Connection, event: str, kind: Changed, names: Iterable[str], now: datetime, holder: bytes | None = None
) -> None:
    """Put something into the feed: tickets (also for HOLDER, with the holder's mark) or products by name."""
    rows = [{"event": event, "at": now, "kind": kind.value, "name": name, "holder": holder} for name in names]
    _INSERT.run_each(db, rows)


def cursor_now(db: sa.Connection, event: str, now: datetime) -> int:
    """A cursor up to which everything is visible to this transaction."""
    # SQLite's writers take turns: there, what is visible is complete.
    unsettled = timedelta(0) if db.dialect.name == "sqlite" else SETTLED
    found = db.execute(_SETTLED, {"the_event": event, "the_moment": now - unsettled}).scalar_one_or_none()
    return 0 if found is None else int(found)


def page(db: sa.Connection, event: str, cursor: int, limit: int, now: datetime, key: bytes) -> Page:
    """What changed since ``cursor``, as it stands now; ``key`` is that of the marks."""
    rows = db.execute(_SINCE, {"the_event": event, "the_cursor": cursor, "the_limit": limit}).all()
    known = products(db, event)
    names = sorted({row.name for row in rows if row.kind == Changed.TICKET.value})
    tickets = db.execute(_SOME, {"the_event": event, "the_tickets": names}).all() if names else []
    records: list[Change] = [
        *_products(rows, known, tickets, event),
        *(TicketRecord(ticket_mark(key, row.ticket), row.product, state_of(row)) for row in tickets),
        *_holders(db, rows, event, key),
    ]
    everything = {record.product: record for record in records if isinstance(record, Product)} | dict(known)
    more = len(rows) == limit
    return Page(
        cursor=int(rows[-1].no) if more else cursor_now(db, event, now),
        more=more,
        records=tuple(encode_change(record, everything) for record in records),
    )


def _products(
    rows: Sequence[sa.Row[Any]], known: Mapping[str, Product], tickets: Sequence[sa.Row[Any]], event: str
) -> list[Product]:
    """Products that changed, and those of which nobody said more than their name."""
    changed = sorted({row.name for row in rows if row.kind == Changed.PRODUCT.value} & known.keys())
    bare = sorted({row.product for row in tickets} - known.keys())
    return [*(known[name] for name in changed), *(Product(event, name, name) for name in bare)]


def _holders(db: sa.Connection, rows: Sequence[sa.Row[Any]], event: str, key: bytes) -> list[HolderRecord]:
    changed = {(row.holder, row.name) for row in rows if row.kind == Changed.HOLDER.value}
    if not changed:
        return []
    names = sorted({name for _, name in changed})
    bound = {(row.mark, row.ticket) for row in db.execute(_BOUND, {"the_event": event, "the_tickets": names})}
    return [HolderRecord(mark, ticket_mark(key, name), bound=(mark, name) in bound) for mark, name in sorted(changed)]
