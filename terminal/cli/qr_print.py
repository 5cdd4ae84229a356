"""A QR code on a terminal of any colours, and as a picture to print."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

Modules = Sequence[Sequence[bool]]
"""Rows of a code's modules, True for dark."""

_QUIET = 4
"""Modules of white around a code (ISO/IEC 18004, 9.1)."""

_PNG = b"\x89PNG\r\n\x1a\n"
_BLACK_ON_WHITE, _AS_BEFORE = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def as_lines(modules: Modules) -> list[str]:
    """Two rows of modules a line of half blocks, black on white by the terminal's colour codes whatever its own are."""
    rows = [list(row) for row in _with_quiet_zone(modules)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    lines = ("".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs)
    return [f"{_BLACK_ON_WHITE}{line}{_AS_BEFORE}" for line in lines]


def png(modules: Modules, scale: int = 12) -> bytes:
    """A PNG file (black and white, ``scale`` pixels a module) of a code, with its quiet zone."""
    modules = _with_quiet_zone(modules)
    rows = b"".join(_row(row, scale) * scale for row in modules)
    header = struct.pack(">IIBBBBB", len(modules[0]) * scale, len(modules) * scale, 1, 0, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _row(row: Sequence[bool], scale: int) -> bytes:
    bits = "".join("01"[not dark] * scale for dark in row)
    padded = bits + "0" * (-len(bits) % 8)
    return b"\0" + int(padded, 2).to_bytes(len(padded) // 8, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _with_quiet_zone(modules: Modules) -> Modules:
    edge = [False] * _QUIET
    white = [[False] * (len(modules[0]) + 2 * _QUIET)] * _QUIET
    return [*white, *([*edge, *row, *edge] for row in modules), *white]
