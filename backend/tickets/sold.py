"""Tickets as they are sold and kept, and their way into and out of the rules of crypto.tickets.rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from backend.engine.prepared import Prepared, Sent
from backend.tickets.tables import GATE, PRODUCT, TICKET, ZONE
from crypto.tickets.rules import Passage, Product, Standing, TicketState


@dataclass(frozen=True, slots=True)
class SoldTicket:
    """A ticket as it is sold; valid from ``valid_from`` until just before ``valid_to``.

    Of a product that splits ``max_uses`` counts people and ``admits`` is 1.
    """

    event: str
    ticket: str
    product: str
    admits: int
    valid_from: datetime
    valid_to: datetime
    gate: str | None = None
    max_uses: int = 1
    paid: bool = True
    standing: Standing = Standing.VALID


@dataclass(frozen=True, slots=True)
class Kept:
    """A ticket as the database has it. ``since``: when it came to stand as it does; ``version`` counts its changes.

    ``zone`` and ``capacity``: where the asking gate leads, and how many people may be there.
    """

    event: str
    ticket: str
    state: TicketState
    product: Product
    since: datetime | None
    version: int
    zone: str | None = None
    capacity: int | None = None


_OF_PRODUCT = ("audience", "gates", "per_day", "reentry", "splits", "attention")
_COLUMNS: tuple[Any, ...] = (TICKET, *(PRODUCT.c[name].label(f"kind_{name}") for name in _OF_PRODUCT))
_WITH_PRODUCT = TICKET.outerjoin(
    PRODUCT, sa.and_(PRODUCT.c.event == TICKET.c.event, PRODUCT.c.product == TICKET.c.product)
)
_KEPT = sa.select(*_COLUMNS).select_from(_WITH_PRODUCT).where(TICKET.c.event == sa.bindparam("the_event"))
_ONE = Prepared(
    sa.select(*_COLUMNS, GATE.c.zone, ZONE.c.capacity)
    .select_from(
        _WITH_PRODUCT.outerjoin(
            GATE, sa.and_(GATE.c.event == TICKET.c.event, GATE.c.gate == sa.bindparam("the_gate"))
        ).outerjoin(ZONE, sa.and_(ZONE.c.event == GATE.c.event, ZONE.c.zone == GATE.c.zone))
    )
    .where(TICKET.c.event == sa.bindparam("the_event"), TICKET.c.ticket == sa.bindparam("the_ticket"))
)
_SOME = _KEPT.where(TICKET.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)))
# Locked before what depends on them is read; in one order, so that two uploads do not wait for each other in a ring.
_LOCK = (
    sa.select(TICKET.c.ticket)
    .where(
        TICKET.c.event == sa.bindparam("the_event"),
        TICKET.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)),
    )
    .order_by(TICKET.c.ticket)
    .with_for_update()
)
_PRODUCTS = sa.select(PRODUCT).where(PRODUCT.c.event == sa.bindparam("the_event"))
# This one conditional update decides who is first: whoever read an older version changes nothing, and looks again.
_CHANGE = Prepared(
    sa.update(TICKET)
    .where(
        TICKET.c.event == sa.bindparam("the_event"),
        TICKET.c.ticket == sa.bindparam("the_ticket"),
        TICKET.c.version == sa.bindparam("the_version"),
    )
    .values(
        {name: sa.bindparam(f"new_{name}") for name in ("uses", "day", "day_uses", "inside", "outside")}
        | {"version": TICKET.c.version + 1}
    )
    .returning(TICKET.c.version)
)


def kept(db: sa.Connection, event: str, ticket: str, gate: str = "") -> Kept | None:
    """A ticket, with what is known of the place behind ``gate``; None for one that nobody sold."""
    row = _ONE.first(db, {"the_event": event, "the_ticket": ticket, "the_gate": gate})
    return None if row is None else _kept(row, row.zone, row.capacity)


def locked(db: sa.Connection, event: str, tickets: Iterable[str]) -> dict[str, Kept]:
    """Those of the tickets that were sold; nobody else changes them until this transaction ends."""
    these = {"the_event": event, "the_tickets": sorted(tickets)}
    db.execute(_LOCK, these).all()
    return {row.ticket: _kept(row) for row in db.execute(_SOME, these)}


def put(db: sa.Connection, ticket: Kept, state: TicketState) -> Sent:
    """Write the counts of ``state``, unless somebody changed the ticket since it was read: then it gives no row."""
    return _CHANGE.sent(db, change_of(ticket, state))


def change_of(ticket: Kept, state: TicketState) -> dict[str, Any]:
    """The parameters of that update."""
    return {
        "the_event": ticket.event,
        "the_ticket": ticket.ticket,
        "the_version": ticket.version,
        "new_uses": state.uses,
        "new_day": state.day,
        "new_day_uses": state.day_uses,
        "new_inside": state.inside,
        "new_outside": state.outside,
    }


def products(db: sa.Connection, event: str) -> Mapping[str, Product]:
    """The event's products that somebody described, by name."""
    rows = db.execute(_PRODUCTS, {"the_event": event})
    return MappingProxyType({row.product: product_of(row) for row in rows})


def product_of(row: sa.Row[Any]) -> Product:
    """A row of the product table."""
    return _product(row.event, row.product, row._mapping)


def state_of(row: Any) -> TicketState:
    """A row with the columns of the ticket table."""
    return TicketState(
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        standing=row.standing,
        paid=row.paid,
        gate=row.gate,
        admits=row.admits,
        max_uses=row.max_uses,
        uses=row.uses,
        day=row.day,
        day_uses=row.day_uses,
        inside=row.inside,
        outside=row.outside,
    )


def text_of(product: Product, passed: Passage) -> str:
    """Whom a passage admits, in words: ``2 người lớn``."""
    return f"{passed.people} {product.audience}"


def _kept(row: Any, zone: str | None = None, capacity: int | None = None) -> Kept:
    if row.kind_audience is None:
        product = Product(row.event, row.product, row.product)
    else:
        product = _product(row.event, row.product, {name: getattr(row, f"kind_{name}") for name in _OF_PRODUCT})
    return Kept(row.event, row.ticket, state_of(row), product, row.standing_at, row.version, zone, capacity)


def _product(event: str, product: str, row: Mapping[Any, Any]) -> Product:
    return Product(
        event=event,
        product=product,
        audience=row["audience"],
        gates=frozenset(row["gates"].split()),
        per_day=row["per_day"],
        reentry=row["reentry"],
        splits=row["splits"],
        attention=row["attention"],
    )
