from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends import bhyt_wire as wire
from drivers.backends.bhyt_answers import Exchange, answer_of
from terminal.faults import FaultError
from terminal.model import Eligibility, EligibilityAnswer
from terminal.ports import EligibilityQuestion
from tests.contract.backend_rigs import CARD_ANSWER, NAME, PERSON

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
ID = "003090123450"


def told(raw: bytes, question: EligibilityQuestion = PERSON, key: str = ID, at: datetime = NOW) -> EligibilityAnswer:
    return answer_of(Exchange(b"asked", raw, wire.card(raw), at), question, key)


def said(question: EligibilityQuestion = PERSON, key: str = ID, at: datetime = NOW, **other: Any) -> EligibilityAnswer:
    return told(json.dumps(CARD_ANSWER | other).encode(), question, key, at)


@pytest.mark.parametrize(
    ("text", "found"),
    [("01/02/2026", date(2026, 2, 1)), ("29/02/2024", date(2024, 2, 29)), ("", None), (None, None)],
)
def test_dates_are_written_in_one_way(text: str | None, found: date | None) -> None:
    assert wire.day(text) == found


@pytest.mark.parametrize(
    "text", ["1/2/2026", "2026-02-01", "29/02/2026", "01/13/2026", "01/02/26", " 01/02/2026", "01/02/2026 00:00", "x",
             "٠١/٠٢/٢٠٢٦", "00/00/0000"]
)  # fmt: skip
def test_a_date_that_is_none_is_garbage(text: str) -> None:
    with pytest.raises(FaultError, match=r"net\.garbage"):
        wire.day(text)
    with pytest.raises(FaultError, match=r"net\.garbage"):
        said(gtTheDen=text)


@pytest.mark.parametrize(
    ("born", "text"),
    [(PartialDate(1990, 11, 20), "20/11/1990"), (PartialDate(1990, 11), "1990"), (PartialDate(1990), "1990")],
)
def test_a_date_of_birth_is_asked_whole_or_by_its_year(born: PartialDate, text: str) -> None:
    assert wire.birth_text(born) == text


@pytest.mark.parametrize(
    ("card", "pays"), [("TE1", "100 %"), ("HN2", "100 %"), ("HT3", "95 %"), ("DN4", "80 %"), ("QN5", "100 %")]
)
def test_the_third_sign_of_a_code_says_what_it_pays(card: str, pays: str) -> None:
    cover = said(maThe=card + "01" + "0030000001").cover
    assert cover is not None
    assert cover.benefit == pays


def test_a_code_of_ten_digits_says_nothing_of_what_it_pays() -> None:
    cover = said(maThe="0030000001").cover
    assert cover is not None
    assert cover.benefit == "–"


def test_an_id_number_in_the_place_of_a_code_is_none() -> None:
    cover = said(maThe=ID).cover
    assert cover is not None
    assert cover.insurance_code == "0030000001"


def test_a_yes_without_a_card_is_garbage() -> None:
    with pytest.raises(FaultError, match=r"net\.garbage"):
        said(maThe=ID, maSoBHXH="")


@pytest.mark.parametrize(
    "other",
    [
        {"gtTheDen": "20/11/2026"},
        {"gtTheTu": "24/11/2026"},
        {"gtTheTu": "31/12/2026", "gtTheDen": "01/01/2026"},
        {"maKetQua": "003", "maTheMoi": "DN4010030000002", "gtTheTuMoi": "01/01/2027", "gtTheDenMoi": "31/12/2027"},
        {"maKetQua": "004", "maTheMoi": "DN4010030000002", "gtTheTuMoi": "01/01/2027", "gtTheDen": "20/11/2026"},
    ],
    ids=["ended", "not begun", "ends before it begins", "the new one not begun", "the old one ended too"],
)
def test_a_yes_whose_dates_leave_out_today_is_no_yes(other: dict[str, Any]) -> None:
    answer = said(**other)
    assert (answer.state, answer.reason) == (Eligibility.UNKNOWN, "dates_differ")
    assert answer.cover is not None


@pytest.mark.parametrize("other", [{"gtTheDen": "21/11/2026"}, {"gtTheTu": "23/11/2026"}, {"gtTheDen": ""}])
def test_a_midnight_s_difference_is_none(other: dict[str, Any]) -> None:
    assert said(**other).state is Eligibility.ELIGIBLE


