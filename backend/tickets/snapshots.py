"""The snapshot of an event for terminals that decide alone, and the same in full for hubs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

import sqlalchemy as sa

from backend.engine.stream import bare_rows
from backend.tickets.changes import CHANGED_TICKETS, cursor_after, cursor_now
from backend.tickets.sold import products
from backend.tickets.tables import GATE, HOLDER, REDEMPTION, SCAN, TICKET, ZONE
from backend.tickets.wire import PassageRow, ProductRow, TicketRow, TicketsResponse, ZoneRow
from crypto.tickets.record import EPOCH, HolderRecord, Marks, flags_of
from crypto.tickets.record import TicketRow as SnapshotRow
from crypto.tickets.rules import Product, Standing
from crypto.tickets.snapshot import Head, write

if TYPE_CHECKING:
    from backend.keys import ServerKeys

PAGE = 1000
"""Tickets of one page for hubs."""

_SECOND = 1_000_000
_EPOCH = (EPOCH - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
_EPOCH_DAY = EPOCH.date()
_MOST_SECONDS = 2**32 - 1

_OF_EVENT = sa.select(TICKET).where(TICKET.c.event == sa.bindparam("the_event"))
_BARE = sa.select(
    TICKET.c.ticket,
    TICKET.c.product,
    TICKET.c.admits,
    TICKET.c.max_uses,
    TICKET.c.gate,
    TICKET.c.valid_from,
    TICKET.c.valid_to,
    TICKET.c.standing,
    TICKET.c.paid,
    TICKET.c.uses,
    TICKET.c.inside,
    TICKET.c.day,
    TICKET.c.day_uses,
    TICKET.c.outside,
).where(TICKET.c.event == sa.bindparam("the_event"))
_KINDS = sa.select(TICKET.c.product).where(TICKET.c.event == sa.bindparam("the_event")).distinct()
_HOLDERS = sa.select(HOLDER).where(HOLDER.c.event == sa.bindparam("the_event"))
_PAGE = (
    _OF_EVENT.where(TICKET.c.ticket > sa.bindparam("the_last"))
    .order_by(TICKET.c.ticket)
    .limit(sa.bindparam("the_limit"))
)
_SOME = _OF_EVENT.where(TICKET.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)))
_BOUND = _HOLDERS.where(HOLDER.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)))
_PASSED = (
    sa.select(
        REDEMPTION,
        SCAN.c.device.label("asker"),
        SCAN.c.scan_id,
        SCAN.c.asked_people,
        SCAN.c.admits,
    )
    .join(SCAN, SCAN.c.reference == REDEMPTION.c.reference)
    .where(
        REDEMPTION.c.event == sa.bindparam("the_event"),
        REDEMPTION.c.ticket.in_(sa.bindparam("the_tickets", expanding=True)),
    )
    .order_by(REDEMPTION.c.use_no)
)
_ZONES = sa.select(ZONE).where(ZONE.c.event == sa.bindparam("the_event"))
_GATES = sa.select(GATE).where(GATE.c.event == sa.bindparam("the_event"))


def build(db: sa.Connection, event: str, now: datetime, keys: ServerKeys, file: BinaryIO) -> int:
    """Write the event's snapshot into ``file``, signed; how many tickets. ``db`` is one unmoving picture of the data.

    Raises MalformedError for what no snapshot holds.
    """
    head = Head(event, now, cursor_now(db, event, now))
    return write(
        file,
        head,
        all_products(db, event).values(),
        _rows(db, event, Marks(keys.marks)),
        _holders(db, event),
        keys.signing,
    )


def built(db: sa.Connection, event: str, now: datetime, keys: ServerKeys) -> bytes:
    """The same as bytes."""
    file = io.BytesIO()
    build(db, event, now, keys, file)
    return file.getvalue()


def all_products(db: sa.Connection, event: str) -> Mapping[str, Product]:
    """The event's kinds of tickets, also those of which nobody said more than their name."""
    bare = {name: Product(event, name, name) for name in db.execute(_KINDS, {"the_event": event}).scalars()}
    return bare | dict(products(db, event))


def page(db: sa.Connection, event: str, after: str, now: datetime) -> TicketsResponse:
    """Tickets in full, beginning behind number ``after``; the cursor is that of the first page's moment."""
    rows = db.execute(_PAGE, {"the_event": event, "the_last": after, "the_limit": PAGE}).all()
    return _response(db, event, cursor_now(db, event, now), rows, rows[-1].ticket if len(rows) == PAGE else None)


