"""What a gateway does when it does not answer as it should, and the histories that make answers long."""

from __future__ import annotations

import json
from collections.abc import Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

SLOW, LATE = 2.0, 12.0
"""Seconds: within most sites' time for an answer, and beyond every one that may be configured for reception."""

PAGE = "<!doctype html><title>Wi-Fi</title><form>Đăng nhập mạng</form>"

_LONG, _ENDLESS = 2 * 1024 * 1024, 100 * 1024 * 1024
_VISIT = {
    "maHoSo": "0",
    "maCSKCB": "01000",
    "ngayVao": "20260102" + "1530",
    "ngayRa": "20260103" + "1000",
    "tenBenh": "Bệnh bịa ra để thử",
    "tinhTrang": "1",
    "kqDieuTri": "1",
    "lyDoVV": "1",
}


def visits(fault: str) -> list[dict[str, str]] | None:
    """A history of two megabytes for whom the table says so, none for everybody else: the gateway may send null."""
    if fault != "long_history":
        return None
    return [_VISIT] * (_LONG // len(json.dumps(_VISIT)))


def endless(answer: dict[str, object]) -> Iterator[bytes]:
    """The answer with a hundred megabytes of visits, piece by piece."""
    rest = {name: value for name, value in answer.items() if name != "dsLichSuKCB2018"}
    yield json.dumps(rest).encode()[:-1] + b', "dsLichSuKCB2018": [' + json.dumps(_VISIT).encode()
    piece = (b", " + json.dumps(_VISIT).encode()) * 400
    for _ in range(_ENDLESS // len(piece)):
        yield piece
    yield b"]}"


class CutResponse(Response):
    """An answer that ends in its middle, and the connection with it."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Begin the body and send no end; the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
