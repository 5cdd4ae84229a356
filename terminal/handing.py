"""What the hospital's own system is told of a visit: the fields that the site chose, and nothing besides.

Three marks are always there, because no choice of fields may make a result look better than it is: whether a double
took part, whether the answer is the payer's word of now, and since when it is not (docs/handover.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import TypeVar

from config.schema import Settings
from crypto.civil import PartialDate, Sex
from terminal.clock import VIETNAM_TIME
from terminal.model import Cover, Eligibility, EligibilityAnswer, Outcome, Person, Source
from terminal.shown import visible
from terminal.view import Result

VERSION = 1
"""Of the JSON form. A field may be added; none changes its meaning."""

_LONGEST = 500

_T = TypeVar("_T")


class Field(Enum):
    """What a site may choose to hand over; the values of ``config.schema.HandedField``."""

    ID_NUMBER = "id_number"
    NAME = "name"
    BORN = "born"
    SEX = "sex"
    ADDRESS = "address"
    INSURANCE_CODE = "insurance_code"
    BENEFIT = "benefit"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    FACILITY = "facility"
    OUTCOME = "outcome"
    METHOD = "method"
    REFERENCE = "reference"
    PROOF = "proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """One visit's result for another system. None: not chosen by the site, or not known.

    ``visit`` is the scan id, the same in the journal and in the questions to the payer: a result that is handed over
    twice is the same one. ``at``: when it was decided, aware. ``degraded``: the answer is not the payer's word of now,
    but was kept since ``as_of`` or given by another. ``method``: the journal's word for what was presented.
    ``proof``: where the proof record is found.
    """

    visit: str
    session: int
    desk: str
    device: str
    at: datetime
    simulated: bool
    degraded: bool = False
    as_of: datetime | None = None
    id_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    born: PartialDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    insurance_code: str | None = field(default=None, repr=False)
    benefit: str | None = field(default=None, repr=False)
    valid_from: date | None = field(default=None, repr=False)
    valid_to: date | None = field(default=None, repr=False)
    facility: str | None = field(default=None, repr=False)
    outcome: Outcome | None = None
    method: str | None = None
    reference: str | None = None
    proof: str | None = None


def handed_of(
    result: Result,
    settings: Settings,
    *,
    session: int,
    visit: str,
    method: str,
    at: datetime,
    simulated: bool,
    proof: str | None = None,
) -> Handed:
    """What ``settings`` let out of a result. Texts come without marks that hide or turn letters."""
    let = _Choice(frozenset(settings.handover.fields))
    answer = result.answer if isinstance(result.answer, EligibilityAnswer) else None
    told = Handed(
        visit=visit,
        session=session,
        desk=settings.desk,
        device=settings.device,
        at=at,
        simulated=simulated,
        degraded=answer is not None and answer.source is not Source.ONLINE,
        as_of=answer.as_of if answer is not None and answer.source is not Source.ONLINE else None,
        outcome=let(Field.OUTCOME, result.verdict.outcome),
        method=let(Field.METHOD, method),
        reference=let(Field.REFERENCE, _clean(answer.reference if answer else None)),
        proof=let(Field.PROOF, proof),
    )
    return _with_cover(_with_person(told, result.person, answer, let), result.person, answer, let)


@dataclass(frozen=True, slots=True)
class _Choice:
    fields: frozenset[str]

    def __call__(self, name: Field, value: _T | None) -> _T | None:
        """The value, where the site chose its field."""
        return value if name.value in self.fields else None


def _with_person(told: Handed, person: Person | None, answer: EligibilityAnswer | None, let: _Choice) -> Handed:
    return replace(
        told,
        id_number=let(Field.ID_NUMBER, person.id_number.digits if person and person.id_number else None),
        name=let(Field.NAME, _clean(_name(person, answer))),
        born=let(Field.BORN, person.born if person else None),
        sex=let(Field.SEX, person.sex if person else None),
        address=let(Field.ADDRESS, _clean(person.address if person else None)),
    )


def _with_cover(told: Handed, person: Person | None, answer: EligibilityAnswer | None, let: _Choice) -> Handed:
    cover = _cover(answer)
    return replace(
        told,
        insurance_code=let(Field.INSURANCE_CODE, _clean(_insurance_code(person, answer))),
        benefit=let(Field.BENEFIT, _clean(cover.benefit if cover else None)),
        valid_from=let(Field.VALID_FROM, cover.valid_from if cover else None),
        valid_to=let(Field.VALID_TO, cover.valid_to if cover else None),
        facility=let(Field.FACILITY, _clean(cover.facility if cover else None)),
    )


def _cover(answer: EligibilityAnswer | None) -> Cover | None:
    """The cover of a yes. Of an expired or revoked card it would read like a yes where ``outcome`` was not chosen."""
    return answer.cover if answer is not None and answer.state is Eligibility.ELIGIBLE else None


def _name(person: Person | None, answer: EligibilityAnswer | None) -> str | None:
    """The card's name; of a number that was typed, the one under which the payer insures it."""
    if person is not None and person.name:
        return person.name
    return answer.registered_name if answer is not None and answer.state is Eligibility.ELIGIBLE else None