def changed_since(db: sa.Connection, event: str, since: int, now: datetime) -> TicketsResponse:
    """Tickets in full that changed since a cursor; ``next`` is "" when there are more."""
    told = db.execute(CHANGED_TICKETS, {"the_event": event, "the_cursor": since, "the_limit": PAGE}).all()
    names = sorted({row.name for row in told})
    rows = db.execute(_SOME, {"the_event": event, "the_tickets": names}).all()
    cursor = cursor_after(db, event, told, PAGE, now)
    return _response(db, event, cursor.no, rows, "" if cursor.more else None)


def _rows(db: sa.Connection, event: str, marks: Marks) -> Iterator[SnapshotRow]:
    # A million of them: the columns are taken as they lie in the database, without a type's or a record's detour, and
    # what is the same in most of them is made once.
    flags = {(each.value, paid): flags_of(each, paid=bool(paid)) for each in Standing for paid in (0, 1)}
    mark, begun, ended, days = marks.ticket, _Begun(), _Ended(), _Days()
    for row in bare_rows(db, _BARE, {"the_event": event}):
        ticket, product, admits, most, gate, begins, ends, standing, paid, uses, inside, day, counted, out = row
        yield SnapshotRow(
            mark(ticket),
            product,
            admits,
            most,
            gate,
            begun[begins],
            ended[ends],
            flags[standing, paid],
            uses,
            inside,
            days[day],
            counted,
            out,
        )


class _Begun(dict[int, int]):
    """Seconds since `EPOCH` of a stored time, rounded so that nothing is valid for longer."""

    def __missing__(self, begins: int) -> int:
        found = self[begins] = min(max(-((_EPOCH - begins) // _SECOND), 0), _MOST_SECONDS)
        return found


class _Ended(dict[int, int]):
    """The same for ends."""

    def __missing__(self, ends: int) -> int:
        found = self[ends] = min(max((ends - _EPOCH) // _SECOND, 0), _MOST_SECONDS)
        return found


class _Days(dict[date | str | None, int]):
    """Days since `EPOCH`, 0 for none."""

    def __missing__(self, day: date | str | None) -> int:
        known = date.fromisoformat(day) if isinstance(day, str) else day
        found = self[day] = 0 if known is None else (known - _EPOCH_DAY).days
        return found


def _holders(db: sa.Connection, event: str) -> Iterator[HolderRecord]:
    return (HolderRecord(row.mark, row.ticket_mark) for row in db.execute(_HOLDERS, {"the_event": event}))


def _response(db: sa.Connection, event: str, cursor: int, rows: Any, after: str | None) -> TicketsResponse:
    about = {"the_event": event, "the_tickets": [row.ticket for row in rows]}
    marks: dict[str, list[str]] = {}
    for bound in db.execute(_BOUND, about):
        marks.setdefault(bound.ticket, []).append(bound.mark.hex())
    passed: dict[str, list[PassageRow]] = {}
    for row in db.execute(_PASSED, about):
        passed.setdefault(row.ticket, []).append(_passage(row))
    return TicketsResponse(
        cursor=cursor,
        products=tuple(_product(each) for each in all_products(db, event).values()),
        zones=_zones(db, event),
        tickets=tuple(
            _ticket(row, tuple(sorted(marks.get(row.ticket, ()))), tuple(passed.get(row.ticket, ()))) for row in rows
        ),
        next=after,
    )


def _zones(db: sa.Connection, event: str) -> tuple[ZoneRow, ...]:
    gates: dict[str, list[str]] = {}
    for row in db.execute(_GATES, {"the_event": event}):
        gates.setdefault(row.zone, []).append(row.gate)
    return tuple(
        ZoneRow(zone=row.zone, capacity=row.capacity, gates=tuple(sorted(gates.get(row.zone, ()))))
        for row in db.execute(_ZONES, {"the_event": event})
    )


def _product(product: Product) -> ProductRow:
    return ProductRow(
        product=product.product,
        audience=product.audience,
        gates=tuple(sorted(product.gates)),
        per_day=product.per_day,
        reentry=product.reentry,
        splits=product.splits,
        attention=product.attention,
    )


def _ticket(row: sa.Row[Any], holders: tuple[str, ...], passages: tuple[PassageRow, ...]) -> TicketRow:
    rest = {"standing": row.standing.value, "holders": holders, "passages": passages}
    return TicketRow(**{name: row._mapping[name] for name in TicketRow.model_fields if name not in rest} | rest)


def _passage(row: sa.Row[Any]) -> PassageRow:
    rest = {"device": row.asker}
    return PassageRow(**{name: row._mapping[name] for name in PassageRow.model_fields if name not in rest} | rest)
