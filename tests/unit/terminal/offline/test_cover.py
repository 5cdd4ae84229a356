"""What is kept of a payer's yes, for how long, and what ends it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from terminal.faults import FaultError
from terminal.model import Cover, Eligibility, EligibilityAnswer, RedeemAnswer, Source
from terminal.offline.assembly import CoverStore, asked_in_turn
from terminal.offline.cover import KEPT_LONG, CoverLimits, KeptCover
from terminal.ports import AnnulQuestion, EligibilityQuestion, Health, RedeemQuestion
from terminal.records.sealed import Sealed, open_sealed
from tests.fake_clock import FakeClock
from tests.unit.terminal.offline.ledger import KEY

NUMBER = IdNumber("003090123450")
NAME = "NGUYỄN VĂN THỬ NGHIỆM"
BORN = PartialDate(1990, 11, 20)
COVER = Cover("0030000001", "80 %", date(2026, 1, 1), date(2027, 6, 30), "01000", "Bệnh viện Mẫu")


@dataclass
class Payer:
    """Answers what a test tells it to."""

    clock: FakeClock
    state: Eligibility = Eligibility.ELIGIBLE
    cover: Cover | None = COVER
    fault: str | None = None
    simulated: bool = False

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        if self.fault is not None:
            raise FaultError(self.fault)
        cover = self.cover if self.state is Eligibility.ELIGIBLE else None
        reason = "in_force" if cover else "cancelled"
        return EligibilityAnswer(
            self.state, reason, self.clock.now(), "E-1", cover, NAME, "lời của quỹ", simulated=self.simulated
        )

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        raise FaultError("net.down")

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        raise FaultError("net.server")

    def health(self, deadline: float) -> Health:
        return Health("7", self.clock.now())


class Desk:
    """A payer, what is kept of it, and the clock: 8:16 on 22 November."""

    def __init__(self, store: Sealed) -> None:
        self.clock = FakeClock()
        self.payer = Payer(self.clock)
        self.store = store
        limits = CoverLimits(timedelta(hours=24), timedelta(days=30))
        self.backend = asked_in_turn(self.payer, cover=CoverStore(store, KEY, limits, self.clock))
        assert isinstance(self.backend, KeptCover)
        self.kept: KeptCover = self.backend

    def ask(self, **changed: object) -> EligibilityAnswer:
        question = EligibilityQuestion("v-1", self.clock.now(), NUMBER, born=BORN, name=NAME)
        return self.backend.check(replace(question, **changed), 2.0)  # type: ignore[arg-type]

    def rows(self) -> int:
        with self.store.reading() as db:
            return int(db.execute("SELECT count(*) FROM kept_cover").get)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_sealed(tmp_path / "offline.sqlite3", KEY) as store:
        yield Desk(store)


def fault(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


@pytest.mark.parametrize(
    "code", ["net.down", "net.timeout", "net.server", "net.garbage", "net.open_circuit", "net.tls"]
)
def test_a_kept_yes_stands_in_for_a_payer_that_does_not_answer(desk: Desk, code: str) -> None:
    told = desk.ask()
    assert told.source is Source.ONLINE
    at = desk.clock.now()
    desk.clock.advance(3600)
    desk.payer.fault = code
    answer = desk.ask()
    assert (answer.state, answer.reason, answer.source) == (Eligibility.ELIGIBLE, "in_force", Source.CACHE)
    assert (answer.as_of, answer.answered_at) == (at, desk.clock.now())
    assert answer.reference == "E-1"
    assert answer.cover == replace(COVER, insurance_code="")
    assert answer.registered_name is None
    assert answer.note is None


def test_what_was_never_asked_is_the_payer_s_fault(desk: Desk) -> None:
    desk.payer.fault = "net.timeout"
    assert fault(desk.ask) == "net.timeout"


@pytest.mark.parametrize("code", ["internal", "net.question"])
def test_a_fault_that_is_not_technical_is_not_covered_up(desk: Desk, code: str) -> None:
    desk.ask()
    desk.payer.fault = code
    assert fault(desk.ask) == code


def test_a_question_that_was_not_put_is_not_covered_up(desk: Desk) -> None:
    desk.ask()
    desk.payer.fault = "net.question"
    assert fault(desk.ask) == "net.question"


@pytest.mark.parametrize("simulated", [True, False])
def test_a_double_s_yes_stays_a_double_s(desk: Desk, simulated: bool) -> None:
    desk.payer.simulated = simulated
    desk.ask()
    desk.payer.fault = "net.down"
    assert desk.ask().simulated is simulated


def test_neither_name_nor_number_is_kept(desk: Desk) -> None:
    desk.ask(insurance_code="0030000001")
    with desk.store.reading() as db:
        kept = repr(db.execute("SELECT * FROM kept_cover").fetchall())
    assert "0030" not in kept
    assert "NGUY" not in kept
    assert "quỹ" not in kept


def test_it_is_found_by_either_number_and_shows_the_one_that_was_given(desk: Desk) -> None:
    desk.ask()
    desk.payer.fault = "net.down"
    answer = desk.ask(id_number=None, insurance_code="DN4010030000001")
    assert answer.cover is not None
    assert answer.cover.insurance_code == "DN4010030000001"
    assert fault(lambda: desk.ask(id_number=IdNumber("003090123451"))) == "net.down"


def test_a_no_is_final_and_ends_the_kept_yes(desk: Desk) -> None:
    desk.ask()
    desk.payer.state = Eligibility.NOT_ELIGIBLE
    assert desk.ask().state is Eligibility.NOT_ELIGIBLE
    desk.payer.fault = "net.down"
    assert fault(desk.ask) == "net.down"
    assert fault(lambda: desk.ask(id_number=None, insurance_code="0030000001")) == "net.down"
    assert desk.rows() == 0


@pytest.mark.parametrize("state", [Eligibility.CARD_INVALID, Eligibility.UNKNOWN])
def test_whatever_is_no_yes_ends_it(desk: Desk, state: Eligibility) -> None:
    desk.ask()
    desk.payer.state = state
    desk.ask()
    desk.payer.fault = "net.down"
    assert fault(desk.ask) == "net.down"


def test_a_payer_that_will_say_later_says_nothing_about_what_is_kept(desk: Desk) -> None:
    desk.ask()
    desk.payer.state = Eligibility.PENDING
    desk.ask()
    desk.payer.fault = "net.down"
    assert desk.ask().source is Source.CACHE


@pytest.mark.parametrize(
    ("born", "found"),
    [
        (BORN, True),
        (PartialDate(1990), True),
        (None, True),
        (PartialDate(1991), False),
        (PartialDate(1990, 11, 21), False),
    ],
)
def test_another_date_of_birth_is_another_person(desk: Desk, born: PartialDate | None, found: bool) -> None:
    desk.ask()
    desk.payer.fault = "net.down"
    if found:
        assert desk.ask(born=born).source is Source.CACHE
    else:
        assert fault(lambda: desk.ask(born=born)) == "net.down"


def test_after_a_day_it_says_that_it_is_old(desk: Desk) -> None:
    desk.ask()
    desk.payer.fault = "net.down"
    desk.clock.advance(24 * 3600)
    assert desk.ask().reason == "in_force"
    desk.clock.advance(1)
    assert desk.ask().reason == KEPT_LONG


def test_after_the_days_of_the_site_it_counts_no_more(desk: Desk) -> None:
    desk.ask()
    desk.payer.fault = "net.down"
    desk.clock.advance(30 * 86400 - 1)
    assert desk.ask().source is Source.CACHE
    desk.clock.advance(1)
    assert fault(desk.ask) == "net.down"


def test_with_the_cover_s_last_day_it_ends(desk: Desk) -> None:
    desk.payer.cover = replace(COVER, valid_to=date(2026, 11, 25))
    desk.ask()
    desk.payer.fault = "net.down"
    desk.clock.set_wall(datetime(2026, 11, 25, 16, 59, tzinfo=UTC) - desk.clock.now())
    assert desk.ask().source is Source.CACHE
    desk.clock.advance(60)
    assert fault(desk.ask) == "net.down"


def test_with_the_quarter_it_ends(desk: Desk) -> None:
    desk.clock.set_wall(timedelta(days=30))
    desk.ask()
    desk.payer.fault = "net.down"
    desk.clock.set_wall(datetime(2026, 12, 31, 16, 59, tzinfo=UTC) - desk.clock.now())
    assert desk.ask().source is Source.CACHE
    desk.clock.advance(60)
    assert fault(desk.ask) == "net.down"


def test_a_clock_that_was_set_back_makes_no_answer_young(desk: Desk) -> None:
    desk.ask()
    desk.payer.fault = "net.down"
    desk.clock.set_wall(-timedelta(days=3))
    assert fault(desk.ask) == "net.down"


def test_what_is_over_is_deleted(desk: Desk) -> None:
    desk.ask()
    assert desk.rows() == 2
    desk.clock.advance(31 * 86400)
    desk.ask(id_number=IdNumber("003090123451"), insurance_code=None)
    assert desk.kept.purge() == 0
    desk.clock.advance(31 * 86400)
    assert desk.kept.purge() == 2
    assert desk.rows() == 0


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full() -> int:
        raise FaultError("offline.write", "FullError")

    monkeypatch.setattr(desk.kept, "purge", full)
    with caplog.at_level(logging.WARNING):
        assert desk.ask().state is Eligibility.ELIGIBLE
    assert "not kept" in caplog.text
    assert "0030" not in caplog.text
    caplog.clear()


def test_a_store_that_is_damaged_is_the_payer_s_fault_and_no_answer(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.ask()
    with desk.store.writing() as db:
        db.execute("UPDATE kept_cover SET answer = x'00'")
    desk.payer.fault = "net.down"
    with caplog.at_level(logging.WARNING):
        assert fault(desk.ask) == "net.down"
    caplog.clear()


def test_everything_else_is_the_other_one_s(desk: Desk) -> None:
    now = desk.clock.now()
    assert fault(lambda: desk.backend.redeem(RedeemQuestion("s", now, "e", "t", "g"), 2.0)) == "net.down"
    assert fault(lambda: desk.backend.annul(AnnulQuestion("s", now, "e", "t", "g"), 2.0)) == "net.server"
    assert desk.backend.health(2.0).version == "7"
    assert not desk.backend.simulated
