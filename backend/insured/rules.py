"""Who is insured: a pure decision, in the order that docs/protocol.md gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from backend.api import EligibilityReason, State


class Standing(Enum):
    """Whether a member stands as they were registered."""

    VALID = "valid"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Member:
    """An insured person as the register knows them; ``born`` is yyyy, yyyy-mm or yyyy-mm-dd."""

    insurance_code: str = field(repr=False)
    id_number: str | None = field(repr=False)
    name: str = field(repr=False)
    born: str = field(repr=False)
    plan: str
    valid_from: date
    valid_to: date | None
    facility: str | None = None
    facility_name: str | None = None
    standing: Standing = Standing.VALID
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said about a person. ``shows_cover``: whether the plan and its dates belong into the answer."""

    state: State
    reason: EligibilityReason
    shows_cover: bool = False

    @property
    def knows_person(self) -> bool:
        """Whether it is certain enough who is meant to tell the registered name."""
        return self.reason not in _NOBODY


_NOBODY = frozenset({EligibilityReason.NOT_FOUND, EligibilityReason.BORN_DIFFERS, EligibilityReason.CODES_DIFFER})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question said about the person."""

    id_number: str | None = field(repr=False)
    born: str | None = field(repr=False)


def judge(asked: Asked, by_id: Member | None, by_code: Member | None, today: date) -> Judgement:
    """The decision about the person whom the ID number or the insurance code finds."""
    member = by_id or by_code
    if member is None:
        return Judgement(State.NOT_ELIGIBLE, EligibilityReason.NOT_FOUND)
    if _two_people(asked, by_id, by_code):
        return Judgement(State.UNKNOWN, EligibilityReason.CODES_DIFFER)
    if asked.born is not None and not _same_birth(asked.born, member.born):
        return Judgement(State.UNKNOWN, EligibilityReason.BORN_DIFFERS)
    if member.standing is Standing.CANCELLED:
        return Judgement(State.NOT_ELIGIBLE, EligibilityReason.CANCELLED)
    if member.standing is Standing.BLOCKED:
        return Judgement(State.CARD_INVALID, EligibilityReason.BLOCKED)
    if today < member.valid_from:
        return Judgement(State.NOT_ELIGIBLE, EligibilityReason.NOT_STARTED, shows_cover=True)
    if member.valid_to is not None and today > member.valid_to:
        return Judgement(State.NOT_ELIGIBLE, EligibilityReason.EXPIRED, shows_cover=True)
    return Judgement(State.ELIGIBLE, EligibilityReason.IN_FORCE, shows_cover=True)


def _two_people(asked: Asked, by_id: Member | None, by_code: Member | None) -> bool:
    if by_id is not None:
        return by_code is not None and by_code.insurance_code != by_id.insurance_code
    known = by_code.id_number if by_code is not None else None
    return known is not None and asked.id_number is not None and known != asked.id_number


def _same_birth(one: str, other: str) -> bool:
    """Whether two dates of birth agree as far as both are known."""
    return all(a == b for a, b in zip(one.split("-"), other.split("-"), strict=False))
