from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from drivers.gates.relay import RelayBoard as Driver
from drivers.gates.relay import build, frame
from terminal.faults import FaultError
from terminal.outputs import GateOptions
from tests.gate_peers.relay_board import RelayBoard


@pytest.fixture
def board(tmp_path: Path) -> Iterator[RelayBoard]:
    board = RelayBoard(tmp_path / "ttyUSB0")
    yield board
    board.port.close()


def fault_of(driver: Driver) -> str:
    with pytest.raises(FaultError) as caught:
        driver.connect()
    driver.close()
    return caught.value.fault.code


@pytest.mark.parametrize(
    ("relay", "on", "command"),
    [
        (1, True, "A00101A2"),
        (1, False, "A00100A1"),
        (2, True, "A00201A3"),
        (2, False, "A00200A2"),
        (254, True, "A0FE019F"),
    ],
)
def test_a_command_is_as_the_sellers_print_it(relay: int, on: bool, command: str) -> None:
    assert frame(relay, on) == bytes.fromhex(command)


def test_only_the_relay_that_is_meant_moves(board: RelayBoard) -> None:
    driver = Driver(GateOptions(str(board.port.path), 3))
    driver.connect()
    driver.drive(True)
    assert board.relays[3].wait_until(True)
    driver.drive(False)
    assert board.relays[3].wait_until(False)
    driver.close()
    assert board.strange == 0
    assert [len(relay.changes) for relay in board.relays.values()] == [0, 0, 2, 0]


def test_a_port_that_is_not_there_is_absent(tmp_path: Path) -> None:
    assert fault_of(Driver(GateOptions(str(tmp_path / "ttyUSB9")))) == "gate.absent"


def test_a_file_that_is_no_port_is_absent(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert fault_of(Driver(GateOptions(str(tmp_path / "file")))) == "gate.absent"


def test_a_port_that_another_program_holds_is_denied(board: RelayBoard) -> None:
    with serial.Serial(str(board.port.path), exclusive=True):
        assert fault_of(Driver(GateOptions(str(board.port.path)))) == "gate.denied"


@pytest.mark.parametrize(
    "error",
    [PermissionError(13, "no"), serial.SerialException(13, "no"), serial.SerialException("PermissionError(13, 'no')")],
    ids=["system", "Linux", "Windows"],
)
def test_a_port_without_the_right_to_it_is_denied(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def denied(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serial, "Serial", denied)
    assert fault_of(Driver(GateOptions("COM4"))) == "gate.denied"


def test_a_line_that_takes_nothing_is_absent(board: RelayBoard) -> None:
    driver = Driver(GateOptions(str(board.port.path)))
    driver.connect()
    board.port.unplug()
    with pytest.raises(FaultError, match=r"gate\.absent"):
        driver.drive(True)
    driver.close()


@pytest.mark.parametrize(
    "options", [GateOptions("p", 0), GateOptions("p", 255), GateOptions("p", 1, 0)], ids=["0", "255", "a contact"]
)
def test_what_such_a_board_does_not_have_is_refused(options: GateOptions) -> None:
    with pytest.raises(FaultError, match=r"config\.invalid"):
        build(options)


def test_a_missing_library_is_told_before_anything_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(FaultError, match=r"install\.missing: serial"):
        build(GateOptions(os.devnull))
