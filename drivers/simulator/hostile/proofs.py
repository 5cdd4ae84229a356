"""Chips that pretend to prove what they cannot: chip authentication and active authentication."""

from __future__ import annotations

from collections.abc import Callable

from crypto import tlv
from crypto.apdu import SW_OK, Command, Response
from drivers.simulator.layers import Inside, Layer, OnAir, is_protected

_MANAGE = 0x22
_GENERAL_AUTHENTICATE = 0x86
_INTERNAL_AUTHENTICATE = 0x88
_CHIP_AUTHENTICATION = 0x41


class NeverSwitches(Layer):
    """Says yes to chip authentication and goes on under the old keys."""

    def __init__(self) -> None:
        self._chosen = False

    def reset(self) -> None:
        self._chosen = False

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins == _MANAGE:
            self._chosen = command.p1 == _CHIP_AUTHENTICATION
            if self._chosen:
                return Response(b"", SW_OK)
        if command.ins == _GENERAL_AUTHENTICATE and self._chosen:
            return Response(tlv.encode(0x7C, b""), SW_OK)
        return send(command)


class NakedAfterwards(NeverSwitches):
    """Says yes to chip authentication and answers what comes then with ``sw``, unprotected, ``times`` times; after that
    it goes on under the old keys."""

    def __init__(self, sw: int, times: int) -> None:
        super().__init__()
        self._sw = sw
        self._times = times
        self._left = 0

    def reset(self) -> None:
        super().reset()
        self._left = 0

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins == _GENERAL_AUTHENTICATE and self._chosen:
            self._chosen, self._left = False, self._times
            return Response(tlv.encode(0x7C, b""), SW_OK)
        return super().inside(command, send)

    def on_air(self, raw: bytes, send: OnAir) -> bytes:
        if self._left and is_protected(raw):
            self._left -= 1
            return self._sw.to_bytes(2, "big")
        return send(raw)


class RefusesChipAuthentication(Layer):
    """Answers chip authentication with ``sw``, at its first command or (``late``) at the agreement of keys."""

    def __init__(self, sw: int, *, late: bool = False) -> None:
        self._sw = sw
        self._late = late
        self._chosen = False

    def reset(self) -> None:
        self._chosen = False

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins == _MANAGE:
            self._chosen = command.p1 == _CHIP_AUTHENTICATION
        refused = _GENERAL_AUTHENTICATE if self._late else _MANAGE
        return Response(b"", self._sw) if self._chosen and command.ins == refused else send(command)


class ActiveAnswer(RefusesChipAuthentication):
    """Cannot do chip authentication, and ``change`` is done to the signature of active authentication."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        super().__init__(0x6A80)
        self._answer = change

    def inside(self, command: Command, send: Inside) -> Response:
        response = super().inside(command, send)
        if command.ins != _INTERNAL_AUTHENTICATE or response.sw != SW_OK:
            return response
        return Response(self._answer(response.data), SW_OK)


class SignedBefore(RefusesChipAuthentication):
    """Cannot do chip authentication, and signs another challenge than the terminal's: a signature got elsewhere."""

    def __init__(self) -> None:
        super().__init__(0x6A80)

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins == _INTERNAL_AUTHENTICATE:
            command = Command(command.cla, command.ins, command.p1, command.p2, b"\x11" * len(command.data), command.le)
        return super().inside(command, send)


def no_signature(_signature: bytes) -> bytes:
    """No byte."""
    return b""


def zero_signature(signature: bytes) -> bytes:
    """r and s (or the RSA number) zero."""
    return bytes(len(signature))


def one_signature(signature: bytes) -> bytes:
    """The number one, which stays what it is under every RSA key."""
    return bytes(len(signature) - 1) + b"\x01"


def long_signature(signature: bytes) -> bytes:
    """Sixty thousand bytes that begin rightly."""
    return signature.ljust(60_000, b"\0")


def short_signature(signature: bytes) -> bytes:
    """The last byte left out."""
    return signature[:-1]


def high_signature(signature: bytes) -> bytes:
    """Every bit set: numbers beyond the order and the modulus."""
    return b"\xff" * len(signature)
