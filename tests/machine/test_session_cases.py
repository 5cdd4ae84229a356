"""Moments at the desk that are worth a test of their own."""

from __future__ import annotations

import pytest

from terminal import events as on
from terminal.events import Device
from terminal.flow import effects as to
from terminal.flow.session import advance
from terminal.flow.states import State
from terminal.view import Desk, Screen
from tests.machine import worlds


def played(*script: object, desk: Desk = Desk.RECEPTION) -> tuple[State, tuple[to.Effect, ...]]:
    state, effects = advance(State(), on.DeviceUp(Device.READER, "d"), worlds.rules(desk))
    for event in script:
        state, effects = advance(state, event, worlds.rules(desk))  # type: ignore[arg-type]
    return state, effects


@pytest.mark.parametrize("before", [(), (worlds.seen(),)])
def test_a_second_card_is_told_of_and_the_first_stays_the_one_served(before: tuple[object, ...]) -> None:
    state, effects = played(on.CardPlaced("first", "r"), *before, on.CardPlaced("second", "other"))
    (show,) = effects
    assert state.card == "first"
    assert isinstance(show, to.Show)
    assert show.view.hint is not None
    assert show.view.hint.key == "fault.card.two.remedy"


def test_a_card_that_replaced_a_lifted_one_is_taken() -> None:
    state, _ = played(on.CardPlaced("first", "r"), worlds.seen(), on.CardRemoved("first"), on.CardPlaced("next", "r"))
    assert state.card == "next"


def test_a_number_refused_three_times_ends_in_attention_not_in_a_loop() -> None:
    state, _ = played(on.CardPlaced("c", "r"))
    screens = []
    for _ in range(3):
        state, _ = advance(state, worlds.seen(typed=True), worlds.rules(Desk.RECEPTION))
        state, _ = advance(state, on.ReadFailed(state.session, "card.locked"), worlds.rules(Desk.RECEPTION))
        screens.append(state.screen)
    assert screens == [Screen.ASK_NUMBER, Screen.ASK_NUMBER, Screen.RESULT]
    assert state.case is not None
    assert state.case.verdict is not None
    assert state.case.verdict.title.key == "fault.card.locked.title"


def test_a_card_at_a_gate_that_takes_tickets_only_is_told_so() -> None:
    state, _ = played(on.CardPlaced("c", "r"), desk=Desk.GATE)
    assert state.screen is Screen.IDLE
    assert state.notice is not None
    assert state.notice.key == "fault.code.not_here.remedy"
