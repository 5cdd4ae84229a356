"""The tickets: each use is given away once and given back at most once; each device's scan is answered once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backend.api import Annulled, AnnulRequest, AnnulResponse, RedeemReason, RedeemRequest, RedeemResponse, Result
from backend.engine.sql import insert, row_of
from backend.references import new_reference
from backend.rules import SoldTicket, Standing, refusal
from backend.schema import ANNULMENT, PRODUCT, REDEMPTION, SCAN, TICKET

ANNUL_WITHIN = timedelta(minutes=15)
"""How long after its redemption an admission can be taken back, by the server's clock."""

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
_USES = sa.and_(REDEMPTION.c.event == sa.bindparam("the_event"), REDEMPTION.c.ticket == sa.bindparam("the_ticket"))
_FIRST_USE = sa.select(REDEMPTION).where(_USES).order_by(REDEMPTION.c.use_no).limit(1)
# Not the count of uses: an annulled one leaves a gap below those that came after it.
_NEXT_NO = sa.select(sa.func.coalesce(sa.func.max(REDEMPTION.c.use_no), 0) + 1).where(_USES).scalar_subquery()
_KEEP_USE = insert(REDEMPTION).values(
    event=sa.bindparam("the_event"),
    ticket=sa.bindparam("the_ticket"),
    use_no=_NEXT_NO,
    reference=sa.bindparam("the_reference"),
    gate=sa.bindparam("the_gate"),
    at=sa.bindparam("now"),
)
_GIVE_BACK = sa.update(TICKET).where(_THIS).values(uses=TICKET.c.uses - 1)
_FORGET_USE = sa.delete(REDEMPTION).where(_USES, REDEMPTION.c.reference == sa.bindparam("the_reference"))
_SAME_ANNULMENT = sa.select(ANNULMENT).where(
    ANNULMENT.c.device == sa.bindparam("the_device"), ANNULMENT.c.scan_id == sa.bindparam("the_scan")
)
_MARK_ANNULLED = (
    sa.update(SCAN)
    .where(SCAN.c.device == sa.bindparam("the_device"), SCAN.c.scan_id == sa.bindparam("the_scan"))
    .values(reason=RedeemReason.ANNULLED.value, admits=None)
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
    given = _given(db, device, question)
    if given is not None:
        return _stored(given)
    this = {"the_event": question.event, "the_ticket": question.ticket}
    here = {**this, "the_gate": question.gate, "now": now}
    used = db.execute(_USE_UP, here).scalar_one_or_none() is not None
    answer = _admitted(db, this, now) if used else _refused(db, this, question.gate, now)
    _record(db, device, question, answer)
    if used:
        db.execute(_KEEP_USE, {**here, "the_reference": answer.reference})
    return answer


def annul(db: sa.Connection, device: str, question: AnnulRequest, now: datetime) -> AnnulResponse:
    """Take back what this device's scan was given, once. Raises ScanIdReusedError.

    A scan that never came is refused should it still come: its request may be on the way, overtaken by this one.
    """
    same = {"the_device": device, "the_scan": question.scan_id}
    given = _given(db, device, question)
    told = db.execute(_SAME_ANNULMENT, same).one_or_none()
    if told is not None:
        return AnnulResponse(result=Annulled(told.result), answered_at=told.answered_at, reference=told.reference)
    result = Annulled.NOTHING
    if given is None:
        _record(db, device, question, _answer(RedeemReason.ANNULLED, now))
    elif given.reason == RedeemReason.OK:
        if now - given.answered_at > ANNUL_WITHIN:
            # Not kept: the admission stands, and a clock that was set back must not change what it was.
            return AnnulResponse(result=Annulled.TOO_LATE, answered_at=now, reference=new_reference("A"))
        this = {"the_event": question.event, "the_ticket": question.ticket}
        db.execute(_FORGET_USE, {**this, "the_reference": given.reference})
        db.execute(_GIVE_BACK, this)
        db.execute(_MARK_ANNULLED, same)
        result = Annulled.ANNULLED
    answer = AnnulResponse(result=result, answered_at=now, reference=new_reference("A"))
    kept = {"device": device, "scan_id": question.scan_id, "asked_at": question.asked_at}
    db.execute(insert(ANNULMENT), {**kept, **answer.model_dump(), "result": result.value})
    return answer


def _given(db: sa.Connection, device: str, question: RedeemRequest | AnnulRequest) -> sa.Row[Any] | None:
    """What this device's scan was answered before, if it was. Raises ScanIdReusedError for another question."""
    given = db.execute(_SAME_SCAN, {"the_device": device, "the_scan": question.scan_id}).one_or_none()
    if given is not None and (given.event, given.ticket, given.gate) != (
        question.event,
        question.ticket,
        question.gate,
    ):
        raise ScanIdReusedError
    return given


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


def _record(db: sa.Connection, device: str, question: RedeemRequest | AnnulRequest, answer: RedeemResponse) -> None:
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
