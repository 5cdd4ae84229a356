"""The tickets: each use is given away once, and each device's scan is answered once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from backend.api import RedeemReason, RedeemRequest, RedeemResponse, Result
from backend.rules import SoldTicket, Standing, refusal
from backend.schema import PRODUCT, REDEMPTION, SCAN, TICKET
from backend.store import new_reference, row_of

# Statements are built once: building them costs more than running them.
_THIS = sa.and_(TICKET.c.event == sa.bindparam("the_event"), TICKET.c.ticket == sa.bindparam("the_ticket"))
_SAME_SCAN = sa.select(SCAN).where(
    SCAN.c.device == sa.bindparam("the_device"), SCAN.c.scan_id == sa.bindparam("the_scan")
)
_TICKET = sa.select(TICKET).where(_THIS)
_ADMITS = (
    sa.select(TICKET.c.admits, sa.func.coalesce(PRODUCT.c.audience, TICKET.c.product).label("audience"))
    .select_from(TICKET)
    .outerjoin(PRODUCT, sa.and_(PRODUCT.c.event == TICKET.c.event, PRODUCT.c.product == TICKET.c.product))
    .where(_THIS)
)
_FIRST_USE = sa.select(REDEMPTION).where(
    REDEMPTION.c.event == sa.bindparam("the_event"),
    REDEMPTION.c.ticket == sa.bindparam("the_ticket"),
    REDEMPTION.c.use_no == 1,
)
# This one conditional update decides who is first; rules.refusal says why it did not find the ticket.
_USE_UP = (
    sa.update(TICKET)
    .where(
        _THIS,
        TICKET.c.standing == Standing.VALID,
        TICKET.c.valid_from <= sa.bindparam("now"),
        TICKET.c.valid_to > sa.bindparam("now"),
        sa.or_(TICKET.c.gate.is_(None), TICKET.c.gate == sa.bindparam("the_gate")),
        TICKET.c.paid,
        TICKET.c.uses < TICKET.c.max_uses,
    )
    .values(uses=TICKET.c.uses + 1)
    .returning(TICKET.c.uses)
)


class ScanIdReusedError(Exception):
    """This device has used this scan id for another question."""


def add_product(db: sa.Connection, event: str, product: str, audience: str) -> None:
    """A ticket product and for whom it is (``người lớn``); a known one is replaced."""
    row = {"event": event, "product": product, "audience": audience}
    db.execute(insert(PRODUCT).values(row).on_conflict_do_update(index_elements=["event", "product"], set_=row))


def add_tickets(db: sa.Connection, tickets: Iterable[SoldTicket]) -> None:
    """Tickets; one that is there already is left as it is, its uses too."""
    for ticket in tickets:
        db.execute(insert(TICKET).values(row_of(ticket)).on_conflict_do_nothing())


def redeem(db: sa.Connection, device: str, question: RedeemRequest, now: datetime) -> RedeemResponse:
    """The one answer to this device's scan: made now, or the stored one of a repetition. Raises ScanIdReusedError."""
    given = db.execute(_SAME_SCAN, {"the_device": device, "the_scan": question.scan_id}).one_or_none()
    if given is not None:
        if (given.event, given.ticket, given.gate) != (question.event, question.ticket, question.gate):
            raise ScanIdReusedError
        return _stored(given)
    this = {"the_event": question.event, "the_ticket": question.ticket}
    use_no = db.execute(_USE_UP, {**this, "the_gate": question.gate, "now": now}).scalar_one_or_none()
    answer = _admitted(db, this, now) if use_no else _refused(db, this, question.gate, now)
    _record(db, device, question, answer)
    if use_no:
        use = {"use_no": use_no, "reference": answer.reference, "gate": question.gate, "at": now}
        db.execute(insert(REDEMPTION), {"event": question.event, "ticket": question.ticket, **use})
    return answer


def _admitted(db: sa.Connection, this: dict[str, str], now: datetime) -> RedeemResponse:
    row = db.execute(_ADMITS, this).one()
    return _answer(RedeemReason.OK, now, admits=f"{row.admits} {row.audience}")


def _refused(db: sa.Connection, this: dict[str, str], gate: str, now: datetime) -> RedeemResponse:
    row = db.execute(_TICKET, this).one_or_none()
    reason = refusal(SoldTicket(**row._mapping) if row is not None else None, gate, now)
    if reason is None:
        raise RuntimeError("the update refused a ticket that the rules admit")
    if reason is not RedeemReason.USED:
        return _answer(reason, now)
    first = db.execute(_FIRST_USE, this).one()
    return _answer(reason, now, used_at=first.at, used_place=first.gate)


def _answer(reason: RedeemReason, now: datetime, **more: Any) -> RedeemResponse:
    rest: dict[str, Any] = {"admits": None, "used_at": None, "used_place": None} | more
    result = Result.ADMITTED if reason is RedeemReason.OK else Result.REFUSED
    return RedeemResponse(result=result, reason=reason, answered_at=now, reference=new_reference("R"), **rest)


def _record(db: sa.Connection, device: str, question: RedeemRequest, answer: RedeemResponse) -> None:
    asked = question.model_dump()
    given = answer.model_dump(exclude={"result"}) | {"reason": answer.reason.value}
    db.execute(insert(SCAN), {"device": device, **asked, **given})


def _stored(row: sa.Row[Any]) -> RedeemResponse:
    reason = RedeemReason(row.reason)
    return RedeemResponse(
        result=Result.ADMITTED if reason is RedeemReason.OK else Result.REFUSED,
        reason=reason,
        answered_at=row.answered_at,
        reference=row.reference,
        admits=row.admits,
        used_at=row.used_at,
        used_place=row.used_place,
    )
