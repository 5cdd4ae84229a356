"""Asked again until there is an answer; a difference is a task, agreement is silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from terminal.events import Event, Rechecked, TasksChanged
from terminal.faults import FaultError
from terminal.model import Cover, Eligibility, EligibilityAnswer, Source
from terminal.ports import EligibilityQuestion
from terminal.rechecks import AT_ONCE, KEPT_FOR, PENDING_FOR, Rechecks, TaskList
from terminal.records.sealed import Sealed, SealedKey, open_sealed
from tests.desk import FakeBackend
from tests.fake_clock import FakeClock

KEY = SealedKey(bytes(range(32)))
COVER = Cover("0030000001", "80 %", date(2026, 1, 1), date(2026, 12, 31), "01000")


class Payer(FakeBackend):
    """Gives its answers one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[EligibilityAnswer | FaultError] = []
        self.questions: list[EligibilityQuestion] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        self.questions.append(question)
        self.meanwhile()
        self.answer = self.answers.pop(0)
        return super().check(question, deadline)


class Desk:
    """The store, the payer and the events of one terminal."""

    def __init__(self, path: Path) -> None:
        self.clock, self.backend = FakeClock(), Payer()
        self.events: list[Event] = []
        self.notes: list[tuple[str, bool]] = []
        self.path = path
        self.store: Sealed = open_sealed(path, KEY)
        self.rechecks = self.build()

    def build(self) -> Rechecks:
        def note(question: EligibilityQuestion, _: EligibilityAnswer, differs: bool) -> None:
            self.notes.append((question.scan_id, differs))

        return Rechecks(self.store, self.backend, self.clock, 4.0, note)

    @property
    def tasks(self) -> TaskList:
        return TaskList(self.store, self.clock)

    def restart(self) -> None:
        self.store.close()
        self.store = open_sealed(self.path, KEY)
        self.rechecks = self.build()

    def turn(self) -> list[Event]:
        self.events.clear()
        self.rechecks.turn(self.events.append)
        return self.events


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "offline.sqlite3")
    yield made
    made.store.close()


def question(desk: Desk, scan_id: str = "v-1") -> EligibilityQuestion:
    number = IdNumber("003090123450")
    return EligibilityQuestion(scan_id, desk.clock.now(), number, None, "NGUYỄN VĂN THỬ", PartialDate(1990, 11, 20))


def answer(desk: Desk, state: Eligibility = Eligibility.ELIGIBLE, cover: Cover | None = COVER) -> EligibilityAnswer:
    return EligibilityAnswer(state, "in_force", desk.clock.now(), "E-1", cover)


def kept(desk: Desk) -> EligibilityAnswer:
    return replace(answer(desk), source=Source.CACHE, as_of=desk.clock.now() - timedelta(days=3))


def test_the_question_comes_back_whole_and_with_the_time_of_its_repetition(desk: Desk) -> None:
    asked = question(desk)
    desk.rechecks.keep(asked, None, 7)
    desk.clock.advance(60)
    desk.backend.answers.append(answer(desk))
    desk.turn()
    (again,) = desk.backend.questions
    assert again == replace(asked, asked_at=desk.clock.now())


def test_agreement_is_no_task_and_reaches_the_person_still_shown(desk: Desk) -> None:
    desk.rechecks.keep(question(desk), kept(desk), 7)
    told = answer(desk)
    desk.backend.answers.append(told)
    assert desk.turn() == [Rechecked(7, told), TasksChanged(0)]
    assert desk.notes == [("v-1", False)]
    assert desk.turn() == [TasksChanged(0)]


@pytest.mark.parametrize("state", [Eligibility.NOT_ELIGIBLE, Eligibility.CARD_INVALID, Eligibility.UNKNOWN])
def test_a_later_no_is_a_task_until_somebody_has_seen_to_it(desk: Desk, state: Eligibility) -> None:
    seen_at = desk.clock.now()
    desk.rechecks.keep(question(desk), kept(desk), 7)
    desk.clock.advance(3600)
    desk.backend.answers.append(answer(desk, state, None))
    assert desk.turn()[-1] == TasksChanged(1)
    (task,) = desk.tasks.open()
    assert (task.kind, task.told, task.found, task.reference) == ("differs", "eligible", state.value, "E-1")
    assert (task.masked, task.seen_at, task.scan_id) == ("003 090 ••••••", seen_at, "v-1")
    assert desk.tasks.done(task.number)
    assert not desk.tasks.done(task.number)
    assert desk.turn() == [TasksChanged(0)]


@pytest.mark.parametrize(
    "other",
    [
        replace(COVER, insurance_code="0030000002"),
        replace(COVER, benefit="95 %"),
        replace(COVER, valid_to=date(2026, 11, 30)),
        replace(COVER, facility="01C54"),
    ],
)
def test_another_cover_than_was_told_is_a_task(desk: Desk, other: Cover) -> None:
    desk.rechecks.keep(question(desk), kept(desk), 7)
    desk.backend.answers.append(answer(desk, cover=other))
    assert desk.turn()[-1] == TasksChanged(1)


