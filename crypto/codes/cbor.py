"""CBOR from strangers: the small deterministic part of RFC 8949 that signed tickets and evidence files use.

The library reads far more (dates, fractions, regular expressions, shared references), some of it with errors of
its own; a scan of the headers keeps all of that away from it.
"""

from __future__ import annotations

import cbor2

from crypto.errors import MalformedError

_MAX_SIZE = 2048
_MAX_DEPTH = 4
_INTEGERS = frozenset({0, 1})
_STRINGS = frozenset({2, 3})
_ARRAY, _MAP = 4, 5


def encode(value: object) -> bytes:
    """The deterministic encoding (RFC 8949 §4.2.1 with the key order of §4.2.3, the same for keys of these forms)."""
    return cbor2.dumps(value, canonical=True)


def decode(raw: bytes, *, limit: int = _MAX_SIZE, depth: int = _MAX_DEPTH) -> object:
    """Integers, byte and text strings, arrays and maps; raises MalformedError for anything else, for more than
    ``limit`` bytes or ``depth`` levels, for bytes left over and for an encoding that is not the deterministic one."""
    if len(raw) > limit:
        raise MalformedError("CBOR: too long")
    if _skip(raw, 0, depth) != len(raw):
        raise MalformedError("CBOR: bytes after the value")
    try:
        value: object = cbor2.loads(raw)
    except cbor2.CBORDecodeError as error:
        raise MalformedError("CBOR: a text is not UTF-8") from error
    if encode(value) != raw:
        raise MalformedError("CBOR: not the deterministic encoding")
    return value


def _skip(raw: bytes, at: int, depth: int) -> int:
    """The offset after the value at ``at``."""
    if at >= len(raw):
        raise MalformedError("CBOR: cut short")
    major, short = divmod(raw[at], 32)
    argument, at = _argument(raw, at + 1, short)
    if major in _INTEGERS:
        return at
    if major in _STRINGS:
        if argument > len(raw) - at:
            raise MalformedError("CBOR: string cut short")
        return at + argument
    if major not in {_ARRAY, _MAP} or depth == 0 or argument > len(raw):
        raise MalformedError("CBOR: a type, depth or size that is not used here")
    for _ in range(argument):
        if major == _MAP:
            at = _skip(raw, at, 0)  # a key is never a container
        at = _skip(raw, at, depth - 1)
    return at


def _argument(raw: bytes, at: int, short: int) -> tuple[int, int]:
    if short < 24:
        return short, at
    if short > 27:
        raise MalformedError("CBOR: indefinite or reserved length")
    size = 1 << (short - 24)
    if at + size > len(raw):
        raise MalformedError("CBOR: cut short")
    return int.from_bytes(raw[at : at + size], "big"), at + size
