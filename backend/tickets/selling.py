"""What the sell side does to tickets: put them on sale, pay, block, cancel, bind to a card. Never their uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from backend.engine.sql import insert, row_of
from backend.tickets import changes, crowding, sold
from backend.tickets.changes import Changed
from backend.tickets.merging import merge
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import CONFLICT, GATE, HOLDER, PRODUCT, TICKET, ZONE
from backend.when import written
from crypto.id_number import IdNumber
from crypto.tickets.record import Marks
from crypto.tickets.rules import Product, Standing

AT_ONCE = 2000
"""Rows of one statement."""

_THIS = sa.and_(TICKET.c.event == sa.bindparam("the_event"), TICKET.c.ticket == sa.bindparam("the_ticket"))
_SELL = insert(TICKET).on_conflict_do_nothing()
_STAND = (
    sa.update(TICKET)
    .where(_THIS)
    .values(standing=sa.bindparam("new_standing"), standing_at=sa.bindparam("now"), version=TICKET.c.version + 1)
    .returning(TICKET.c.ticket)
)
_PAY = sa.update(TICKET).where(_THIS).values(paid=True, version=TICKET.c.version + 1).returning(TICKET.c.ticket)
_OF_EVENT = sa.select(TICKET).where(TICKET.c.event == sa.bindparam("the_event")).order_by(TICKET.c.ticket)
_EXISTS = sa.select(TICKET.c.ticket).where(_THIS)
_SOLD_AFTERWARDS = (
    sa.select(TICKET.c.ticket)
    .join(CONFLICT, sa.and_(CONFLICT.c.event == TICKET.c.event, CONFLICT.c.ticket == TICKET.c.ticket))
    .where(TICKET.c.event == sa.bindparam("the_event"), CONFLICT.c.kind == "unknown_ticket")
)
_BIND = insert(HOLDER).on_conflict_do_nothing()
_UNBIND = sa.delete(HOLDER).where(
    HOLDER.c.event == sa.bindparam("the_event"), HOLDER.c.ticket == sa.bindparam("the_ticket")
)
_BOUND = sa.select(HOLDER.c.mark).where(
    HOLDER.c.event == sa.bindparam("the_event"), HOLDER.c.ticket == sa.bindparam("the_ticket")
)


class NoTicketError(Exception):
    """There is no such ticket."""


def put_product(db: sa.Connection, product: Product, now: datetime) -> None:
    """A kind of ticket; a known one is replaced."""
    row = row_of(product) | {"gates": " ".join(sorted(product.gates))}
    db.execute(insert(PRODUCT).values(row).on_conflict_do_update(index_elements=["event", "product"], set_=row))
    changes.tell(db, product.event, Changed.PRODUCT, [product.product], now)


def put_zone(db: sa.Connection, event: str, zone: str, capacity: int, gates: Sequence[str]) -> None:
    """A place that takes so many people a day's gates let in; a known one is replaced, its gates too."""
    row = {"event": event, "zone": zone, "capacity": capacity}
    db.execute(insert(ZONE).values(row).on_conflict_do_update(index_elements=["event", "zone"], set_=row))
    db.execute(sa.delete(GATE).where(GATE.c.event == event, GATE.c.zone == zone))
    for gate in gates:
        led = {"event": event, "gate": gate, "zone": zone}
        db.execute(insert(GATE).values(led).on_conflict_do_update(index_elements=["event", "gate"], set_=led))


def add_tickets(db: sa.Connection, tickets: Iterable[SoldTicket], now: datetime) -> None:
    """Tickets; one that is there already is left as it is. What devices told of them before is settled.

    Of a product that splits, a ticket for a group has one use a person.
    """
    groups: dict[str, frozenset[str]] = {}
    for some in _batches(tickets):
        for event in {ticket.event for ticket in some} - groups.keys():
            kinds = sold.products(db, event)
            groups[event] = frozenset(name for name, kind in kinds.items() if kind.splits)
        db.execute(_SELL, [_row(ticket, split=ticket.product in groups[ticket.event]) for ticket in some])
        for event in {ticket.event for ticket in some}:
            names = [ticket.ticket for ticket in some if ticket.event == event]
            changes.tell(db, event, Changed.TICKET, names, now)
    # At the end, because lines come in while many tickets are written.
    for event in sorted(groups):
        settle_sold(db, event, now)


def settle_sold(db: sa.Connection, event: str, now: datetime) -> None:
    """Settle what devices told of tickets before they were sold."""
    _settle(db, event, db.execute(_SOLD_AFTERWARDS, {"the_event": event}).scalars().all(), now)


