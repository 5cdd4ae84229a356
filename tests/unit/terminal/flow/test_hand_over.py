"""A reception's result goes to the hospital's system: with the decision or by Enter, once; again when that failed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from terminal.events import Button, HandedOver, HandOverFailed, Pressed, Rechecked
from terminal.faults import FaultError
from terminal.flow.effects import HandOver
from terminal.model import Eligibility, Message, Outcome
from terminal.ports import Inbox
from terminal.view import Desk, Screen
from tests.desk import UP, Bench, serve
from tests.machine import worlds


@dataclass
class FakeHands:
    """Keeps what it was given."""

    given: list[tuple[HandOver, str]] = field(default_factory=list)

    def start(self, post: Inbox) -> None:
        raise AssertionError("this engine is turned by hand")

    def hand(self, effect: HandOver, scan_id: str) -> None:
        self.given.append((effect, scan_id))

    def stop(self) -> None:
        raise AssertionError("this engine is turned by hand")


def reception(when: str) -> tuple[Bench, FakeHands]:
    hands = FakeHands()
    bench = Bench(replace(worlds.rules(Desk.RECEPTION), hands=when), hands=hands)
    bench.say(UP)
    return bench, hands


def test_with_the_decision_and_only_once() -> None:
    bench, hands = reception("decided")
    serve(bench)
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    (effect, scan_id) = hands.given[0]
    assert scan_id == bench.recorder.kept[-1][1]
    assert effect.result.person is not None
    assert Button.HAND_OVER not in bench.face.views[-1].actions
    bench.say(HandedOver(bench.engine.state.session, "folder"), Pressed(Button.HAND_OVER))
    assert len(hands.given) == 1


def test_when_the_clerk_says_so_first_of_all_buttons() -> None:
    bench, hands = reception("pressed")
    serve(bench)
    assert hands.given == []
    assert bench.face.views[-1].actions[0] is Button.HAND_OVER
    bench.say(Pressed(Button.HAND_OVER))
    assert len(hands.given) == 1
    assert Button.HAND_OVER not in bench.face.views[-1].actions


@pytest.mark.parametrize("when", ["decided", "pressed"])
def test_a_later_word_about_the_same_visit_is_handed_over_too(when: str) -> None:
    """The payer was silent, then said no: the hospital must not keep the first result."""
    bench, hands = reception(when)
    bench.backend.answer = FaultError("net.down")
    serve(bench)
    bench.say(Pressed(Button.HAND_OVER))
    assert [effect.result.verdict.outcome for effect, _ in hands.given] == [Outcome.ATTENTION]
    later = worlds.cover_answer(Eligibility.NOT_ELIGIBLE, "expired")
    bench.say(Rechecked(bench.engine.state.session, later), Pressed(Button.HAND_OVER))
    assert [effect.result.verdict.outcome for effect, _ in hands.given] == [Outcome.ATTENTION, Outcome.STOP]
    assert len({visit for _, visit in hands.given}) == 1


def test_so_is_what_the_payer_says_when_staff_ask_again() -> None:
    bench, hands = reception("decided")
    bench.backend.answer = FaultError("net.down")
    serve(bench)
    bench.backend.answer = worlds.cover_answer()
    bench.say(Pressed(Button.AGAIN))
    bench.hear_answer()
    assert [effect.result.verdict.outcome for effect, _ in hands.given] == [Outcome.ATTENTION, Outcome.ALLOW]


def test_what_was_not_taken_is_told_and_can_be_given_again() -> None:
    bench, hands = reception("decided")
    serve(bench)
    bench.say(HandOverFailed(bench.engine.state.session, "folder", "handover.full"))
    assert bench.face.views[-1].hint == Message("fault.handover.full.remedy")
    bench.say(Pressed(Button.HAND_OVER))
    assert len(hands.given) == 2


def test_what_was_given_up_is_told_to_whoever_sits_there_now() -> None:
    bench, _ = reception("decided")
    serve(bench)
    session = bench.engine.state.session
    bench.say(Pressed(Button.DONE))
    assert bench.screen() is Screen.IDLE
    bench.say(HandOverFailed(session, "hl7", "handover.absent"))
    assert bench.face.views[-1].hint is None, "it is still tried"
    bench.say(HandOverFailed(session, "hl7", "handover.given_up"))
    assert bench.face.views[-1].hint == Message("fault.handover.given_up.remedy")


def test_what_was_given_up_of_whoever_is_still_shown_is_told_at_once() -> None:
    bench, _ = reception("decided")
    serve(bench)
    bench.say(HandOverFailed(bench.engine.state.session, "hl7", "handover.given_up"))
    assert bench.face.views[-1].hint == Message("fault.handover.given_up.remedy")
    assert Button.HAND_OVER in bench.face.views[-1].actions


def test_a_desk_without_any_way_has_no_such_button() -> None:
    bench = Bench(worlds.rules(Desk.RECEPTION))
    bench.say(UP)
    serve(bench)
    assert Button.HAND_OVER not in bench.face.views[-1].actions
