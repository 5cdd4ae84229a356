"""The heart: a table of what may happen in each state, and a pure reducer over it.

``advance`` takes a state and an event and gives the next state and the effects to carry out. No clock, no device, no
randomness. The diagram in docs/state-machine.md is drawn from TABLE, and a test compares the two.

Held by property tests: every state that holds personal data has a maximum life; nothing of one person outlives the
wipe; an event of an older session changes nothing; no ALLOW without every demanded check; no fault is a refusal.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from terminal import events as on
from terminal.events import Button, Timer
from terminal.flow import answers, deciding, moves
from terminal.flow.effects import Arm, CancelRead
from terminal.flow.moves import Move, enter, show, wiped
from terminal.flow.recognise import PersonSeen, Recognised, TicketSeen, UselessCode
from terminal.flow.rows import Input, Row, Trigger, row
from terminal.flow.rules import Rules
from terminal.flow.states import State
from terminal.flow.surroundings import around
from terminal.flow.views import MRZ_AFTER, can_ask_again, may_print
from terminal.model import Message
from terminal.view import Screen

MAX_LOST = 3
"""A card lost this often in one read is given up: the fault is shown instead of another 'put it back'."""


def _start_over(state: State, _event: Input, rules: Rules) -> Move:
    return wiped(state, rules)


# Cards ---------------------------------------------------------------------------------------------------------------


def _card_first(state: State, event: on.CardPlaced, rules: Rules) -> Move:
    state = moves.with_card(state, event)
    return moves.ask_number(state, rules) if rules.people else moves.notice(state, "code.not_here", rules)


def _card_for_number(state: State, event: on.CardPlaced, rules: Rules) -> Move:
    state = moves.with_card(state, event)
    return moves.read(state, rules)


def _card_noted(state: State, event: on.CardPlaced, _rules: Rules) -> Move:
    return moves.with_card(state, event), ()


def _second_card(state: State, event: on.CardPlaced, rules: Rules) -> Move:
    """While one is being served: the first stays the one that is served, and people are told."""
    if state.card is None or state.card == event.card:
        return _card_noted(state, event, rules)
    return show(replace(state, notice=Message("fault.card.two.remedy")), rules)


def _card_on_result(state: State, event: on.CardPlaced, rules: Rules) -> Move:
    if rules.queue:
        return wiped(_card_noted(state, event, rules)[0], rules)
    return _card_again(state, event, rules)


def _card_again(state: State, event: on.CardPlaced, rules: Rules) -> Move:
    """While a person is being asked about or shown: a card is noted, and asked for a photo that is still missing."""
    state, effects = _card_noted(state, event, rules)
    return moves.fetch_photo(state, rules) if moves.case_of(state).photo_lost else (state, effects)


def _card_gone(state: State, event: on.CardRemoved, _rules: Rules) -> Move:
    return (moves.without_card(state) if moves.is_current(state, event) else state), ()


def _card_gone_unasked(state: State, event: on.CardRemoved, rules: Rules) -> Move:
    if not moves.is_current(state, event):
        return state, ()
    state = moves.without_card(state)
    return (state, ()) if moves.was_typed_first(state) else wiped(state, rules)


def _card_gone_from_result(state: State, event: on.CardRemoved, rules: Rules) -> Move:
    if not moves.is_current(state, event):
        return state, ()
    state = moves.without_card(state)
    if rules.removal is not None and moves.was_allowed(state):
        return state, (Arm(Timer.LIFE, rules.removal, state.arming),)
    return state, ()


# Codes and typed numbers ---------------------------------------------------------------------------------------------


def _code(state: State, event: Recognised, rules: Rules) -> Move:
    if isinstance(event, UselessCode):
        return moves.notice(state, event.fault, rules)
    if isinstance(event, TicketSeen):
        return deciding.ticket(state, event, rules)
    return deciding.person(state, event, rules)


def _code_on_result(state: State, event: Recognised, rules: Rules) -> Move:
    if not rules.queue:
        return state, ()
    later = state.later  # nobody would see it between two people
    state, cleared = wiped(replace(state, later=None), rules)
    state = replace(state, later=later)
    if state.screen is not Screen.IDLE:
        return state, cleared
    state, effects = _code(state, event, rules)
    return state, (*cleared, *effects)


# Reading -------------------------------------------------------------------------------------------------------------


def _step(state: State, event: on.StepEntered, rules: Rules) -> Move:
    return show(moves.stepped(state, event.step), rules)


def _read_done(state: State, event: on.ReadDone, rules: Rules) -> Move:
    simulated = event.reading.simulated or moves.case_of(state).simulated
    state = moves.with_case(state, reading=event.reading, method="CHIP_CCCD", read_fault=None, simulated=simulated)
    asks = rules.cards or (rules.asks and moves.case_of(state).can_be_asked)
    return deciding.ask(state, rules) if asks else deciding.decided(state, rules)


def _read_failed(state: State, event: on.ReadFailed, rules: Rules) -> Move:
    case = moves.case_of(state)
    if event.fault == "card.lost" and case.lost < MAX_LOST:
        state = moves.with_case(state, lost=case.lost + 1, read_fault=event.fault)
        return enter(state, Screen.RETRY, rules)
    if event.fault == "card.locked" and case.lost:
        return enter(moves.with_case(state, read_fault="card.other"), Screen.RETRY, rules)
    if event.fault == "card.locked" and case.access and case.access.typed and case.refused <= MRZ_AFTER:
        return enter(moves.with_case(state, refused=case.refused + 1), Screen.ASK_NUMBER, rules)
    return deciding.decided(moves.with_case(state, read_fault=event.fault), rules)


def _read_too_long(state: State, _event: Input, rules: Rules) -> Move:
    state, effects = deciding.decided(moves.with_case(state, read_fault="card.timeout"), rules)
    return state, (CancelRead(), *effects)


def _not_put_back(state: State, _event: Input, rules: Rules) -> Move:
    fault = moves.case_of(state).read_fault or "card.lost"
    return deciding.decided(moves.with_case(state, read_fault=fault), rules)


def _bounced(state: State, _event: Input, rules: Rules) -> Move:
    return moves.read(state, rules) if state.card else (state, ())


def _photo(state: State, event: on.PhotoRead, rules: Rules) -> Move:
    state = moves.with_case(state, photo=event.photo)
    return show(state, rules) if state.screen is Screen.RESULT else (state, ())


def _photo_lost(state: State, _event: on.PhotoLost, rules: Rules) -> Move:
    state = moves.with_case(state, photo_lost=True)
    return show(state, rules) if state.screen is Screen.RESULT else (state, ())


# Buttons and clocks --------------------------------------------------------------------------------------------------


def _type_number(state: State, _event: Input, rules: Rules) -> Move:
    return moves.ask_number(state, rules) if rules.people else (state, ())


def _without_chip(state: State, _event: Input, rules: Rules) -> Move:
    return deciding.ask(state, rules) if rules.asks else (state, ())


def _ask_again(state: State, _event: Input, rules: Rules) -> Move:
    if not can_ask_again(moves.case_of(state), rules):
        return state, ()
    return deciding.ask(state, rules)


def _more_time(state: State, _event: Input, rules: Rules) -> Move:
    return (state, ()) if rules.queue else enter(state, Screen.RESULT, rules)


def _print(state: State, _event: Input, rules: Rules) -> Move:
    return deciding.print_slip(state, rules) if may_print(state, rules) else (state, ())


def _printed(state: State, _event: on.SlipPrinted, rules: Rules) -> Move:
    return show(moves.with_case(state, printing=False), rules)


def _not_printed(state: State, event: on.PrintFailed, rules: Rules) -> Move:
    return moves.notice(moves.with_case(state, printing=False), event.fault, rules)


def _slow(state: State, _event: Input, rules: Rules) -> Move:
    return show(replace(state, slow=True), rules)


def _table() -> MappingProxyType[tuple[Screen, Trigger], Row]:
    s = Screen
    anew = (s.IDLE, s.ASK_NUMBER, s.OUT_OF_SERVICE)  # where a wipe may lead: a card may wait, a device be down
    rows = [
        *around(),
        *(
            row(screen, on.CardRemoved, _card_gone, screen)
            for screen in s
            if screen not in (s.ASK_NUMBER, s.RESULT, s.PLACE_CARD)
        ),
        *(row(screen, on.CardPlaced, _card_noted, screen) for screen in (s.STARTING, s.OUT_OF_SERVICE)),
        row(s.CHECKING, on.CardPlaced, _card_again, s.CHECKING),
        *(row(screen, on.CardPlaced, _second_card, screen) for screen in (s.ASK_NUMBER, s.READING)),
        row(s.STARTING, Timer.LIFE, _start_over, s.OUT_OF_SERVICE),
        row(s.IDLE, on.CardPlaced, _card_first, s.IDLE, s.ASK_NUMBER),
        row(s.IDLE, PersonSeen, _code, s.IDLE, s.PLACE_CARD, s.READING, s.CHECKING),
        row(s.IDLE, TicketSeen, _code, s.IDLE, s.CHECKING, s.RESULT),
        row(s.IDLE, UselessCode, _code, s.IDLE),
        row(s.IDLE, Button.TYPE_NUMBER, _type_number, s.IDLE, s.ASK_NUMBER),
        row(s.IDLE, Timer.LIFE, _start_over, s.IDLE),
        row(s.ASK_NUMBER, on.CardRemoved, _card_gone_unasked, s.ASK_NUMBER, s.IDLE),
        row(s.ASK_NUMBER, PersonSeen, _code, s.ASK_NUMBER, s.PLACE_CARD, s.READING, s.CHECKING),
        row(s.ASK_NUMBER, TicketSeen, _code, s.ASK_NUMBER, s.CHECKING, s.RESULT),
        row(s.ASK_NUMBER, UselessCode, _code, s.ASK_NUMBER),
        row(s.ASK_NUMBER, Button.DONE, _start_over, s.IDLE, s.ASK_NUMBER),
        row(s.ASK_NUMBER, Timer.LIFE, _start_over, s.IDLE, s.ASK_NUMBER),
        row(s.PLACE_CARD, on.CardPlaced, _card_for_number, s.READING),
        row(s.PLACE_CARD, PersonSeen, _code, s.PLACE_CARD, s.CHECKING),
        row(s.PLACE_CARD, TicketSeen, _code, s.PLACE_CARD, s.CHECKING, s.RESULT),
        row(s.PLACE_CARD, UselessCode, _code, s.PLACE_CARD),
        row(s.PLACE_CARD, Button.WITHOUT_CHIP, _without_chip, s.PLACE_CARD, s.CHECKING),
        row(s.PLACE_CARD, Button.DONE, _start_over, s.IDLE),
        row(s.PLACE_CARD, Timer.LIFE, _start_over, s.IDLE),
        row(s.READING, on.StepEntered, _step, s.READING),
        row(s.READING, on.ReadDone, _read_done, s.CHECKING, s.RESULT),
        row(s.READING, on.ReadFailed, _read_failed, s.RETRY, s.ASK_NUMBER, s.RESULT),
        row(s.READING, Button.DONE, _start_over, s.IDLE, s.ASK_NUMBER),
        row(s.READING, Timer.SLOW, _slow, s.READING),
        row(s.READING, Timer.LIFE, _read_too_long, s.RESULT),
        row(s.RETRY, on.CardPlaced, _card_for_number, s.READING),
        row(s.RETRY, Button.DONE, _start_over, s.IDLE, s.ASK_NUMBER),
        row(s.RETRY, Timer.BOUNCE, _bounced, s.RETRY, s.READING),
        row(s.RETRY, Timer.LIFE, _not_put_back, s.RESULT),
        row(s.CHECKING, on.StepEntered, _step, s.CHECKING),
        row(s.CHECKING, on.PhotoRead, _photo, s.CHECKING),
        row(s.CHECKING, on.PhotoLost, _photo_lost, s.CHECKING),
        row(s.CHECKING, on.SlipPrinted, _printed, s.CHECKING),
        row(s.CHECKING, on.PrintFailed, _not_printed, s.CHECKING),
        row(s.CHECKING, on.Answered, answers.answered, s.RESULT),
        row(s.CHECKING, on.AskFailed, answers.ask_failed, s.RESULT),
        row(s.CHECKING, Button.DONE, _start_over, *anew),
        row(s.CHECKING, Timer.LIFE, answers.no_answer, s.RESULT),
        row(s.RESULT, on.CardPlaced, _card_on_result, s.RESULT, *anew),
        row(s.RESULT, on.CardRemoved, _card_gone_from_result, s.RESULT),
        row(s.RESULT, PersonSeen, _code_on_result, s.RESULT, s.PLACE_CARD, s.READING, s.CHECKING, *anew),
        row(s.RESULT, TicketSeen, _code_on_result, s.RESULT, s.CHECKING, *anew),
        row(s.RESULT, UselessCode, _code_on_result, s.RESULT, *anew),
        row(s.RESULT, on.PhotoRead, _photo, s.RESULT),
        row(s.RESULT, on.PhotoLost, _photo_lost, s.RESULT),
        row(s.RESULT, on.RecordFailed, answers.not_recorded, s.RESULT),
        row(s.RESULT, on.Admitted, answers.admitted, s.RESULT),
        row(s.RESULT, Button.DONE, _start_over, *anew),
        row(s.RESULT, Button.PRINT, _print, s.RESULT),
        row(s.RESULT, Button.HAND_OVER, answers.hand_over, s.RESULT),
        row(s.RESULT, on.HandedOver, answers.handed_over, s.RESULT),
        row(s.RESULT, on.HandOverFailed, answers.not_handed_over, s.RESULT),
        row(s.RESULT, on.Rechecked, answers.rechecked, s.RESULT),
        row(s.RESULT, on.SlipPrinted, _printed, s.RESULT),
        row(s.RESULT, on.PrintFailed, _not_printed, s.RESULT),
        row(s.RESULT, Button.AGAIN, _ask_again, s.RESULT, s.CHECKING),
        row(s.RESULT, Button.MORE_TIME, _more_time, s.RESULT),
        row(s.RESULT, Timer.LIFE, _start_over, *anew),
    ]
    return MappingProxyType({(line.screen, line.trigger): line for line in rows})


TABLE = _table()


def trigger_of(event: Input) -> Trigger:
    """What the table is asked with: the button, the clock, or else the kind of event."""
    if isinstance(event, on.Pressed):
        return event.button
    return event.timer if isinstance(event, on.TimerFired) else type(event)


def advance(state: State, event: Input, rules: Rules) -> Move:
    """The next state and what to do.

    An event that the table does not name here, one of an older session and a clock of an older state change nothing.
    """
    line = TABLE.get((state.screen, trigger_of(event)))
    stale = getattr(event, "session", state.session) != state.session
    late = isinstance(event, on.TimerFired) and event.arming != state.arming
    if line is None or stale or late:
        return state, ()
    return line.handler(state, event, rules)
