"""The smallest thing that a vpcd reader takes for a card: an answer to reset, and a function from APDU to answer."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

Answers = Callable[[bytes], "bytes | None"]
"""The response to a command; None tears the card out in the middle of the APDU."""

ATR = bytes.fromhex("3B80800101")
_POWER_OFF, _POWER_ON, _RESET = b"\x00", b"\x01", b"\x02"
_ATR_PLEASE = b"\x04"


class StubChip:
    """A card lying on the vpcd reader at ``port`` until ``lift``."""

    def __init__(self, port: int, answers: Answers, atr: bytes | None = None) -> None:
        self._answers = answers
        self._atr = atr or ATR
        self.powered_down = 0
        self._socket = _connect(port)
        self._thread = threading.Thread(target=self._serve, name="stub-chip", daemon=True)
        self._thread.start()

    def lift(self) -> None:
        """Take the card off."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The daemon let go first.
            self._thread.join(2.0)
        self._thread.join(2.0)
        self._socket.close()

    def _serve(self) -> None:
        try:
            while (message := self._receive()) is not None:
                answer = self._atr if message == _ATR_PLEASE else self._answers(message)
                if answer is None:
                    break
                self._socket.sendall(struct.pack(">H", len(answer)) + answer)
        except OSError:
            # Lifted, or the daemon ended: either way the card is gone.
            return
        finally:
            self._socket.close()

    def _receive(self) -> bytes | None:
        while True:
            header = self._exactly(2)
            if header is None:
                return None
            message = self._exactly(struct.unpack(">H", header)[0])
            self.powered_down += message == _POWER_OFF
            if message not in (_POWER_OFF, _POWER_ON, _RESET):
                return message

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            # Acknowledged at once: vpcd sends length and body apart, and waits 40 ms for each acknowledgement.
            if hasattr(socket, "TCP_QUICKACK"):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._socket.recv(count - len(data))
            if not part:
                return None
            data += part
        return data


def _connect(port: int) -> socket.socket:
    waiting = threading.Event()
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=None)
        except ConnectionRefusedError:
            waiting.wait(0.01)
    raise AssertionError("no vpcd reader listens")


def echo(command: bytes) -> bytes:
    """The command itself and 9000: what a test needs to see its APDU arrive."""
    return command + b"\x90\x00"
