"""Who answered decides what the desk says of its network, and a later word takes the place of an earlier one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from terminal import events as on
from terminal.events import Button, CodeSeen, Device, DeviceUp, Pressed
from terminal.flow import answers, deciding, moves
from terminal.flow.effects import AskLater, HandOver, Record
from terminal.flow.states import Case, State
from terminal.model import Eligibility, EligibilityAnswer, Outcome, Source
from terminal.view import Desk, Screen
from tests.desk import UP, Bench, serve, ticket_text
from tests.machine import worlds

RECEPTION = worlds.rules(Desk.RECEPTION)
CHECKING = State(
    screen=Screen.CHECKING, case=Case(method="CHIP_CCCD", claimed=worlds.person(), reading=worlds.reading())
)
KEPT = replace(worlds.cover_answer(), source=Source.CACHE, as_of=worlds.NOW)
PENDING = worlds.cover_answer(Eligibility.PENDING)


@pytest.mark.parametrize(
    ("source", "online"),
    [(Source.ONLINE, True), (Source.HUB, True), (Source.CACHE, False), (Source.LOCAL, False)],
)
def test_only_a_server_s_word_says_that_the_network_is_there(source: Source, online: bool) -> None:
    answer = replace(worlds.cover_answer(), source=source)
    state, _ = answers.answered(CHECKING, on.Answered(0, answer), RECEPTION)
    assert state.online is online


@pytest.mark.parametrize(
    ("answer", "fault", "later"),
    [
        (worlds.cover_answer(), None, False),
        (worlds.cover_answer(Eligibility.NOT_ELIGIBLE), None, False),
        (KEPT, None, True),
        (PENDING, None, True),
        (None, "net.down", True),
        (None, "net.question", False),  # asked in the same way it would fail in the same way
        (None, None, False),
    ],
)
def test_whatever_was_not_the_payer_s_word_is_asked_again(
    answer: EligibilityAnswer | None, fault: str | None, later: bool
) -> None:
    state = moves.with_case(CHECKING, answer=answer, ask_fault=fault)
    _, effects = deciding.decided(state, RECEPTION)
    found = [effect for effect in effects if isinstance(effect, AskLater)]
    assert bool(found) is later
    if found:
        assert found[0].told == answer
        kinds = [type(effect) for effect in effects]
        assert kinds.index(Record) < kinds.index(AskLater)


def test_a_kept_yes_is_no_full_one_and_tells_its_age() -> None:
    state, _ = deciding.decided(moves.with_case(CHECKING, answer=KEPT), RECEPTION)
    verdict = moves.case_of(state).verdict
    assert verdict is not None
    assert (verdict.outcome, verdict.title.key) == (Outcome.ATTENTION, "title.warn.degraded")
    assert [note.key for note in verdict.notes if note.key.startswith("note.as_of")] == ["note.as_of.minutes"]


def test_the_later_word_takes_the_place_of_what_was_told_and_is_handed_on() -> None:
    rules = replace(RECEPTION, hands="decided")
    state, _ = deciding.decided(moves.with_case(CHECKING, answer=KEPT), rules)
    state, effects = answers.rechecked(state, on.Rechecked(0, worlds.cover_answer(Eligibility.NOT_ELIGIBLE)), rules)
    verdict = moves.case_of(state).verdict
    assert verdict is not None
    assert verdict.outcome is Outcome.STOP
    assert [type(effect) for effect in effects if isinstance(effect, Record | HandOver)] == [Record, HandOver]


def test_what_staff_decided_by_hand_stands_whatever_comes_later() -> None:
    state, _ = deciding.decided(moves.with_case(CHECKING, answer=PENDING), RECEPTION)
    state, _ = deciding.admitted(state, "emergency", RECEPTION)
    after, effects = answers.rechecked(state, on.Rechecked(0, worlds.cover_answer(Eligibility.NOT_ELIGIBLE)), RECEPTION)
    assert (after, effects) == (state, ())


def test_the_later_word_about_somebody_who_has_gone_shows_nothing() -> None:
    bench = Bench(RECEPTION)
    bench.say(UP)
    bench.backend.answer = PENDING
    serve(bench)
    session = bench.engine.state.session
    bench.say(Pressed(Button.DONE))
    shown = len(bench.face.views)
    bench.say(on.Rechecked(session, worlds.cover_answer()))
    assert len(bench.face.views) == shown


def test_a_wrong_clock_refuses_no_ticket_where_the_servers_time_is_known() -> None:
    rules = worlds.rules(Desk.GATE)
    for hours, outcome in ((0.0, Outcome.ALLOW), (48.0, Outcome.STOP)):
        bench = Bench(rules)
        bench.clock.advance(48 * 3600)  # the computer is two days ahead
        right = bench.clock.now() - timedelta(days=2) + timedelta(hours=hours)
        bench = Bench(rules, now=lambda right=right: right)
        bench.backend.answer = worlds.redeemed()
        bench.say(DeviceUp(Device.CAMERA, "c"), CodeSeen(ticket_text(), "camera"))
        bench.hear_answer()
        assert bench.face.outcomes[-1] is outcome