@pytest.mark.parametrize("code", ["", "0030000001"], ids=["by the card", "by the insurance number"])
def test_a_kept_yes_that_names_the_card_in_short_or_not_at_all_agrees_with_the_payer_s(desk: Desk, code: str) -> None:
    told = replace(kept(desk), cover=replace(COVER, insurance_code=code))
    desk.rechecks.keep(question(desk), told, 7)
    desk.backend.answers.append(answer(desk, cover=replace(COVER, insurance_code="DN4010030000001")))
    assert desk.turn()[-1] == TasksChanged(0)


def test_nothing_was_told_so_any_yes_is_good(desk: Desk) -> None:
    desk.rechecks.keep(question(desk), None, 7)
    desk.backend.answers.append(answer(desk))
    assert desk.turn()[-1] == TasksChanged(0)


def test_what_nobody_answers_is_asked_again_oldest_first_also_after_a_restart(desk: Desk) -> None:
    for n in (1, 2):
        desk.rechecks.keep(question(desk, f"v-{n}"), None, n)
    desk.backend.answers.append(FaultError("net.down"))
    assert desk.turn() == [TasksChanged(0)]
    assert [asked.scan_id for asked in desk.backend.questions] == ["v-1"]  # the rest of the round would only wait too
    desk.restart()
    desk.backend.answers += [answer(desk), answer(desk)]
    assert desk.turn() == [TasksChanged(0)]  # nobody of before is still shown
    assert [asked.scan_id for asked in desk.backend.questions] == ["v-1", "v-1", "v-2"]


def test_one_that_the_payer_will_not_hear_does_not_hold_up_the_others(desk: Desk) -> None:
    for n in (1, 2):
        desk.rechecks.keep(question(desk, f"v-{n}"), None, n)
    desk.backend.answers += [FaultError("net.denied"), answer(desk)]
    assert desk.turn() == [Rechecked(2, answer(desk)), TasksChanged(0)]


@pytest.mark.parametrize("fault", ["net.garbage", "net.question"])
def test_those_that_are_never_answered_do_not_keep_the_others_from_being_asked(desk: Desk, fault: str) -> None:
    for n in range(AT_ONCE + 1):
        desk.rechecks.keep(question(desk, f"v-{n}"), None, n)
    last = f"v-{AT_ONCE}"
    for _ in range(AT_ONCE + 1):
        asked = len(desk.backend.questions)
        desk.backend.answers = [FaultError(fault) for _ in range(AT_ONCE)]
        desk.turn()
        if last in {one.scan_id for one in desk.backend.questions[asked:]}:
            return
    raise AssertionError("the last one was never asked about")


def test_two_rounds_never_ask_the_same_at_once(desk: Desk) -> None:
    desk.rechecks.keep(question(desk), None, 7)
    desk.backend.answers.append(answer(desk))
    desk.backend.meanwhile = lambda: desk.rechecks.turn(desk.events.append)
    desk.turn()
    assert desk.notes == [("v-1", False)]
    assert len(desk.backend.questions) == 1


def test_a_round_is_short(desk: Desk) -> None:
    for n in range(AT_ONCE + 5):
        desk.rechecks.keep(question(desk, f"v-{n}"), None, n)
    desk.backend.answers += [answer(desk) for _ in range(AT_ONCE + 5)]
    desk.turn()
    assert len(desk.backend.questions) == AT_ONCE


@pytest.mark.parametrize("pending", [True, False])
def test_what_stays_unanswered_becomes_a_task(desk: Desk, pending: bool) -> None:
    told = answer(desk, Eligibility.PENDING, None) if pending else None
    desk.rechecks.keep(question(desk), told, 7)
    limit = PENDING_FOR if pending else KEPT_FOR
    desk.clock.advance(limit.total_seconds() - 1)
    again = answer(desk, Eligibility.PENDING, None) if pending else FaultError("net.timeout")
    desk.backend.answers.append(again)
    assert desk.turn()[-1] == TasksChanged(0)
    desk.clock.advance(1)
    desk.backend.answers.append(again)
    assert desk.turn()[-1] == TasksChanged(1)
    (task,) = desk.tasks.open()
    assert (task.kind, task.found) == ("unanswered", "nothing")


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_is_remembered_of_what_is_settled(desk: Desk, answered: bool) -> None:
    desk.rechecks.keep(question(desk), None, 7)
    desk.clock.advance(KEPT_FOR.total_seconds())
    desk.backend.answers.append(answer(desk) if answered else FaultError("net.down"))
    desk.turn()
    assert desk.rechecks._sessions == {}


def test_the_same_visit_is_one_question(desk: Desk) -> None:
    desk.rechecks.keep(question(desk), None, 7)
    desk.rechecks.keep(question(desk), kept(desk), 7)
    desk.backend.answers.append(answer(desk, cover=replace(COVER, benefit="95 %")))
    assert desk.turn()[-1] == TasksChanged(1)
    assert len(desk.backend.questions) == 1


def test_no_task_names_anybody(desk: Desk) -> None:
    desk.rechecks.keep(question(desk), kept(desk), 7)
    desk.backend.answers.append(answer(desk, Eligibility.NOT_ELIGIBLE, None))
    desk.turn()
    with desk.store.reading() as db:
        rows = str(db.execute("SELECT * FROM recheck_task").fetchall())
        left = db.execute("SELECT count(*) FROM recheck").fetchone()
    assert "THỬ" not in rows
    assert "123450" not in rows
    assert left == (0,)
