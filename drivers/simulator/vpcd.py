"""Lays a simulated card on a virtual reader of the real PC/SC daemon (vsmartcard's vpcd, TCP).

Wire format: a two-byte length, then the bytes; a single byte is a control code, anything longer a command APDU.
The reader asks for the ATR every 0.4 s to see whether the card is there, so a thread answers all the time; closing
the connection takes the card away. vpcd listens without any authentication: for tests and demos only.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time

from crypto.errors import CardLostError
from drivers.simulator.presented import PresentedCard

HOST = "127.0.0.1"
PORT = 35963
"""Where the first virtual reader of a standard vpcd listens."""

_POWER = frozenset({0x00, 0x01, 0x02})
_GET_ATR = 0x04
_CONNECT_TIMEOUT = 3.0
_LONGEST = 0xFFFF

_log = logging.getLogger(__name__)


class VpcdCard:
    """A card on a virtual reader, from ``place`` to ``remove``."""

    def __init__(self, card: PresentedCard, host: str = HOST, port: int = PORT) -> None:
        self._card = card
        self._address = (host, port)
        self._ended = threading.Event()
        self.ended_at = 0.0
        """When the connection ended, on the monotonic clock; 0 while it has not."""
        self._running: tuple[threading.Thread, socket.socket] | None = None

    def place(self) -> None:
        """Connect, and answer from then on; raises OSError when no virtual reader listens there."""
        connection = socket.create_connection(self._address, _CONNECT_TIMEOUT)
        self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        """Answer on a connection that is there already."""
        connection.settimeout(None)
        if connection.family in {socket.AF_INET, socket.AF_INET6}:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=self._serve, args=[connection], name="sim-vpcd", daemon=True)
        self._running = thread, connection
        thread.start()

    def remove(self) -> None:
        """Take the card away; returns when the connection is closed."""
        self._card.lift()
        if self._running is not None:
            thread, connection = self._running
            # Wakes the thread out of its receive; fails when the other side was faster, which is as good.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the card is gone (lifted, or the reader hung up); False when time was up first."""
        return self._ended.wait(timeout)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                while not self._card.gone and (message := _receive(connection)) is not None:
                    self._reply(connection, message)
        except CardLostError:
            _log.info("the simulated card was lifted")
        except OSError as error:
            _log.info("the virtual reader hung up: %s", type(error).__name__)
        finally:
            self.ended_at = time.monotonic()
            self._ended.set()

    def _reply(self, connection: socket.socket, message: bytes) -> None:
        if len(message) > 1:
            _send(connection, self._card.transmit(message))
        elif message[0] == _GET_ATR:
            _send(connection, self._card.atr)
        elif message[0] in _POWER:
            self._card.reset()


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2, "big") + message)


def _receive(connection: socket.socket) -> bytes | None:
    """The next message that is not empty; None when the other side has closed."""
    while True:
        header = _exactly(connection, 2)
        length = int.from_bytes(header, "big")
        if len(header) < 2:
            return None
        if length:
            message = _exactly(connection, length)
            return message if len(message) == length else None


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        _acknowledge_at_once(connection)
        part = connection.recv(min(size - len(data), _LONGEST))
        if not part:
            return data
        data += part
    return data


def _acknowledge_at_once(connection: socket.socket) -> None:
    # vpcd sends length and body apart, so a delayed ACK costs 40 ms an APDU; Linux forgets the setting on each receive.
    if hasattr(socket, "TCP_QUICKACK") and connection.family in {socket.AF_INET, socket.AF_INET6}:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
