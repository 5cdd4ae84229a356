"""Receipt printers that speak ESC/POS, on whatever line they hang.

The slip goes out as a picture (drivers/printers/layout.py). A printer that can answer is asked before whether it has
paper, and afterwards whether it is done; one that only listens is believed when it took everything.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from drivers.device import Lane, StuckError
from drivers.printers.addresses import Opener, opener_of
from drivers.printers.lines import CHUNK, Line
from drivers.printers.status import ARE_YOU_DONE, Question, check_answer, is_done, realtime_answer
from terminal.faults import FaultError
from terminal.outputs import PrinterOptions, Slip

_log = logging.getLogger(__name__)

_ANSWER_SECONDS = 0.4
_ASK_AGAIN_SECONDS = 0.5
_GLANCE = 0.01
_MARGIN = 0.1

_T = TypeVar("_T")

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


class EscPosPrinter:
    """A `terminal.outputs.Printer`."""

    simulated = False

    def __init__(self, options: PrinterOptions, open_line: Opener) -> None:
        self._options = options
        self._open = open_line
        self._lane: Lane | None = None

    def print(self, slip: Slip) -> None:
        """Print the slip, cut it off, and see it done."""
        from drivers.printers.commands import slip_commands
        from drivers.printers.layout import picture_of

        begun = time.monotonic()
        data = slip_commands(picture_of(slip, self._options.dots))
        self._talk(data, begun + self._options.seconds)

    def check(self) -> None:
        """Open the line and ask for paper."""
        self._talk(b"", time.monotonic() + self._options.seconds)

    def _talk(self, data: bytes, end: float) -> None:
        """On a thread of its own: opening and closing may block whatever the line promises."""
        if self._lane is not None and not self._lane.ended:
            raise FaultError("printer.failed", "the printer still holds the slip before")
        talk = _Talk(self._open, end)
        self._lane = Lane("dev-printer", talk.close)
        try:
            self._lane.call(lambda: talk.run(data), max(0.0, end - time.monotonic()))
        except StuckError as error:
            raise FaultError("printer.failed", f"no end within {self._options.seconds:g} s") from error
        finally:
            self._lane.close()


class _Talk:
    """One conversation with the printer, from opening its line to closing it."""

    def __init__(self, open_line: Opener, end: float) -> None:
        self._open = open_line
        self._end = end
        self._line: Line | None = None
        self._done = False

    def run(self, data: bytes) -> None:
        """Ask, send ``data`` if there is any, ask again. Raises FaultError."""
        try:
            line = self._line = self._open(self._left())
        except OSError as error:
            raise _not_opened(error) from error
        try:
            if line.tells:
                line.read()  # an answer to an earlier slip's question is no answer to ours
            answers = self._ask(line)
            if data:
                self._send(line, data, answers=answers)
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

    def _drop(self) -> None:
        """What is still on its way is no slip any more."""
        if self._line is not None:
            try:
                self._line.drop()
            except OSError as error:
                _log.info("nothing was left to drop: %s", _named(error))

    def _left(self) -> float:
        """Seconds until the deadline, short of it: whoever waits outside gets the reason."""
        return self._end - time.monotonic() - _MARGIN

    def _write(self, line: Line, data: bytes) -> None:
        """TimeoutError instead of printing for somebody who has given up."""
        left = self._left()
        if left <= 0:
            raise TimeoutError
        line.write(data, left)

    def _ask(self, line: Line) -> bool:
        """Whether the printer answers; FaultError when it says that it cannot print."""
        if not line.tells:
            return False
        for question in Question:
            self._write(line, question.value)
            answer = self._hear(line, realtime_answer, _ANSWER_SECONDS)
            if answer is None:
                return False
            check_answer(question, answer)
        return True

    def _send(self, line: Line, data: bytes, *, answers: bool) -> None:
        confirms = answers and self._confirms(line, _ANSWER_SECONDS)
        for at in range(0, len(data), CHUNK):
            self._write(line, data[at : at + CHUNK])
        if confirms:
            if not self._confirms(line, self._left()):
                raise TimeoutError
            return
        if answers:
            self._ask(line)
        line.finish(self._left())

    def _confirms(self, line: Line, seconds: float) -> bool:
        """Whether it says in turn that it is done with all before; with nothing before, whether it can: not all do.

        Asked meanwhile for its paper, so that nobody waits for a printer that has run out.
        """
        self._done = False
        self._write(line, ARE_YOU_DONE)
        end = time.monotonic() + seconds
        while self._hear(line, lambda _: self._done or None, min(_ASK_AGAIN_SECONDS, seconds)) is None:
            if time.monotonic() >= end:
                return False
            self._ask(line)
        return True

    def _hear(self, line: Line, known: Callable[[bytes], _T | None], seconds: float) -> _T | None:
        """What is ``known`` of the answers that come within these seconds."""
        end = time.monotonic() + min(seconds, self._left())
        while True:
            heard = line.read()
            self._done = self._done or is_done(heard)
            found = known(heard)
            if found is not None or time.monotonic() >= end:
                return found
            if not heard:
                time.sleep(_GLANCE)


def _not_opened(error: OSError) -> FaultError:
    """pyserial keeps the system's number where there is one, and on Windows only its name."""
    denied = error.errno in _DENIED or "PermissionError" in str(error)
    return FaultError("printer.denied" if denied else "printer.absent", _named(error))


def _named(error: OSError) -> str:
    """Without the system's words: they may name a host or a path."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def build(options: PrinterOptions) -> EscPosPrinter:
    """The entry point ``tram.printer``. Raises FaultError: ``install.missing``; ``config.invalid`` for no address."""
    if importlib.util.find_spec("escpos") is None:
        raise FaultError("install.missing", "python-escpos")
    return EscPosPrinter(options, opener_of(options))
