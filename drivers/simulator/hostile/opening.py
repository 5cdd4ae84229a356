"""Attacks while a chip is opened: points that are none, mirrored keys, nonces and tokens of another size."""

from __future__ import annotations

from collections.abc import Callable

from crypto import tlv
from crypto.apdu import SW_OK, Command, Response
from crypto.errors import MalformedError
from drivers.simulator.layers import Inside, Layer

NONCE, MAPPED, AGREED, TOKEN = 0x80, 0x82, 0x84, 0x86
"""The tags of PACE's four answers (ICAO Doc 9303-11 §4.4.4.2)."""

_GENERAL_AUTHENTICATE = 0x86
_EXTERNAL_AUTHENTICATE = 0x82
_GET_CHALLENGE = 0x84
_DYNAMIC = 0x7C
_CHIP_DATA = 0x8A

Change = Callable[[bytes, bytes], bytes]
"""From what the terminal sent and what a sound chip answers (both without their wrapping) to what is answered."""


class PaceAnswer(Layer):
    """The answer with ``tag`` is changed, unless it is empty as in integrated mapping; the others are sound.

    The chip goes on with its own idea of what it said.
    """

    def __init__(self, tag: int, change: Change) -> None:
        self._tag = tag
        self._change = change

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        theirs, mine = _only(command.data), _only(response.data)
        if command.ins != _GENERAL_AUTHENTICATE or mine is None or mine.tag != self._tag or not mine.value:
            return response
        changed = self._change(theirs.value if theirs else b"", mine.value)
        return Response(tlv.encode(_DYNAMIC, tlv.encode(self._tag, changed)), SW_OK)


class PaceFrame(Layer):
    """Each of PACE's answers is right, and ``change`` is done to the data object around it."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        self._change = change

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins != _GENERAL_AUTHENTICATE or not response.data:
            return response
        return Response(self._change(response.data), response.sw)


class ChipMapping(Layer):
    """PACE is sound, and ``change`` is done to the data by which the chip mapping proves the chip (tag 8A)."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        items = _inside_of(response.data)
        if command.ins != _GENERAL_AUTHENTICATE or not any(item.tag == _CHIP_DATA for item in items):
            return response
        rows = [
            tlv.encode(item.tag, self._change(b"", item.value) if item.tag == _CHIP_DATA else item.value)
            for item in items
        ]
        return Response(tlv.encode(_DYNAMIC, b"".join(rows)), SW_OK)


class BacAnswer(Layer):
    """``change`` is done to the answer to EXTERNAL AUTHENTICATE (or, ``of_challenge``, to GET CHALLENGE)."""

    def __init__(self, change: Change, *, of_challenge: bool = False) -> None:
        self._change = change
        self._ins = _GET_CHALLENGE if of_challenge else _EXTERNAL_AUTHENTICATE

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins != self._ins or response.sw != SW_OK:
            return response
        return Response(self._change(command.data, response.data), SW_OK)


def mirrored(theirs: bytes, _mine: bytes) -> bytes:
    """What the terminal sent itself."""
    return theirs


def infinity(_theirs: bytes, _mine: bytes) -> bytes:
    """The point at infinity as its one byte."""
    return b"\0"


def zeros(_theirs: bytes, mine: bytes) -> bytes:
    """A point of zeros, of the right length."""
    return mine[:1] + bytes(len(mine) - 1)


def off_curve(_theirs: bytes, mine: bytes) -> bytes:
    """A point beside the curve."""
    return mine[:-1] + bytes([mine[-1] ^ 1])


def beyond_the_field(_theirs: bytes, mine: bytes) -> bytes:
    """Coordinates that are no numbers of the field."""
    return mine[:1] + b"\xff" * (len(mine) - 1)


def negative(theirs: bytes, _mine: bytes) -> bytes:
    """The mirror image of the terminal's point: the same x with another y, made without knowing the curve."""
    half = len(theirs) // 2 + 1
    return theirs[:half] + bytes(len(theirs) - half)


def compressed(_theirs: bytes, mine: bytes) -> bytes:
    """The point in its short form."""
    return b"\x02" + mine[1 : len(mine) // 2 + 1]


def one(_theirs: bytes, mine: bytes) -> bytes:
    """The number one, of the right length: the neutral element of residues."""
    return bytes(len(mine) - 1) + b"\x01"


def nothing(_theirs: bytes, _mine: bytes) -> bytes:
    """No byte at all."""
    return b""


def cut_short(_theirs: bytes, mine: bytes) -> bytes:
    """One byte fewer."""
    return mine[:-1]


def doubled(_theirs: bytes, mine: bytes) -> bytes:
    """Twice as many bytes."""
    return mine + mine


def huge(_theirs: bytes, mine: bytes) -> bytes:
    """Sixty thousand bytes."""
    return mine.ljust(60_000, b"\x41")


def wrong(_theirs: bytes, mine: bytes) -> bytes:
    """Another value of the same length."""
    return bytes(byte ^ 0x5A for byte in mine)


def empty_frame(_answer: bytes) -> bytes:
    """Dynamic authentication data without content."""
    return tlv.encode(_DYNAMIC, b"")


def twice_inside(answer: bytes) -> bytes:
    """Each data object inside doubled."""
    value = tlv.parse_one(answer).value
    return tlv.encode(_DYNAMIC, value + value)


def other_frame(answer: bytes) -> bytes:
    """Another tag around."""
    return tlv.encode(0x7D, tlv.parse_one(answer).value)


def endless_length(answer: bytes) -> bytes:
    """A length of four billion."""
    return b"\x7c\x84\xff\xff\xff\xff" + answer[2:]


def _only(data: bytes) -> tlv.Tlv | None:
    items = _inside_of(data)
    return items[0] if len(items) == 1 else None


def _inside_of(data: bytes) -> tuple[tlv.Tlv, ...]:
    try:
        return tlv.parse_one(data, _DYNAMIC).children()
    except MalformedError:
        return ()
