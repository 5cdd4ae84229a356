"""The thread of a gate, where a board behaves as no contract foresees."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from drivers.gates.gate import DrivenGate
from drivers.gates.passages import MOST
from drivers.simulator.gate import SimulatedBoard, SimulatedGate
from terminal.events import DeviceDown, DeviceUp, Event, GateBlocked, GateTurned
from terminal.faults import FaultError
from terminal.outputs import GateOptions
from tests.inbox import RecordingInbox


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def gate(inbox: RecordingInbox) -> Iterator[SimulatedGate]:
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 30.0))
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    yield gate
    gate.board.freeze(False)
    gate.stop()


def told(inbox: RecordingInbox) -> list[Event]:
    return [event for event in inbox.all() if isinstance(event, GateTurned | GateBlocked)]


def test_a_board_that_hangs_is_given_up_and_taken_again_once_it_answers(
    gate: SimulatedGate, inbox: RecordingInbox
) -> None:
    gate.board.freeze()
    assert inbox.wait_for(DeviceDown).fault == "gate.absent"
    gate.open("p-1")
    assert inbox.wait_for(GateBlocked).fault == "gate.absent"
    gate.board.freeze(False)
    inbox.wait_for(DeviceUp)
    gate.open("p-2")
    assert gate.board.wait_until(energised=True)
    assert gate.board.connections == 2


def test_no_thread_is_left_behind_for_each_try_with_a_board_that_hangs(
    gate: SimulatedGate, inbox: RecordingInbox
) -> None:
    gate.board.freeze()
    inbox.wait_for(DeviceDown)
    lanes = [thread for thread in threading.enumerate() if thread.name == "dev-gate-board"]
    assert len(lanes) == 1
    assert gate.board.connections == 1


@pytest.mark.parametrize("when", ["working", "connecting"])
def test_stop_returns_in_time_from_a_board_that_hangs(inbox: RecordingInbox, when: str) -> None:
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 30.0))
    if when == "connecting":
        gate.board.freeze()
    gate.start(inbox)
    if when == "working":
        inbox.wait_for(DeviceUp)
        gate.board.freeze()
    began = time.monotonic()
    gate.stop()
    assert time.monotonic() - began < 2.0
    gate.board.freeze(False)


class Refusing(SimulatedBoard):
    """Confirms nothing that it is told from a moment on, though it may do it."""

    def __init__(self) -> None:
        super().__init__()
        self.confirms = True

    def drive(self, on: bool) -> None:
        super().drive(on)
        if not self.confirms:
            raise FaultError("gate.absent", "no answer")


def test_a_release_that_was_never_confirmed_comes_back_as_blocked(inbox: RecordingInbox) -> None:
    board = Refusing()
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 30.0), board)
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    board.confirms = False
    gate.open("p-1")
    assert inbox.wait_for(GateBlocked) == GateBlocked("p-1", "gate.absent")
    board.confirms = True
    inbox.wait_for(DeviceUp)
    assert board.wait_until(energised=False)
    assert told(inbox) == [GateBlocked("p-1", "gate.absent")]
    gate.stop()


def test_who_has_no_room_in_the_queue_is_blocked(gate: SimulatedGate, inbox: RecordingInbox) -> None:
    for number in range(MOST + 1):
        gate.open(str(number))
    assert inbox.wait_for(GateBlocked) == GateBlocked(str(MOST), "gate.not_turned")
    gate.turn()
    assert inbox.wait_for(GateTurned).passage == "0"


def test_an_arm_that_moves_as_the_time_ends_still_counts(inbox: RecordingInbox) -> None:
    """It comes to its contact when the gate is locked already; the admission is not undone."""
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 0.3))
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    gate.open("p-1")
    assert gate.board.wait_until(energised=True)
    assert gate.board.wait_until(energised=False)
    gate.turn()
    assert inbox.wait_for(GateTurned).passage == "p-1"
    gate.open("p-2")
    assert gate.board.wait_until(energised=True)
    gate.stop()
    assert told(inbox) == [GateTurned("p-1")]


def test_an_arm_that_nobody_saw_come_to_rest_undoes_nothing(inbox: RecordingInbox) -> None:
    """The board is lost after the gate was locked and before its arm was known to be still."""
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 0.3))
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    gate.open("p-1")
    assert gate.board.wait_until(energised=True)
    assert gate.board.wait_until(energised=False)
    gate.unplug()
    inbox.wait_for(DeviceDown)
    gate.stop()
    assert told(inbox) == [GateTurned("p-1")]


WIRE = "003" + "0" * 9


class Defective(SimulatedBoard):
    """Stumbles once over something that no board may raise."""

    def __init__(self) -> None:
        super().__init__()
        self.defects = 0

    def turns(self) -> int:
        if self.defects:
            self.defects -= 1
            raise ValueError(WIRE)
        return super().turns()


def test_a_defect_in_a_driver_costs_a_moment_and_not_the_gate(
    inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    board = Defective()
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 30.0), board)
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    gate.hold("open")
    assert board.wait_until(energised=True)
    board.energised = False
    board.defects = 1
    assert inbox.wait_for(DeviceDown).fault == "gate.absent"
    inbox.wait_for(DeviceUp)
    assert board.wait_until(energised=True)
    gate.stop()
    assert "ValueError" in caplog.text
    assert WIRE not in caplog.text


def test_a_gate_on_its_way_is_not_there_yet(inbox: RecordingInbox) -> None:
    gate = SimulatedGate(GateOptions("simulated", 1, 1, 30.0))
    gate.board.freeze()
    gate.start(inbox)
    gate.open("early")
    assert inbox.wait_for(GateBlocked) == GateBlocked("early", "gate.absent")
    gate.board.freeze(False)
    inbox.wait_for(DeviceUp)
    gate.stop()


def test_a_board_that_lost_its_state_stands_right_again_within_a_second(gate: SimulatedGate) -> None:
    gate.hold("open")
    assert gate.board.wait_until(energised=True)
    gate.board.energised = False  # its own power failed for a moment
    assert gate.board.wait_until(energised=True, timeout=2.0)


def test_each_connection_has_a_board_of_its_own(inbox: RecordingInbox) -> None:
    boards: list[SimulatedBoard] = []

    def board() -> SimulatedBoard:
        boards.append(SimulatedBoard())
        return boards[-1]

    gate = DrivenGate(GateOptions("simulated", 1, 1), board, simulated=True)
    gate.start(inbox)
    inbox.wait_for(DeviceUp)
    boards[0].unplug()
    inbox.wait_for(DeviceDown)
    inbox.wait_for(DeviceUp)
    gate.stop()
    assert [each.connections for each in boards] == [1, 1]