def test_the_day_is_the_gateway_s() -> None:
    assert said(at=datetime(2027, 1, 3, tzinfo=UTC)).reason == "dates_differ"


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("0030000009", {}),
        ("DN4010030000009", {}),
        (ID, {"ngaySinh": "21/11/1990"}),
        (ID, {"ngaySinh": "1991"}),
        (ID, {"ngaySinh": "20-11-1990"}),
        (ID, {"maThe": "003090999999"}),
        (ID, {"maThe": "003090999999", "hoTen": "", "ngaySinh": ""}),
    ],
)
def test_a_yes_about_somebody_else_is_garbage(key: str, other: dict[str, Any]) -> None:
    with pytest.raises(FaultError, match=r"net\.garbage"):
        said(key=key, **other)


def test_the_card_that_was_asked_about_may_be_the_old_one() -> None:
    new = {"maKetQua": "003", "maTheMoi": "DN4010030000002", "gtTheTuMoi": "01/01/2026", "maTheCu": "DN4010030000009"}
    assert said(key="0030000009", **new).state is Eligibility.ELIGIBLE


@pytest.mark.parametrize(("name", "shown"), [("Nguyễn Văn Thử Nghiệm", None), ("Trần Văn Khác", "Trần Văn Khác")])
def test_the_register_s_name_is_told_where_it_differs(name: str, shown: str | None) -> None:
    assert said(hoTen=name).registered_name == shown


def test_a_no_tells_no_name() -> None:
    assert said(maKetQua="060", hoTen="Trần Văn Khác").registered_name is None


def test_the_gateway_s_words_are_shown_as_they_are_but_for_the_chip_s_password() -> None:
    note = f"Thẻ <b>còn</b> giá trị; số {ID}"
    assert said(ghiChu=note).note == "Thẻ <b>còn</b> giá trị; số 003 090 ••••••"
    assert said(ghiChu="a\u202eb\u200bc\r\nd").note == "a b c  d"
    assert said(ghiChu="").note is None


@pytest.mark.parametrize(
    "other",
    [{"maKetQua": ""}, {"maKetQua": 0}, {"maKetQua": None}, {"maKetQua": "00\n"}, {"maKetQua": "0" * 9},
     {"ghiChu": "a" * 2001}, {"maThe": "a" * 33}, {"hoTen": "a" * 201}, {"hoTen": 1}, {"gtTheTu": 20260101}],
)  # fmt: skip
def test_texts_have_limits(other: dict[str, Any]) -> None:
    with pytest.raises(FaultError, match=r"net\.garbage"):
        said(**other)


def test_references_tell_answers_apart() -> None:
    assert said().reference == said().reference
    assert said(diaChi="x").reference != said().reference


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(CARD_ANSWER)), JSON | st.sampled_from(["000", "003", "004", "10/10/2026"]))
)
def test_whatever_stands_in_an_answer_only_a_fault_comes_out(other: dict[str, Any]) -> None:
    try:
        answer = said(**other)
    except FaultError:
        return
    assert answer.reference


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_back_only_a_fault_comes_out(raw: bytes) -> None:
    for parse in (wire.card, wire.tokens):
        with pytest.raises(FaultError):
            parse(raw)


def test_the_history_is_passed_over_without_being_built() -> None:
    visit = {"maHoSo": "1", "tenBenh": "Bệnh bịa ra để thử", "ngayVao": "20260102" + "1530"}
    raw = json.dumps(CARD_ANSWER | {"dsLichSuKCB2018": [visit] * 30_000, "dsLichSuKT2018": [visit] * 5000}).encode()
    assert len(raw) > 3_000_000
    tracemalloc.start()
    try:
        card = wire.card(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert card.name == NAME
    assert peak < 50_000


@pytest.mark.parametrize("value", [None, [], {}, "x", 7, [[[]]], {"a": [1.5, None]}])
def test_the_history_may_be_anything(value: object) -> None:
    assert said(dsLichSuKCB2018=value, dsLichSuKT2018=value).state is Eligibility.ELIGIBLE


def test_what_is_kept_of_an_answer_shows_nothing() -> None:
    raw = json.dumps(CARD_ANSWER).encode()
    exchange = Exchange(b"asked", raw, wire.card(raw), NOW)
    shown = f"{exchange!r} {exchange.card!r} {wire.Question('0030000001', NAME, '1990')!r}"
    assert "0030000001" not in shown
    assert NAME not in shown
    assert IdNumber(ID).digits not in shown
