"""The reference client and the reference server understand each other over a real socket."""

from __future__ import annotations

import shutil
from datetime import UTC
from pathlib import Path

import pytest

from backend.sample import EVENT, tickets
from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends.reference import ReferenceBackend, build
from terminal.faults import FaultError
from terminal.model import Eligibility, Redeemed
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, RedeemQuestion
from tests.unit.backend.calls import NOW, TOKEN
from tests.unit.backend.conftest import app, empty_store, lent, live_url, shared_app, sqlite_template, store

__all__ = ["app", "empty_store", "lent", "live_url", "shared_app", "sqlite_template", "store"]

DEADLINE = 20.0


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    shutil.copyfile(sqlite_template, tmp_path / "backend.sqlite")
    (tmp_path / "backend.sqlite").chmod(0o600)
    return f"sqlite:///{tmp_path / 'backend.sqlite'}"


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> ReferenceBackend:
    return build(BackendOptions(request.getfixturevalue("live_url"), TOKEN, "desk-1"))


def about(number: str, name: str | None = None, born: PartialDate | None = None) -> EligibilityQuestion:
    return EligibilityQuestion("v-1", NOW, IdNumber(number), name=name, born=born)


def test_health(backend: ReferenceBackend) -> None:
    health = backend.health(DEADLINE)
    assert health.version
    assert health.time == NOW


@pytest.mark.parametrize(
    ("number", "state", "reason", "covered"),
    [
        ("003090123450", Eligibility.ELIGIBLE, "in_force", True),
        ("003185000029", Eligibility.NOT_ELIGIBLE, "expired", True),
        ("003060000031", Eligibility.NOT_ELIGIBLE, "not_found", False),
    ],
    ids=["insured", "expired", "not in the register"],
)
def test_a_person_s_cover(
    backend: ReferenceBackend, number: str, state: Eligibility, reason: str, covered: bool
) -> None:
    answer = backend.check(about(number), DEADLINE)
    assert (answer.state, answer.reason, answer.cover is not None) == (state, reason, covered)
    assert answer.answered_at.tzinfo == UTC


def test_another_birth_date_is_unknown(backend: ReferenceBackend) -> None:
    answer = backend.check(about("003090123450", born=PartialDate(1991)), DEADLINE)
    assert (answer.state, answer.reason) == (Eligibility.UNKNOWN, "born_differs")


def test_another_name_brings_the_register_s(backend: ReferenceBackend) -> None:
    assert backend.check(about("003090123450", "Nguyễn Thị Khác"), DEADLINE).registered_name
    assert backend.check(about("003090123450", "NGUYỄN VĂN THỬ NGHIỆM"), DEADLINE).registered_name is None


def test_a_ticket_that_nobody_sold_is_refused(backend: ReferenceBackend) -> None:
    answer = backend.redeem(RedeemQuestion("s-1", NOW, EVENT, "NOSUCHTICKET", "cong-1"), DEADLINE)
    assert (answer.result, answer.reason) == (Redeemed.REFUSED, "unknown")


def test_a_scan_id_for_another_ticket_is_garbage(backend: ReferenceBackend) -> None:
    backend.redeem(RedeemQuestion("s-1", NOW, EVENT, "NOSUCHTICKET", "cong-1"), DEADLINE)
    with pytest.raises(FaultError, match=r"net\.garbage"):
        backend.redeem(RedeemQuestion("s-1", NOW, EVENT, "ANOTHER", "cong-1"), DEADLINE)


def test_a_wrong_token_is_denied(request: pytest.FixtureRequest) -> None:
    backend = build(BackendOptions(request.getfixturevalue("live_url"), "wrong", "desk-1"))
    with pytest.raises(FaultError, match=r"net\.denied"):
        backend.check(about("003090123450"), DEADLINE)


def test_an_admission_that_nobody_used_is_given_back(backend: ReferenceBackend) -> None:
    ticket = tickets(NOW.date())[0][0].ticket

    def admitted(scan_id: str) -> bool:
        question = RedeemQuestion(scan_id, NOW, EVENT, ticket, "cong-1")
        return backend.redeem(question, DEADLINE).result is Redeemed.ADMITTED

    assert [admitted("s-1"), admitted("s-2")] == [True, False]
    for _ in range(2):
        backend.annul(AnnulQuestion("s-1", NOW, EVENT, ticket, "cong-1"), DEADLINE)
    assert [admitted("s-1"), admitted("s-3"), admitted("s-4")] == [False, True, False]
