"""A receipt printer made of its manual only: commands in, dots on paper out (Epson ESC/POS command reference).

It shares no code with the driver, knows few commands and refuses all others, as loudly as a real one prints rubbish.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Dots = NDArray[np.bool_]
"""Rows of dots, True is black."""

_LINE_ROWS = 30
_STATUS = {1: 0x12, 2: 0x12, 4: 0x12}
_PAPER_END = {2: 0x20, 4: 0x60}
_COVER_OPEN = {1: 0x08, 2: 0x04}
_LARGEST_BAND = 16 * 1024


class RubbishError(Exception):
    """Bytes that are no command; a printer would print them."""


@dataclass
class ReceiptPrinter:
    """Takes bytes in any portions. ``answers`` False: it only listens; ``in_turn`` False: it does not know GS r."""

    dots: int = 576
    answers: bool = True
    in_turn: bool = True
    paper_rows: int = 1_000_000
    cover_open: bool = False
    largest: int = 0
    slips: list[Dots] = field(default_factory=list)
    _rows: list[Dots] = field(default_factory=list)
    _pending: bytes = b""
    _cut: threading.Condition = field(default_factory=threading.Condition)

    def take(self, data: bytes) -> bytes:
        """Print what ``data`` completes; what the printer answers."""
        self._pending += data
        answers = b""
        while (step := self._step()) is not None:
            length, answer = step
            self._pending = self._pending[length:]
            answers += answer
        return answers if self.answers else b""

    def wait_for_slips(self, count: int) -> list[Dots]:
        """The slips, once there are so many; fails after ten seconds."""
        with self._cut:
            assert self._cut.wait_for(lambda: len(self.slips) >= count, 10), f"{len(self.slips)} slips"
            return list(self.slips)

    @property
    def unfinished(self) -> int:
        """Rows that hang out of the printer, not cut off."""
        return sum(len(band) for band in self._rows)

    @property
    def empty(self) -> bool:
        """Whether the paper has run out."""
        return self.paper_rows <= 0

    def _step(self) -> tuple[int, bytes] | None:
        """Length and answer of the first command, None when it has not come whole (or the printer is off line)."""
        data = self._pending
        realtime = data.find(b"\x10\x04") if self._stopped else 0
        if realtime > 0:  # heard at once although what is before it waits
            self._pending = data[:realtime] + data[realtime + 3 :]
            return 0, self._realtime(data[realtime + 2])
        if data[:2] == b"\x10\x04" and len(data) >= 3:
            return 3, self._realtime(data[2])
        if self._stopped or not data:
            return None
        if data[:1] == b"\x1b":
            return self._escape(data)
        if data[:1] == b"\x1d":
            return self._group(data)
        if data[:1] == b"\x10" and len(data) < 3:
            return None
        raise RubbishError(data[:8].hex())

    @property
    def _stopped(self) -> bool:
        return self.empty or self.cover_open

    def _realtime(self, which: int) -> bytes:
        status = _STATUS[which]
        if self.empty:
            status |= _PAPER_END.get(which, 0) | (0x08 if which == 1 else 0)
        if self.cover_open:
            status |= _COVER_OPEN.get(which, 0)
        return bytes([status])

    def _escape(self, data: bytes) -> tuple[int, bytes] | None:
        if data[1:2] == b"@":
            return 2, b""
        if data[1:2] == b"d" and len(data) > 2:
            self._feed(np.zeros((data[2] * _LINE_ROWS, self.dots), dtype=np.bool_))
            return 3, b""
        if len(data) < 3:
            return None
        raise RubbishError(data[:8].hex())

    def _group(self, data: bytes) -> tuple[int, bytes] | None:
        if data[1:3] == b"v0":
            return self._raster(data)
        if data[1:2] == b"V" and len(data) > 2 and data[2] in (0, 1, 48, 49):
            self._cut_off()
            return 3, b""
        if data[1:3] == b"r\x01":
            return 3, b"\x00" if self.in_turn else b""
        if len(data) < 3:
            return None
        raise RubbishError(data[:8].hex())

    def _raster(self, data: bytes) -> tuple[int, bytes] | None:
        if len(data) < 8:
            return None
        if data[3] != 0:
            raise RubbishError("a stretched picture")
        width, height = data[4] | data[5] << 8, data[6] | data[7] << 8
        length = width * height
        if not length or width * 8 > self.dots or length > _LARGEST_BAND:
            raise RubbishError(f"a picture of {width} bytes x {height}")
        if len(data) < 8 + length:
            return None
        self.largest = max(self.largest, length)
        bits = np.unpackbits(np.frombuffer(data[8 : 8 + length], dtype=np.uint8)).reshape(height, width * 8)
        band = np.zeros((height, self.dots), dtype=np.bool_)
        band[:, : width * 8] = bits
        self._feed(band)
        return 8 + length, b""

    def _feed(self, band: Dots) -> None:
        self._rows.append(band)
        self.paper_rows -= len(band)

    def _cut_off(self) -> None:
        with self._cut:
            self.slips.append(np.concatenate(self._rows))
            self._rows.clear()
            self._cut.notify_all()
