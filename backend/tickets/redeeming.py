"""A scan at a gate that asks the server: each use is given away once, and each device's scan is answered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backend.api import AnnulRequest, RedeemReason, RedeemRequest, RedeemResponse, Result
from backend.engine.errors import TryAgainError
from backend.engine.prepared import Prepared, together
from backend.references import new_reference
from backend.tickets import changes, counting, sold
from backend.tickets.tables import HOLDER, REDEMPTION, SCAN
from crypto.tickets.rules import Passage, Passing, Refusal, Standing, after, day_of, left_of, passage, refusal

# Statements are built once: building them costs more than running them.
_SAME_SCAN = Prepared(
    sa.select(SCAN).where(SCAN.c.device == sa.bindparam("the_device"), SCAN.c.scan_id == sa.bindparam("the_scan"))
)
_BOUND = Prepared(
    sa.select(HOLDER.c.ticket).where(
        HOLDER.c.event == sa.bindparam("the_event"), HOLDER.c.mark == sa.bindparam("the_mark")
    )
)
_USES = sa.and_(
    REDEMPTION.c.event == sa.bindparam("the_event"),
    REDEMPTION.c.ticket == sa.bindparam("the_ticket"),
)
_FIRST_USE = Prepared(
    sa.select(REDEMPTION).where(_USES, REDEMPTION.c.uses > 0).order_by(REDEMPTION.c.at, REDEMPTION.c.use_no).limit(1)
)
# Not the count of passages: an annulled one leaves a gap below those that came after it.
_NEXT_NO = sa.select(sa.func.coalesce(sa.func.max(REDEMPTION.c.use_no), 0) + 1).where(_USES).scalar_subquery()
_KEEP_PASSAGE = Prepared(
    sa.insert(REDEMPTION)
    .values(
        event=sa.bindparam("the_event"),
        ticket=sa.bindparam("the_ticket"),
        use_no=_NEXT_NO,
        **{
            name: sa.bindparam(f"its_{name}")
            for name in ("reference", "device", "gate", "at", "direction", "people", "uses", "moved")
        },
    )
    .inline()
)
_KEEP_SCAN = Prepared(sa.insert(SCAN).inline())
_BURY = sa.insert(SCAN).inline()


BY_LINE = "L"
"""The kind of reference of a scan that a line of a ledger told of before its request came."""


class ScanIdReusedError(Exception):
    """This device has used this scan id for another question."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The ticket that is meant, or why none is."""

    ticket: sold.Kept | None
    why_none: Refusal = Refusal.UNKNOWN


def redeem(
    db: sa.Connection, device: str, question: RedeemRequest, now: datetime, holder: bytes | None = None
) -> RedeemResponse:
    """The one answer to this device's scan: made now, or the stored one of a repetition.

    ``holder``: the mark of the question's ID number, where it has one. Raises ScanIdReusedError, TryAgainError.
    """
    with together(db):
        asked = _SAME_SCAN.sent(db, {"the_device": device, "the_scan": question.scan_id})
        found = _find(db, question, holder, now)
        given = asked.first()
        if given is not None:
            _check_same(given, question, holder)
            return _stored(given)
        answer, passed = _decide(db, question, found, now)
        ticket = found.ticket
        change = None
        if ticket is not None and passed is not None:
            change = sold.put(db, ticket, after(ticket.state, ticket.product, passed))
        _record(db, device, question, answer, ticket.ticket if ticket else question.ticket or "", holder)
        if passed is not None:
            _keep(db, device, question, ticket, passed, answer)
        if change is not None and change.first() is None:
            raise TryAgainError  # somebody else changed the ticket between our look and our update
    return answer


def scan_of(db: sa.Connection, device: str, scan_id: str) -> Any:
    """What this device's scan was answered before, if it was."""
    return _SAME_SCAN.first(db, {"the_device": device, "the_scan": scan_id})


def check_same_ticket(given: Any, question: RedeemRequest | AnnulRequest) -> None:
    """Raises ScanIdReusedError when the scan was about another ticket or gate."""
    same = (given.event, given.gate) == (question.event, question.gate)
    if not same or (question.ticket is not None and given.ticket != question.ticket):
        raise ScanIdReusedError


def bury(db: sa.Connection, device: str, question: AnnulRequest, now: datetime) -> None:
    """A scan that never came will be refused, should it still come."""
    row = {
        "device": device,
        "scan_id": question.scan_id,
        "reference": new_reference("R"),
        "event": question.event,
        "ticket": question.ticket or "",
        "gate": question.gate,
        "asked_at": question.asked_at,
        "answered_at": now,
        "reason": RedeemReason.ANNULLED.value,
    }
    db.execute(_BURY, row)


def _check_same(given: Any, question: RedeemRequest, holder: bytes | None) -> None:
    if given.ticket == "" and given.holder is None and given.reason == RedeemReason.ANNULLED:
        return  # annulled before it came, by somebody who knew the card and not its ticket
    check_same_ticket(given, question)
    if given.reference.startswith(f"{BY_LINE}-"):
        return  # the line says how many went in, not how many were asked for
    asked = (question.direction, question.people, holder)
    if asked != (given.direction, given.asked_people, given.holder):
        raise ScanIdReusedError


def _find(db: sa.Connection, question: RedeemRequest, holder: bytes | None, now: datetime) -> _Found:
    if holder is None:
        return _Found(sold.kept(db, question.event, question.ticket or "", question.gate))
    names = [row.ticket for row in _BOUND.rows(db, {"the_event": question.event, "the_mark": holder})]
    bound = [sold.kept(db, question.event, name, question.gate) for name in sorted(names)]
    return _of_holder([each for each in bound if each is not None], question, now)


