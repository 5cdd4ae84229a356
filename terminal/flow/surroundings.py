"""What may happen whoever is being served: devices come and go, the gate turns or does not, the self-test ends."""

from __future__ import annotations

from dataclasses import replace

from terminal import events as on
from terminal.events import Button
from terminal.flow import moves
from terminal.flow.effects import Annul, HoldGate, Note, Play
from terminal.flow.moves import Move, show, wiped
from terminal.flow.rows import Input, Row, row
from terminal.flow.rules import Rules
from terminal.flow.states import State
from terminal.model import Message
from terminal.view import Cue, Screen

_RESTING = (Screen.STARTING, Screen.OUT_OF_SERVICE)
_BUSY_WITHOUT_DEVICES = (Screen.CHECKING, Screen.RESULT)
"""A result, or a question under way, needs no device any more: service ends with this person."""


def around() -> list[Row]:
    """The rows of every state."""
    s = Screen
    rows: list[Row] = []
    for screen in s:
        back = (s.IDLE, s.ASK_NUMBER) if screen in _RESTING else ()
        out = () if screen in (*_RESTING, *_BUSY_WITHOUT_DEVICES) else (s.OUT_OF_SERVICE,)
        rows += [
            row(screen, on.DeviceUp, _device_up, screen, *back),
            row(screen, on.DeviceDown, _device_down, screen, *out),
            row(screen, on.SelfTested, _self_tested, screen, *back, *out),
            row(screen, on.CameraHint, _camera_hint, screen),
            row(screen, on.HandOverLost, _hand_over_lost, screen),
            row(screen, on.Synced, _synced, screen),
            row(screen, on.TasksChanged, _tasks, screen),
            row(screen, on.GateTurned, _gate_turned, screen),
            row(screen, on.GateBlocked, _gate_blocked, screen),
            row(screen, on.AnnulFailed, _annul_failed, screen),
            row(screen, Button.EMERGENCY, _emergency, screen),
        ]
    return rows


def _device_up(state: State, event: on.DeviceUp, rules: Rules) -> Move:
    return _perhaps_open(moves.device_up(state, event), rules)


def _device_down(state: State, event: on.DeviceDown, rules: Rules) -> Move:
    return _perhaps_closed(moves.device_down(state, event), rules)


def _self_tested(state: State, event: on.SelfTested, rules: Rules) -> Move:
    state = replace(state, broken=event.broken, limits=event.limits)
    return _perhaps_closed(state, rules) if event.broken else _perhaps_open(state, rules)


def _perhaps_open(state: State, rules: Rules) -> Move:
    if state.screen in _RESTING and moves.in_service(state, rules):
        return wiped(state, rules)
    return show(state, rules)


def _perhaps_closed(state: State, rules: Rules) -> Move:
    stays = state.screen in (*_RESTING, *_BUSY_WITHOUT_DEVICES) or moves.in_service(state, rules)
    return show(state, rules) if stays else wiped(state, rules)


def _camera_hint(state: State, event: on.CameraHint, rules: Rules) -> Move:
    return show(replace(state, camera_hint=event.hint), rules)


def _hand_over_lost(state: State, _event: on.HandOverLost, rules: Rules) -> Move:
    return _told(state, "handover.given_up", rules)


def _synced(state: State, event: on.Synced, rules: Rules) -> Move:
    state = replace(state, queued=event.queued)
    return show(moves.reached(state) if event.online else state, rules)


def _tasks(state: State, event: on.TasksChanged, rules: Rules) -> Move:
    return show(replace(state, tasks=event.waiting), rules)


# The gate ------------------------------------------------------------------------------------------------------------


def _gate_turned(state: State, event: on.GateTurned, rules: Rules) -> Move:
    """The passage is over; a turn that nobody was admitted for is told, unless the gate is held open."""
    if event.passage or state.held:
        return state, ()
    return _told(state, "gate.forced", rules, Note("gate.forced", fault="gate.forced"))


def _gate_blocked(state: State, event: on.GateBlocked, rules: Rules) -> Move:
    """Nobody went through: the admission is undone. A gate without its board is opened by hand instead: it stands."""
    note = Note(event.fault, passage=event.passage, fault=event.fault)
    if event.fault == "gate.not_turned":
        return _told(state, event.fault, rules, note, Annul(event.passage))
    state, shown = show(state, rules)  # the yes says that it is opened by hand, the top bar why
    return state, (note, *shown)


def _annul_failed(state: State, event: on.AnnulFailed, rules: Rules) -> Move:
    return _told(
        state,
        "gate.not_annulled",
        rules,
        Note("gate.not_annulled", passage=event.passage, fault=event.fault),
    )


def _told(state: State, fault: str, rules: Rules, *first: Note | Annul) -> Move:
    """Say it now where nobody is being served, else as soon as this person is done."""
    message = Message(f"fault.{fault}.remedy")
    if state.screen is Screen.IDLE:
        state, effects = moves.noticed(state, message, rules)
        return state, (*first, *effects)
    return replace(state, later=message), (*first, Play(Cue.ATTENTION))


def _emergency(state: State, _event: Input, rules: Rules) -> Move:
    """Open for everybody, or back to one by one; the gate moves before anything is written."""
    if not rules.gate:
        return state, ()
    state = replace(state, held=not state.held)
    reason = "gate.held_open" if state.held else "gate.held_shut"
    state, shown = show(state, rules)
    return state, (HoldGate(open=state.held), *shown, Play(Cue.ATTENTION), Note(reason, by_hand=True))
