from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from backend.engine.store import Store
from backend.insured import register
from backend.insured.rules import Member, Standing
from backend.insured.tables import INQUIRY
from backend.sample import members
from tests.unit.backend.calls import NOW, Caller

_INSURED, _EXPIRED, _UNKNOWN = "003090123450", "003185000029", "003060000031"


def _change(store: Store, **more: Any) -> Member:
    changed = replace(members(NOW.date())[0], **more)
    with store.transaction() as db:
        register.add_members(db, [changed])
    return changed


def test_an_insured_person_gets_the_cover(caller: Caller) -> None:
    answer = caller.check(id_number=_INSURED, name="NGUYỄN VĂN THỬ NGHIỆM", born="1990-11-20")
    assert answer.pop("reference").startswith("E-")
    assert answer == {
        "state": "eligible",
        "reason": "in_force",
        "answered_at": "2026-11-22T08:30:00Z",
        "cover": {
            "insurance_code": "0030000001",
            "benefit": "80 %",
            "valid_from": "2026-01-01",
            "valid_to": "2026-12-31",
            "facility": "01000",
            "facility_name": "Bệnh viện Đa khoa Mẫu",
        },
        "registered_name": None,
        "note": None,
    }


@pytest.mark.parametrize("code", ["0030000001", "DN4010030000001"])
def test_both_forms_of_the_insurance_code_find_the_person(caller: Caller, code: str) -> None:
    answer = caller.check(insurance_code=code)
    assert (answer["reason"], answer["cover"]["insurance_code"]) == ("in_force", "0030000001")


def test_every_sample_person_is_insured_but_the_expired_and_the_unknown(caller: Caller) -> None:
    reasons = {person.id_number: caller.check(id_number=person.id_number)["reason"] for person in members(NOW.date())}
    assert len(reasons) == 8
    assert {number for number, reason in reasons.items() if reason != "in_force"} == {_EXPIRED}


def test_an_ended_insurance_says_when_it_ended(caller: Caller) -> None:
    answer = caller.check(id_number=_EXPIRED)
    assert (answer["state"], answer["reason"], answer["cover"]["valid_to"]) == (
        "not_eligible",
        "expired",
        "2025-12-31",
    )


def test_a_person_who_is_not_registered_is_not_eligible(caller: Caller) -> None:
    answer = caller.check(id_number=_UNKNOWN, name="Y THỬ HƠ'MẪU")
    assert (answer["state"], answer["reason"]) == ("not_eligible", "not_found")
    assert (answer["cover"], answer["registered_name"]) == (None, None)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (None, "Nguyễn Văn Thử Nghiệm"),
        ("Nguyễn Văn Khác", "Nguyễn Văn Thử Nghiệm"),
        ("nguyen van thu nghiem", None),
    ],
)
def test_the_registered_name_is_told_only_where_it_differs(caller: Caller, name: str | None, told: str | None) -> None:
    answer = caller.check(id_number=_INSURED, name=name)
    assert (answer["reason"], answer["registered_name"]) == ("in_force", told)


@pytest.mark.parametrize("born", ["1990", "1990-11", "1990-11-20"])
def test_a_birth_that_agrees_as_far_as_known_is_the_same(caller: Caller, born: str) -> None:
    assert caller.check(id_number=_INSURED, born=born)["reason"] == "in_force"


@pytest.mark.parametrize("born", ["1991", "1990-12", "1990-11-21"])
def test_another_birth_tells_nothing_of_the_registered_person(caller: Caller, born: str) -> None:
    answer = caller.check(id_number=_INSURED, born=born)
    assert (answer["state"], answer["reason"]) == ("unknown", "born_differs")
    assert (answer["cover"], answer["registered_name"], answer["note"]) == (None, None, None)


@pytest.mark.parametrize(("id_number", "code"), [(_INSURED, "0030000002"), (_UNKNOWN, "0030000001")])
def test_two_peoples_numbers_tell_nothing_of_either(caller: Caller, id_number: str, code: str) -> None:
    answer = caller.check(id_number=id_number, insurance_code=code)
    assert (answer["state"], answer["reason"]) == ("unknown", "codes_differ")
    assert (answer["cover"], answer["registered_name"]) == (None, None)


def test_an_unregistered_insurance_code_beside_a_known_number_does_not_matter(caller: Caller) -> None:
    assert caller.check(id_number=_INSURED, insurance_code="0039999999")["reason"] == "in_force"


def test_a_member_without_id_number_is_found_by_code(caller: Caller, store: Store) -> None:
    _change(store, id_number=None)
    assert caller.check(id_number=_UNKNOWN, insurance_code="0030000001")["reason"] == "in_force"


@pytest.mark.parametrize(
    ("change", "state", "reason", "covered"),
    [
        ({"standing": Standing.CANCELLED}, "not_eligible", "cancelled", False),
        ({"standing": Standing.BLOCKED}, "card_invalid", "blocked", False),
        ({"valid_from": date(2026, 11, 23)}, "not_eligible", "not_started", True),
        ({"valid_from": date(2026, 11, 22)}, "eligible", "in_force", True),
        ({"valid_to": date(2026, 11, 22)}, "eligible", "in_force", True),
        ({"valid_to": date(2026, 11, 21)}, "not_eligible", "expired", True),
        ({"valid_to": None}, "eligible", "in_force", True),
    ],
    ids=str,
)
def test_standing_and_dates_decide(
    caller: Caller, store: Store, change: dict[str, Any], state: str, reason: str, covered: bool
) -> None:
    _change(store, **change)
    answer = caller.check(id_number=_INSURED)
    assert (answer["state"], answer["reason"], answer["cover"] is not None) == (state, reason, covered)


def test_the_insurers_note_is_passed_on(caller: Caller, store: Store) -> None:
    _change(store, note="Đối chiếu giấy tờ")
    assert caller.check(id_number=_INSURED)["note"] == "Đối chiếu giấy tờ"


def test_every_answer_is_recorded_without_the_question(caller: Caller, store: Store) -> None:
    references = {
        caller.check(id_number=number, name="Ai Đó")["reference"] for number in (_INSURED, _INSURED, _UNKNOWN)
    }
    with store.transaction() as db:
        rows = db.execute(sa.select(INQUIRY)).all()
    assert {row.reference for row in rows} == references
    assert [row for row in rows if any(str(part) in {_INSURED, _UNKNOWN, "Ai Đó"} for part in row)] == []
