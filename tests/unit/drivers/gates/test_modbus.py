"""The Modbus board against pymodbus's server, and against a peer that says anything at all."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pymodbus.server import ModbusTcpServer

from drivers.gates import modbus
from drivers.gates.modbus import ModbusBoard, build
from terminal.faults import FaultError
from terminal.outputs import GateOptions
from tests.gate_peers.modbus_module import UNIT, ModbusModule


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def module(port: int) -> Iterator[ModbusModule]:
    module = ModbusModule(lambda device: ModbusTcpServer(device, address=("127.0.0.1", port)))
    module.start()
    yield module
    module.close()


def connected(port: int, output: int = 3, contact: int | None = 4, unit: int = UNIT) -> ModbusBoard:
    board = ModbusBoard(GateOptions(f"tcp:127.0.0.1:{port}", output, contact, unit=unit))
    board.connect()
    return board


def fault_of(work: object) -> str:
    with pytest.raises(FaultError) as caught:
        work()  # type: ignore[operator]
    return caught.value.fault.code


def test_numbers_count_from_zero(module: ModbusModule, port: int) -> None:
    for number in (0, 15):
        board = connected(port, number)
        board.drive(True)
        assert module.coils[number].on
        board.close()
    assert [coil.on for coil in module.coils] == [True] + [False] * 14 + [True]


def test_a_contact_that_closes_for_two_looks_is_a_turn(module: ModbusModule, port: int) -> None:
    board = connected(port)
    seen = []
    for closed in (False, False, True, True, True, False, False, True):
        module.inputs[4] = closed
        seen.append(board.turns())
    board.close()
    assert seen == [0, 0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(("output", "contact"), [(16, 4), (3, 16)])
def test_a_number_that_the_module_does_not_have_is_refused(
    module: ModbusModule, port: int, output: int, contact: int
) -> None:
    board = connected(port, output, contact)
    assert fault_of((lambda: board.drive(True)) if output == 16 else board.turns) == "gate.refused"
    board.close()


def test_nobody_there_is_absent(port: int) -> None:
    assert fault_of(ModbusBoard(GateOptions(f"tcp:127.0.0.1:{port}")).connect) == "gate.absent"


@pytest.mark.parametrize("unit", [0, 248, 255])
def test_a_broadcast_and_units_that_cannot_be_are_refused(unit: int) -> None:
    assert fault_of(lambda: build(GateOptions("tcp:127.0.0.1", unit=unit))) == "config.invalid"


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("tcp:10.0.0.5", "10.0.0.5", 502),
        ("tcp:gate.lan:1502", "gate.lan", 1502),
        ("tcp:[fe80::1]:9", "fe80::1", 9),
        ("tcp:[::1]", "::1", 502),
    ],
)
def test_an_address_names_host_and_perhaps_port(address: str, host: str, port: int) -> None:
    assert modbus._host_and_port(address) == (host, port)


@pytest.mark.parametrize("host", ["192.0..2", "h" * 64])
def test_a_host_that_no_network_knows_is_absent(host: str) -> None:
    board = modbus.ModbusBoard(GateOptions(f"tcp:{host}"))
    assert fault_of(board.connect) == "gate.absent"


@pytest.mark.parametrize("address", ["tcp:", "tcp::502", "tcp:host:0", "tcp:host:65536", "tcp:host:x", "tcp:host:٥"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    assert fault_of(lambda: build(GateOptions(address))) == "config.invalid"


class Parrot:
    """Answers whatever comes, at once, with bytes from a list; then hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name="parrot", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10.0)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                asked = connection.recv(100)
                connection.sendall(self.answer.replace(b"TID", asked[:2]))


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    parrot = Parrot()
    yield parrot
    parrot.close()


def _frame(pdu: bytes, unit: int = UNIT, length: int | None = None) -> bytes:
    size = len(pdu) + 1 if length is None else length
    return b"TID" + b"\x00\x00" + size.to_bytes(2, "big") + bytes([unit]) + pdu


_CODES = st.sampled_from([1, 2, 5, 0x82, 0x85])
_LENGTHS = st.none() | st.integers(0, 65_535)
_ON = b"\x05\x00\x03\xff\x00"


@pytest.mark.parametrize("call", ["drive", "turns"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    answer=st.one_of(
        st.binary(max_size=300),
        st.builds(_frame, st.binary(max_size=12), st.sampled_from([0, UNIT, 255]), _LENGTHS),
        st.builds(lambda code, rest: _frame(bytes([code]) + rest), _CODES, st.binary(max_size=6)),
    )
)
@example(answer=_frame(_ON))
@example(answer=_frame(b"\x02\x01\x01"))
@example(answer=_frame(b"\x85\x02"))
@example(answer=_frame(b"\x82\x02"))
def test_any_answer_is_the_one_that_is_due_or_a_fault(parrot: Parrot, call: str, answer: bytes) -> None:
    parrot.answer = answer
    board = connected(parrot.port)
    pdu = answer[8:]
    try:
        if call == "drive":
            board.drive(True)
            assert pdu[:5] == _ON
        else:
            assert board.turns() == 0
            assert pdu[:1] == b"\x02"
    except FaultError as error:
        refused = b"\x85" if call == "drive" else b"\x82"
        assert error.fault.code == "gate.absent" or (error.fault.code == "gate.refused" and refused in answer)
    finally:
        board.close()


@pytest.mark.parametrize(
    "pdu", [b"\x05\x00\x04\xff\x00", b"\x05\x00\x03\x00\x00", b"\x02\x01\x01"], ids=["coil", "state", "function"]
)
def test_another_answer_than_to_this_question_is_believed_by_nobody(parrot: Parrot, pdu: bytes) -> None:
    parrot.answer = _frame(pdu)
    board = connected(parrot.port)
    assert fault_of(lambda: board.drive(True)) == "gate.absent"
    board.close()


def test_the_library_keeps_its_own_log_to_itself() -> None:
    build(GateOptions("tcp:127.0.0.1:502"))
    assert not logging.getLogger("pymodbus.logging").isEnabledFor(logging.ERROR)
