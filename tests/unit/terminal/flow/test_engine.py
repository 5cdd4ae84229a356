"""The engine, turned by hand: what it carries out, in which order, and what it survives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from terminal.events import (
    AskFailed,
    Button,
    CardPlaced,
    CardRemoved,
    CodeSeen,
    MrzTyped,
    NumberTyped,
    PhotoRead,
    Pressed,
    ReadFailed,
)
from terminal.faults import FaultError
from terminal.flow.effects import Effect, Record, Show
from terminal.flow.engine import Engine
from terminal.flow.jobs import AskWork, ReadWork
from terminal.flow.rules import Times
from terminal.flow.states import State
from terminal.model import Outcome, Photo, RedeemAnswer
from terminal.ports import EligibilityQuestion, RedeemQuestion
from terminal.view import Cue, Desk, Screen
from tests import chips
from tests.desk import CARD, EVENT, PROFILE, UP, Bench, FakeBackend, bench, code, read, serve, ticket_text
from tests.machine import worlds
from tests.photos import PhotosHere


@pytest.fixture
def desk() -> Bench:
    return bench()


# A visit -------------------------------------------------------------------------------------------------------------


def test_a_visit_goes_from_code_to_card_to_answer(desk: Bench) -> None:
    serve(desk)
    screens = list(dict.fromkeys(view.screen for view in desk.face.views))
    assert screens == [Screen.IDLE, Screen.PLACE_CARD, Screen.READING, Screen.CHECKING, Screen.RESULT]
    assert desk.face.outcomes == [Outcome.ALLOW]
    assert desk.face.cues == [Cue.ALLOW]
    result = desk.face.views[-1].result
    assert result is not None
    assert result.photo is not None
    assert [record.verdict.outcome for record, _, _ in desk.recorder.kept] == [Outcome.ALLOW]


def test_the_chip_is_read_with_what_the_code_opens_and_by_the_card_that_lies_there(desk: Bench) -> None:
    desk.say(code(), CARD)
    card, _, cancel = desk.reader.jobs[0]
    assert (card, cancel.is_set()) == ("card-1", False)


def test_the_backend_is_asked_about_the_person_of_the_chip(desk: Bench) -> None:
    serve(desk)
    question = desk.backend.asked[0]
    assert isinstance(question, EligibilityQuestion)
    assert question.id_number == chips.person_of(PROFILE).id_number
    assert question.name == chips.person_of(PROFILE).name
    assert (question.asked_at, desk.backend.deadlines) == (desk.clock.now(), [4.0])


def test_a_decision_is_recorded_before_it_is_shown_and_sounded() -> None:
    order: list[str] = []
    desk = bench()

    def recorded(record: Record, scan_id: str, ms: float) -> None:
        order.append("recorded")
        assert desk.face.outcomes == []

    desk = bench(record=recorded)
    serve(desk)
    assert order == ["recorded"]
    assert desk.face.outcomes == [Outcome.ALLOW]


def test_the_record_says_how_long_the_person_waited(desk: Bench) -> None:
    desk.say(code())
    desk.clock.advance(2.5)
    read_only = chips.Field(chips.contents_of(PROFILE))
    desk.say(CARD)
    desk.reader.run(read_only)
    desk.clock.advance(0.25)
    desk.settle()
    desk.hear_answer()
    desk.say(CardRemoved("card-1"), Pressed(Button.DONE))
    desk.clock.advance(1000)
    serve(desk)
    assert [ms for _, _, ms in desk.recorder.kept] == [2750, 0]


def test_who_interrupts_a_result_waits_from_then_on() -> None:
    class Slow(FakeBackend):
        def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
            desk.clock.advance(0.25)
            return super().redeem(question, deadline)

    backend = Slow(answer=worlds.redeemed())
    desk = bench(Desk.GATE, ask=lambda post: AskWork(backend, "A1", 4.0, post))
    for ticket in ("T1", "T2"):
        desk.say(CodeSeen(ticket_text(ticket), "camera"))
        desk.hear_answer()
    assert [ms for _, _, ms in desk.recorder.kept] == [250, 250]


def test_a_typed_number_opens_the_chip_too(desk: Bench) -> None:
    desk.say(CARD, NumberTyped(chips.person_of(PROFILE).id_number.digits))
    desk.reader.run(chips.Field(chips.contents_of(PROFILE)))
    desk.settle()
    desk.hear_answer()
    assert desk.face.outcomes == [Outcome.ALLOW]


def test_typed_dates_open_a_chip_without_pace(desk: Bench) -> None:
    desk.say(CARD, MrzTyped("003090123450", "901120", "301120"))
    desk.reader.run(chips.Field(chips.contents_of("bac-only")))
    desk.settle()
    desk.hear_answer()
    assert desk.face.outcomes == [Outcome.ALLOW]
    assert desk.recorder.kept[0][2] == 0


def test_codes_are_not_looked_for_while_a_result_is_shown(desk: Bench) -> None:
    serve(desk)
    assert desk.codes.paused[-1] is True
    desk.say(Pressed(Button.DONE))
    assert desk.codes.paused[-1] is False


def test_the_end_of_a_visit_cancels_a_running_read(desk: Bench) -> None:
    desk.say(code(), CARD)
    cancel = desk.reader.jobs[0][2]
    desk.say(Pressed(Button.DONE))
    assert cancel.is_set()
    assert desk.screen() is Screen.IDLE


def test_a_new_read_is_not_cancelled_by_the_last_one_s_end(desk: Bench) -> None:
    desk.say(code(), CARD, Pressed(Button.DONE), CardRemoved("card-1"), code(), CardPlaced("card-2", "r"))
    assert [(card, cancel.is_set()) for card, _, cancel in desk.reader.jobs] == [("card-1", True), ("card-2", False)]


def test_what_comes_of_the_last_person_never_meets_the_next(desk: Bench) -> None:
    read(desk)
    desk.say(Pressed(Button.DONE), CardRemoved("card-1"), code("cccd-2024"))
    assert desk.screen() is Screen.PLACE_CARD
    desk.say(ReadFailed(1, "card.silent"), AskFailed(1, "net.down"), PhotoRead(1, Photo(b"old")))
    assert desk.screen() is Screen.PLACE_CARD
    assert desk.recorder.kept == []


def test_a_result_goes_by_itself(desk: Bench) -> None:
    serve(desk)
    desk.say(CardRemoved("card-1"))
    desk.wait(59)
    assert desk.screen() is Screen.RESULT
    desk.wait(1)
    assert desk.screen() is Screen.IDLE
    assert desk.engine.state.case is None


def test_a_slow_card_is_said_to_be_slow(desk: Bench) -> None:
    desk.say(code(), CARD)
    assert not desk.face.views[-1].slow
    desk.wait(4)
    assert desk.face.views[-1].slow


def test_clocks_that_run_out_together_do_not_stop_what_the_first_one_starts() -> None:
    # After the computer slept, BOUNCE and LIFE of a retry are both due, and BOUNCE begins a read with its own LIFE.
    rules = replace(worlds.rules(Desk.RECEPTION), times=Times(retry=8.0, bounce=9.0))
    desk = Bench(rules)
    desk.say(UP, code(), CARD, ReadFailed(1, "card.lost"))
    desk.wait(8.5)  # LIFE alone: it now stands behind BOUNCE
    desk.say(Pressed(Button.DONE), CardRemoved("card-1"), code(), CardPlaced("card-2", "r"), ReadFailed(2, "card.lost"))
    assert desk.screen() is Screen.RETRY
    desk.wait(60)
    assert desk.screen() is Screen.READING
    desk.wait(60)
    assert desk.screen() is Screen.RESULT


def test_the_watcher_sees_states_and_what_was_done() -> None:
    seen: list[tuple[Screen, tuple[Effect, ...]]] = []

    def watch(state: State, effects: tuple[Effect, ...]) -> None:
        seen.append((state.screen, effects))

    desk = bench()
    engine = Engine(desk.engine._desk, watch)
    for event in (UP, Pressed(Button.DONE), code(), CARD, CardRemoved("card-1"), CardRemoved("card-1")):
        engine.post(event)
        engine.turn(0.0)
    assert [screen for screen, _ in seen] == [Screen.IDLE, Screen.PLACE_CARD, Screen.READING, Screen.READING]
    assert [bool(effects) for _, effects in seen] == [True, True, True, False]
    assert all(isinstance(effects[-1], Show) for _, effects in seen if effects)


# Names of scans ------------------------------------------------------------------------------------------------------


def test_a_person_asked_about_again_is_a_fresh_question(desk: Bench) -> None:
    desk.backend.answer = FaultError("net.down")
    serve(desk)
    desk.say(Pressed(Button.AGAIN))
    desk.hear_answer()
    first, second = (question.scan_id for question in desk.backend.asked)
    assert first != second
    assert first.rsplit("-", 1)[0] == second.rsplit("-", 1)[0]


def test_a_ticket_asked_about_again_is_the_same_question_and_the_next_one_another() -> None:
    desk = bench(Desk.GATE)
    desk.backend.answer = FaultError("net.timeout")
    desk.say(CodeSeen(ticket_text(), "camera"))
    desk.hear_answer()
    desk.say(Pressed(Button.AGAIN))
    desk.hear_answer()
    desk.backend.answer = worlds.redeemed()
    desk.say(Pressed(Button.DONE), CodeSeen(ticket_text("T2"), "camera"))
    desk.hear_answer()
    first, again, next_one = (question.scan_id for question in desk.backend.asked)
    assert first == again != next_one
    assert [record.verdict.outcome for record, _, _ in desk.recorder.kept][-1] is Outcome.ALLOW
    assert [scan_id for _, scan_id, _ in desk.recorder.kept] == [first, first, next_one]


def test_two_starts_of_one_desk_never_use_the_same_names() -> None:
    names = []
    for _ in range(2):
        desk = bench()
        serve(desk)
        names.append(desk.recorder.kept[0][1])
    assert names[0] != names[1]


def test_what_waits_for_the_next_photo_ends_with_the_desk() -> None:
    closed: list[str] = []

    class Photos(PhotosHere):
        def close(self) -> None:
            closed.append("photos")

    desk = bench(read=lambda post: ReadWork(chips.tools, 65_000, True, post, photos=Photos()))
    desk.engine.stop()
    assert closed == ["photos"]


# What a desk does not have -------------------------------------------------------------------------------------------


def test_without_a_reader_a_card_cannot_be_read() -> None:
    desk = bench(reader=None, read=None)
    desk.say(code(), CARD)
    assert [record.verdict.fault for record, _, _ in desk.recorder.kept] == ["reader.absent"]


def test_without_a_backend_nobody_is_allowed() -> None:
    desk = bench(ask=None)
    read(desk)
    desk.settle()
    assert [record.verdict.fault for record, _, _ in desk.recorder.kept] == ["net.down"]
    assert desk.face.outcomes[-1] is Outcome.ATTENTION


def test_without_a_camera_a_result_is_shown_all_the_same() -> None:
    desk = bench(codes=())
    serve(desk)
    assert desk.face.outcomes == [Outcome.ALLOW]


# Tickets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (ticket_text(), "title.ok.ticket"),
        (ticket_text(event="another-event"), "title.stop.wrong_gate"),
        (ticket_text(day=datetime(2026, 11, 20, tzinfo=UTC)), "title.stop.wrong_day"),
    ],
    ids=["of today", "of another event", "of another day"],
)
def test_a_ticket_at_the_gate(text: bytes, title: str) -> None:
    desk = bench(Desk.GATE, event=EVENT)
    desk.backend.answer = worlds.redeemed()
    desk.say(CodeSeen(text, "camera"))
    if title == "title.ok.ticket":
        desk.hear_answer()
    assert [record.verdict.title.key for record, _, _ in desk.recorder.kept] == [title]
    assert len(desk.backend.asked) == (title == "title.ok.ticket")
