"""A conversation with a printer, whatever language it speaks: opened for one slip, in time, and closed after it."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from drivers.device import Lane, StuckError
from drivers.printers.addresses import Opener
from drivers.printers.lines import CHUNK, Line
from terminal.faults import FaultError
from terminal.outputs import PrinterOptions, Slip

_log = logging.getLogger(__name__)

_GLANCE = 0.01
_MARGIN = 0.1

_T = TypeVar("_T")

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


class Talk:
    """One conversation, from opening the line to closing it."""

    def __init__(self, open_line: Opener, end: float) -> None:
        self._open = open_line
        self._end = end
        self._line: Line | None = None

    def run(self, manners: Manners, data: bytes) -> None:
        """Ask, send ``data`` if there is any, ask again. Raises FaultError."""
        try:
            line = self._line = self._open(self.left())
        except OSError as error:
            raise _not_opened(error) from error
        try:
            if line.tells:
                line.read()  # an answer to an earlier slip's question is no answer to ours
            answers = line.tells and manners.ask(self)
            if data:
                manners.send(self, data, answers=answers)
        except OSError as error:
            self._drop()
            raise FaultError("printer.failed", _named(error)) from error
        except FaultError:
            self._drop()
            raise

    def close(self) -> None:
        """Let the line go."""
        if self._line is not None:
            try:
                self._line.close()
            except OSError as error:
                _log.info("the printer's line did not close in order: %s", _named(error))

    def left(self) -> float:
        """Seconds until the deadline, short of it: whoever waits outside gets the reason."""
        return self._end - time.monotonic() - _MARGIN

    def write(self, data: bytes) -> None:
        """In portions; TimeoutError instead of printing for somebody who has given up."""
        for at in range(0, len(data), CHUNK):
            left = self.left()
            if left <= 0:
                raise TimeoutError
            self._opened.write(data[at : at + CHUNK], left)

    def hear(self, known: Callable[[bytes], _T | None], seconds: float) -> _T | None:
        """What is ``known`` of the answers that come within these seconds; it is given each portion once."""
        end = time.monotonic() + min(seconds, self.left())
        while True:
            heard = self._opened.read()
            found = known(heard)
            if found is not None or time.monotonic() >= end:
                return found
            if not heard:
                time.sleep(_GLANCE)

    def finish(self) -> None:
        """Wait until everything has left this computer, as far as it is known."""
        self._opened.finish(self.left())

    @property
    def _opened(self) -> Line:
        if self._line is None:
            raise ValueError("nothing is said before the line is open")
        return self._line

    def _drop(self) -> None:
        """What is still on its way is no slip any more."""
        if self._line is not None:
            try:
                self._line.drop()
            except OSError as error:
                _log.info("nothing was left to drop: %s", _named(error))


class Manners(Protocol):
    """How one kind of printer is spoken to; made anew for each conversation. Raises FaultError and OSError."""

    def commands(self, slip: Slip, dots: int) -> bytes:
        """Everything that prints the slip, ``dots`` wide, and cuts it off."""
        ...

    def ask(self, talk: Talk) -> bool:
        """Whether the printer answers; FaultError when it says that it cannot print. Not asked where it cannot."""
        ...

    def send(self, talk: Talk, data: bytes, *, answers: bool) -> None:
        """Hand over the commands and see them done, as far as this printer tells."""
        ...


class SpokenPrinter:
    """A `terminal.outputs.Printer` that is spoken to over a line."""

    simulated = False

    def __init__(self, options: PrinterOptions, open_line: Opener, manners: Callable[[], Manners]) -> None:
        self._options = options
        self._open = open_line
        self._manners = manners
        self._lane: Lane | None = None

    def print(self, slip: Slip) -> None:
        """Print the slip, cut it off, and see it done."""
        begun = time.monotonic()
        manners = self._manners()
        self._talk(manners, manners.commands(slip, self._options.dots), begun + self._options.seconds)

    def check(self) -> None:
        """Open the line and ask for paper."""
        self._talk(self._manners(), b"", time.monotonic() + self._options.seconds)

    def _talk(self, manners: Manners, data: bytes, end: float) -> None:
        """On a thread of its own: opening and closing may block whatever the line promises."""
        if self._lane is not None and not self._lane.ended:
            raise FaultError("printer.failed", "the printer still holds the slip before")
        talk = Talk(self._open, end)
        self._lane = Lane("dev-printer", talk.close)
        try:
            self._lane.call(lambda: talk.run(manners, data), max(0.0, end - time.monotonic()))
        except StuckError as error:
            raise FaultError("printer.failed", f"no end within {self._options.seconds:g} s") from error
        finally:
            self._lane.close()


def _not_opened(error: OSError) -> FaultError:
    """pyserial keeps the system's number where there is one, and on Windows only its name."""
    denied = error.errno in _DENIED or "PermissionError" in str(error)
    return FaultError("printer.denied" if denied else "printer.absent", _named(error))


def _named(error: OSError) -> str:
    """Without the system's words: they may name a host or a path."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)
