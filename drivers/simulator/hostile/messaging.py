"""Attacks on secure messaging: by somebody between card and reader, and by a chip that holds the keys."""

from __future__ import annotations

from collections.abc import Callable

from crypto import tlv
from crypto.apdu import SW_FILE_NOT_FOUND, SW_OK, Command, Response
from drivers.simulator.layers import MAC_OBJECT, FromNowOn, Inside, Layer, OnAir, is_protected

_SELECT = 0xA4
_STATUS = 2


class Tampered(FromNowOn):
    """Between card and reader: after ``sound`` answers, ``change`` is done to each protected one."""

    def __init__(self, change: Callable[[bytes], bytes], sound: int = 0) -> None:
        super().__init__(sound, once_open=True)
        self._change = change

    def misbehave(self, raw: bytes, send: OnAir) -> bytes:
        answer = send(raw)
        return self._change(answer) if len(answer) > _STATUS else answer


class Downgraded(Layer):
    """The protected command is answered in plain, with the right data."""

    def __init__(self) -> None:
        self._plain = Response(b"", SW_OK)

    def inside(self, command: Command, send: Inside) -> Response:
        self._plain = send(command)
        return self._plain

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        answer = send(raw)
        return self._plain.encode() if is_protected(raw) else answer


class Replayed(Layer):
    """Between card and reader: the answer that came ``back`` protected answers ago is given again."""

    def __init__(self, back: int) -> None:
        self._back = back
        self._kept: list[bytes] = []

    def reset(self) -> None:
        self._kept.clear()

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        answer = send(raw)
        if not is_protected(raw):
            return answer
        self._kept.append(answer)
        return self._kept[-1 - self._back] if len(self._kept) > self._back else answer


class OtherOutside(Layer):
    """The chip refuses every file under protection with 6A82, and the status word outside says 9000 (or reversed)."""

    def __init__(self, *, refused_inside: bool) -> None:
        self._refused_inside = refused_inside

    def inside(self, command: Command, send: Inside) -> Response:
        reads = command.ins & 0xFE == 0xB0 or (command.ins == _SELECT and command.p1 == 0x02)
        return Response(b"", SW_FILE_NOT_FOUND) if reads and self._refused_inside else send(command)

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        answer = send(raw)
        if not is_protected(raw):
            return answer
        outside = SW_OK if self._refused_inside else SW_FILE_NOT_FOUND
        return answer[:-_STATUS] + outside.to_bytes(_STATUS, "big")


class WrongCounter(Layer):
    """The chip itself: each MAC is made over a send counter that is ``off`` by so much, 0 standing for one that never
    moves."""

    def __init__(self, off: int) -> None:
        self._off = off

    def counted(self, counter: int) -> int:
        return max(0, counter + self._off) if self._off else 1


class Sealed(Layer):
    """The chip itself: ``change`` is done to the data objects of each protected answer, and the MAC is right."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        self._change = change

    def sealed(self, objects: bytes) -> bytes:
        return self._change(objects)


def without_mac(answer: bytes) -> bytes:
    """The data objects without their MAC."""
    return answer[: -MAC_OBJECT - _STATUS] + answer[-_STATUS:]


def wrong_mac(answer: bytes) -> bytes:
    """The last bit of the MAC turned."""
    return answer[: -_STATUS - 1] + bytes([answer[-_STATUS - 1] ^ 1]) + answer[-_STATUS:]


def only_status(answer: bytes) -> bytes:
    """Nothing but the status word outside."""
    return answer[-_STATUS:]


def short_mac(answer: bytes) -> bytes:
    """The MAC cut to four bytes, with a length that says so."""
    mac = answer[-_STATUS - 8 : -_STATUS]
    return answer[: -_STATUS - MAC_OBJECT] + tlv.encode(0x8E, mac[:4]) + answer[-_STATUS:]


def everything_twice(objects: bytes) -> bytes:
    """Every data object doubled."""
    return objects + objects


def no_status(objects: bytes) -> bytes:
    """No status inside the protection."""
    return b"".join(item.encode() for item in tlv.parse_all(objects) if item.tag != 0x99)


def long_status(objects: bytes) -> bytes:
    """A status of three bytes."""
    return no_status(objects) + tlv.encode(0x99, b"\x90\x00\x00")


def unknown_padding(objects: bytes) -> bytes:
    """A padding indicator that nobody knows."""
    return _on_cryptogram(objects, lambda value: b"\x02" + value[1:])


def ragged(objects: bytes) -> bytes:
    """A cryptogram that is not whole blocks."""
    return _on_cryptogram(objects, lambda value: value[:-1])


def empty_cryptogram(objects: bytes) -> bytes:
    """A cryptogram without a block."""
    return _on_cryptogram(objects, lambda value: value[:1])


def unpadded(objects: bytes) -> bytes:
    """A cryptogram whose last block decrypts to noise, which the padding is then searched for in."""
    return _on_cryptogram(objects, lambda value: value[:-16] + value[-16:][::-1])


def cut(objects: bytes) -> bytes:
    """The data objects end in the middle of the last."""
    return objects[:-1]


def _on_cryptogram(objects: bytes, change: Callable[[bytes], bytes]) -> bytes:
    items = tlv.parse_all(objects)
    return b"".join(tlv.encode(item.tag, change(item.value) if item.tag == 0x87 else item.value) for item in items)
