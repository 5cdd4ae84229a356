"""What a HID point-of-sale scanner sends: input reports, joined to codes. Pure: bytes in, codes out.

Sources: HID Point of Sale Usage Tables 1.02 (USB-IF, 2001), section 3, usages 0xFB to 0xFF of page 0x8C; Device Class
Definition for HID 1.11, section 6.2.2, for report descriptors. A scanner's own descriptor says where each field stands.
Where it cannot be had the two layouts of 64 bytes in the makers' manuals are told apart, both with report number 2,
length, up to 56 bytes of data, and in the last byte a bit "decoded data continued":

- Honeywell, Access-IS (LSR118 manual, appendix B): an AIM identifier stands before the data;
- Newland (FM420 guide, "HID-POS"): the data follows the length at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from drivers.scanners.framing import LONG_QUIET, LONGEST, without_marks

SCANNER_PAGE = 0x8C
"""HID usage page "Bar Code Scanner"."""

_BYTE_COUNT = 0x01 << 16 | 0x3B
_DECODED_DATA = SCANNER_PAGE << 16 | 0xFE
_CONTINUED = SCANNER_PAGE << 16 | 0xFF

_MOST_DESCRIPTOR = 4096
_MOST_REPORT_BITS = 8 * 1024
_MOST_KEPT = 8

_AIM = re.compile(rb"\][A-Za-z][0-9A-Fa-f]")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of a scanned-data report stand, in bytes from its start (report number included). ``count``
    None: the device does not tell the length. ``more``: byte and mask, None where a code always fits one report."""

    report_id: int
    data: int
    size: int
    count: int | None
    more: tuple[int, int] | None

    @property
    def length(self) -> int:
        """Bytes of a report at least."""
        return 1 + max(self.data + self.size - 1, self.count or 0, self.more[0] if self.more else 0)


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
    apart = _AIM.match(report, 2) is not None and any(report[2 + length : 5 + length])
    return _WITH_AIM if apart else _WITHOUT_AIM


# The report descriptor -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    usage: int
    report_id: int
    bit: int
    bits: int


def layout_of(descriptor: bytes) -> Layout | None:
    """The layout that a report descriptor describes; None where it has no usable scanned-data report."""
    fields = [field for field in _fields(descriptor) if field.usage in (_BYTE_COUNT, _DECODED_DATA, _CONTINUED)]
    data = next((field for field in fields if field.usage == _DECODED_DATA), None)
    if data is None or data.bit % 8 or data.bits % 8:
        return None
    beside = {field.usage: field for field in reversed(fields) if field.report_id == data.report_id}
    count, more = beside.get(_BYTE_COUNT), beside.get(_CONTINUED)
    if count is not None and (count.bit % 8 or count.bits < 8):
        return None
    number = 1 if data.report_id else 0
    return Layout(
        data.report_id,
        number + data.bit // 8,
        data.bits // 8,
        None if count is None else number + count.bit // 8,
        None if more is None else (number + more.bit // 8, 1 << more.bit % 8),
    )


@dataclass(slots=True)
class _Globals:
    page: int = 0
    size: int = 0
    count: int = 0
    report_id: int = 0


def _fields(descriptor: bytes) -> Iterator[_Field]:
    """The input fields in order, each with the first usage of its item or its own; array items are left out."""
    now, usages, kept = _Globals(), list[int](), list[_Globals]()
    ends: dict[int, int] = {}
    for tag, value, size in _items(descriptor):
        match tag:
            case 0x04:
                now.page = value
            case 0x74:
                now.size = value
            case 0x84:
                now.report_id = value
            case 0x94:
                now.count = value
            case 0xA4 if len(kept) < _MOST_KEPT:
                kept.append(replace(now))
            case 0xB4 if kept:
                now = kept.pop()
            case 0x08:
                usages.append(value if size == 4 else now.page << 16 | value)
            case 0x80:
                start = ends.get(now.report_id, 0)
                ends[now.report_id] = start + now.size * now.count
                if ends[now.report_id] > _MOST_REPORT_BITS:
                    return
                yield from _item_fields(now, usages, start)
                usages.clear()
            case 0x90 | 0xB0 | 0xA0 | 0xC0:
                usages.clear()


def _item_fields(now: _Globals, usages: Sequence[int], start: int) -> Iterator[_Field]:
    """One field for each usage; the last one has what is left (section 6.2.2.8): 56 bytes under one usage are one."""
    for index, usage in enumerate(usages[: now.count]):
        last = index == min(len(usages), now.count) - 1
        fields = now.count - index if last else 1
        yield _Field(usage, now.report_id, start + index * now.size, fields * now.size)


def _items(descriptor: bytes) -> Iterator[tuple[int, int, int]]:
    """Tag (with type, without size), unsigned value and size of each short item; ends at the first that is cut off."""
    position, whole = 0, descriptor[:_MOST_DESCRIPTOR]
    while position < len(whole):
        head = whole[position]
        size = (0, 1, 2, 4)[head & 3]
        if head == 0xFE:  # a long item: its size follows, then its tag; none are defined
            size = (whole[position + 1] if position + 1 < len(whole) else 0) + 2
        body = whole[position + 1 : position + 1 + size]
        if len(body) < size:
            return
        if head != 0xFE:
            yield head & 0xFC, int.from_bytes(body, "little"), size
        position += 1 + size
