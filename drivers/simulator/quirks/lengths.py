"""Quirks of lengths: status words without protection, extended length, the end of a file, truncated answers."""

from __future__ import annotations

from crypto import tlv
from crypto.apdu import SHORT_MAX, SW_END_OF_FILE, SW_OFFSET_OUTSIDE, SW_OK, SW_WRONG_LENGTH, Command, Response
from crypto.errors import CardLostError, MalformedError
from drivers.simulator.layers import Inside, Layer, OnAir, is_protected

_READ = 0xB0
_INTERNAL_AUTHENTICATE = 0x88
_LE = 0x97


class NakedLength(Layer):
    """Row 6: a protected READ BINARY that asks for more than ``most`` bytes gets 6700 or 6Cxx without protection.

    The send counter stays behind as if the command had not come; with ``counted`` it does not (China, later series).
    """

    def __init__(self, most: int, *, exact: bool = False, counted: bool = False) -> None:
        self._most = most
        self._sw = 0x6C00 | most & 0xFF if exact else SW_WRONG_LENGTH
        self._counted = counted

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        if not is_protected(raw) or raw[1] != _READ or _protected_le(raw) <= self._most:
            return send(raw)
        if self._counted:
            send(raw)
        return self._sw.to_bytes(2, "big")


class ExtendedBreaks(Layer):
    """Row 7: the reader does not send an extended APDU, and the card is lost with it (ACR1281)."""

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        if is_extended(raw):
            raise CardLostError("an extended APDU was not transmitted")
        return send(raw)


class ExtendedRefused(Layer):
    """Row 7: an extended APDU gets ``sw`` without protection, and the chip never sees it."""

    def __init__(self, sw: int) -> None:
        self._sw = sw

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        return self._sw.to_bytes(2, "big") if is_extended(raw) else send(raw)


class PastTheEnd(Layer):
    """Row 8: a READ BINARY that asks for more than there is: 6282 with what there is, 6Cxx with the exact number, or
    6B00 with nothing."""

    def __init__(self, sw: int) -> None:
        self._sw = sw

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        left = len(response.data)
        cut = command.ins == _READ and response.sw in (SW_OK, SW_END_OF_FILE) and left < (command.le or 0)
        if not cut:
            return response
        if self._sw == SW_OFFSET_OUTSIDE:
            return Response(b"", SW_OFFSET_OUTSIDE)
        if self._sw >> 8 == 0x6C and left < SHORT_MAX:
            return Response(b"", 0x6C00 | left)
        return Response(response.data, SW_END_OF_FILE)


class TruncatedSignature(Layer):
    """Row 15: the signature of Active Authentication is cut where a short answer ends, and nothing says so; whoever
    asks with an extended APDU gets it whole."""

    def __init__(self, room: int = 223) -> None:
        self._room = room
        self._extended = False

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        self._extended = is_extended(raw)
        return send(raw)

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        cut = command.ins == _INTERNAL_AUTHENTICATE and not self._extended
        return Response(response.data[: self._room], response.sw) if cut else response


def is_extended(raw: bytes) -> bool:
    """Whether a command on the air has extended length fields."""
    return len(raw) > 5 and raw[4] == 0


def _protected_le(raw: bytes) -> int:
    """How many plain bytes a protected command asks for, 0 for none."""
    try:
        items = tlv.parse_all(Command.decode(raw).data)
    except MalformedError:
        return 0
    value = next((item.value for item in items if item.tag == _LE), None)
    return 0 if value is None else int.from_bytes(value, "big") or 1 << 8 * len(value)
