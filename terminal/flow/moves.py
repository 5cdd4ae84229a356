"""What the session's rows are made of: entering a state, devices, cards, reading, wiping. All pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from terminal import events as on
from terminal.events import Step, Timer
from terminal.flow.effects import (
    Arm,
    CancelRead,
    Effect,
    Look,
    Play,
    Show,
    StartRead,
    Wipe,
)
from terminal.flow.rules import Rules
from terminal.flow.states import Case, State
from terminal.flow.views import life_of, view_of
from terminal.model import (
    Message,
    Outcome,
)
from terminal.view import Cue, Screen

Move = tuple[State, tuple[Effect, ...]]


def case_of(state: State) -> Case:
    """The case being served; an empty one where nobody is."""
    return state.case or Case()


def with_case(state: State, **changes: Any) -> State:
    """The state with these fields of its case changed."""
    return replace(state, case=replace(case_of(state), **changes))


def show(state: State, rules: Rules) -> Move:
    """Stay, and paint."""
    return state, (Show(view_of(state, rules)),)


def enter(state: State, screen: Screen, rules: Rules, *first: Effect) -> Move:
    """Enter (or re-enter) a state: older clocks die, its own start, it is painted after ``first``."""
    state = replace(state, screen=screen, arming=state.arming + 1, slow=False)
    clocks = [(Timer.LIFE, life_of(state, rules))]
    if screen is Screen.READING:
        clocks.append((Timer.SLOW, rules.times.slow))
    if screen is Screen.RETRY:
        clocks.append((Timer.BOUNCE, rules.times.bounce))
    arms = tuple(Arm(timer, seconds, state.arming) for timer, seconds in clocks if seconds is not None)
    looking = screen is not Screen.RESULT or rules.queue
    return state, (*first, Look(looking), *arms, Show(view_of(state, rules)))


def wiped(state: State, rules: Rules) -> Move:
    """Forget this person and begin anew: idle, out of service, or the card that was placed meanwhile."""
    waiting = state.card is not None and state.card != state.served
    state = replace(state, session=state.session + 1, case=None, notice=None)
    gone: tuple[Effect, ...] = (CancelRead(), Wipe())
    if not in_service(state, rules):
        return enter(state, Screen.OUT_OF_SERVICE, rules, *gone)
    if waiting and rules.people:
        state, effects = ask_number(state, rules)
        return state, (*gone, *effects)
    if state.later is not None:
        state = replace(state, notice=state.later, later=None)
    return enter(state, Screen.IDLE, rules, *gone)


# Devices -------------------------------------------------------------------------------------------------------------


def device_up(state: State, event: on.DeviceUp) -> State:
    """The state knowing that this device works."""
    down = tuple(row for row in state.down if row[0] is not event.device or row[1] not in ("", event.name))
    simulated = state.simulated_devices | ({event.name} if event.simulated else frozenset())
    return replace(state, up=state.up | {(event.device, event.name)}, down=down, simulated_devices=simulated)


def device_down(state: State, event: on.DeviceDown) -> State:
    """The state knowing that this device (or, without a name, every device of its kind) does not work."""
    up = frozenset(
        (device, name) for device, name in state.up if device is not event.device or event.name not in ("", name)
    )
    others = tuple(row for row in state.down if row[0] is not event.device or row[1] != event.name)
    still = frozenset(name for _, name in up)
    return replace(
        state,
        up=up,
        down=(*others, (event.device, event.name, event.fault)),
        simulated_devices=state.simulated_devices & still,
    )


def reached(state: State) -> State:
    """A server answered: what the self-test said of the network is over."""
    return replace(state, online=True, limits=tuple(code for code in state.limits if not code.startswith("net.")))


def in_service(state: State, rules: Rules) -> bool:
    """Whether every group of needed devices has one that works, and the self-test found nothing broken."""
    working = {device for device, _ in state.up}
    return not state.broken and all(group & working for group in rules.needs)


# Cards ---------------------------------------------------------------------------------------------------------------


def is_current(state: State, event: on.CardRemoved) -> bool:
    """Whether the card that left is the one in use."""
    return state.card == event.card


def with_card(state: State, event: on.CardPlaced) -> State:
    """The state with a card that came."""
    return replace(state, card=event.card, card_simulated=event.simulated, plugged_in=event.contact)


def without_card(state: State) -> State:
    """The state after its card left."""
    return replace(state, card=None, card_simulated=False, served=None)


def was_typed_first(state: State) -> bool:
    """Whether the number is being typed for a card that is still to come, or was refused."""
    case = case_of(state)
    return case.method == "TYPED" or case.refused > 0


def was_allowed(state: State) -> bool:
    """Whether the result shown is a yes."""
    verdict = case_of(state).verdict
    return verdict is not None and verdict.outcome is Outcome.ALLOW


def ask_number(state: State, rules: Rules) -> Move:
    """Ask for the number that opens the chip."""
    case = Case(simulated=state.card_simulated, method="" if state.card else "TYPED")
    return enter(replace(state, case=case, notice=None, served=state.card), Screen.ASK_NUMBER, rules, Play(Cue.SEEN))


def read(state: State, rules: Rules) -> Move:
    """Read the card in the field with the number at hand."""
    case = case_of(state)
    if state.card is None or case.access is None:
        return enter(state, Screen.PLACE_CARD, rules)
    state = with_case(state, simulated=case.simulated or state.card_simulated, step=Step.CONNECT, done=())
    state = replace(state, served=state.card, notice=None)
    start = StartRead(state.session, state.card or "", case.access, case.claimed)
    return enter(state, Screen.READING, rules, start)


def fetch_photo(state: State, rules: Rules) -> Move:
    """The card that was lifted before its photo was whole lies there again: read on where it was."""
    card, access = state.card, case_of(state).access
    if card is None or access is None:
        return state, ()
    state = replace(with_case(state, photo_lost=False), served=card)
    start = StartRead(state.session, card, access, photo_only=True)
    return state, (start, Show(view_of(state, rules)))


def stepped(state: State, step: Step) -> State:
    """The state after the read (or the question) entered ``step``."""
    case = case_of(state)
    done = (*case.done, case.step) if case.step and case.step is not step else case.done
    return with_case(state, step=step, done=tuple(dict.fromkeys(done)))


# Codes ---------------------------------------------------------------------------------------------------------------


_NOT_A_TICKET = ("code.foreign", "code.link", "code.payment")


def notice(state: State, fault: str, rules: Rules) -> Move:
    """Say politely that this code is of no use here, and go on as before; where only tickets count, ask for one."""
    ticket = not rules.people and fault in _NOT_A_TICKET
    return noticed(state, Message("remedy.idle.gate" if ticket else f"fault.{fault}.remedy"), rules)


def noticed(state: State, message: Message, rules: Rules) -> Move:
    """Say it beside what is shown, with the sound that asks for attention; the idle screen says it for a while."""
    state = replace(state, notice=message)
    if state.screen is Screen.IDLE:
        return enter(state, Screen.IDLE, rules, Play(Cue.ATTENTION))
    return state, (Play(Cue.ATTENTION), Show(view_of(state, rules)))
