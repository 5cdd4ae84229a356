"""Scanners in serial mode: USB-COM (CDC) and RS-232 through pyserial, fixed readers in the network through a socket."""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from drivers.scanners.discovery import only_port, serial_ports
from drivers.scanners.framing import LONGEST, QUIET, Framing
from drivers.scanners.source import CableScanner
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.ports import ScannerOptions

_log = logging.getLogger(__name__)

NAME = "serial"
"""The scanner's name in events where no address is configured."""

_WAIT = QUIET + 0.002
"""Seconds that one read waits for the first byte: so long that one wait in vain is the silence that ends a code."""

_CONNECT_WITHIN = 1.0
_MOST_AT_ONCE = 4096
_TCP = re.compile(r"tcp:(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})")


class ByteSource(Protocol):
    """An opened line of bytes."""

    def read(self) -> bytes:
        """What has come, empty after ``_WAIT`` seconds of silence. Raises FaultError ``scanner.absent``."""
        ...

    def close(self) -> None:
        """Let it go; never raises."""
        ...


class FramedLine:
    """A `drivers.scanners.source.ScannerLine` that cuts a line of bytes into codes."""

    def __init__(self, source: ByteSource, framing: Framing, clock: Clock) -> None:
        self._source = source
        self._framing = framing
        self._clock = clock
        self._heard = clock.monotonic()
        self._warned = False

    def read(self) -> Sequence[bytes]:
        """The codes that have ended."""
        chunk = self._source.read()
        now = self._clock.monotonic()
        if chunk:
            self._heard = now
            codes = self._framing.feed(chunk)
        else:
            codes = self._framing.quiet(now - self._heard)
        if self._framing.thrown_away and not self._warned:
            self._warned = True
            _log.warning("scanner: what is longer than %d bytes is thrown away", LONGEST)
        return codes

    def close(self) -> None:
        """Let the line go."""
        self._source.close()


class PortBytes:
    """A serial port, opened for this program alone: two readers of one port would each get half of a code."""

    def __init__(self, address: str, baud: int) -> None:
        import serial

        try:
            self._port = serial.Serial(address, baud, timeout=_WAIT, exclusive=True)
        except _port_errors() as error:
            raise FaultError(_fault_of(error), f"{address}: {type(error).__name__}") from error

    def read(self) -> bytes:
        """What has come."""
        try:
            first: bytes = self._port.read(1)
            return first + self._port.read(min(self._port.in_waiting, _MOST_AT_ONCE)) if first else b""
        except _port_errors() as error:
            raise FaultError("scanner.absent", f"{self._port.port}: {type(error).__name__}") from error

    def close(self) -> None:
        """Close the port."""
        with contextlib.suppress(*_port_errors()):
            self._port.close()


class SocketBytes:
    """A reader in the network that sends its codes over TCP."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = socket.create_connection((host, port), _CONNECT_WITHIN)
        except OSError as error:
            raise FaultError("scanner.absent", f"tcp:{host}:{port}: {type(error).__name__}") from error
        # A reader whose power failed says no goodbye.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.settimeout(_WAIT)

    def read(self) -> bytes:
        """What has come."""
        try:
            chunk = self._socket.recv(_MOST_AT_ONCE)
        except TimeoutError:
            return b""
        except OSError as error:
            raise FaultError("scanner.absent", type(error).__name__) from error
        if not chunk:
            raise FaultError("scanner.absent", "the reader hung up")
        return chunk

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def build(options: ScannerOptions) -> CableScanner:
    """The entry point ``tram.scanner`` ``serial``. Raises FaultError ``install.missing`` and ``config.invalid``."""
    return CableScanner(options.address or NAME, _opener(options), options.repeat_after)


def _opener(options: ScannerOptions) -> Callable[[], FramedLine]:
    clock = SystemClock()
    connect = _tcp(options.address) if options.address.startswith("tcp:") else _port(options)
    return lambda: FramedLine(connect(), Framing(options.prefix, options.suffix), clock)


def _tcp(address: str) -> Callable[[], ByteSource]:
    match = _TCP.fullmatch(address)
    if match is None or not 0 < int(match.group(3)) < 1 << 16:
        raise FaultError("config.invalid", "scanner.address: tcp:HOST:PORT")
    host, port = match.group(1) or match.group(2), int(match.group(3))
    return lambda: SocketBytes(host, port)


def _port(options: ScannerOptions) -> Callable[[], ByteSource]:
    try:
        import serial  # noqa: F401 - only whether it is there: a desk without it must learn so now
    except ImportError as error:
        raise FaultError("install.missing", "pyserial") from error
    return lambda: PortBytes(options.address or only_port(serial_ports()), options.baud)


def _fault_of(error: Exception) -> str:
    """Whether the port is there but not for us. On Windows pyserial keeps the cause only in its text."""
    denied = getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EAGAIN)
    return "scanner.denied" if denied or "PermissionError" in str(error) else "scanner.absent"


def _port_errors() -> tuple[type[Exception], ...]:
    """What pyserial lets through: its own errors are OSErrors, but setting up a port that goes that moment is not."""
    try:
        import termios
    except ImportError:  # Windows
        return (OSError, ValueError)
    return (OSError, ValueError, termios.error)  # type: ignore[attr-defined,unused-ignore]
