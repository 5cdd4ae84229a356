"""What a label printer says about itself when asked ``~HS`` (ZPL II Programming Guide, Host Status Return).

Three strings, each between STX and ETX and of figures between commas. A printer without paper or with its head open may
keep silent instead: that it does not answer says nothing.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from terminal.faults import FaultError

HOW_ARE_YOU = b"~HS"

_STRING = re.compile(rb"\x02([0-9,]{1,80})\x03")
_FIRST, _SECOND = 12, 11
"""Figures in the first and the second string."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """``waiting``: formats in the printer's memory and labels of the running batch, so 0 when all is printed."""

    paper_out: bool
    paused: bool
    head_open: bool
    ribbon_out: bool
    waiting: int


def host_status(heard: bytes) -> HostStatus | None:
    """The last whole answer among what was heard; None while there is none."""
    rows = [[int(figure or b"0") for figure in row.split(b",")] for row in _STRING.findall(heard)]
    for first, second in reversed(list(itertools.pairwise(rows))):
        if len(first) == _FIRST and len(second) == _SECOND:
            return HostStatus(
                paper_out=first[1] == 1,
                paused=first[2] == 1,
                head_open=second[2] == 1,
                ribbon_out=second[3] == 1,
                waiting=first[4] + second[8],
            )
    return None


def check_status(status: HostStatus) -> None:
    """Raise FaultError ``printer.paper`` or ``printer.failed`` for a printer that says it cannot print."""
    if status.paper_out or status.head_open or status.ribbon_out:
        raise FaultError("printer.paper", "no labels, no ribbon, or the head is open")
    if status.paused:
        raise FaultError("printer.failed", "the printer is paused")
