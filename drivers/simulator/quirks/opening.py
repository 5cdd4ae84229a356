"""Quirks met before a chip is open: master file, Le, domain parameters, refused numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from crypto import tlv
from crypto.apdu import SW_FILE_NOT_FOUND, SW_OK, SW_SECURITY_STATUS, SW_WRONG_LENGTH, Command, Response
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError
from drivers.simulator.card.contents import SW_AUTHENTICATION_FAILED, SW_REFERENCE_UNKNOWN
from drivers.simulator.layers import Inside, Layer

_SELECT = 0xA4
_MANAGE = 0x22
_GENERAL_AUTHENTICATE = 0x86
_READ = frozenset({0xB0, 0xB1})
_SET_PACE = (0xC1, 0xA4)
_PARAMETERS = 0x84
_SW_REFERENCE_WRONG = 0x6A87
_LONGEST_WAIT = 8.0


def names_file(command: Command, ef: Ef) -> bool:
    """Whether ``command`` selects or reads ``ef`` by a name of its own."""
    if command.ins == _SELECT:
        return command.p1 == 0x02 and command.data == ef.fid.to_bytes(2, "big")
    if command.ins not in _READ:
        return False
    if command.ins & 1:
        return command.p1 << 8 | command.p2 in (ef.sfi, ef.fid)
    return bool(command.p1 & 0x80) and command.p1 & 0x1F == ef.sfi


class MasterFileRefused(Layer):
    """Row 1: SELECT MF is answered with ``sw``, yet done: without it EF.CardAccess is not found.

    The eMRTD application is the one that is selected after power-on. With ``hidden`` the file is not found after it
    either.
    """

    def __init__(self, sw: int, *, hidden: bool = False) -> None:
        self._sw = sw
        self._hidden = hidden
        self._at_root = False

    def reset(self) -> None:
        self._at_root = False

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins == _SELECT and command.p1 == 0x00:
            self._at_root = not self._hidden
            return Response(b"", self._sw)
        if names_file(command, Ef.CARD_ACCESS) and not self._at_root:
            return Response(b"", SW_FILE_NOT_FOUND)
        return send(command)


class NoLeWherePointless(Layer):
    """Row 2: a SELECT that asks for nothing (P2 0C) and MSE are refused with 6700 when they bear an Le (Germany)."""

    def inside(self, command: Command, send: Inside) -> Response:
        silent = command.ins == _MANAGE or (command.ins == _SELECT and command.p2 & 0x0C == 0x0C)
        return Response(b"", SW_WRONG_LENGTH) if silent and command.le is not None else send(command)


class DomainParameters(Layer):
    """Row 3: MSE:Set AT for PACE with tag 84 is refused with 6A87 (Ukraine), or (``demanded``) without it with 6A88."""

    def __init__(self, *, demanded: bool) -> None:
        self._demanded = demanded

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins != _MANAGE or (command.p1, command.p2) != _SET_PACE:
            return send(command)
        present = any(item.tag == _PARAMETERS for item in tlv.parse_all(command.data))
        if present is self._demanded:
            return send(command)
        return Response(b"", SW_REFERENCE_UNKNOWN if self._demanded else _SW_REFERENCE_WRONG)


class OwnTokenOnly(Layer):
    """Row 4: a wrong number is not refused with 6300; the chip's token is just of another one (Greece)."""

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins == _GENERAL_AUTHENTICATE and response.sw == SW_AUTHENTICATION_FAILED:
            return Response(tlv.encode(0x7C, tlv.encode(0x86, b"\x5a" * 8)), SW_OK)
        return response


class GrowingDelay(Layer):
    """Row 4: after each wrong number the next try takes twice as long to begin, and MSE says 63Cx.

    It remembers over power-off; a right number ends it. ``wait`` spends so many seconds (by default, it waits).
    """

    def __init__(self, wait: Callable[[float], object] | None = None) -> None:
        self._wait = wait or threading.Event().wait
        self._failed = 0

    def inside(self, command: Command, send: Inside) -> Response:
        if command.ins == _MANAGE and (command.p1, command.p2) == _SET_PACE and self._failed:
            self._wait(min(2.0 ** (self._failed - 1), _LONGEST_WAIT))
            response = send(command)
            return Response(b"", 0x63C0 | max(9 - self._failed, 1)) if response.sw == SW_OK else response
        response = send(command)
        if command.ins == _GENERAL_AUTHENTICATE and response.sw == SW_AUTHENTICATION_FAILED:
            self._failed += 1
        elif _bears_token(response):
            self._failed = 0
        return response


class Protected(Layer):
    """Row 22: ``files`` answer 6982, whatever was opened."""

    def __init__(self, *files: Ef) -> None:
        self._files = files

    def inside(self, command: Command, send: Inside) -> Response:
        if any(names_file(command, ef) for ef in self._files):
            return Response(b"", SW_SECURITY_STATUS)
        return send(command)


def _bears_token(response: Response) -> bool:
    try:
        return any(item.tag == 0x86 for item in tlv.parse_one(response.data, 0x7C).children())
    except MalformedError:
        return False
