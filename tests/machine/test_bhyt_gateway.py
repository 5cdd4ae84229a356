"""The driver of the social security gateway and its double understand each other over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends.bhyt import BhytBackend, build
from drivers.backends.bhyt_codes import CODES, Code
from terminal.faults import FaultError
from terminal.model import Cover, Eligibility
from terminal.ports import AnnulQuestion, BackendOptions, RedeemQuestion
from tests.bhyt_gateway import NOW, PEOPLE, Running, driver, person, private, question, running, settings

DEADLINE = 20.0
SHORT = 0.4


@pytest.fixture(scope="module")
def double() -> Iterator[Running]:
    with running() as found:
        yield found


@pytest.fixture
def backend(double: Running, tmp_path: Path) -> BhytBackend:
    double.hands.now = NOW
    return driver(double.url, tmp_path)


def fault_of(backend: BhytBackend, fault: str, deadline: float = DEADLINE) -> str:
    with pytest.raises(FaultError) as caught:
        backend.check(question(person(fault=fault)), deadline)
    return caught.value.fault.code


@pytest.mark.parametrize("row", [row for row in CODES.values() if row.code not in ("054", "055")], ids=lambda r: r.code)
def test_every_code_is_told_as_the_table_says(backend: BhytBackend, row: Code) -> None:
    asked = question(person(row.code))
    if row.state is None:
        with pytest.raises(FaultError) as caught:
            backend.check(asked, DEADLINE)
        assert caught.value.fault.code == row.fault
        return
    answer = backend.check(asked, DEADLINE)
    assert (answer.state, answer.reason) == (row.state, row.reason)
    assert answer.note == person(row.code).note
    assert answer.reference.startswith(f"{row.code}-")
    assert answer.answered_at == NOW


@pytest.mark.parametrize("via", ["direct", "hospital"])
def test_the_insured_are_told_with_their_cover(double: Running, tmp_path: Path, via: str) -> None:
    backend = driver(double.url, tmp_path, via)
    answer = backend.check(question(person()), DEADLINE)
    assert answer.state is Eligibility.ELIGIBLE
    assert answer.cover == Cover("DN4010030000000", "80 %", date(2026, 1, 1), date(2026, 12, 31), "01000")
    assert answer.registered_name is None
    assert answer.digests is not None
    assert len(answer.digests.asked) == len(answer.digests.answered) == 64


def test_the_double_is_known_as_one_from_its_first_answer_on(backend: BhytBackend) -> None:
    assert not backend.simulated
    assert backend.check(question(person()), DEADLINE).simulated
    assert backend.simulated


@pytest.mark.parametrize("via", ["direct", "hospital"])
def test_a_double_on_another_computer_is_refused(double: Running, tmp_path: Path, via: str) -> None:
    # A name may lead anywhere, so only a number of this computer counts.
    elsewhere = driver(double.url.replace("127.0.0.1", "localhost"), tmp_path, via)
    for ask in (lambda: elsewhere.check(question(person()), DEADLINE), lambda: elsewhere.health(DEADLINE)):
        with pytest.raises(FaultError, match=r"config\.double"):
            ask()
    assert not elsewhere.simulated


@pytest.mark.parametrize("via", ["direct", "hospital"])
def test_health_asks_about_nobody(double: Running, tmp_path: Path, via: str) -> None:
    health = driver(double.url, tmp_path, via).health(DEADLINE)
    assert health.version == "CV 1923/2024"
    assert health.time == double.hands.now


@pytest.mark.parametrize("digest", ["upper", "lower"])
def test_the_password_s_digest_may_be_in_capitals_or_not(double: Running, tmp_path: Path, digest: str) -> None:
    assert driver(double.url, tmp_path, digest=digest).health(DEADLINE)


def test_the_new_card_counts_where_there_is_one(backend: BhytBackend) -> None:
    expired, standing = (backend.check(question(person(code)), DEADLINE).cover for code in ("003", "004"))
    assert expired is not None
    assert standing is not None
    assert (expired.insurance_code, expired.valid_to, expired.replaces_until) == (
        "DN4010030001003",
        date(2026, 12, 31),
        None,
    )
    assert (standing.insurance_code, standing.valid_from, standing.replaces_until) == (
        "GD4010030001004",
        date(2027, 1, 1),
        date(2026, 12, 31),
    )
    assert (standing.facility, standing.facility_name) == ("01001", "Trạm y tế Mẫu")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"name": "Trần Văn Đúng Mẫu"}, "wrong_name"),
        ({"name": "Nguyễn Văn Đung"}, "wrong_name"),
        ({"born": PartialDate(1990, 11, 21)}, "wrong_birth"),
        ({"born": PartialDate(1990, 11, 20)}, "in_force"),
        ({"born": PartialDate(1990)}, "in_force"),
        ({"born": PartialDate(1990, 11)}, "in_force"),
        ({"name": "NGUYEN VAN DUNG MAU"}, "in_force"),
        ({"id_number": None, "insurance_code": "0030000000"}, "in_force"),
        ({"id_number": None, "insurance_code": "DN4010030000000"}, "in_force"),
        ({"id_number": IdNumber("003099999999")}, "not_found"),
        ({"id_number": IdNumber("003099999999"), "insurance_code": "0030000000"}, "in_force"),
        ({"id_number": IdNumber("003099999999"), "insurance_code": "0039999999"}, "not_found"),
    ],
    ids=["name", "rest of the name", "birth", "whole date", "year", "month", "no marks", "ten digits", "old code",
         "nobody", "second key", "nobody twice"],
)  # fmt: skip
def test_what_was_asked_decides(backend: BhytBackend, other: dict[str, object], reason: str) -> None:
    assert backend.check(question(person(), **other), DEADLINE).reason == reason


@pytest.mark.parametrize(
    "missing", [{"name": None}, {"born": None}, {"id_number": None}, {"id_number": None, "insurance_code": "12"}]
)
def test_too_little_to_ask_with_is_told_without_asking(backend: BhytBackend, missing: dict[str, object]) -> None:
    with pytest.raises(FaultError, match=r"net\.question"):
        backend.check(question(person(), **missing), DEADLINE)


@pytest.mark.parametrize(
    ("staff", "code"),
    [
        ('name = "Ai Đó"\nid_number = "003190000009"\n', "054"),
        ('name = "Ai Đó"\nid_number = "003190000001"\n', "055"),
    ],
)
def test_who_asks_must_be_registered_and_may_change(double: Running, tmp_path: Path, staff: str, code: str) -> None:
    backend = driver(double.url, tmp_path)
    good = (tmp_path / "staff.toml").read_text("utf-8")
    private(tmp_path / "staff.toml", staff)
    with pytest.raises(FaultError, match=rf"net\.staff: maKetQua {code}"):
        backend.check(question(person()), DEADLINE)
    private(tmp_path / "staff.toml", good)
    assert backend.check(question(person()), DEADLINE).state is Eligibility.ELIGIBLE


def test_a_wrong_password_is_denied(double: Running, tmp_path: Path) -> None:
    site = replace(settings(tmp_path), password_file=private(tmp_path / "wrong", "another-password\n"))
    backend = build(BackendOptions(double.url, "", "quay-1", site=site))
    for ask in (lambda: backend.check(question(person()), DEADLINE), lambda: backend.health(DEADLINE)):
        with pytest.raises(FaultError, match=r"net\.denied"):
            ask()


def test_tokens_that_ran_out_are_replaced_unseen(double: Running, backend: BhytBackend) -> None:
    backend.check(question(person()), DEADLINE)
    double.hands.now += timedelta(hours=6)
    assert backend.check(question(person()), DEADLINE).state is Eligibility.ELIGIBLE


def test_a_gateway_that_forgot_its_tokens_is_signed_in_to_once_more(backend: BhytBackend) -> None:
    assert backend.check(question(person(fault="unauthorized_once")), DEADLINE).state is Eligibility.ELIGIBLE


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("http_500", "net.server"),
        ("login_page", "net.garbage"),
        ("garbage", "net.garbage"),
        ("endless_history", "net.garbage"),
        ("cut", "net.down"),
        ("other_person", "net.garbage"),
    ],
)
def test_every_fault_of_the_double_ends_as_its_code(backend: BhytBackend, fault: str, code: str) -> None:
    assert fault_of(backend, fault) == code
    assert backend.check(question(person()), DEADLINE).state is Eligibility.ELIGIBLE


@pytest.mark.parametrize("fault", ["slow", "late"])
def test_an_answer_after_its_time_is_nobody_s(double: Running, backend: BhytBackend, fault: str) -> None:
    backend.health(DEADLINE)
    assert fault_of(backend, fault, SHORT) == "net.timeout"
    answer = backend.check(question(person("010")), DEADLINE)
    assert answer.reason == "expired"
    assert double.hands.asked


def test_two_megabytes_of_visits_change_nothing(backend: BhytBackend) -> None:
    assert backend.check(question(person(fault="long_history")), DEADLINE).state is Eligibility.ELIGIBLE


def test_a_clock_two_days_ahead_is_told_as_the_gateway_s(double: Running, backend: BhytBackend) -> None:
    answer = backend.check(question(person(fault="clock_ahead")), DEADLINE)
    assert answer.answered_at == double.hands.now + timedelta(days=2)


def test_an_unknown_code_is_told_and_no_yes(backend: BhytBackend) -> None:
    answer = backend.check(question(person("777")), DEADLINE)
    assert (answer.state, answer.reason) == (Eligibility.UNKNOWN, "unknown_code")
    assert answer.note == "Kết quả chưa từng có trong tài liệu"


def test_tickets_are_not_the_gateway_s_business(backend: BhytBackend) -> None:
    with pytest.raises(FaultError, match=r"config\.invalid"):
        backend.redeem(RedeemQuestion("s-1", NOW, "e", "t", "g"), DEADLINE)
    with pytest.raises(FaultError, match=r"config\.invalid"):
        backend.annul(AnnulQuestion("s-1", NOW, "e", "t", "g"), DEADLINE)


def test_every_invented_person_is_invented() -> None:
    assert all(one.id_number.startswith("003") for one in PEOPLE.persons)
    assert len({one.id_number for one in PEOPLE.persons}) == len({one.card for one in PEOPLE.persons}) == 36
