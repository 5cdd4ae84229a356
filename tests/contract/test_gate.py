"""What every `terminal.outputs.Gate` promises, on a bench with a board, an arm and a cable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal.events import Device, DeviceDown, DeviceUp, Event, GateBlocked, GateTurned
from terminal.faults import FaultError
from terminal.outputs import Gate, Position
from tests.contract.gate_rigs import RIGS, TELLING, Rig
from tests.inbox import RecordingInbox

SHORT = 0.2
LONG = 30.0

Start = Callable[..., Gate]


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    bench = RIGS[request.param](tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def start(rig: Rig, inbox: RecordingInbox) -> Iterator[Start]:
    """Builds a gate, starts it and waits until it is there."""
    gates = []

    def started(seconds: float = LONG, fails: Position = "shut") -> Gate:
        gate = rig.gate(seconds, fails)
        gates.append(gate)
        gate.start(inbox)
        inbox.wait_for(DeviceUp)
        return gate

    yield started
    for gate in gates:
        gate.stop()


every = pytest.mark.parametrize("rig", sorted(RIGS), indirect=True)
telling = pytest.mark.parametrize("rig", sorted(TELLING), indirect=True)


def told(inbox: RecordingInbox) -> list[Event]:
    return [event for event in inbox.all() if isinstance(event, GateTurned | GateBlocked)]


@every
def test_a_check_moves_nothing(rig: Rig, inbox: RecordingInbox) -> None:
    rig.gate(LONG, "open").check()
    assert not rig.wait_until(energised=True, timeout=0.2), "what fails open would be locked by its output"
    assert inbox.all() == []


@every
def test_a_check_of_a_board_that_is_away_says_so(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    gate = start()
    rig.unplug()
    assert inbox.wait_for(DeviceDown).fault == "gate.absent"
    gate.stop()
    with pytest.raises(FaultError) as failed:
        rig.gate(LONG, "shut").check()
    assert failed.value.fault.code == "gate.absent"


@every
def test_a_started_gate_says_that_it_is_there_and_stands_shut(rig: Rig, inbox: RecordingInbox) -> None:
    gate = rig.gate(LONG, "open")
    gate.start(inbox)
    up = inbox.wait_for(DeviceUp)
    try:
        assert (up.device, up.simulated) == (Device.GATE, gate.simulated)
        assert rig.wait_until(energised=True), "what fails open is locked by its output"
    finally:
        gate.stop()


@every
@pytest.mark.parametrize("fails", ["shut", "open"])
def test_it_opens_within_a_tenth_of_a_second_and_closes_after_its_seconds(
    rig: Rig, start: Start, fails: Position
) -> None:
    gate = start(SHORT, fails)
    released = fails == "shut"
    took = []
    for number in range(3):
        assert rig.wait_until(not released)
        asked = time.monotonic()
        gate.open(f"p-{number}")
        assert rig.wait_until(released)
        opened = time.monotonic()
        took.append(opened - asked)
        assert rig.wait_until(not released)
        assert time.monotonic() - opened > SHORT - 0.1
        if min(took) < 0.1:
            return
    raise AssertionError(took)


@telling
def test_a_turn_ends_the_passage_at_once(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    start().open("p-1")
    assert rig.wait_until(energised=True)
    rig.turn()
    assert inbox.wait_for(GateTurned).passage == "p-1"
    assert rig.wait_until(energised=False, timeout=2.0)


@telling
def test_nobody_went_through_in_time(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    start(SHORT).open("p-1")
    assert inbox.wait_for(GateBlocked) == GateBlocked("p-1", "gate.not_turned")
    assert rig.wait_until(energised=False, timeout=0.0), "it is told once the gate is locked"
    assert told(inbox) == [GateBlocked("p-1", "gate.not_turned")]


@telling
def test_of_two_people_each_has_a_release_of_their_own(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    gate = start()
    for number in (1, 2):
        gate.open(f"p-{number}")
    for number in (1, 2):
        assert rig.wait_until(energised=True)
        rig.turn()
        assert inbox.wait_for(GateTurned).passage == f"p-{number}"
        assert rig.wait_until(energised=False, timeout=2.0), "it locks between two people"


@telling
def test_a_turn_that_nobody_was_admitted_for_is_told(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    start()
    rig.turn()
    assert inbox.wait_for(GateTurned).passage == ""
    assert told(inbox) == [GateTurned("")]


@every
def test_it_stays_open_while_it_is_held(rig: Rig, start: Start) -> None:
    gate = start(SHORT)
    gate.hold("open")
    assert rig.wait_until(energised=True)
    assert not rig.wait_until(energised=False, timeout=2 * SHORT)
    gate.hold("shut")
    assert rig.wait_until(energised=False)


@telling
def test_passages_end_as_turned_while_it_is_held_open(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    gate = start()
    gate.open("before")
    assert rig.wait_until(energised=True)
    gate.hold("open")
    assert inbox.wait_for(GateTurned).passage == "before"
    gate.open("while")
    assert inbox.wait_for(GateTurned).passage == "while"
    rig.turn()
    gate.hold("shut")
    assert rig.wait_until(energised=False)
    gate.open("after")
    assert rig.wait_until(energised=True)
    rig.turn()
    assert inbox.wait_for(GateTurned).passage == "after", "who leaves while it is open forces nothing"


@every
def test_without_a_board_a_passage_is_blocked_at_once(rig: Rig, inbox: RecordingInbox) -> None:
    rig.unplug()
    gate = rig.gate(LONG, "shut")
    gate.start(inbox)
    try:
        down = inbox.wait_for(DeviceDown)
        assert (down.device, down.fault) == (Device.GATE, "gate.absent")
        asked = time.monotonic()
        gate.open("p-1")
        assert inbox.wait_for(GateBlocked) == GateBlocked("p-1", "gate.absent")
        assert time.monotonic() - asked < 0.5
    finally:
        gate.stop()


@every
@pytest.mark.parametrize("held", [False, True], ids=["shut", "held open"])
def test_a_board_that_is_back_stands_as_it_should_within_five_seconds(
    rig: Rig, start: Start, inbox: RecordingInbox, held: bool
) -> None:
    gate = start()
    gate.hold("open")
    assert rig.wait_until(energised=True)
    rig.unplug()
    assert inbox.wait_for(DeviceDown).fault == "gate.absent"
    if not held:
        gate.hold("shut")
    rig.plug()
    back = time.monotonic()
    inbox.wait_for(DeviceUp)
    assert rig.wait_until(energised=held)
    assert time.monotonic() - back < 5.0
    gate.hold("shut")
    assert rig.wait_until(energised=False)
    gate.open("p-1")
    assert rig.wait_until(energised=True)


@telling
def test_who_was_on_the_way_through_when_the_board_went_away_stays_admitted(
    rig: Rig, start: Start, inbox: RecordingInbox
) -> None:
    gate = start()
    gate.open("p-1")
    gate.open("p-2")
    assert rig.wait_until(energised=True)
    rig.unplug()
    inbox.wait_for(DeviceDown)
    gate.open("late")
    inbox.wait_for(GateBlocked)
    assert told(inbox) == [GateTurned("p-1"), GateTurned("p-2"), GateBlocked("late", "gate.absent")]
    rig.plug()
    inbox.wait_for(DeviceUp)
    assert rig.wait_until(energised=False), "what was open is over"


@every
@pytest.mark.parametrize("fails", ["shut", "open"])
def test_a_stopped_gate_has_its_output_off(rig: Rig, start: Start, fails: Position) -> None:
    gate = start(LONG, fails)
    if fails == "shut":
        gate.open("p-1")
    assert rig.wait_until(energised=True)
    began = time.monotonic()
    gate.stop()
    assert time.monotonic() - began < 2.0
    assert rig.wait_until(energised=False)


@every
def test_a_stopped_gate_tells_nothing_more_and_can_be_started_again(
    rig: Rig, start: Start, inbox: RecordingInbox
) -> None:
    gate = start(SHORT)
    gate.open("p-1")
    assert rig.wait_until(energised=True)
    gate.stop()
    assert told(inbox) == []
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    assert not rig.wait_until(energised=True, timeout=SHORT), "who was admitted before is gone"
    gate.hold("open")
    assert rig.wait_until(energised=True)


@pytest.mark.parametrize("rig", sorted(set(RIGS) - set(TELLING)), indirect=True)
def test_without_a_contact_nothing_is_told_of_who_went_through(rig: Rig, start: Start, inbox: RecordingInbox) -> None:
    gate = start(SHORT)
    for number in (1, 2):
        gate.open(f"p-{number}")
        assert rig.wait_until(energised=True)
        assert rig.wait_until(energised=False)
    assert (gate.tells, told(inbox)) == (False, [])