def _of_holder(bound: Sequence[sold.Kept], question: RedeemRequest, now: datetime) -> _Found:
    """The card's ticket of today: the only one, or the only one of them that admits."""
    way = Passing(question.direction)
    today = [each for each in bound if _is_of_today(each, now)]
    if way is Passing.EXIT:
        today = [each for each in today if each.state.inside][:1] or today[:1]
    if not today:
        return _Found(None, Refusal.HOLDER_UNKNOWN)
    if len(today) == 1:
        return _Found(today[0])
    open_for = [
        each for each in today if refusal(each.state, each.product, question.gate, way, question.people, now) is None
    ]
    if len(open_for) > 1:
        return _Found(None, Refusal.AMBIGUOUS)
    return _Found(open_for[0] if open_for else today[0])


def _is_of_today(ticket: sold.Kept, now: datetime) -> bool:
    state = ticket.state
    if state.standing is not Standing.VALID or state.valid_to <= state.valid_from:
        return False
    return day_of(state.valid_from) <= day_of(now) and now < state.valid_to


def _decide(
    db: sa.Connection, question: RedeemRequest, found: _Found, now: datetime
) -> tuple[RedeemResponse, Passage | None]:
    way, ticket = Passing(question.direction), found.ticket
    if ticket is None:
        if way is Passing.ENTRY:
            return _refused(found.why_none, now), None
        passed = passage(None, None, way, question.people, now)
        return _answer(RedeemReason.OK, now), passed
    room = _room(db, ticket, now) if way is Passing.ENTRY else None
    reason = refusal(ticket.state, ticket.product, question.gate, way, question.people, now, room=room)
    if reason is not None:
        return _refused(reason, now, _first_use(db, ticket) if reason is Refusal.USED else None), None
    passed = passage(ticket.state, ticket.product, way, question.people, now)
    group = ticket.product.splits
    return _answer(
        RedeemReason.OK,
        now,
        admits=sold.text_of(ticket.product, passed),
        people=passed.people if group else None,
        left=left_of(after(ticket.state, ticket.product, passed), ticket.product),
        attention=ticket.product.attention,
    ), passed


def _room(db: sa.Connection, ticket: sold.Kept, now: datetime) -> int | None:
    if ticket.zone is None or ticket.capacity is None:
        return None
    return ticket.capacity - counting.inside_zone(db, ticket.event, ticket.zone, day_of(now))


def _first_use(db: sa.Connection, ticket: sold.Kept) -> Any:
    return _FIRST_USE.first(db, {"the_event": ticket.event, "the_ticket": ticket.ticket})


def _keep(
    db: sa.Connection,
    device: str,
    question: RedeemRequest,
    ticket: sold.Kept | None,
    passed: Passage,
    answer: RedeemResponse,
) -> None:
    """Count the people, and keep who had which use."""
    place = counting.Place(question.event, passed.day, question.gate, device)
    counting.count(db, [counting.row_of(place, passed.direction, passed.people)])
    if ticket is not None:
        changes.tell(db, ticket.event, changes.Changed.TICKET, [ticket.ticket], answer.answered_at)
        _keep_passage(db, device, question, ticket, passed, answer)


def _keep_passage(
    db: sa.Connection,
    device: str,
    question: RedeemRequest,
    ticket: sold.Kept,
    passed: Passage,
    answer: RedeemResponse,
) -> None:
    row = {
        "the_event": ticket.event,
        "the_ticket": ticket.ticket,
        "its_reference": answer.reference,
        "its_device": device,
        "its_gate": question.gate,
        "its_at": answer.answered_at,
        "its_direction": passed.direction.value,
        "its_people": passed.people,
        "its_uses": passed.uses,
        "its_moved": passed.moved,
    }
    _KEEP_PASSAGE.run(db, row)


def _refused(reason: Refusal, now: datetime, first: Any = None) -> RedeemResponse:
    if first is None:
        return _answer(RedeemReason(reason.value), now)
    return _answer(RedeemReason(reason.value), now, used_at=first.at, used_place=first.gate)


def _answer(reason: RedeemReason, now: datetime, **more: Any) -> RedeemResponse:
    names = ("admits", "used_at", "used_place", "people", "left", "attention")
    rest: dict[str, Any] = dict.fromkeys(names) | more
    result = Result.ADMITTED if reason is RedeemReason.OK else Result.REFUSED
    return RedeemResponse(result=result, reason=reason, answered_at=now, reference=new_reference("R"), **rest)


def _record(
    db: sa.Connection,
    device: str,
    question: RedeemRequest,
    answer: RedeemResponse,
    ticket: str,
    holder: bytes | None,
) -> None:
    row = {
        "device": device,
        "scan_id": question.scan_id,
        "reference": answer.reference,
        "event": question.event,
        "ticket": ticket,
        "holder": holder,
        "gate": question.gate,
        "direction": question.direction.value,
        "asked_people": question.people,
        "asked_at": question.asked_at,
        "answered_at": answer.answered_at,
        "reason": answer.reason.value,
        "admits": answer.admits,
        "used_at": answer.used_at,
        "used_place": answer.used_place,
        "people": answer.people,
        "remaining": answer.left,
        "attention": answer.attention,
    }
    _KEEP_SCAN.run(db, row)


def _stored(row: Any) -> RedeemResponse:
    reason = RedeemReason(row.reason)
    return RedeemResponse(
        result=Result.ADMITTED if reason is RedeemReason.OK else Result.REFUSED,
        reason=reason,
        answered_at=row.answered_at,
        reference=row.reference,
        admits=row.admits,
        used_at=row.used_at,
        used_place=row.used_place,
        people=row.people,
        left=row.remaining,
        attention=row.attention,
    )
