"""Command and response APDUs (ISO/IEC 7816-4:2020 §5) and the chain of processors that carries them.

A channel is a row of small processors, each of which sees a command, may change it, passes it on and may change
the answer. Secure messaging is one of them, put in when a session opens; nothing else knows whether it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from crypto.errors import CardLostError, MalformedError, StatusError

Transceive = Callable[[bytes], bytes]
"""One command APDU to the card, its response back. Raises CardLostError or CancelledError."""

SHORT_MAX = 256
EXTENDED_MAX = 65_536

SW_OK = 0x9000
SW_END_OF_FILE = 0x6282
SW_WRONG_LENGTH = 0x6700
SW_SECURITY_STATUS = 0x6982
SW_FILE_NOT_FOUND = 0x6A82
SW_OFFSET_OUTSIDE = 0x6B00

_MAX_CHAINED_RESPONSES = 300


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU; ``le`` is the number of bytes asked for (None: none; 256 or 65536 means as many as fit)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    le: int | None = None
    answer: int | None = field(default=None, compare=False)
    """The most bytes that can come back, where that is known to be fewer than ``le`` asks for. Never sent: it tells
    secure messaging whether a short response has room for them."""

    @property
    def header(self) -> bytes:
        """The four header bytes."""
        return bytes([self.cla, self.ins, self.p1, self.p2])

    @property
    def needs_extended(self) -> bool:
        """Whether a short APDU cannot carry it."""
        return len(self.data) > 255 or (self.le or 0) > SHORT_MAX

    def encode(self) -> bytes:
        """The shortest encoding, extended only where needed (cases 1 to 4, §5.2). Raises MalformedError."""
        if len(self.data) > 0xFFFF or not 0 <= (self.le or 0) <= EXTENDED_MAX:
            raise MalformedError("APDU: length outside what ISO 7816-4 can express")
        return self._encode_extended() if self.needs_extended else self._encode_short()

    def _encode_short(self) -> bytes:
        body = bytes([len(self.data)]) + self.data if self.data else b""
        tail = b"" if self.le is None else bytes([self.le & 0xFF])
        return self.header + body + tail

    def _encode_extended(self) -> bytes:
        body = b"\x00" + len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        if self.le is None:
            return self.header + body
        tail = (self.le & 0xFFFF).to_bytes(2, "big")
        return self.header + body + (tail if self.data else b"\x00" + tail)

    @classmethod
    def decode(cls, raw: bytes) -> Command:
        """The command that ``raw`` encodes, as a card reads it; raises MalformedError."""
        if len(raw) < 4:
            raise MalformedError("APDU: header cut short")
        data, le = _decode_body(raw[4:])
        return cls(raw[0], raw[1], raw[2], raw[3], data, le)


def _decode_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or SHORT_MAX
    if body[0]:
        return _split(body[1:], body[0], le_size=1, le_all=SHORT_MAX)
    if len(body) == 3:
        return b"", int.from_bytes(body[1:], "big") or EXTENDED_MAX
    if len(body) < 3:
        raise MalformedError("APDU: extended length cut short")
    return _split(body[3:], int.from_bytes(body[1:3], "big"), le_size=2, le_all=EXTENDED_MAX)


def _split(rest: bytes, length: int, *, le_size: int, le_all: int) -> tuple[bytes, int | None]:
    if length == 0 or len(rest) not in (length, length + le_size):
        raise MalformedError("APDU: Lc does not fit the data")
    tail = rest[length:]
    return rest[:length], (int.from_bytes(tail, "big") or le_all) if tail else None


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU: its data and its status word."""

    data: bytes = field(repr=False)
    sw: int

    @classmethod
    def decode(cls, raw: bytes) -> Response:
        """Split an answer; fewer than two bytes mean that the card was torn away (CardLostError)."""
        if len(raw) < 2:
            raise CardLostError("the reader returned no status word")
        return cls(bytes(raw[:-2]), int.from_bytes(raw[-2:], "big"))

    def encode(self) -> bytes:
        """Data and status word as bytes, as a card sends them."""
        return self.data + self.sw.to_bytes(2, "big")

    def require(self, step: str, *allowed: int) -> bytes:
        """The data, when the status is 9000 or one of ``allowed``; raises StatusError naming ``step``."""
        if self.sw != SW_OK and self.sw not in allowed:
            raise StatusError(step, self.sw)
        return self.data


Send = Callable[[Command], Response]


class Processor(Protocol):
    """One link of the chain."""

    def __call__(self, command: Command, send: Send) -> Response:
        """Answer ``command``, using ``send`` for the rest of the chain."""
        ...


def correct_length(command: Command, send: Send) -> Response:
    """Ask again with the exact length after 6Cxx (§5.6: wrong Le, xx bytes available)."""
    response = send(command)
    if response.sw >> 8 == 0x6C:
        return send(replace(command, le=(response.sw & 0xFF) or SHORT_MAX))
    return response


def collect_response(command: Command, send: Send) -> Response:
    """Fetch the rest of an answer with GET RESPONSE after 61xx (§11.8.1), never more than one answer can hold."""
    response = send(command)
    if response.sw >> 8 != 0x61:
        return response
    parts, size = [response.data], len(response.data)
    while response.sw >> 8 == 0x61:
        ask = Command(command.cla & ~0x0C, 0xC0, 0, 0, le=(response.sw & 0xFF) or SHORT_MAX)
        response = correct_length(ask, send)
        parts.append(response.data)
        size += len(response.data)
        endless = response.sw >> 8 == 0x61 and not response.data
        if endless or size > EXTENDED_MAX or len(parts) > _MAX_CHAINED_RESPONSES:
            raise StatusError("GET RESPONSE without end", response.sw)
    return Response(b"".join(parts), response.sw)


class Channel:
    """A conversation with one card: the transceiver below, processors above, and counters of what it cost."""

    def __init__(self, transceive: Transceive) -> None:
        self._transceive = transceive
        self._messaging: Processor | None = None
        self.apdus = 0
        self.bytes = 0

    def secure(self, messaging: Processor) -> None:
        """Put ``messaging`` into the chain, in the place of an earlier session's."""
        self._messaging = messaging

    def drop_session(self) -> None:
        """Go on in plain, as before a session was opened."""
        self._messaging = None

    def send(self, command: Command) -> Response:
        """The card's answer after all processors; raises CardError subclasses."""
        if self._messaging is None:
            return collect_response(command, lambda c: correct_length(c, self._wire))
        return self._messaging(command, lambda c: collect_response(c, self._wire))

    def _wire(self, command: Command) -> Response:
        raw = command.encode()
        answer = self._transceive(raw)
        self.apdus += 1
        self.bytes += len(raw) + len(answer)
        return Response.decode(answer)
