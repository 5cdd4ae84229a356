"""The ways to a receipt printer: device file, USB by its ids, network, serial line, a file that collects slips.

A line is opened for one slip and closed after it, so that a printer may be replugged, or serve another program, in
between. What the system says of a failing line becomes OSError; ``terminal.faults`` codes are given in ``escpos``.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from pathlib import Path
from typing import Protocol

from terminal.faults import FaultError

CHUNK = 4096
"""Bytes handed over at a time."""

_SEND_BUFFER = 8192
_FAREWELL = 0.3
_GLANCE = 0.01


class Line(Protocol):
    """An open line. Every method raises OSError; TimeoutError, one of these, when ``within`` seconds were not enough;
    FaultError where the line itself knows what the printer lacks."""

    @property
    def tells(self) -> bool:
        """Whether the printer's answers can come back."""
        ...

    def write(self, data: bytes, within: float) -> None:
        """Hand over at most CHUNK bytes."""
        ...

    def read(self) -> bytes:
        """What has come, without waiting."""
        ...

    def finish(self, within: float) -> None:
        """Wait until everything has left this computer, as far as it is known."""
        ...

    def drop(self) -> None:
        """Forget what has not left yet."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class DeviceLine:
    """A device file, such as ``/dev/usb/lp0`` (Linux usblp); never creates one."""

    def __init__(self, path: Path) -> None:
        self._patient = os.name == "posix"
        flags = os.O_RDWR
        for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
            flags |= getattr(os, name, 0)
        self._handle = os.open(path, flags)

    @property
    def tells(self) -> bool:
        """On Windows reading such a file may block for ever."""
        return self._patient

    def write(self, data: bytes, within: float) -> None:
        """Without blocking: an empty printer takes nothing."""
        end = time.monotonic() + within
        while data:
            try:
                data = data[os.write(self._handle, data) :]
            except BlockingIOError:
                self._wait_writable(end - time.monotonic())
            except OSError as error:
                if error.errno == errno.ENOSPC:  # usblp's word for it
                    raise FaultError("printer.paper", "ENOSPC") from error
                raise

    def read(self) -> bytes:
        """Nothing from a printer that only listens."""
        if not select.select([self._handle], [], [], 0)[0]:
            return b""
        try:
            return os.read(self._handle, CHUNK)
        except BlockingIOError:
            return b""

    def finish(self, within: float) -> None:
        """usblp takes a transfer back when its file is closed too early."""
        if self._patient:
            self._wait_writable(within)

    def drop(self) -> None:
        """usblp ends with its file."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _wait_writable(self, within: float) -> None:
        if within <= 0 or not select.select([], [self._handle], [], within)[1]:
            raise TimeoutError


class TcpLine:
    """A printer on the network, usually port 9100."""

    tells = True

    def __init__(self, host: str, port: int, within: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), within)
        except UnicodeError as error:  # a name with an empty part, or a long one
            raise OSError(errno.EINVAL, "host") from error
        # A small buffer shows early that nobody takes the data.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes, within: float) -> None:
        """All of it into the system's buffer."""
        self._socket.settimeout(max(within, _GLANCE))
        self._socket.sendall(data)

    def read(self) -> bytes:
        """ConnectionResetError once the printer has hung up."""
        if not select.select([self._socket], [], [], 0)[0]:
            return b""
        heard = self._socket.recv(CHUNK)
        if not heard:
            raise ConnectionResetError("the printer hung up")
        return heard

    def finish(self, within: float) -> None:
        """Say goodbye and give the printer a moment to hang up, or to reset the connection."""
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(min(within, _FAREWELL))
        try:
            while self._socket.recv(CHUNK):
                pass
        except TimeoutError:
            pass  # many printers keep the line open

    def drop(self) -> None:
        """Close with a reset instead of sending the rest (struct linger; of shorts on Windows)."""
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class SerialLine:
    """A serial port, 8N1, XON/XOFF. pyserial's SerialException is an OSError already."""

    tells = True

    def __init__(self, port: str, baud: int) -> None:
        import serial

        exclusive = True if os.name == "posix" else None
        try:
            self._serial = serial.Serial(port, baud, timeout=0, xonxoff=True, exclusive=exclusive)
        except ValueError as error:
            raise OSError(errno.EINVAL, "baud") from error

    def write(self, data: bytes, within: float) -> None:
        """All of it into the system's buffer."""
        import serial

        self._serial.write_timeout = max(within, _GLANCE)
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException as error:
            raise TimeoutError from error

    def read(self) -> bytes:
        """What the port holds."""
        return bytes(self._serial.read(CHUNK))

    def finish(self, within: float) -> None:
        """pyserial's own flush would wait for ever on a printer that said XOFF."""
        end = time.monotonic() + within
        while self._serial.out_waiting:
            if time.monotonic() >= end:
                raise TimeoutError
            time.sleep(_GLANCE)

    def drop(self) -> None:
        """Linux would wait 30 seconds for it on closing."""
        try:
            self._serial.reset_output_buffer()
        except Exception as error:  # termios.error, no OSError, and unknown on Windows
            raise OSError(errno.EIO, "flush") from error

    def close(self) -> None:
        """Close the port."""
        self._serial.close()


class FileLine:
    """A file to which slips are added, each whole or not at all. A new one is for this user only: slips bear names."""

    tells = False

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = os.fdopen(os.open(path, flags, 0o600), "ab", buffering=0)
        self._size = self._file.tell()

    def write(self, data: bytes, within: float) -> None:  # noqa: ARG002 - a disk is not waited for
        """All of it."""
        while data:
            data = data[self._file.write(data) :]

    def read(self) -> bytes:
        """Files do not answer."""
        return b""

    def finish(self, within: float) -> None:  # noqa: ARG002
        """Onto the disk."""
        os.fsync(self._file.fileno())

    def drop(self) -> None:
        """Back to what it was."""
        self._file.truncate(self._size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
