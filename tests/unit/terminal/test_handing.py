"""What is told to the hospital's system, field by field, in every form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schema import HandedField, Settings
from crypto.civil import PartialDate
from drivers.handover.adt import message
from drivers.handover.folder import as_xml
from terminal.handing import VERSION, Field, as_json, check_in
from terminal.model import DataSource, Eligibility, EligibilityAnswer, Person, Source
from tests.handed_over import ALL, ANSWER, AS_OF, COVER, PERSON, TRACES, degraded, handed, result_of, visit
from tests.house.rooms import ROOT
from tests.unit.terminal.conftest import Site

SCHEMA = json.loads((ROOT / "docs" / "samples" / "handed.schema.json").read_text("utf-8"))


@pytest.fixture
def desk(site: Site) -> Settings:
    return site("reception")


def _everywhere(told: Any) -> str:
    """All three forms of it."""
    return as_json(told) + as_xml(told) + message(told)


def test_the_fields_are_those_that_a_site_can_choose() -> None:
    assert {field.value for field in Field} == set(get_args(HandedField))
    assert set(TRACES) == set(Field)


def test_all_fields_in_json(desk: Settings) -> None:
    assert json.loads(as_json(handed(settings=desk))) == {
        "version": 1,
        "visit": "a1b2c3d4e5f6-7",
        "desk": "reception",
        "device": "quay-3",
        "at": "2026-11-22T08:30:05+07:00",
        "simulated": False,
        "degraded": False,
        "id_number": "003090123450",
        "name": "NGUYỄN VĂN THỬ NGHIỆM",
        "born": "1990-11-20",
        "sex": "female",
        "address": "Số 1 Đường Thử, Phường Giả Định, Hà Nội",
        "insurance_code": "GD4010030000001",
        "benefit": "80 %",
        "valid_from": "2026-01-02",
        "valid_to": "2026-12-31",
        "facility": "01C54",
        "outcome": "allow",
        "method": "CHIP_CCCD",
        "reference": "E-77",
        "proof": "proof-9",
        "check_in": {
            "HO_TEN": "NGUYỄN VĂN THỬ NGHIỆM",
            "SO_CCCD": "003090123450",
            "NGAY_SINH": "199011200000",
            "GIOI_TINH": "2",
            "MA_THE_BHYT": "GD4010030000001",
            "MA_DKBD": "01C54",
            "GT_THE_TU": "20260102",
            "GT_THE_DEN": "20261231",
        },
    }


@pytest.mark.parametrize("left_out", list(Field), ids=lambda field: field.value)
def test_a_field_that_the_site_did_not_choose_appears_nowhere(desk: Settings, left_out: Field) -> None:
    told = _everywhere(handed(settings=desk, fields=tuple(name for name in ALL if name != left_out.value)))
    # Both codes are numbers of the same person: the insurance code must not give the number away, nor the other way.
    assert [trace for trace in TRACES[left_out] if trace in told] == []


@pytest.mark.parametrize("chosen", list(Field), ids=lambda field: field.value)
def test_a_field_that_the_site_chose_is_there_and_no_other(desk: Settings, chosen: Field) -> None:
    told = handed(settings=desk, fields=(chosen.value,))
    assert all(any(trace in form for trace in TRACES[chosen]) for form in (as_json(told), message(told)))
    others = [trace for field, traces in TRACES.items() if field is not chosen for trace in traces]
    assert [trace for trace in others if trace in _everywhere(told)] == []


def test_without_any_field_the_visit_is_told_and_nobody_named(desk: Settings) -> None:
    told = handed(settings=desk, fields=())
    assert set(json.loads(as_json(told))) == {*SCHEMA["required"]}
    assert check_in(told) == {}


def test_what_is_not_known_is_absent_and_never_null(desk: Settings) -> None:
    typed = Person(source=DataSource.TYPED, id_number=PERSON.id_number)
    told = json.loads(as_json(handed(result_of(typed, None), settings=desk, proof=None)))
    assert {"id_number", "outcome", "method"} == set(told) - {*SCHEMA["required"]}
    nobody = json.loads(as_json(handed(result_of(None, None), settings=desk, proof=None)))
    assert {"outcome", "method"} == set(nobody) - {*SCHEMA["required"]}


def test_of_a_typed_number_the_payers_name_is_told(desk: Settings) -> None:
    typed = Person(source=DataSource.TYPED, id_number=PERSON.id_number)
    assert handed(result_of(typed), settings=desk).name == "NGUYỄN VĂN THỬ"
    unknown = replace(ANSWER, state=Eligibility.UNKNOWN)
    assert handed(result_of(typed, unknown), settings=desk).name is None


@pytest.mark.parametrize("state", [state for state in Eligibility if state is not Eligibility.ELIGIBLE])
def test_the_cover_of_anything_but_a_yes_is_not_told(desk: Settings, state: Eligibility) -> None:
    told = handed(result_of(answer=replace(ANSWER, state=state)), settings=desk)
    assert (told.benefit, told.valid_from, told.valid_to, told.facility) == (None, None, None, None)
    assert told.insurance_code == COVER.insurance_code


@pytest.mark.parametrize("source", list(Source))
def test_an_answer_that_is_not_the_payers_of_now_says_so_whatever_the_site_chose(
    desk: Settings, source: Source
) -> None:
    told = handed(result_of(answer=replace(ANSWER, source=source, as_of=AS_OF)), settings=desk, fields=())
    fresh = source is Source.ONLINE
    form = json.loads(as_json(told))
    assert (form["degraded"], form.get("as_of")) == ((False, None) if fresh else (True, "2026-11-20T14:00:00+07:00"))
    assert ('degraded="false"' if fresh else 'degraded="true"') in as_xml(told)
    assert ("DEGRADED" in message(told)) is not fresh


@pytest.mark.parametrize("simulated", [True, False])
def test_a_double_is_labelled_in_every_form(desk: Settings, simulated: bool) -> None:
    told = handed(settings=desk, fields=(), simulated=simulated)
    assert json.loads(as_json(told))["simulated"] is simulated
    assert f'simulated="{str(simulated).lower()}"' in as_xml(told)
    assert message(told).split("|")[10] == ("T" if simulated else "P")


@pytest.mark.parametrize(
    ("born", "text", "packed"),
    [
        (PartialDate(1990, 11, 20), "1990-11-20", "199011200000"),
        (PartialDate(1990, 11), "1990-11", "199011000000"),
        (PartialDate(1990), "1990", "199000000000"),
    ],
)
def test_a_date_of_birth_is_as_precise_as_it_is_known(born: PartialDate, text: str, packed: str) -> None:
    told = visit(born=born)
    assert json.loads(as_json(told))["born"] == text
    assert check_in(told)["NGAY_SINH"] == packed


def test_texts_lose_what_hides_or_turns_letters(desk: Settings) -> None:
    tricky = replace(PERSON, name="NGUYỄN\u202e VĂN\n\x00 THỬ", address="x" * 900)
    told = handed(result_of(tricky), settings=desk)
    assert told.name == "NGUYỄN VĂN THỬ"
    assert len(told.address or "") == 500


def test_nobody_is_shown_by_repr(desk: Settings) -> None:
    shown = repr(handed(result_of(answer=degraded()), settings=desk))
    secret = ("003090", "NGUY", "1990", "FEMALE", "Đường", "0030000001", "80 %", "2026, 1, 2", "01C54")
    assert [text for text in secret if text in shown] == []


TEXTS = st.text(max_size=40)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(TEXTS, TEXTS, TEXTS, DATES, st.sampled_from(list(Eligibility)))
def test_every_result_fits_the_published_schema(
    name: str, address: str, code: str, day: date, state: Eligibility
) -> None:
    person = replace(PERSON, name=name, address=address)
    cover = replace(COVER, insurance_code=code, benefit=name, valid_to=day)
    answer: EligibilityAnswer = replace(ANSWER, cover=cover, state=state, reference=address)
    told = handed(result_of(person, answer), settings=_desk())
    jsonschema_rs.validate(SCHEMA, json.loads(as_json(told)))


def test_the_schema_knows_each_field_and_this_version() -> None:
    assert set(ALL) <= set(SCHEMA["properties"])
    assert SCHEMA["properties"]["version"] == {"const": VERSION}
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(SCHEMA, json.loads(as_json(visit())) | {"name": None})


def _desk() -> Settings:
    from config.load import load

    return load(None, desk="reception", environ={})


def _blocks(language: str) -> list[str]:
    """The code blocks of docs/handover.md."""
    page = (ROOT / "docs" / "handover.md").read_text("utf-8")
    return [block.partition("```")[0] for block in page.split(f"```{language}\n")[1:]]


def test_the_documented_examples_are_what_is_handed_over() -> None:
    told = visit(7, valid_to=date(2026, 12, 31), facility="01C54", benefit="80 %", method="CHIP_CCCD", reference="E-77")
    assert json.loads(_blocks("json")[0]) == json.loads(as_json(told))
    assert _blocks("xml") == [as_xml(told)]
    assert message(told).replace("\r", "\n") in _blocks("")


def test_the_hospitals_it_is_told_of_every_field() -> None:
    page = (ROOT / "docs" / "handover.md").read_text("utf-8")
    assert [field.value for field in Field if f"`{field.value}`" not in page] == []
