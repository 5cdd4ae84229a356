"""An admission is taken back: nobody went through."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from backend.api import Annulled, AnnulRequest, AnnulResponse, RedeemReason
from backend.engine.errors import TryAgainError
from backend.references import new_reference
from backend.tickets import counting, crowding
from backend.tickets.merging import merge
from backend.tickets.redeeming import bury, check_same_ticket, scan_of
from backend.tickets.tables import ANNULMENT, CONFLICT, LINE, REDEMPTION, SCAN
from crypto.tickets.rules import Passing, day_of

ANNUL_WITHIN = timedelta(minutes=15)
"""How long after its redemption an admission can be taken back, by the server's clock."""

_SAME_ANNULMENT = sa.select(ANNULMENT).where(
    ANNULMENT.c.device == sa.bindparam("the_device"), ANNULMENT.c.scan_id == sa.bindparam("the_scan")
)
_MARK_ANNULLED = (
    sa.update(SCAN)
    .where(
        SCAN.c.device == sa.bindparam("the_device"),
        SCAN.c.scan_id == sa.bindparam("the_scan"),
        SCAN.c.reason == RedeemReason.OK.value,
    )
    .values(reason=RedeemReason.ANNULLED.value, admits=None, people=None, remaining=None, attention=None)
    .returning(SCAN.c.scan_id)
)
_FORGET = (
    sa.delete(REDEMPTION)
    .where(
        REDEMPTION.c.event == sa.bindparam("the_event"),
        REDEMPTION.c.ticket == sa.bindparam("the_ticket"),
        REDEMPTION.c.reference == sa.bindparam("the_reference"),
    )
    .returning(REDEMPTION.c.people)
)
_LINE = sa.select(LINE).where(
    LINE.c.asker == sa.bindparam("the_device"), LINE.c.scan_id == sa.bindparam("the_scan"), LINE.c.stands
)
_FALL = (
    sa.update(LINE)
    .where(LINE.c.device == sa.bindparam("the_device"), LINE.c.seq == sa.bindparam("the_seq"))
    .values(stands=False, people=0)
)
_FORGET_CONFLICT = sa.delete(CONFLICT).where(
    CONFLICT.c.device == sa.bindparam("the_device"), CONFLICT.c.seq == sa.bindparam("the_seq")
)
_KEEP = sa.insert(ANNULMENT).inline()


def annul(db: sa.Connection, device: str, question: AnnulRequest, now: datetime) -> AnnulResponse:
    """Take back what this device's scan was given, once. Raises ScanIdReusedError.

    A scan that never came is refused should it still come: its request may be on the way, overtaken by this one.
    """
    same = {"the_device": device, "the_scan": question.scan_id}
    given = scan_of(db, device, question.scan_id)
    if given is not None:
        check_same_ticket(given, question)
    told = db.execute(_SAME_ANNULMENT, same).one_or_none()
    if told is not None:
        return AnnulResponse(result=Annulled(told.result), answered_at=told.answered_at, reference=told.reference)
    result = Annulled.NOTHING
    if given is None:
        bury(db, device, question, now)
    elif given.reason == RedeemReason.OK:
        if now - given.answered_at > ANNUL_WITHIN:
            # Not kept: the admission stands, and a clock that was set back must not change what it was.
            return AnnulResponse(result=Annulled.TOO_LATE, answered_at=now, reference=new_reference("A"))
        take_back(db, given, now)
        crowding.settle(db, given.event)
        result = Annulled.ANNULLED
    answer = AnnulResponse(result=result, answered_at=now, reference=new_reference("A"))
    kept = {"device": device, "scan_id": question.scan_id, "asked_at": question.asked_at}
    db.execute(_KEEP, {**kept, **answer.model_dump(), "result": result.value})
    return answer


def take_back(db: sa.Connection, scan: sa.Row[Any], now: datetime) -> None:
    """Undo an admitted scan, and the line of the device's ledger that told of it, if one did."""
    this = {"the_device": scan.device, "the_scan": scan.scan_id}
    if db.execute(_MARK_ANNULLED, this).one_or_none() is None:
        raise TryAgainError  # taken back by somebody else since it was read
    line = standing(db, scan.device, scan.scan_id)
    if line is not None:
        fall(db, line)
    about = {"the_event": scan.event, "the_ticket": scan.ticket, "the_reference": scan.reference}
    passed = db.execute(_FORGET, about).one_or_none()
    if line is None:
        place = counting.Place(scan.event, day_of(scan.answered_at), scan.gate, scan.device)
        people = passed.people if passed is not None else scan.asked_people or 1
        counting.count(db, [counting.row_of(place, Passing(scan.direction), -people)])
    if scan.ticket:
        merge(db, scan.event, [scan.ticket], now)


def standing(db: sa.Connection, asker: str, scan_id: str) -> sa.Row[Any] | None:
    """The line that tells of a device's scan and stands, if one does."""
    return db.execute(_LINE, {"the_device": asker, "the_scan": scan_id}).one_or_none()


def fall(db: sa.Connection, line: sa.Row[Any]) -> None:
    """A line stands no longer: nobody went through. Its ticket is to be merged afterwards."""
    this = {"the_device": line.device, "the_seq": line.seq}
    db.execute(_FALL, this)
    db.execute(_FORGET_CONFLICT, this)
    if line.people:
        way = Passing.EXIT if line.kind == "exit" else Passing.ENTRY
        place = counting.Place(line.event, day_of(line.at), line.gate, line.device)
        counting.count(db, [counting.row_of(place, way, -line.people)])
