"""Where a HID scanner's reports hold what, read from its report descriptor. Pure, with limits.

Sources: HID Point of Sale Usage Tables 1.02 (USB-IF, 2001), section 3, usages 0xFE and 0xFF of page 0x8C; HID Usage
Tables, Generic Desktop page, "Byte Count"; Device Class Definition for HID 1.11, section 6.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SCANNER_PAGE = 0x8C
"""HID usage page "Bar Code Scanner"."""

_BYTE_COUNT = 0x01 << 16 | 0x3B
_DECODED_DATA = SCANNER_PAGE << 16 | 0xFE
_CONTINUED = SCANNER_PAGE << 16 | 0xFF

_MOST_BYTES = 4096
_MOST_REPORT_BITS = 8 * 1024
_MOST_KEPT = 8

# Items by tag and type, without the two bits of their size.
_PAGE, _SIZE, _REPORT_ID, _COUNT = 0x04, 0x74, 0x84, 0x94
_PUSH, _POP = 0xA4, 0xB4
_USAGE = 0x08
_INPUT, _OUTPUT, _FEATURE, _COLLECTION, _END_COLLECTION = 0x80, 0x90, 0xB0, 0xA0, 0xC0
_LONG_ITEM = 0xFE


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
    if data is None or data.bits == 0 or data.bit % 8 or data.bits % 8:
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


def _fields(descriptor: bytes) -> Iterator[_Field]:
    """The input fields that have a usage of their own, in order; ends at the first that makes no sense."""
    now = {_PAGE: 0, _SIZE: 0, _REPORT_ID: 0, _COUNT: 0}
    usages, kept, ends = list[int](), list[dict[int, int]](), dict[int, int]()
    for tag, value, size in _items(descriptor):
        if tag in now:
            now[tag] = value
        elif tag == _PUSH and len(kept) < _MOST_KEPT:
            kept.append(dict(now))
        elif tag == _POP and kept:
            now = kept.pop()
        elif tag == _USAGE:
            usages.append(value if size == 4 else now[_PAGE] << 16 | value)
        elif tag == _INPUT:
            start = ends.get(now[_REPORT_ID], 0)
            ends[now[_REPORT_ID]] = start + now[_SIZE] * now[_COUNT]
            if now[_REPORT_ID] > 0xFF or ends[now[_REPORT_ID]] > _MOST_REPORT_BITS:
                return
            yield from _fields_of(now, usages, start)
        if tag in (_INPUT, _OUTPUT, _FEATURE, _COLLECTION, _END_COLLECTION):
            usages.clear()


def _fields_of(now: dict[int, int], usages: Sequence[int], start: int) -> Iterator[_Field]:
    """One field for each usage; the last one has what is left (section 6.2.2.8): 56 bytes under one usage are one."""
    used = usages[: now[_COUNT]]
    for index, usage in enumerate(used):
        fields = now[_COUNT] - index if index == len(used) - 1 else 1
        yield _Field(usage, now[_REPORT_ID], start + index * now[_SIZE], fields * now[_SIZE])


def _items(descriptor: bytes) -> Iterator[tuple[int, int, int]]:
    """Tag, unsigned value and size of each short item; ends at the first that is cut off. Long items are passed over,
    since none are defined."""
    position, whole = 0, descriptor[:_MOST_BYTES]
    while position < len(whole):
        head = whole[position]
        size = (0, 1, 2, 4)[head & 3]
        if head == _LONG_ITEM:  # its size follows, then its tag
            size = 2 + (whole[position + 1] if position + 1 < len(whole) else 0)
        body = whole[position + 1 : position + 1 + size]
        if len(body) < size:
            return
        if head != _LONG_ITEM:
            yield head & 0xFC, int.from_bytes(body, "little"), size
        position += 1 + size
