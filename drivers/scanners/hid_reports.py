"""What a HID point-of-sale scanner sends: input reports, joined to codes. Pure: bytes in, codes out.

A scanner's own descriptor says where each field stands. Where it cannot be had, the two layouts of 64 bytes in the
makers' manuals are told apart, both with report number 2, length, up to 56 bytes of data, and in the last byte a bit
"decoded data continued":

- Honeywell, Access-IS (LSR118 manual, appendix B): an AIM identifier stands before the data;
- Newland (FM420 guide, "HID-POS"): the data follows the length at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.scanners.framing import AIM, LONG_QUIET, LONGEST, without_marks
from drivers.scanners.hid_descriptor import Layout

_WITH_AIM = Layout(report_id=2, data=5, size=56, count=1, more=(63, 1))
_WITHOUT_AIM = Layout(report_id=2, data=2, size=56, count=1, more=(63, 1))


class Joining:
    """The reports of one scanner that belong together. ``layout`` None: told from each report."""

    def __init__(self, layout: Layout | None, prefix: bytes = b"", suffix: bytes = b"") -> None:
        self._layout = layout
        self._prefix, self._suffix = prefix, suffix
        self._parts = bytearray()
        self._too_long = False

    def feed(self, report: bytes) -> Sequence[bytes]:
        """The code that this report ends; nothing for a report of another kind, or one that contradicts itself."""
        layout = self._layout or _guessed(report)
        if layout is None or (layout.report_id and report[:1] != bytes([layout.report_id])):
            return ()
        data = _data_of(report, layout)
        if data is None:
            self._forget()
            return ()
        self._parts += data
        if len(self._parts) > LONGEST + len(self._prefix) + len(self._suffix):
            # The rest of it is not kept, but must be seen off.
            self._too_long = True
            self._parts.clear()
        if layout.more is not None and report[layout.more[0]] & layout.more[1]:
            return ()
        return self._end(padded=layout.count is None)

    def quiet(self, seconds: float) -> Sequence[bytes]:
        """The code whose last report announced another one that has not come for so long."""
        return self._end(padded=False) if seconds >= LONG_QUIET else ()

    def _end(self, *, padded: bool) -> Sequence[bytes]:
        raw = bytes(self._parts).rstrip(b"\0") if padded else bytes(self._parts)
        code = b"" if self._too_long else without_marks(raw, self._prefix, self._suffix)
        self._forget()
        return (code,) if 0 < len(code) <= LONGEST else ()

    def _forget(self) -> None:
        self._parts.clear()
        self._too_long = False


def _data_of(report: bytes, layout: Layout) -> bytes | None:
    if len(report) < layout.length:
        return None
    length = layout.size if layout.count is None else report[layout.count]
    return report[layout.data : layout.data + length] if length <= layout.size else None


def _guessed(report: bytes) -> Layout | None:
    if len(report) < 64 or report[0] != _WITH_AIM.report_id:
        return None
    length = report[1]
    # Without a field of its own an AIM identifier is part of the data, which then ends three bytes earlier.
    apart = AIM.match(report, 2) is not None and any(report[2 + length : 5 + length])
    return _WITH_AIM if apart else _WITHOUT_AIM
