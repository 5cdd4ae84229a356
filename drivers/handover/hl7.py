"""HL7 v2 over MLLP: each result is sent to the listener of the hospital's system, and is over once it acknowledges.

Minimal Lower Layer Protocol (HL7 v2.5 Implementation Support, appendix C): VT, message, FS, CR. A connection serves one
message, so that a listener that restarts is found again by the next one.
"""

from __future__ import annotations

import re
import socket
import time

from drivers.device import Lane, StuckError
from drivers.handover.adt import check_acknowledged, control_id, message
from drivers.handover.courier import Courier
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.handing import Handed
from terminal.outputs import HandOverOptions

CONNECT_WITHIN = 3.0
WITHIN = 10.0
"""Seconds for connecting, sending and the acknowledgement together."""

LONGEST = 65_536
"""Bytes of an acknowledgement."""

_START, _END = b"\x0b", b"\x1c\r"
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:\s/@]+)):([0-9]{1,5})")


def build(options: HandOverOptions, clock: Clock) -> Listener:
    """The listener at ``options.hl7``. Raises FaultError ``config.invalid``."""
    found = _ADDRESS.fullmatch(options.hl7)
    if found is None or not 0 < int(found.group(3)) < 65_536:
        raise FaultError("config.invalid", "handover.hl7: HOST:PORT")
    return Listener(found.group(1) or found.group(2), int(found.group(3)), clock, options.keep)


class Listener(Courier):
    """A `terminal.outputs.HandOver` to an MLLP listener."""

    def __init__(self, host: str, port: int, clock: Clock, keep: float, within: float = WITHIN) -> None:
        super().__init__("hl7", self._send, clock, keep, within)
        self._address = (host, port)
        self._seconds = within

    def check(self) -> None:
        """Somebody listens there; nothing is sent."""
        lane = Lane("dev-handover-check", _nothing)
        try:
            lane.call(lambda: self._open().close(), CONNECT_WITHIN + 1.0)
        except StuckError:
            raise FaultError("handover.absent", "did not return") from None
        finally:
            lane.close()

    def _open(self) -> socket.socket:
        try:
            return socket.create_connection(self._address, min(CONNECT_WITHIN, self._seconds))
        except (OSError, UnicodeError) as error:  # a name of impossible letters is no name of a host
            raise FaultError("handover.absent", type(error).__name__) from error

    def _send(self, handed: Handed) -> None:
        until = time.monotonic() + self._seconds
        with self._open() as line:
            try:
                line.settimeout(max(until - time.monotonic(), 0.01))
                line.sendall(_START + message(handed).encode() + _END)
                block = _receive(line, until)
            except OSError as error:
                raise FaultError("handover.silent", type(error).__name__) from error
        check_acknowledged(block, control_id(handed))


def _receive(line: socket.socket, until: float) -> bytes:
    """One block without its frame. Raises OSError when it does not come in time, FaultError ``handover.garbled``."""
    heard = b""
    while not heard.endswith(_END):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
        part = line.recv(4096)
        if not part:
            raise FaultError("handover.silent", "hung up")
        heard += part
        if len(heard) > LONGEST or heard[:1] != _START:
            raise FaultError("handover.garbled", "no MLLP")
    return heard[1 : -len(_END)]


def _nothing() -> None:
    """Each connection is closed where it was opened."""
