"""BER-TLV as chips use it (ISO/IEC 7816-4:2020 §6.3): strict, bounded, definite lengths only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from crypto.errors import MalformedError

MAX_LENGTH = 0xFFFFFF
"""The longest value accepted: three length bytes, far above any LDS file."""

_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object; ``value`` is the content bytes."""

    tag: int
    value: bytes = field(repr=False)

    @property
    def constructed(self) -> bool:
        """Whether the tag says that the value is itself a row of data objects."""
        return bool(_first_byte(self.tag) & 0x20)

    def children(self) -> tuple[Tlv, ...]:
        """The data objects inside; raises MalformedError when the value is not a row of them."""
        return parse_all(self.value)

    def encode(self) -> bytes:
        """The object as bytes, with the shortest length form."""
        return encode(self.tag, self.value)


def _first_byte(tag: int) -> int:
    return tag >> (8 * ((tag.bit_length() + 7) // 8 - 1)) if tag else 0


def read_tag(data: bytes, at: int) -> tuple[int, int]:
    """The tag that begins at ``at``, and where its length begins; raises MalformedError."""
    if at >= len(data):
        raise MalformedError("TLV: tag missing")
    tag = data[at]
    at += 1
    if tag & 0x1F != 0x1F:
        return tag, at
    for _ in range(2):
        if at >= len(data):
            raise MalformedError("TLV: tag cut short")
        byte = data[at]
        at += 1
        tag = tag << 8 | byte
        if not byte & 0x80:
            return tag, at
    raise MalformedError("TLV: tag longer than three bytes")


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """The length field at ``at``, and where the value begins; raises MalformedError for an indefinite one too."""
    if at >= len(data):
        raise MalformedError("TLV: length missing")
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    count = first & 0x7F
    if count == 0 or count > 3:
        raise MalformedError("TLV: indefinite or oversized length")
    if at + count > len(data):
        raise MalformedError("TLV: length cut short")
    return int.from_bytes(data[at : at + count], "big"), at + count


def _header_at(data: bytes, at: int) -> tuple[int, int, int]:
    if at + 1 < len(data) and data[at] & 0x1F != 0x1F and data[at + 1] < 0x80:
        return data[at], data[at + 1], at + 2  # nearly every object, and lists of issuers have many
    tag, at = read_tag(data, at)
    length, at = read_length(data, at)
    return tag, length, at


def read_header(data: bytes) -> tuple[int, int, int]:
    """Tag, value length and header length of the object that ``data`` begins with.

    The value may be incomplete: this sizes a file from its first block. Raises MalformedError.
    """
    return _header_at(data, 0)


def _object_at(data: bytes, at: int) -> tuple[Tlv, int]:
    tag, length, start = _header_at(data, at)
    if start + length > len(data):
        raise MalformedError("TLV: value cut short")
    return Tlv(tag, bytes(data[start : start + length])), start + length


def parse_first(data: bytes) -> tuple[Tlv, bytes]:
    """The first data object and what follows it; raises MalformedError."""
    first, end = _object_at(data, 0)
    return first, bytes(data[end:])


def parse_one(data: bytes, tag: int | None = None) -> Tlv:
    """The only data object in ``data`` (of ``tag``, when given); raises MalformedError."""
    first, end = _object_at(data, 0)
    if end != len(data):
        raise MalformedError("TLV: bytes after the object")
    if tag is not None and first.tag != tag:
        raise MalformedError(f"TLV: tag {first.tag:X} where {tag:X} belongs")
    return first


def parse_all(data: bytes) -> tuple[Tlv, ...]:
    """All data objects of a row; raises MalformedError when any is cut short."""
    found, at = [], 0
    while at < len(data):
        item, at = _object_at(data, at)
        found.append(item)
    return tuple(found)


def slices(data: bytes) -> tuple[bytes, ...]:
    """The data objects of a row as they are written, each with its header; raises MalformedError."""
    found, at = [], 0
    while at < len(data):
        _, length, start = _header_at(data, at)
        if start + length > len(data):
            raise MalformedError("TLV: value cut short")
        found.append(bytes(data[at : start + length]))
        at = start + length
    return tuple(found)


def walk(data: bytes, depth: int = 0) -> Iterator[Tlv]:
    """Every data object in ``data``, depth first; raises MalformedError (also on deep nesting)."""
    if depth > _MAX_DEPTH:
        raise MalformedError("TLV: nested too deeply")
    for item in parse_all(data):
        yield item
        if item.constructed:
            yield from walk(item.value, depth + 1)


def find(items: tuple[Tlv, ...], tag: int) -> bytes:
    """The value of the only object of ``tag``; raises MalformedError when absent or doubled."""
    values = [item.value for item in items if item.tag == tag]
    if len(values) != 1:
        raise MalformedError(f"TLV: {len(values)} objects of tag {tag:X} where one belongs")
    return values[0]


def find_optional(items: tuple[Tlv, ...], tag: int) -> bytes | None:
    """The value of the object of ``tag``, or None when there is none; a doubled one is malformed."""
    return find(items, tag) if any(item.tag == tag for item in items) else None


def encode_length(length: int) -> bytes:
    """The shortest length field for ``length`` bytes."""
    if length < 0x80:
        return bytes([length])
    if length > MAX_LENGTH:
        raise MalformedError("TLV: value too long to encode")
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")


def encode(tag: int, value: bytes) -> bytes:
    """A data object as bytes."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + encode_length(len(value)) + value
