"""Quirks of Active Authentication: how a chip writes its signature (row 14)."""

from __future__ import annotations

from crypto.apdu import SW_OK, Command, Response
from drivers.simulator.layers import Inside, Layer

_INTERNAL_AUTHENTICATE = 0x88
_TRIES = 20_000


class LeadingZero(Layer):
    """Row 14: the signature begins with a zero byte, as one of 256 does."""

    def inside(self, command: Command, send: Inside) -> Response:
        response = send(command)
        if command.ins != _INTERNAL_AUTHENTICATE:
            return response
        for _ in range(_TRIES):
            if response.sw != SW_OK or response.data[0] == 0:
                break
            response = send(command)
        return response
