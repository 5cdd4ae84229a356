"""BER brought to definite form (ITU-T X.690 §8.1.3.6, §8.7.3): issuers send it, and the parsers here take none of it.

Some countries write their security objects and master lists in a stream: lengths left open until an end mark, octet
strings in pieces. What came in definite form stays byte for byte as it was sent, since somebody may have signed it so.
"""

from __future__ import annotations

from crypto import tlv
from crypto.errors import MalformedError
from crypto.tlv import Tlv

MAX_BYTES = 16 * 1024 * 1024
"""Longest input taken."""

_MAX_DEPTH = 24
_MAX_OBJECTS = 200_000
_INDEFINITE = 0x80
_CONSTRUCTED = 0x20
_BIT_STRING = 0x03
_OCTET_STRING = 0x04
_STRINGS = frozenset({_BIT_STRING, _OCTET_STRING, 0x0C, *range(0x12, 0x1D), 0x1E})
"""The universal types whose constructed form is a row of pieces: strings and times."""


def definite(raw: bytes) -> bytes:
    """``raw``, one data object, with definite lengths and every string in one piece.

    What had that form already is as it was; nothing else is mended. Raises MalformedError, also for more bytes,
    objects or levels than any document has.
    """
    if len(raw) > MAX_BYTES:
        raise MalformedError("BER: too long")
    walk = _Walk(bytes(raw))
    found, end = walk.object_at(0, len(raw), 0)
    if end != len(raw):
        raise MalformedError("BER: bytes after the object")
    return found


class _Walk:
    """One pass over ``data``; counts the objects it meets."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MAX_OBJECTS

    def object_at(self, start: int, limit: int, depth: int) -> tuple[bytes, int]:
        """The object at ``start`` in definite form, and where it ended; nothing beyond ``limit`` is looked at."""
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            raise MalformedError("BER: nested too deeply, or too many objects")
        tag, at = tlv.read_tag(self._data, start)
        constructed = bool(self._data[start] & _CONSTRUCTED)
        if at < limit and self._data[at] == _INDEFINITE:
            if not constructed:
                raise MalformedError("BER: indefinite length of a primitive object")
            rows, end = self._row(at + 1, limit, depth, marked=True)
            return self._joined(tag, rows), end
        length, at = tlv.read_length(self._data, at)
        end = at + length
        if end > limit:
            raise MalformedError("BER: value cut short")
        if not constructed:
            return self._data[start:end], end
        rows, _ = self._row(at, end, depth, marked=False)
        content = b"".join(rows)
        if tag & ~_CONSTRUCTED in _STRINGS or content != self._data[at:end]:
            return self._joined(tag, rows), end
        return self._data[start:end], end

    def _row(self, at: int, limit: int, depth: int, *, marked: bool) -> tuple[list[bytes], int]:
        """The objects up to the end mark (which must come when ``marked``) or up to ``limit``, and where they ended."""
        rows: list[bytes] = []
        while at < limit:
            if marked and self._data[at : at + 2] == b"\0\0":
                return rows, at + 2
            row, at = self.object_at(at, limit, depth + 1)
            rows.append(row)
        if marked:
            raise MalformedError("BER: the end mark is missing")
        return rows, at

    def _joined(self, tag: int, rows: list[bytes]) -> bytes:
        kind = tag & ~_CONSTRUCTED
        if kind not in _STRINGS:
            return tlv.encode(tag, b"".join(rows))
        pieces = [tlv.parse_one(row) for row in rows]
        if any(piece.tag not in (kind, _OCTET_STRING) for piece in pieces):
            raise MalformedError("BER: a string's piece of another type")
        return tlv.encode(kind, _bits(pieces) if kind == _BIT_STRING else b"".join(piece.value for piece in pieces))


def _bits(pieces: list[Tlv]) -> bytes:
    """The pieces of a bit string as one: each begins with its count of unused bits, which only the last may have."""
    if any(piece.tag != _BIT_STRING or not piece.value for piece in pieces):
        raise MalformedError("BER: a bit string's piece of another form")
    if any(piece.value[0] for piece in pieces[:-1]):
        raise MalformedError("BER: a bit string's piece with unused bits")
    return (pieces[-1].value[:1] if pieces else b"\0") + b"".join(piece.value[1:] for piece in pieces)
