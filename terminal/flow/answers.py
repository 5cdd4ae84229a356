"""What an answer does to the session, from a backend, from the journal, from the hospital's system and from staff."""

from __future__ import annotations

from dataclasses import replace

from terminal import events as on
from terminal.flow import deciding, moves
from terminal.flow.moves import Move, show
from terminal.flow.rows import Input
from terminal.flow.rules import Rules
from terminal.flow.states import State
from terminal.flow.views import may_admit, may_hand_over
from terminal.model import EligibilityAnswer, Source


def answered(state: State, event: on.Answered, rules: Rules) -> Move:
    """The backend's word, or what stands for it while it is away."""
    simulated = moves.case_of(state).simulated
    if isinstance(event.answer, EligibilityAnswer):
        simulated = simulated or event.answer.simulated
    online = event.answer.source in (Source.ONLINE, Source.HUB)
    state = moves.reached(state) if online else replace(state, online=False)
    state = moves.with_case(state, answer=event.answer, ask_fault=None, simulated=simulated)
    return deciding.decided(state, rules)


def ask_failed(state: State, event: on.AskFailed, rules: Rules) -> Move:
    """Nobody could say anything."""
    state = moves.with_case(replace(state, online=False), answer=None, ask_fault=event.fault)
    return deciding.decided(state, rules)


def no_answer(state: State, _event: Input, rules: Rules) -> Move:
    """The time for an answer is over."""
    state = moves.with_case(replace(state, online=False), answer=None, ask_fault="net.timeout")
    return deciding.decided(state, rules)


def rechecked(state: State, event: on.Rechecked, rules: Rules) -> Move:
    """The payer's word came while its person is still shown; what staff decided by hand meanwhile stands."""
    if moves.case_of(state).admitted:
        return state, ()
    return answered(state, on.Answered(event.session, event.answer), rules)


def not_recorded(state: State, event: on.RecordFailed, rules: Rules) -> Move:
    """The journal refused a decision: nothing turns green."""
    return deciding.unrecorded(state, event.fault, rules)


def admitted(state: State, event: on.Admitted, rules: Rules) -> Move:
    """Staff let somebody in by hand, for one of the reasons there are."""
    if event.reason not in on.REASONS or not may_admit(state, rules):
        return state, ()
    return deciding.admitted(state, event.reason, rules)


def hand_over(state: State, _event: Input, rules: Rules) -> Move:
    """The clerk gives the result on."""
    if not may_hand_over(state, rules):
        return state, ()
    state, giving = deciding.hand_over(state, rules)
    state, shown = show(state, rules)
    return state, (*giving, *shown)


def handed_over(state: State, _event: on.HandedOver, rules: Rules) -> Move:
    """The hospital's system has it."""
    return show(moves.with_case(state, handed=True), rules)


def not_handed_over(state: State, event: on.HandOverFailed, rules: Rules) -> Move:
    """It has it not: said, and the button is back."""
    return moves.notice(moves.with_case(state, handed=False), event.fault, rules)
