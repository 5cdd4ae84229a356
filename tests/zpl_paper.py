"""A label printer made of its manual only: ZPL in, dots on labels out (ZPL II Programming Guide).

It shares no code with the driver, knows few commands and refuses all others.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

import numpy as np

from tests.escpos_paper import Dots, RubbishError

_COMMAND = re.compile(rb"\^(XA|XZ|PW|LL|LH|PQ|FO|FS|GF)([^\^]*)")


@dataclass
class LabelPrinter:
    """Takes bytes in any portions. ``answers`` False: it only listens; ``slow``: labels that stay unprinted until so
    many questions were answered; ``labels_left``: then the roll is empty."""

    answers: bool = True
    labels_left: int = 1000
    head_open: bool = False
    paused: bool = False
    silent_when_empty: bool = False
    slow: int = 0
    slips: list[Dots] = field(default_factory=list)
    asked: int = 0
    _pending: bytes = b""
    _printed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, data: bytes) -> bytes:
        """Print what ``data`` completes; what the printer answers."""
        self._pending += data
        answers = b""
        while self._pending:
            if self._pending.startswith(b"~HS"):
                self._pending = self._pending[3:]
                answers += self._status()
            elif self._pending[:1] in (b"\r", b"\n"):
                self._pending = self._pending[1:]
            elif self._pending.startswith(b"^XA"):
                end = self._pending.find(b"^XZ")
                if end < 0:
                    break
                self._label(self._pending[: end + 3])
                self._pending = self._pending[end + 3 :]
            elif len(self._pending) < 3:
                break
            else:
                raise RubbishError(self._pending[:8].hex())
        return answers

    @property
    def unfinished(self) -> int:
        """Bytes of a label that did not come whole."""
        return len(self._pending)

    def wait_for_slips(self, count: int) -> list[Dots]:
        """The labels, once there are so many; fails after ten seconds."""
        with self._printed:
            assert self._printed.wait_for(lambda: len(self.slips) >= count, 10), f"{len(self.slips)} labels"
            return list(self.slips)

    def _status(self) -> bytes:
        self.asked += 1
        waiting, self.slow = self.slow, max(0, self.slow - 1)
        empty = self.labels_left <= 0
        if not self.answers or (self.silent_when_empty and (empty or self.head_open)):
            return b""
        rows = (
            f"030,{int(empty)},{int(self.paused)},1245,{min(waiting, 1):03},0,0,0,000,0,0,0",
            f"001,0,{int(self.head_open)},0,0,2,6,0,{waiting:08},1,000",
            "1234,0",
        )
        return b"".join(b"\x02" + row.encode() + b"\x03\r\n" for row in rows)

    def _label(self, commands: bytes) -> None:
        found = [(name, value) for name, value in _COMMAND.findall(commands)]
        if b"".join(b"^" + name + value for name, value in found) != commands:
            raise RubbishError("a command that is not known")
        values = dict(found)
        width, height = int(values[b"PW"]), int(values[b"LL"])
        label = np.zeros((height, width), dtype=np.bool_)
        form, data_bytes, field_bytes, stride, digits = values[b"GF"].split(b",", 4)
        if (form, values[b"FO"], values[b"PQ"]) != (b"A", b"0,0", b"1") or data_bytes != field_bytes:
            raise RubbishError("another form of label")
        dots = np.unpackbits(np.frombuffer(bytes.fromhex(digits.decode()), np.uint8)).reshape(-1, int(stride) * 8)
        if dots.size != int(field_bytes) * 8:
            raise RubbishError("another size than told")
        label[: dots.shape[0], : dots.shape[1]] = dots[:height, :width] == 1
        with self._printed:
            self.labels_left -= 1
            self.slips.append(label)
            self._printed.notify_all()
