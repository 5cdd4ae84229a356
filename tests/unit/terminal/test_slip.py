"""What stands on a slip, and what never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from crypto.civil import PartialDate, Sex
from crypto.id_number import IdNumber
from terminal.messages import LANGUAGES, say
from terminal.model import (
    Cover,
    DataSource,
    Eligibility,
    EligibilityAnswer,
    Message,
    Outcome,
    Person,
    RedeemAnswer,
    Redeemed,
    Verdict,
)
from terminal.outputs import Slip
from terminal.slip import slip_of
from terminal.view import Result

NOW = datetime(2026, 11, 21, 20, 5, tzinfo=UTC)  # in Vietnam the day after
NUMBER = IdNumber("003090123450")
PERSON = Person(DataSource.CHIP, NUMBER, "NGUYỄN VĂN THỬ NGHIỆM", PartialDate(1990, 11, 20), Sex.MALE, "Số 1, Phố Mẫu")
COVER = Cover("0030000001", "80% (mức 4)", date(2026, 1, 1), date(2026, 12, 31), "01C54", "Trạm Y tế Giả Định")
ANSWER = EligibilityAnswer(Eligibility.ELIGIBLE, "in_force", NOW, "a1b2c3", COVER, "TRẦN THỊ KHÁC", "ghi chú nội bộ")
ALLOW = Result(Verdict(Outcome.ALLOW, Message("title.ok.bhyt")), PERSON, None, ANSWER)


def _slip(result: Result, *, language: str = "vi", simulated: bool = False) -> Slip:
    return slip_of(result, place="Quầy 3", language=language, now=NOW, simulated=simulated)


def _decided(outcome: Outcome, key: str, **rest: object) -> Result:
    return replace(ALLOW, verdict=replace(ALLOW.verdict, outcome=outcome, title=Message.of(key), **rest))  # type: ignore[arg-type]


def _texts(slip: Slip) -> str:
    return "\n".join([slip.title, slip.place, slip.foot, *(f"{label}\t{value}" for label, value in slip.rows)])


def test_a_patient_takes_along_who_they_are_and_how_they_are_insured() -> None:
    slip = _slip(ALLOW)
    assert slip.title == "ĐƯỢC HƯỞNG BHYT"
    assert slip.place == "Quầy 3"
    assert slip.rows == (
        ("Họ và tên", "NGUYỄN VĂN THỬ NGHIỆM"),
        ("Ngày sinh", "20/11/1990"),
        ("Số định danh", "003 090 ••••••"),
        ("Mã thẻ BHYT", "0030000001"),
        ("Mức hưởng", "80% (mức 4)"),
        ("Giá trị đến", "31/12/2026"),
        ("Nơi đăng ký ban đầu", "Trạm Y tế Giả Định · 01C54"),
        ("Số tham chiếu", "a1b2c3"),
        ("In lúc", "22/11/2026 03:05"),
    )
    assert slip.code == b"a1b2c3"
    assert slip.foot == ""


def test_a_birth_year_alone_is_printed_alone() -> None:
    result = replace(ALLOW, person=replace(PERSON, born=PartialDate(1960)))
    assert ("Ngày sinh", "1960") in _slip(result).rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_on_it_opens_the_chip(language: str) -> None:
    cover = replace(COVER, insurance_code=NUMBER.digits, facility_name=f"Trạm {NUMBER.digits}", benefit=NUMBER.can)
    result = replace(ALLOW, answer=replace(ANSWER, cover=cover, reference=f"r-{NUMBER.digits}"))
    slip = _slip(result, language=language)
    assert NUMBER.can not in _texts(slip)
    assert slip.code is None


def test_a_code_of_twelve_digits_alone_is_masked() -> None:
    person = replace(PERSON, id_number=None, insurance_code="003090123450")
    slip = _slip(replace(ALLOW, person=person, answer=None))
    assert ("Mã thẻ BHYT", "003 090 ••••••") in slip.rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_neither_another_name_nor_notes_nor_the_address_are_given_away(language: str) -> None:
    shown = _texts(_slip(ALLOW, language=language))
    for text in (ANSWER.registered_name, ANSWER.note, PERSON.address):
        assert text is not None
        assert text not in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("outcome", "key"),
    [
        (Outcome.ATTENTION, "title.warn.offline"),
        (Outcome.ATTENTION, "title.admitted"),
        (Outcome.STOP, "title.stop.no_cover"),
        (Outcome.CANNOT_CHECK, "title.na.issuer"),
        (Outcome.CANNOT_CHECK, "title.ok.bhyt"),
    ],
    ids=lambda value: getattr(value, "value", value),
)
def test_only_a_yes_looks_like_one(outcome: Outcome, key: str, language: str) -> None:
    slip = _slip(_decided(outcome, key), language=language)
    word = say(Message(f"outcome.{outcome.value}"), language).upper()
    assert slip.title == f"{word} · {say(Message(key), language)}"
    assert say(Message("slip.no_proof"), language) in slip.foot
    assert COVER.benefit not in _texts(slip)


def test_a_title_does_not_say_the_outcome_twice() -> None:
    assert _slip(_decided(Outcome.STOP, "title.stop.used")).title == "DỪNG"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", list(Outcome), ids=lambda outcome: outcome.value)
def test_a_double_is_told_at_both_ends(outcome: Outcome, language: str) -> None:
    label = say(Message("ui.simulated"), language)
    slip = _slip(_decided(outcome, "title.ok.bhyt"), language=language, simulated=True)
    assert slip.title.startswith(label)
    assert label in slip.foot
    plain = _slip(_decided(outcome, "title.ok.bhyt"), language=language)
    assert label not in _texts(plain)


def test_why_not_is_told() -> None:
    down = replace(_decided(Outcome.ATTENTION, "title.warn.offline", fault="net.down"), answer=None)
    assert ("Lý do", say(Message("fault.net.down.title"), "vi")) in _slip(down).rows
    for reason, told in (("expired", say(Message("cover.expired"), "vi")), ("mới lạ", "mới lạ")):
        refused = replace(ANSWER, state=Eligibility.NOT_ELIGIBLE, reason=reason)
        slip = _slip(replace(_decided(Outcome.STOP, "title.stop.no_cover"), answer=refused))
        assert ("Lý do", told) in slip.rows


def test_a_ticket_and_an_unknown_person_have_their_slip_too() -> None:
    answer = RedeemAnswer(Redeemed.ADMITTED, "ok", NOW, "t-1", "2 người lớn")
    ticket = _slip(Result(Verdict(Outcome.ALLOW, Message("title.ok.ticket")), answer=answer))
    assert ticket.rows[:2] == (("Cho vào", "2 người lớn"), ("Số tham chiếu", "t-1"))
    nameless = _slip(replace(ALLOW, person=replace(PERSON, name=None, born=None)))
    assert nameless.rows[0] == ("Họ và tên", "Chưa biết")


@pytest.mark.parametrize("reference", ["", "mã số", "x" * 129], ids=["none", "no ASCII", "too long"])
def test_a_reference_that_no_scanner_reads_back_gets_no_code(reference: str) -> None:
    assert _slip(replace(ALLOW, answer=replace(ANSWER, reference=reference))).code is None


def test_without_an_answer_there_is_no_code() -> None:
    slip = _slip(replace(ALLOW, answer=None))
    assert slip.code is None
    assert "Số tham chiếu" not in dict(slip.rows)


def test_a_slip_s_own_text_shows_nothing() -> None:
    shown = repr(_slip(ALLOW))
    assert "NGUYỄN" not in shown
    assert "a1b2c3" not in shown
