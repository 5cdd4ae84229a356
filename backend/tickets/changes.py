"""The change feed: what terminals must hear of, in the order of a cursor, and how each of it stands now.

A row says only what changed; what it is now is read when somebody asks, so that many changes of one ticket are one
record. Numbers are given before their transactions end: on a server with several writers a smaller one may appear after
a larger one. So no cursor goes beyond rows that are younger than `SETTLED`, or than the oldest transaction that still
writes (an import may take minutes); those are told again, which changes nothing.
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
"""Longer than an answer's transaction lasts, and than the clocks of servers differ."""

MOST = 5000
"""Rows of one answer."""


class Changed(Enum):
    """What a row is about: a product, a ticket, or whether a ticket is bound to a card."""

    PRODUCT = "product"
    TICKET = "ticket"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to which number the feed was told; ``more``: ask again at once."""

    no: int
    more: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Records of the feed, and where it goes on."""

    cursor: Cursor
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


_NEWEST = sa.select(sa.func.max(CHANGE.c.no)).where(CHANGE.c.event == sa.bindparam("the_event"))
_SESSION = sa.table("pg_stat_activity", sa.column("datname"), sa.column("backend_xid"), sa.column("xact_start"))
_OLDEST_WRITER = sa.select(sa.func.min(_SESSION.c.xact_start)).where(
    _SESSION.c.datname == sa.func.current_database(), _SESSION.c.backend_xid.is_not(None)
)


def tell(
    db: sa.Connection, event: str, kind: Changed, names: Iterable[str], now: datetime, holder: bytes | None = None
) -> None:
    """Put something into the feed: tickets (also for HOLDER, with the holder's mark) or products by name."""
    rows = [{"event": event, "at": now, "kind": kind.value, "name": name, "holder": holder} for name in names]
    _INSERT.run_each(db, rows)


def cursor_now(db: sa.Connection, event: str, now: datetime) -> int:
    """A cursor up to which everything is visible to this transaction."""
    if db.dialect.name == "sqlite":  # its writers take turns: what is visible is complete
        found = db.execute(_NEWEST, {"the_event": event}).scalar_one()
    else:
        writing_since = db.execute(_OLDEST_WRITER).scalar_one() or now
        about = {"the_event": event, "the_moment": min(now, writing_since) - SETTLED}
        found = db.execute(_SETTLED, about).scalar_one_or_none()
    return 0 if found is None else int(found)


def cursor_after(db: sa.Connection, event: str, told: Sequence[Any], limit: int, now: datetime) -> Cursor:
    """Where to go on behind a page of at most ``limit`` rows."""
    complete = cursor_now(db, event, now)
    # Behind a full page that ends among rows which others may still come between, the same is told once more later.
    more = len(told) == limit and told[-1].no <= complete
    return Cursor(int(told[-1].no) if more else complete, more)


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
    return Page(
        cursor_after(db, event, rows, limit, now), tuple(encode_change(record, everything) for record in records)
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