def _insurance_code(person: Person | None, answer: EligibilityAnswer | None) -> str | None:
    """The payer's code, else the presented one: it is recorded also where the patient is not insured."""
    if answer is not None and answer.cover is not None:
        return answer.cover.insurance_code
    return person.insurance_code if person else None


def _clean(text: str | None) -> str | None:
    return (visible(text)[:_LONGEST] or None) if text is not None else None


def as_json(handed: Handed) -> str:
    """The documented JSON form: one object on one line, UTF-8 letters as they are; what is None is not in it."""
    found = handed
    values: dict[str, object | None] = {
        "version": VERSION,
        "visit": found.visit,
        "desk": found.desk,
        "device": found.device,
        "at": _moment(found.at),
        "simulated": found.simulated,
        "degraded": found.degraded,
        "as_of": _moment(found.as_of) if found.as_of else None,
        "id_number": found.id_number,
        "name": found.name,
        "born": _partial(found.born) if found.born else None,
        "sex": found.sex.value if found.sex else None,
        "address": found.address,
        "insurance_code": found.insurance_code,
        "benefit": found.benefit,
        "valid_from": found.valid_from.isoformat() if found.valid_from else None,
        "valid_to": found.valid_to.isoformat() if found.valid_to else None,
        "facility": found.facility,
        "outcome": found.outcome.value if found.outcome else None,
        "method": found.method,
        "reference": found.reference,
        "proof": found.proof,
        "check_in": dict(check_in(found)),
    }
    present = {key: value for key, value in values.items() if value is not None}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


_SEXES = {Sex.MALE: "1", Sex.FEMALE: "2"}


def check_in(handed: Handed) -> Mapping[str, str]:
    """The fields of the check-in table (XML0) that a reception knows, by their names there and in their order.

    Decisions 130/QĐ-BYT, 4750/QĐ-BYT and 3176/QĐ-BYT: ``NGAY_SINH`` yyyyMMddHHmm with 00 for what is unknown,
    ``GIOI_TINH`` 1 male, 2 female, ``GT_THE_TU`` and ``GT_THE_DEN`` yyyyMMdd.
    """
    born, sex = handed.born, handed.sex
    values = {
        "HO_TEN": handed.name,
        "SO_CCCD": handed.id_number,
        "NGAY_SINH": f"{born.year:04}{born.month:02}{born.day:02}0000" if born else None,
        "GIOI_TINH": _SEXES[sex] if sex else None,
        "MA_THE_BHYT": handed.insurance_code,
        "MA_DKBD": handed.facility,
        "GT_THE_TU": f"{handed.valid_from:%Y%m%d}" if handed.valid_from else None,
        "GT_THE_DEN": f"{handed.valid_to:%Y%m%d}" if handed.valid_to else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _moment(when: datetime) -> str:
    """RFC 3339 in Vietnam's time, whatever the computer's zone is."""
    return when.astimezone(VIETNAM_TIME).isoformat(timespec="seconds")


def _partial(when: PartialDate) -> str:
    """ISO 8601 as far as it is known: yyyy, yyyy-MM or yyyy-MM-dd."""
    month = f"-{when.month:02}" if when.month else ""
    return f"{when.year:04}{month}" + (f"-{when.day:02}" if month and when.day else "")