def load(db: sa.Connection, rows: Iterable[tuple[SoldTicket, IdNumber | None]], marks: Marks, now: datetime) -> None:
    """Tickets, each with the card that it is bound to, if it is."""

    def tickets() -> Iterator[SoldTicket]:
        for ticket, number in rows:
            if number is not None:
                bound.append((ticket.event, ticket.ticket, marks.holder(number.digits)))
            yield ticket

    bound: list[tuple[str, str, bytes]] = []
    add_tickets(db, tickets(), now)
    for begin in range(0, len(bound), AT_ONCE):
        some = bound[begin : begin + AT_ONCE]
        columns = ("event", "ticket", "mark", "ticket_mark")
        db.execute(_BIND, [dict(zip(columns, (*each, marks.ticket(each[1])), strict=True)) for each in some])
        for event, name, mark in some:
            changes.tell(db, event, Changed.HOLDER, [name], now, mark)


def rows(db: sa.Connection, event: str) -> Iterator[dict[str, str]]:
    """The event's tickets as columns of a CSV file, in the order of their numbers on this database."""
    for row in db.execution_options(yield_per=AT_ONCE).execute(_OF_EVENT, {"the_event": event}):
        yield {
            "ticket": row.ticket,
            "product": row.product,
            "valid_from": written(row.valid_from),
            "valid_to": written(row.valid_to),
            "admits": str(row.admits),
            "max_uses": str(row.max_uses),
            "gate": row.gate or "",
            "paid": "yes" if row.paid else "no",
        }


def stand(db: sa.Connection, event: str, ticket: str, standing: Standing, now: datetime) -> None:
    """From ``now`` on the ticket stands like this. Raises NoTicketError."""
    about = {"the_event": event, "the_ticket": ticket, "new_standing": standing, "now": now}
    _changed(db, event, ticket, found=db.execute(_STAND, about).one_or_none() is not None, now=now)


def pay(db: sa.Connection, event: str, ticket: str, now: datetime) -> None:
    """The ticket is paid. Raises NoTicketError."""
    found = db.execute(_PAY, {"the_event": event, "the_ticket": ticket}).one_or_none() is not None
    _changed(db, event, ticket, found=found, now=now)


def bind(db: sa.Connection, event: str, ticket: str, id_number: str, marks: Marks, now: datetime) -> None:
    """The card with this number stands for the ticket; only its mark is kept. Raises NoTicketError."""
    if db.execute(_EXISTS, {"the_event": event, "the_ticket": ticket}).one_or_none() is None:
        raise NoTicketError
    mark = marks.holder(id_number)
    row = {"event": event, "mark": mark, "ticket": ticket, "ticket_mark": marks.ticket(ticket)}
    db.execute(_BIND, row)
    changes.tell(db, event, Changed.HOLDER, [ticket], now, mark)


def unbind(db: sa.Connection, event: str, ticket: str, now: datetime) -> int:
    """No card stands for the ticket any more; how many did."""
    this = {"the_event": event, "the_ticket": ticket}
    marks = db.execute(_BOUND, this).scalars().all()
    db.execute(_UNBIND, this)
    for mark in marks:
        changes.tell(db, event, Changed.HOLDER, [ticket], now, mark)
    return len(marks)


def _batches(tickets: Iterable[SoldTicket]) -> Iterator[list[SoldTicket]]:
    rest = iter(tickets)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _row(ticket: SoldTicket, *, split: bool) -> dict[str, object]:
    # Not engine.sql.row_of: there may be a million of them.
    return {
        "event": ticket.event,
        "ticket": ticket.ticket,
        "product": ticket.product,
        "admits": 1 if split else ticket.admits,
        "valid_from": ticket.valid_from,
        "valid_to": ticket.valid_to,
        "gate": ticket.gate,
        "max_uses": ticket.admits * ticket.max_uses if split else ticket.max_uses,
        "paid": ticket.paid,
        "standing": ticket.standing,
        "uses": 0,
    }


def _changed(db: sa.Connection, event: str, ticket: str, *, found: bool, now: datetime) -> None:
    if not found:
        raise NoTicketError
    changes.tell(db, event, Changed.TICKET, [ticket], now)
    _settle(db, event, [ticket], now)


def _settle(db: sa.Connection, event: str, tickets: Sequence[str], now: datetime) -> None:
    if tickets:
        merge(db, event, tickets, now)
        crowding.settle(db, event)
