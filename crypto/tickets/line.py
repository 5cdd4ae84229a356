"""One line of a device's ledger: what happened at its gate, sealed to the line before.

A line is kept by the terminal, uploaded, and kept by the server, to the letter: its ``body`` travels as the text that
was sealed, so that no two programs must agree on how JSON is written.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

START = bytes(32)
"""What the first line is sealed to."""

MAX_BODY = 2000
"""Characters of a body."""


@dataclass(frozen=True, slots=True)
class Line:
    """Line ``seq`` (from 1) of a device's ledger; ``seal`` covers ``prev``, the number and the body."""

    seq: int
    body: str = field(repr=False)
    prev: bytes
    seal: bytes


def seal_of(prev: bytes, seq: int, body: str) -> bytes:
    """SHA-256 over the seal before, the number (8 bytes, big-endian) and the body (UTF-8)."""
    return hashlib.sha256(prev + seq.to_bytes(8, "big") + body.encode()).digest()


def head_message(device: str, line: Line) -> bytes:
    """What a device signs (Ed25519) over the last line that it hands over, and with it over all before."""
    return b"tram ledger head\n" + device.encode() + b"\n" + line.seq.to_bytes(8, "big") + line.seal


def witness_message(device: str, seq: int, seal: bytes) -> bytes:
    """What a server signs (Ed25519) over the last line of a device that it has kept: a ledger that is shorter later, or
    has another line there, was cut or changed."""
    return b"tram ledger witness\n" + device.encode() + b"\n" + seq.to_bytes(8, "big") + seal


def follows(before: Line | None, line: Line, *, anew: bool) -> bool:
    """Whether ``line`` may stand after ``before`` (None: nothing) in one device's ledger.

    It is sealed as it says, and is either the next number, sealed to the one before; or, ``anew`` (its body is of that
    kind), of any higher number and sealed to `START`: the device lost its store and says so, and no number twice.
    """
    if line.seal != seal_of(line.prev, line.seq, line.body):
        return False
    seq, seal = (before.seq, before.seal) if before else (0, START)
    if anew:
        return line.prev == START and line.seq > seq
    return line.prev == seal and line.seq == seq + 1
