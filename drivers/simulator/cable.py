"""A network cable between terminal and backend that can be pulled: a TCP relay on the loopback interface."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from enum import Enum

_HOST = "127.0.0.1"
_CHUNK = 64 * 1024
_BACKLOG = 128
_CONNECT_TIMEOUT = 2.0
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

_log = logging.getLogger(__name__)


class Line(Enum):
    """How the line is."""

    WHOLE = "whole"
    CUT = "cut"
    """Running connections are reset, new ones refused."""
    MUTE = "mute"
    """Running connections are reset, new ones taken and never answered."""


class Cable:
    """Relays every connection to ``port`` on to ``upstream`` while the line is whole."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._selector = selectors.DefaultSelector()
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wanted = Line.WHOLE
        self._closing = False
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)
        self._line = Line.WHOLE
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._kept: list[socket.socket] = []
        self._listener = _bound(0)
        self.port = int(self._listener.getsockname()[1])
        """Where the terminal's end is, on the loopback interface."""
        self._listen()
        self._selector.register(self._wake_receiver, selectors.EVENT_READ, self._woken)
        self._thread = threading.Thread(target=self._relay, name="sim-cable", daemon=True)
        self._thread.start()

    def set(self, line: Line) -> None:
        """Pull, mute or mend the line; in force when this returns."""
        with self._settled:
            self._wanted = line
            self._wake_sender.send(b"\0")
            self._settled.wait_for(lambda: self._line is line or self._closing)

    def close(self) -> None:
        """Take the cable away."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            self._wake_sender.send(b"\0")
        self._thread.join()

    def _relay(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select():
                # An earlier event of the same round may have closed this one, or given its number to another.
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
        self._drop_all()
        self._listener.close()
        self._wake_receiver.close()
        self._wake_sender.close()
        self._selector.close()

    def _woken(self) -> None:
        self._wake_receiver.recv(_CHUNK)
        with self._settled:
            if self._wanted is not self._line:
                self._change(self._wanted)
                self._line = self._wanted
            self._settled.notify_all()

    def _change(self, line: Line) -> None:
        self._drop_all()
        if self._line is not Line.CUT:
            self._selector.unregister(self._listener)
        self._listener.close()
        # Bound without listening, the port stays ours and connections to it are refused.
        self._listener = _bound(self.port)
        if line is not Line.CUT:
            self._listen()

    def _listen(self) -> None:
        self._listener.listen(_BACKLOG)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self._line is Line.MUTE:
            self._kept.append(near)
            return
        try:
            far = socket.create_connection(self._upstream, _CONNECT_TIMEOUT)
        except OSError as error:
            _log.info("the backend behind the cable does not answer: %s", type(error).__name__)
            _reset(near)
            return
        self._join(near, far)
        self._join(far, near)

    def _join(self, one: socket.socket, other: socket.socket) -> None:
        one.settimeout(_CONNECT_TIMEOUT)
        self._pairs[one] = other
        self._selector.register(one, selectors.EVENT_READ, self._carrier(one, other))

    def _carrier(self, one: socket.socket, other: socket.socket) -> Callable[[], None]:
        def carry() -> None:
            try:
                data = one.recv(_CHUNK)
                other.sendall(data)
            except OSError:
                data = b""
            if not data:
                self._drop(one, other)

        return carry

    def _drop(self, *ends: socket.socket) -> None:
        for end in ends:
            if self._pairs.pop(end, None) is not None:
                self._selector.unregister(end)
                end.close()

    def _drop_all(self) -> None:
        for end in [*self._pairs]:
            self._selector.unregister(end)
            _reset(end)
        for end in self._kept:
            _reset(end)
        self._pairs.clear()
        self._kept.clear()


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_HOST, port))
    return listener


def _reset(end: socket.socket) -> None:
    """Close without a farewell, as a pulled cable and a time-out do."""
    with contextlib.suppress(OSError):  # already reset by the other side
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.close()
