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
    same_scan = sa.and_(SCAN.c.device == device, SCAN.c.scan_id == question.scan_id)
    given = db.execute(sa.select(SCAN).where(same_scan)).one_or_none()
    if given is not None:
        if (given.event, given.ticket, given.gate) != (question.event, question.ticket, question.gate):
            raise ScanIdReusedError
        return _stored(given)
    use_no = _use_up(db, question, now)
    answer = _admitted(db, question, now) if use_no else _refused(db, question, now)
    _record(db, device, question, answer)
    if use_no:
        use = {"use_no": use_no, "reference": answer.reference, "gate": question.gate, "at": now}
        db.execute(insert(REDEMPTION).values(event=question.event, ticket=question.ticket, **use))
    return answer


def _use_up(db: sa.Connection, question: RedeemRequest, now: datetime) -> int | None:
    """The number of the use that this scan got, or None. This one conditional update decides who is first."""
    update = (
        sa.update(TICKET)
        .where(
            TICKET.c.event == question.event,
            TICKET.c.ticket == question.ticket,
            TICKET.c.standing == Standing.VALID,
            TICKET.c.valid_from <= now,
            TICKET.c.valid_to > now,
            sa.or_(TICKET.c.gate.is_(None), TICKET.c.gate == question.gate),
            TICKET.c.paid,
            TICKET.c.uses < TICKET.c.max_uses,
        )
        .values(uses=TICKET.c.uses + 1)
        .returning(TICKET.c.uses)
    )
    return db.execute(update).scalar_one_or_none()


def _ticket(db: sa.Connection, question: RedeemRequest) -> SoldTicket | None:
    this = sa.and_(TICKET.c.event == question.event, TICKET.c.ticket == question.ticket)
    row = db.execute(sa.select(TICKET).where(this)).one_or_none()
    return SoldTicket(**row._mapping) if row is not None else None


def _admitted(db: sa.Connection, question: RedeemRequest, now: datetime) -> RedeemResponse:
    query = (
        sa.select(TICKET.c.admits, sa.func.coalesce(PRODUCT.c.audience, TICKET.c.product).label("audience"))
        .select_from(TICKET)
        .outerjoin(PRODUCT, sa.and_(PRODUCT.c.event == TICKET.c.event, PRODUCT.c.product == TICKET.c.product))
        .where(TICKET.c.event == question.event, TICKET.c.ticket == question.ticket)
    )
    row = db.execute(query).one()
    return _answer(RedeemReason.OK, now, admits=f"{row.admits} {row.audience}")


def _refused(db: sa.Connection, question: RedeemRequest, now: datetime) -> RedeemResponse:
    reason = refusal(_ticket(db, question), question.gate, now)
    if reason is None:
        raise RuntimeError("the update refused a ticket that the rules admit")
    if reason is not RedeemReason.USED:
        return _answer(reason, now)
    first = db.execute(
        sa.select(REDEMPTION).where(
            REDEMPTION.c.event == question.event, REDEMPTION.c.ticket == question.ticket, REDEMPTION.c.use_no == 1
        )
    ).one()
    return _answer(reason, now, used_at=first.at, used_place=first.gate)


def _answer(reason: RedeemReason, now: datetime, **more: Any) -> RedeemResponse:
    rest: dict[str, Any] = {"admits": None, "used_at": None, "used_place": None} | more
    result = Result.ADMITTED if reason is RedeemReason.OK else Result.REFUSED
    return RedeemResponse(result=result, reason=reason, answered_at=now, reference=new_reference("R"), **rest)


def _record(db: sa.Connection, device: str, question: RedeemRequest, answer: RedeemResponse) -> None:
    asked = question.model_dump()
    given = answer.model_dump(exclude={"result"}) | {"reason": answer.reason.value}
    db.execute(insert(SCAN).values(device=device, **asked, **given))


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
