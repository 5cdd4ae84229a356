"""A double that answered is told on the screen and in the journal, like a double among the devices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal import events as on
from terminal.flow.effects import Record
from terminal.flow.session import advance
from terminal.flow.states import Case, State
from terminal.flow.views import view_of
from terminal.view import Desk, Screen
from tests.machine import worlds

RULES = worlds.rules(Desk.RECEPTION)


@pytest.mark.parametrize("simulated", [True, False])
def test_an_answer_of_a_double_is_shown_and_recorded_as_one(simulated: bool) -> None:
    asking = State(Screen.CHECKING, session=1, case=Case(claimed=worlds.person()))
    answer = replace(worlds.cover_answer(), simulated=simulated)
    state, effects = advance(asking, on.Answered(1, answer), RULES)
    assert view_of(state, RULES).simulated is simulated
    assert [effect.simulated for effect in effects if isinstance(effect, Record)] == [simulated]
