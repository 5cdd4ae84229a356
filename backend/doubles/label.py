"""What every double says of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Tram-Simulated"
"""``1`` in every answer; clients show that they were answered by a double, and refuse one that is somewhere else."""

Clock = Callable[[], datetime]


class Labelled:
    """The application with the label and a ``Date`` of its own clock, unless it gave another, in every answer."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, and label it."""

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (HEADER.lower().encode(), b"1")]
                if not any(name == b"date" for name, _ in headers):
                    headers.append((b"date", http_date(self._clock()).encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, labelled)


def http_date(moment: datetime) -> str:
    """As RFC 9110 §5.6.7 writes it; ``moment`` in UTC."""
    return format_datetime(moment, usegmt=True)
