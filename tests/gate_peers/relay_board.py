"""A serial relay board: what it is sent is parsed back into relays."""

from __future__ import annotations

from pathlib import Path

from tests.gate_peers.output import Output
from tests.gate_peers.serial_cable import SerialPort


class RelayBoard:
    """Four relays; bytes that are no command are counted in ``strange`` and change nothing, as on the board."""

    def __init__(self, path: Path) -> None:
        self.relays = {number: Output() for number in range(1, 5)}
        self.strange = 0
        self._rest = b""
        self.port = SerialPort(path, self._heard)

    def unplug(self) -> None:
        """Its power comes over the same cable."""
        self.port.unplug()
        for relay in self.relays.values():
            relay.switch(False)

    def _heard(self, data: bytes) -> None:
        self._rest += data
        while len(self._rest) >= 4:
            command, self._rest = self._rest[:4], self._rest[4:]
            start, number, state, total = command
            fine = start == 0xA0 and number in self.relays and state in (0, 1)
            if fine and total == (start + number + state) % 256:
                self.relays[number].switch(bool(state))
            else:
                self.strange += 1
