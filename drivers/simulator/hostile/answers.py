"""Hostile answers on the air: too short, too long, without end, never what the status word says."""

from __future__ import annotations

from crypto.apdu import SW_END_OF_FILE, SW_OK, Command, Response
from drivers.simulator.layers import FromNowOn, Inside, Layer, OnAir, is_protected

_MOST = 65_533
_GET_RESPONSE = 0xC0
_READ_BINARY = 0xB0
_READS = frozenset({0xB0, 0xB1})
_DATA = frozenset({SW_OK, SW_END_OF_FILE})


class Always(FromNowOn):
    """``answer`` to everything: nothing at all, half a status word, one status for ever."""

    def __init__(self, answer: bytes, *, once_open: bool = False) -> None:
        super().__init__(once_open=once_open)
        self._answer = answer

    def misbehave(self, raw: bytes, send: OnAir) -> bytes:
        return self._answer


class Flood(Always):
    """65,533 bytes of ``filling`` and 9000, whatever was asked for."""

    def __init__(self, filling: int, *, once_open: bool = False) -> None:
        super().__init__(bytes([filling]) * _MOST + b"\x90\x00", once_open=once_open)


class EndlessChaining(Layer):
    """Each answer has ``size`` bytes and ends with 61FF: there is always more to fetch.

    With ``once_open`` that begins with the first protected command.
    """

    def __init__(self, size: int, *, once_open: bool = False) -> None:
        self._answer = bytes(size) + b"\x61\xff"
        self._once_open = once_open
        self._chaining = False

    def reset(self) -> None:
        self._chaining = False

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        self._chaining = not self._once_open or is_protected(raw) or (self._chaining and raw[1] == _GET_RESPONSE)
        return self._answer if self._chaining else send(raw)


class MoreThanAsked(Layer):
    """Every READ BINARY is answered with 60,000 bytes: what was asked for, then zeros."""

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins not in _READS or response.sw not in _DATA:
            return response
        return Response(response.data.ljust(60_000, b"\0"), SW_OK)


class Crumbs(Layer):
    """Every READ BINARY is answered with ``size`` bytes and 9000, none at all included: the file never ends."""

    def __init__(self, size: int) -> None:
        self._size = size

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins != _READ_BINARY or response.sw not in _DATA:
            return response
        return Response(response.data[: self._size], SW_OK)


class AnotherOnSecondSight(Layer):
    """A file that is read again has other bytes than the first time."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def reset(self) -> None:
        self._seen.clear()

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins != _READ_BINARY or not response.data:
            return response
        place = command.p1 << 8 | command.p2
        if place in self._seen:
            return Response(response.data[:-1] + bytes([response.data[-1] ^ 1]), response.sw)
        self._seen.add(place)
        return response
