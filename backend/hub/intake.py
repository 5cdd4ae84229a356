"""What a hub takes over from its upstream server: devices, tickets, and every passage that was decided elsewhere.

Counts are never copied: a ticket's passages, those from upstream and those decided here, are put together by the same
rules as on the server (backend.tickets.merging). So it does not matter which of the two heard of what first.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backend.devices.paths import KnownDevice
from backend.devices.tables import DEVICE
from backend.engine.sql import insert
from backend.hub.tables import HUB_CURSOR, HUB_SCAN
from backend.tickets import counting, selling
from backend.tickets.merging import merge
from backend.tickets.redeeming import BY_LINE
from backend.tickets.sold import products
from backend.tickets.tables import ANNULMENT, HOLDER, REDEMPTION, SCAN, TICKET
from backend.tickets.wire import PassageRow, TicketRow, TicketsResponse
from crypto.tickets.record import Marks
from crypto.tickets.rules import Passing, Product, Standing, day_of

_BY_LINE = f"{BY_LINE}-"
_SOLD = ("product", "admits", "valid_from", "valid_to", "gate", "max_uses", "paid", "standing_at")
_OURS: sa.BindParameter[str] = sa.bindparam("the_tickets", expanding=True)
_FOREIGN = (
    sa.select(REDEMPTION)
    .join(SCAN, SCAN.c.reference == REDEMPTION.c.reference)
    .join(
        HUB_SCAN,
        sa.and_(
            HUB_SCAN.c.device == SCAN.c.device,
            HUB_SCAN.c.scan_id == SCAN.c.scan_id,
            HUB_SCAN.c.what == "passage",
            HUB_SCAN.c.seq.is_(None),
        ),
    )
    .where(REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.ticket.in_(_OURS))
)
_FORGET = sa.delete(REDEMPTION).where(REDEMPTION.c.reference == sa.bindparam("the_reference"))
_NEXT_NO = (
    sa.select(sa.func.coalesce(sa.func.max(REDEMPTION.c.use_no), 0) + 1)
    .where(REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.ticket == sa.bindparam("the_ticket"))
    .scalar_subquery()
)
_KNOWN = sa.select(SCAN.c.reference).where(
    SCAN.c.device == sa.bindparam("the_device"), SCAN.c.scan_id == sa.bindparam("the_scan")
)
_IMPORTED = sa.select(HUB_SCAN.c.seq).where(
    HUB_SCAN.c.device == sa.bindparam("the_device"),
    HUB_SCAN.c.scan_id == sa.bindparam("the_scan"),
    HUB_SCAN.c.what == "passage",
    HUB_SCAN.c.seq.is_(None),
)
_ANNULLED = sa.select(ANNULMENT.c.result).where(
    ANNULMENT.c.device == sa.bindparam("the_device"), ANNULMENT.c.scan_id == sa.bindparam("the_scan")
)


def take_devices(db: sa.Connection, found: Iterable[KnownDevice], now: datetime) -> None:
    """From now on exactly these devices may ask; those that are gone upstream are revoked."""
    found = tuple(found)
    names = [device.device for device in found]
    db.execute(
        sa.update(DEVICE)
        .where(DEVICE.c.device.not_in(names), DEVICE.c.revoked_at.is_(None))
        .values(token_hash=None, revoked_at=now)
    )
    # First everybody lets go of their token: one that moved to another name must not meet itself.
    db.execute(sa.update(DEVICE).values(token_hash=None))
    for device in found:
        row = {
            "device": device.device,
            "role": device.role.value,
            "event": device.event,
            "gate": device.gate,
            "token_hash": device.token_hash,
            "public_key": base64.b64decode(device.public_key) if device.public_key else None,
            "enrolled_at": device.enrolled_at,
            "revoked_at": device.revoked_at,
        }
        put = insert(DEVICE).values(row | {"added_at": now})
        db.execute(put.on_conflict_do_update(index_elements=["device"], set_=row))


def take_tickets(db: sa.Connection, event: str, page: TicketsResponse, marks: Marks, now: datetime) -> None:
    """Bring the tickets of a page in line with the upstream server; ``marks`` are that server's."""
    known = products(db, event)
    for row in page.products:
        product = Product(**(row.model_dump() | {"gates": frozenset(row.gates), "event": event}))
        if known.get(product.product) != product:
            selling.put_product(db, product, now)
    for zone in page.zones:
        selling.put_zone(db, event, zone.zone, zone.capacity, zone.gates)
    for ticket in page.tickets:
        _put_ticket(db, ticket, marks)
    _put_passages(db, event, page.tickets)
    merge(db, event, [ticket.ticket for ticket in page.tickets], now)


