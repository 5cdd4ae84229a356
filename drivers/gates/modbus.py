"""Modbus I/O modules, over TCP or a serial line (RTU): a coil releases, a discrete input is the contact.

Modbus Application Protocol Specification V1.1b3, 6.2 (read discrete inputs) and 6.5 (write single coil). Numbers are
the 0-based addresses of the protocol: coil 00001 of a manual is 0 here. Broadcasts (unit 0) are refused: no
board answers to them, so nobody would know.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from drivers.gates.contact import Contact
from drivers.gates.gate import DrivenGate
from drivers.gates.required import require, require_library
from drivers.gates.serial_line import open_line
from terminal.faults import FaultError
from terminal.outputs import GateOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodbus.client import ModbusSerialClient, ModbusTcpClient
    from pymodbus.pdu import ModbusPDU

_TCP = "tcp:"
_PORT = 502
_MOST_UNIT = 247
_READ_INPUTS, _WRITE_COIL, _EXCEPTION = 0x02, 0x05, 0x80
_ANOTHER = "an answer to another question"

_WITHIN = 0.3
"""Seconds for an answer; asked twice, it stays below what `drivers.gates.gate` waits for a call."""


class ModbusBoard:
    """A `drivers.gates.board.Board` behind pymodbus's synchronous client."""

    def __init__(self, options: GateOptions) -> None:
        self._options = options
        self._contact = Contact()
        self._client: ModbusTcpClient | ModbusSerialClient | None = None

    def connect(self) -> None:
        """Open the connection; whether the unit is there shows with the first answer."""
        address = self._options.address
        self._client = _tcp_client(*_host_and_port(address)) if address.startswith(_TCP) else self._serial_client()

    def drive(self, on: bool) -> None:
        """Write the coil, and read in the echo that it was this coil and this state."""
        output = self._options.output
        unit = self._options.unit
        answer = self._ask(_WRITE_COIL, lambda client: client.write_coil(output, on, device_id=unit))
        if (answer.address, answer.bits[:1]) != (output, [on]):
            raise FaultError("gate.absent", _ANOTHER)

    def turns(self) -> int:
        """Look at the contact once."""
        number, unit = self._options.input, self._options.unit
        if number is None:
            return 0
        answer = self._ask(_READ_INPUTS, lambda client: client.read_discrete_inputs(number, count=1, device_id=unit))
        if not answer.bits:
            raise FaultError("gate.absent", _ANOTHER)
        return int(self._contact.closes(bool(answer.bits[0])))

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it without types

    def _serial_client(self) -> ModbusSerialClient:
        from pymodbus.client import ModbusSerialClient

        options = self._options
        client = ModbusSerialClient(options.address, baudrate=options.baud, timeout=_WITHIN, retries=1)
        # Opened here: the client itself would only log why it cannot.
        client.socket = open_line(options.address, options.baud, _WITHIN)
        client.socket.inter_byte_timeout = client.inter_byte_timeout
        return client

    def _ask(self, function: int, question: Callable[[ModbusTcpClient | ModbusSerialClient], ModbusPDU]) -> ModbusPDU:
        """The answer to a question with that function code."""
        if self._client is None or not self._client.connected:
            raise FaultError("gate.absent", "not connected")
        try:
            answer = question(self._client)
        except Exception as error:  # what nonsense on the wire does in the library is documented nowhere
            raise FaultError("gate.absent", type(error).__name__) from error
        if answer.function_code == function | _EXCEPTION:
            raise FaultError("gate.refused", f"Modbus exception {getattr(answer, 'exception_code', '?')}")
        if answer.function_code != function:
            raise FaultError("gate.absent", _ANOTHER)
        return answer


def build(options: GateOptions) -> DrivenGate:
    """The entry point ``tram.gate``: a Modbus module. Raises ``install.missing`` and ``config.invalid``."""
    require_library("pymodbus")
    require(1 <= options.unit <= _MOST_UNIT, f"gate.unit: modbus: 1 … {_MOST_UNIT}")
    if options.address.startswith(_TCP):
        _host_and_port(options.address)
    else:
        require_library("serial")
    # It reports as errors what is told here as faults, once and in words.
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    return DrivenGate(options, lambda: ModbusBoard(options))


def _tcp_client(host: str, port: int) -> ModbusTcpClient:
    from pymodbus.client import ModbusTcpClient

    client = ModbusTcpClient(host, port=port, timeout=_WITHIN, retries=1)
    try:
        client.socket = socket.create_connection((host, port), timeout=2.0)
    except (OSError, UnicodeError) as error:  # the latter for a name with an empty part, or a long one
        raise FaultError("gate.absent", type(error).__name__) from error
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _host_and_port(address: str) -> tuple[str, int]:
    """``tcp:HOST`` or ``tcp:HOST:PORT``, an IPv6 host in brackets. Raises FaultError ``config.invalid``."""
    rest = address.removeprefix(_TCP)
    host, colon, port = rest.rpartition(":")
    if not colon or rest.endswith("]"):
        host, port = rest, str(_PORT)
    host = host.removeprefix("[").removesuffix("]")
    fine = bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65_536
    require(fine, "gate.address: modbus: tcp:HOST[:PORT]")
    return host, int(port)
