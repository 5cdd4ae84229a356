"""Serial relay boards of the LCUS family: four bytes switch a relay, and nothing ever comes back.

The frame, at 9600 baud 8N1, is A0, the relay's number from 1, 01 or 00 for on or off, and the sum of these three modulo
256 (what LC Technology's sellers print for LCUS-1 to LCUS-8, e.g. https://www.optimusdigital.ro/en/relay-modules/12595;
the same in exmakhina/xm_tesmes, relay_lcus.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.gates.gate import DrivenGate
from drivers.gates.required import require, require_library
from drivers.gates.serial_line import open_line
from terminal.faults import FaultError
from terminal.outputs import GateOptions

if TYPE_CHECKING:
    import serial

_START = 0xA0
_MOST_RELAYS = 254
_WITHIN = 0.5


def frame(relay: int, on: bool) -> bytes:
    """The command that switches one relay."""
    head = (_START, relay, int(on))
    return bytes((*head, sum(head) & 0xFF))


class RelayBoard:
    """A `drivers.gates.board.Board` without a contact."""

    def __init__(self, options: GateOptions) -> None:
        self._options = options
        self._line: serial.Serial | None = None

    def connect(self) -> None:
        """Open the line."""
        self._line = open_line(self._options.address, self._options.baud, _WITHIN)

    def drive(self, on: bool) -> None:
        """Switch the relay; the board cannot confirm it, so only a line that takes the bytes is known to be there."""
        command = frame(self._options.output, on)
        try:
            if self._line is None or self._line.write(command) != len(command):
                raise FaultError("gate.absent", "the line takes nothing")
        except OSError as error:
            raise FaultError("gate.absent", type(error).__name__) from error

    def turns(self) -> int:
        """No contact, no turns."""
        return 0

    def close(self) -> None:
        """Close the line."""
        if self._line is not None:
            self._line.close()


def build(options: GateOptions) -> DrivenGate:
    """The entry point ``tram.gate``: a serial relay board. Raises ``install.missing`` and ``config.invalid``."""
    require_library("serial")
    require(1 <= options.output <= _MOST_RELAYS, f"gate.output: relay: 1 … {_MOST_RELAYS}")
    require(options.input is None, "gate.input: relay: -1")
    return DrivenGate(options, lambda: RelayBoard(options))