def cursor_of(db: sa.Connection, event: str) -> int | None:
    """How far this hub has the upstream changes; None before the first time."""
    found = db.execute(sa.select(HUB_CURSOR.c.cursor).where(HUB_CURSOR.c.event == event)).scalar_one_or_none()
    return None if found is None else int(found)


def move_cursor(db: sa.Connection, event: str, cursor: int) -> None:
    """This hub has everything up to ``cursor``."""
    put = insert(HUB_CURSOR).values(event=event, cursor=cursor)
    db.execute(put.on_conflict_do_update(index_elements=["event"], set_={"cursor": cursor}))


def _put_ticket(db: sa.Connection, ticket: TicketRow, marks: Marks) -> None:
    sold: dict[str, Any] = {name: getattr(ticket, name) for name in _SOLD} | {"standing": Standing(ticket.standing)}
    put = insert(TICKET).values(event=ticket.event, ticket=ticket.ticket, uses=0, **sold)
    # The version moves, so that a redemption that just looked at the ticket looks again.
    changed = sold | {"version": TICKET.c.version + 1}
    db.execute(put.on_conflict_do_update(index_elements=["event", "ticket"], set_=changed))
    this = sa.and_(HOLDER.c.event == ticket.event, HOLDER.c.ticket == ticket.ticket)
    db.execute(sa.delete(HOLDER).where(this))
    bound = {"event": ticket.event, "ticket": ticket.ticket, "ticket_mark": marks.ticket(ticket.ticket)}
    for mark in ticket.holders:
        db.execute(sa.insert(HOLDER), bound | {"mark": bytes.fromhex(mark)})


def _put_passages(db: sa.Connection, event: str, tickets: Sequence[TicketRow]) -> None:
    """Upstream's passages in the place of those that it told before; what was decided here stays."""
    about = {"the_event": event, "the_tickets": [ticket.ticket for ticket in tickets]}
    for row in db.execute(_FOREIGN, about).all():
        db.execute(_FORGET, {"the_reference": row.reference})
        _count(db, row._mapping, -row.people)
    for ticket in tickets:
        for passage in ticket.passages:
            _put_passage(db, event, ticket.ticket, passage)


def _put_passage(db: sa.Connection, event: str, ticket: str, passage: PassageRow) -> None:
    this = {"the_device": passage.device, "the_scan": passage.scan_id}
    if db.execute(_ANNULLED, this).one_or_none() is not None:
        return  # taken back here; the upstream server will hear of it
    known = db.execute(_KNOWN, this).scalar_one_or_none()
    if known is not None and db.execute(_IMPORTED, this).one_or_none() is None:
        return  # decided here, or handed over to this hub by the device itself
    reference = known or _told_upstream(passage.reference)
    if known is None:
        _put_scan(db, event, ticket, passage, reference)
    row = {
        "event": event,
        "ticket": ticket,
        "reference": reference,
        "device": passage.device,
        "gate": passage.gate,
        "at": passage.at,
        "direction": passage.direction.value,
        "people": passage.people,
        "uses": passage.uses,
        "moved": passage.moved,
    }
    keep = sa.insert(REDEMPTION).values(**row, use_no=_NEXT_NO)
    db.execute(keep, {"the_event": event, "the_ticket": ticket})
    _count(db, row, passage.people)


def _count(db: sa.Connection, passage: Mapping[Any, Any], people: int) -> None:
    place = counting.Place(passage["event"], day_of(passage["at"]), passage["gate"], passage["device"])
    counting.count(db, [counting.row_of(place, Passing(passage["direction"]), people)])


def _told_upstream(reference: str) -> str:
    """The reference of a passage that upstream knows by a line: here it is no line's, but decided. The line itself may
    still come, and must not count a second time."""
    return f"U-{reference.removeprefix(_BY_LINE)}" if reference.startswith(_BY_LINE) else reference


def _put_scan(db: sa.Connection, event: str, ticket: str, passage: PassageRow, reference: str) -> None:
    """The scan's answer, should the device repeat it here."""
    row = {
        "device": passage.device,
        "scan_id": passage.scan_id,
        "reference": reference,
        "event": event,
        "ticket": ticket,
        "gate": passage.gate,
        "direction": passage.direction.value,
        "asked_people": passage.asked_people,
        "asked_at": passage.at,
        "answered_at": passage.at,
        "reason": "ok",
        "admits": passage.admits,
    }
    db.execute(sa.insert(SCAN), row)
    note = {"device": passage.device, "scan_id": passage.scan_id, "what": "passage", "seq": None}
    db.execute(sa.insert(HUB_SCAN), note)
