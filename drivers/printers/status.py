"""What a receipt printer says about itself (Epson ESC/POS command reference: DLE EOT n, GS r n).

Real-time status is answered at once, also while the printer is off line; GS r stands in the queue behind the data
before it, so that its answer says that those were printed.
"""

from __future__ import annotations

import enum

from terminal.faults import FaultError


class Question(enum.Enum):
    """A real-time status, by its command; those that say most come first."""

    CAUSE = b"\x10\x04\x02"
    PAPER = b"\x10\x04\x04"
    PRINTER = b"\x10\x04\x01"


ARE_YOU_DONE = b"\x1d\x72\x01"
"""GS r 1: transmit the paper sensor's status, in turn."""

_REALTIME_MASK, _REALTIME = 0x93, 0x12
_IN_TURN_MASK, _IN_TURN = 0x90, 0x00

_OFFLINE = 0x08
_COVER_OPEN = 0x04
_STOPPED_BY_PAPER_END = 0x20
_ERROR = 0x40
_PAPER_END = 0x60


def realtime_answer(heard: bytes) -> int | None:
    """The first real-time status among what was heard; None when there is none."""
    return next((byte for byte in heard if byte & _REALTIME_MASK == _REALTIME), None)


def is_done(heard: bytes) -> bool:
    """Whether GS r was answered."""
    return any(byte & _IN_TURN_MASK == _IN_TURN for byte in heard)


def check_answer(question: Question, answer: int) -> None:
    """Raise FaultError ``printer.paper`` or ``printer.failed`` for a printer that says it cannot print."""
    if question is Question.CAUSE and answer & _COVER_OPEN:
        raise FaultError("printer.paper", "the cover is open")
    if question is Question.CAUSE and answer & _STOPPED_BY_PAPER_END:
        raise FaultError("printer.paper", "the paper has run out")
    if question is Question.CAUSE and answer & _ERROR:
        raise FaultError("printer.failed", "the printer reports an error")
    if question is Question.PAPER and answer & _PAPER_END:
        raise FaultError("printer.paper", "the paper has run out")
    if question is Question.PRINTER and answer & _OFFLINE:
        raise FaultError("printer.failed", "the printer is off line")
