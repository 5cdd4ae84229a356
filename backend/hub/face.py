"""What of the protocol a hub answers: gates, and nothing that only the upstream server can know."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.api import ErrorCode
from backend.devices.access import HEALTH
from backend.errors import error

ANSWERED = frozenset({HEALTH, "/v1/redeem", "/v1/annul", "/v1/journal"})
"""Snapshots and changes are not among them: their signature and their cursor are the upstream server's."""


REDEEM = "/v1/redeem"
"""Nothing to be asked about before this hub ever heard of the tickets: it would call all of them unknown, and a no is
final."""


class HubFace:
    """ASGI middleware: ``not_here`` for every other path, which a terminal takes for a server that has to be done
    without: it goes on to what it kept. ``knows``: whether this hub has heard of the tickets."""

    def __init__(self, app: ASGIApp, knows: Callable[[], bool]) -> None:
        self._app, self._knows = app, knows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and not self._answers(scope["path"]):
            await error(ErrorCode.NOT_HERE)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _answers(self, path: str) -> bool:
        return path in ANSWERED and (path != REDEEM or self._knows())
