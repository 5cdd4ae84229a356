"""An invented visit to hand over, and its receivers: what a hospital's system would see of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from config.schema import Settings
from crypto.civil import PartialDate, Sex
from crypto.id_number import IdNumber
from terminal.handing import Field, Handed, handed_of
from terminal.model import (
    Cover,
    DataSource,
    Eligibility,
    EligibilityAnswer,
    Message,
    Outcome,
    Person,
    Source,
    Verdict,
)
from terminal.view import Result

AT = datetime(2026, 11, 22, 1, 30, 5, tzinfo=UTC)
AS_OF = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)

PERSON = Person(
    source=DataSource.CHIP,
    id_number=IdNumber("003090123450"),
    name="NGUYỄN VĂN THỬ NGHIỆM",
    born=PartialDate(1990, 11, 20),
    sex=Sex.FEMALE,
    address="Số 1 Đường Thử, Phường Giả Định, Hà Nội",
    insurance_code="0030000001",
)
COVER = Cover("GD4010030000001", "80 %", date(2026, 1, 2), date(2026, 12, 31), facility="01C54")
ANSWER = EligibilityAnswer(
    Eligibility.ELIGIBLE, "in_force", AT, "E-77", cover=COVER, registered_name="NGUYỄN VĂN THỬ", note="hẹn khám lại"
)

TRACES = {
    Field.ID_NUMBER: ("003090123450", "123450"),
    Field.NAME: ("NGUYỄN", "NGHIỆM"),
    Field.BORN: ("1990-11-20", "19901120"),
    Field.SEX: ("female", "GIOI_TINH", "|F|", "|F\rPV1"),
    Field.ADDRESS: ("Đường Thử",),
    Field.INSURANCE_CODE: ("0030000001", "GD4"),
    Field.BENEFIT: ("80 %",),
    Field.VALID_FROM: ("2026-01-02", "20260102"),
    Field.VALID_TO: ("2026-12-31", "20261231"),
    Field.FACILITY: ("01C54",),
    Field.OUTCOME: ("outcome", "OUTCOME", "allow"),
    Field.METHOD: ("CHIP_CCCD", "METHOD", "method"),
    Field.REFERENCE: ("E-77", "REFERENCE"),
    Field.PROOF: ("proof-9", "PROOF"),
}
"""By what each field of that visit would be noticed, in any of the forms."""

ALL = tuple(field.value for field in Field)


def result_of(person: Person | None = PERSON, answer: EligibilityAnswer | None = ANSWER) -> Result:
    """A yes about that person."""
    return Result(Verdict(Outcome.ALLOW, Message("title.ok.bhyt")), person, answer=answer)


def handed(result: Result | None = None, *, fields: tuple[str, ...] = ALL, settings: Settings, **named: Any) -> Handed:
    """What is handed over of it where the site chose these fields."""
    chosen = replace(settings, handover=replace(settings.handover, fields=fields))  # type: ignore[arg-type]
    given: dict[str, Any] = {"session": 7, "visit": "a1b2c3d4e5f6-7", "method": "CHIP_CCCD", "proof": "proof-9"} | named
    return handed_of(result or result_of(), chosen, at=AT, **({"simulated": False} | given))


def visit(number: int = 1, **changed: Any) -> Handed:
    """A visit as drivers get it; each number has its own session and visit id."""
    made = Handed(
        visit=f"a1b2c3d4e5f6-{number}",
        session=number,
        desk="reception",
        device="quay-3",
        at=AT,
        simulated=False,
        id_number="003090123450",
        name="NGUYỄN VĂN THỬ NGHIỆM",
        born=PartialDate(1990, 11, 20),
        sex=Sex.FEMALE,
        insurance_code="GD4010030000001",
        valid_from=date(2026, 1, 2),
        outcome=Outcome.ALLOW,
    )
    return replace(made, **changed)


def degraded(answer: EligibilityAnswer = ANSWER) -> EligibilityAnswer:
    """The same answer, kept for two days."""
    return replace(answer, source=Source.CACHE, as_of=AS_OF)
