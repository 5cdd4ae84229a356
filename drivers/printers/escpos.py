"""Receipt printers that speak ESC/POS, on whatever line they hang.

The slip goes out as a picture (drivers/printers/layout.py). A printer that can answer is asked before whether it has
paper, and afterwards whether it is done; one that only listens is believed when it took everything.
"""

from __future__ import annotations

import importlib.util
import time

from drivers.printers.addresses import opener_of
from drivers.printers.status import ARE_YOU_DONE, Question, check_answer, is_done, realtime_answer
from drivers.printers.talk import SpokenPrinter, Talk
from terminal.faults import FaultError
from terminal.outputs import PrinterOptions, Slip

_ANSWER_SECONDS = 0.4
_ASK_AGAIN_SECONDS = 0.5


class EscPos:
    """The manners of receipt printers (`drivers.printers.talk.Manners`)."""

    def __init__(self) -> None:
        self._done = False

    def commands(self, slip: Slip, dots: int) -> bytes:
        """Bands of raster, feed and cut."""
        from drivers.printers.commands import slip_commands
        from drivers.printers.layout import picture_of

        return slip_commands(picture_of(slip, dots))

    def ask(self, talk: Talk) -> bool:
        """Each real-time status in turn."""
        for question in Question:
            talk.write(question.value)
            answer = talk.hear(self._realtime, _ANSWER_SECONDS)
            if answer is None:
                return False
            check_answer(question, answer)
        return True

    def send(self, talk: Talk, data: bytes, *, answers: bool) -> None:
        """With the question whether it is done behind the last command, where it answers that."""
        confirms = answers and self._confirms(talk, _ANSWER_SECONDS)
        talk.write(data)
        if confirms:
            if not self._confirms(talk, talk.left()):
                raise TimeoutError
            return
        if answers:
            self.ask(talk)
        talk.finish()

    def _confirms(self, talk: Talk, seconds: float) -> bool:
        """Whether it says in turn that it is done with all before; with nothing before, whether it can: not all do.

        Asked meanwhile for its paper, so that nobody waits for a printer that has run out.
        """
        self._done = False
        talk.write(ARE_YOU_DONE)
        end = time.monotonic() + seconds
        while talk.hear(self._finished, min(_ASK_AGAIN_SECONDS, seconds)) is None:
            if time.monotonic() >= end:
                return False
            self.ask(talk)
        return True

    def _realtime(self, heard: bytes) -> int | None:
        self._done = self._done or is_done(heard)
        return realtime_answer(heard)

    def _finished(self, heard: bytes) -> bool | None:
        self._done = self._done or is_done(heard)
        return self._done or None


def build(options: PrinterOptions) -> SpokenPrinter:
    """The entry point ``tram.printer``. Raises FaultError: ``install.missing``; ``config.invalid`` for no address."""
    if importlib.util.find_spec("escpos") is None:
        raise FaultError("install.missing", "python-escpos")
    return SpokenPrinter(options, opener_of(options), EscPos)
