"""A serial line to a board, with what can go wrong named."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from terminal.faults import FaultError

if TYPE_CHECKING:
    import serial

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.EAGAIN})


def open_line(port: str, baud: int, within: float) -> serial.Serial:
    """The line, 8N1, for this program alone; reading and writing end after ``within`` seconds.

    Raises FaultError: ``gate.absent``, or ``gate.denied`` without the right to it or where another program holds it.
    """
    import serial

    try:
        return serial.Serial(port, baud, timeout=within, write_timeout=within, exclusive=True)
    except Exception as error:  # SerialException, and what pyserial lets through of termios
        # Windows gives no number, and on Linux pyserial has its own words for a line that another program locked.
        told = "PermissionError" in str(error) or "exclusively lock" in str(error)
        denied = told or getattr(error, "errno", None) in _DENIED
        raise FaultError("gate.denied" if denied else "gate.absent", f"{port}: {type(error).__name__}") from error
