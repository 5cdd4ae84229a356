"""What a hub makes of a server that answers otherwise than agreed."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.hub.upstream import Account, RefusedError, Upstream, UpstreamError
from tests.unit.backend.hub.house import answering


def _saying(status: int, body: bytes) -> ASGIApp:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"location", b"/elsewhere")]})
        await send({"type": "http.response.body", "body": body})

    return app


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (200, b"<html>login</html>", False),
        (200, b"{}", False),
        (200, b'{"devices": [{"device": 5}]}', False),
        (302, b"", False),
        (401, b"{}", True),
        (403, b"{}", True),
        (503, b"{}", False),
        (200, b" " * (17 * 1024 * 1024), False),
    ],
    ids=["html", "empty", "wrong", "redirect", "401", "403", "503", "17 MB"],
)
def test_another_answer_is_no_answer(status: int, body: bytes, refused: bool) -> None:
    with answering(_saying(status, body)) as port:
        upstream = Upstream(Account(f"http://127.0.0.1:{port}", "hub-1", "t" * 43))
        with pytest.raises(UpstreamError) as raised:
            upstream.devices()
        upstream.close()
    assert isinstance(raised.value, RefusedError) is refused


def test_nobody_there_is_told_without_an_address() -> None:
    upstream = Upstream(Account("http://127.0.0.1:9", "hub-1", "t" * 43))
    with pytest.raises(UpstreamError) as raised:
        upstream.clock()
    assert str(raised.value) == "ConnectionError"
    upstream.close()
