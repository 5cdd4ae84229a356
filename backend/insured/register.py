"""The insured: who is found, what is answered, and the record of the answer (never of the question's contents)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from backend.api import Cover, EligibilityRequest, EligibilityResponse
from backend.engine.sql import insert, row_of
from backend.insured.rules import Asked, Member, judge
from backend.insured.tables import INQUIRY, MEMBER, PLAN
from backend.references import new_reference
from crypto.codes.citizen_id import fold_name
from crypto.tickets.rules import day_of


def add_plans(db: sa.Connection, plans: Iterable[tuple[str, str]]) -> None:
    """Insurance plans and their benefit in words; known ones are replaced."""
    for plan, benefit in plans:
        row = {"plan": plan, "benefit": benefit}
        db.execute(insert(PLAN).values(row).on_conflict_do_update(index_elements=["plan"], set_=row))


def add_members(db: sa.Connection, members: Iterable[Member]) -> None:
    """Members of known plans; the one with the same insurance code is replaced."""
    for member in members:
        row = row_of(member)
        db.execute(insert(MEMBER).values(row).on_conflict_do_update(index_elements=["insurance_code"], set_=row))


def check(db: sa.Connection, device: str, question: EligibilityRequest, now: datetime) -> EligibilityResponse:
    """The answer about a person at ``now``, recorded under its reference."""
    number = question.insurance_code[-10:] if question.insurance_code else None
    by_id = _find(db, MEMBER.c.id_number, question.id_number)
    by_code = _find(db, MEMBER.c.insurance_code, number)
    judgement = judge(Asked(question.id_number, question.born), by_id, by_code, day_of(now))
    known = (by_id or by_code) if judgement.knows_person else None
    answer = EligibilityResponse(
        state=judgement.state,
        reason=judgement.reason,
        answered_at=now,
        reference=new_reference("E"),
        cover=_cover(db, known) if known and judgement.shows_cover else None,
        registered_name=_other_name(known, question.name),
        note=known.note if known else None,
    )
    db.execute(
        insert(INQUIRY).values(
            reference=answer.reference,
            device=device,
            scan_id=question.scan_id,
            answered_at=now,
            reason=answer.reason.value,
            insurance_code=known.insurance_code if known else None,
        )
    )
    return answer


def _find(db: sa.Connection, key: sa.Column[str], value: str | None) -> Member | None:
    if value is None:
        return None
    row = db.execute(sa.select(MEMBER).where(key == value)).one_or_none()
    return Member(**row._mapping) if row is not None else None


def _cover(db: sa.Connection, member: Member) -> Cover:
    benefit = db.execute(sa.select(PLAN.c.benefit).where(PLAN.c.plan == member.plan)).scalar_one()
    return Cover(
        insurance_code=member.insurance_code,
        benefit=benefit,
        valid_from=member.valid_from,
        valid_to=member.valid_to,
        facility=member.facility,
        facility_name=member.facility_name,
    )


def _other_name(member: Member | None, asked: str | None) -> str | None:
    """The registered name, where it tells the desk something that the question did not."""
    if member is None or (asked is not None and fold_name(asked) == fold_name(member.name)):
        return None
    return member.name
