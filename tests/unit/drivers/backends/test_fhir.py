"""FHIR questions and answers: against a double that validates with another library's models, and against everything."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B.coverageeligibilityrequest import CoverageEligibilityRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.doubles import fhir as double
from backend.sample import members
from backend.server import AnnouncingServer, listen
from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends import fhir, fhir_wire
from terminal.faults import FaultError
from terminal.model import Digests, Eligibility, EligibilityAnswer
from terminal.ports import BackendOptions, EligibilityQuestion
from tests.contract.backend_rigs import FHIR_ANSWER, FHIR_SITE, PERSON

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
DIGESTS = Digests("0" * 64, "1" * 64)
SITE = replace(FHIR_SITE, id_system=double.ID_SYSTEM, member_system=double.MEMBER_SYSTEM)


def told(change: dict[str, Any] | None = None, **insurance: Any) -> EligibilityAnswer:
    value = json.loads(json.dumps(FHIR_ANSWER)) | (change or {})
    if insurance:
        value["insurance"][0] |= insurance
    return fhir_wire.answer_of(json.dumps(value).encode(), PERSON, FHIR_SITE, NOW, DIGESTS)


def fault(change: dict[str, Any] | None = None, **insurance: Any) -> str:
    with pytest.raises(FaultError) as caught:
        told(change, **insurance)
    return caught.value.fault.code


def test_a_question_names_the_person_by_identifiers_and_nothing_of_it_is_in_an_address() -> None:
    value = json.loads(fhir_wire.written(PERSON, FHIR_SITE))
    asked = CoverageEligibilityRequest.model_validate(value)
    patient, coverage = value["contained"]
    assert patient["identifier"] == [
        {"system": FHIR_SITE.id_system, "value": "003090123450"},
        {"system": FHIR_SITE.member_system, "value": "0030000001"},
    ]
    assert (patient["birthDate"], coverage["identifier"][0]["value"]) == ("1990-11-20", "0030000001")
    assert asked.servicedDate == date(2026, 11, 22)
    assert (asked.patient.reference, asked.insurer.reference) == ("#patient", FHIR_SITE.insurer)


@pytest.mark.parametrize(("born", "text"), [(PartialDate(1990), "1990"), (PartialDate(1990, 11), "1990-11")])
def test_as_much_of_the_birth_date_as_is_known_is_told(born: PartialDate, text: str) -> None:
    value = json.loads(fhir_wire.written(replace(PERSON, born=born), FHIR_SITE))
    assert value["contained"][0]["birthDate"] == text


def test_whom_the_payer_cannot_know_is_not_asked_about() -> None:
    only_code = EligibilityQuestion("v-1", NOW, None, "0030000001")
    with pytest.raises(FaultError, match=r"net\.question"):
        fhir_wire.written(only_code, replace(FHIR_SITE, member_system=""))


def test_a_yes_brings_its_cover() -> None:
    answer = told()
    assert (answer.state, answer.reason, answer.reference) == (Eligibility.ELIGIBLE, "in_force", "kq-01")
    assert answer.cover is not None
    assert (answer.cover.insurance_code, answer.cover.benefit) == ("0030000001", "80 %")
    assert (answer.cover.valid_from, answer.cover.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (answer.note, answer.digests) == ("Còn hiệu lực (số liệu mẫu)", DIGESTS)


def test_the_example_of_the_specification_is_a_yes_without_dates() -> None:
    """The values of hl7.org/fhir/R4/coverageeligibilityresponse-example.json, but for a shorter request number."""
    value = {
        "resourceType": "CoverageEligibilityResponse",
        "id": "E2500",
        "identifier": [{"system": "http://www.BenefitsInc.com/fhir/coverageeligibilityresponse", "value": "881234"}],
        "status": "active",
        "purpose": ["validation"],
        "patient": {"reference": "Patient/pat1"},
        "created": "2014-08-16",
        "request": {"reference": "http://www.BenefitsInc.com/fhir/coverageeligibilityrequest/2254"},
        "outcome": "complete",
        "disposition": "Policy is currently in-force.",
        "insurer": {"reference": "Organization/2"},
        "insurance": [{"coverage": {"reference": "Coverage/9876B1"}, "inforce": True}],
    }
    question = replace(PERSON, insurance_code=None)
    answer = fhir_wire.answer_of(json.dumps(value).encode(), question, FHIR_SITE, NOW, DIGESTS)
    assert (answer.state, answer.reference) == (Eligibility.ELIGIBLE, "881234")
    assert answer.cover is not None
    assert (answer.cover.insurance_code, answer.cover.valid_to) == ("9876B1", None)


NO = {"inforce": False}
CASES: list[tuple[dict[str, Any], dict[str, Any], Eligibility, str]] = [
    ({"outcome": "queued"}, {}, Eligibility.PENDING, "pending"),
    ({"outcome": "error"}, {}, Eligibility.UNKNOWN, "payer_error"),
    ({"insurance": []}, {}, Eligibility.UNKNOWN, "not_told"),
    ({}, NO | {"benefitPeriod": {"end": "2025-12-31"}}, Eligibility.NOT_ELIGIBLE, "expired"),
    ({}, NO | {"benefitPeriod": {"start": "2027-01-01"}}, Eligibility.NOT_ELIGIBLE, "not_started"),
    ({}, NO, Eligibility.NOT_ELIGIBLE, "cancelled"),
    ({"outcome": "partial"}, {}, Eligibility.ELIGIBLE, "in_force"),
]


@pytest.mark.parametrize(("change", "insurance", "state", "reason"), CASES)
def test_every_outcome_is_a_state_of_the_desk(
    change: dict[str, Any], insurance: dict[str, Any], state: Eligibility, reason: str
) -> None:
    answer = told(change, **insurance)
    assert (answer.state, answer.reason) == (state, reason)
    assert (answer.cover is not None) == (reason in ("in_force", "expired", "not_started"))


@pytest.mark.parametrize(
    ("change", "insurance"),
    [
        ({"request": {"identifier": {"value": "v-02"}}}, {}),
        ({"patient": {"identifier": {"system": "urn:mau:so-dinh-danh", "value": "003090123451"}}}, {}),
        ({"patient": {"identifier": {"system": "urn:anders", "value": "003090123450"}}}, {}),
        ({"status": "cancelled"}, {}),
        ({"id": None}, {}),
        ({}, {"benefitPeriod": {"start": "2027-01-01"}}),
        ({}, {"benefitPeriod": {"end": "2025-01-01"}}),
        ({}, {"benefitPeriod": {"end": "2025"}}),
        ({}, {"benefitPeriod": {"end": "2026-10"}}),
        ({}, {"benefitPeriod": {"start": "2026-12"}}),
        ({}, {"benefitPeriod": {"start": "0001-01-01T00:00:00+14:00"}}),
        ({}, {"benefitPeriod": {"end": "9999-12-31T23:59:59-12:00"}}),
        ({"outcome": "perhaps"}, {}),
        ({"resourceType": "OperationOutcome"}, {}),
    ],
)
def test_an_answer_that_contradicts_itself_or_means_another_is_garbage(
    change: dict[str, Any], insurance: dict[str, Any]
) -> None:
    assert fault(change, **insurance) == "net.garbage"


def test_a_day_that_is_told_in_part_is_the_whole_month_or_year() -> None:
    for period in ({"start": "2026", "end": "2026"}, {"start": "2026-11", "end": "2026-11"}):
        assert told(benefitPeriod=period).state is Eligibility.ELIGIBLE
    cover = told(benefitPeriod={"start": "2026-02", "end": "2026"}).cover
    assert cover is not None
    assert (cover.valid_from, cover.valid_to) == (date(2026, 2, 1), date(2026, 12, 31))


@pytest.mark.parametrize("entries", [[], [{"resource": FHIR_ANSWER}] * 2, [{"resource": None}], [{}]])
def test_a_bundle_holds_one_response(entries: list[dict[str, Any]]) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    with pytest.raises(FaultError, match=r"net\.garbage"):
        fhir_wire.answer_of(json.dumps(bundle).encode(), PERSON, FHIR_SITE, NOW, DIGESTS)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(FHIR_ANSWER)), _JSON, max_size=4))
@settings(max_examples=200, deadline=None)
def test_whatever_a_payer_sends_is_an_answer_or_garbage(change: dict[str, Any]) -> None:
    try:
        told(change)
    except FaultError as error:
        assert error.fault.code == "net.garbage"
        assert "003090123450" not in str(error)


def test_a_server_of_another_fhir_is_not_one() -> None:
    with pytest.raises(FaultError, match=r"net\.garbage"):
        fhir_wire.version_of(b'{"resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-01",'
                             b' "kind": "instance", "fhirVersion": "5.0.0", "format": ["json"]}')  # fmt: skip


# The double ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def payer() -> Iterator[str]:
    listener = listen(0)
    ready = threading.Event()
    app = double.create_app(members(date(2026, 11, 22)), "token", lambda: NOW)
    server = AnnouncingServer(app, ready.set, date_header=False)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(20)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    listener.close()


def ask(url: str, number: str, bearer: str = "token") -> tuple[EligibilityAnswer, bool]:
    backend = fhir.build(BackendOptions(url, bearer, "quay-1", site=SITE))
    answer = backend.check(EligibilityQuestion("v-1", NOW, IdNumber(number)), 10.0)
    return answer, backend.simulated


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("003090123450", Eligibility.ELIGIBLE),
        ("003301000061", Eligibility.ELIGIBLE),
        ("003185000029", Eligibility.NOT_ELIGIBLE),
        ("003084000078", Eligibility.PENDING),
        ("003195000086", Eligibility.UNKNOWN),
        ("003000000001", Eligibility.UNKNOWN),
    ],
)
def test_the_double_answers_about_everybody_and_says_what_it_is(payer: str, number: str, state: Eligibility) -> None:
    answer, simulated = ask(payer, number)
    assert (answer.state, answer.simulated, simulated) == (state, True, True)
    assert abs(answer.answered_at - NOW) < timedelta(seconds=1)


def test_the_double_knows_its_token(payer: str) -> None:
    with pytest.raises(FaultError, match=r"net\.denied"):
        ask(payer, "003090123450", bearer="other")


def test_the_double_is_healthy(payer: str) -> None:
    assert fhir.build(BackendOptions(payer, "token", "quay-1", site=SITE)).health(10.0).version == "4.0.1"


def test_a_payer_without_its_settings_is_no_payer() -> None:
    with pytest.raises(FaultError, match=r"config\.invalid"):
        fhir.build(BackendOptions("https://a.example", "token", "quay-1"))
