"""The running server: a socket, a word when it listens, an orderly end."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import ssl
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"

_GRACE = 2
"""Seconds that running answers get at the end."""


def listen(port: int, host: str = LOOPBACK) -> socket.socket:
    """A bound socket; port 0 takes any free one. Raises OSError when the port is taken or the address not ours."""
    family = socket.AF_INET6 if _is_ipv6(host) else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay (40 ms an answer) off only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # a port that was just left may be taken again; on Windows this would share it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


class AnnouncingServer(uvicorn.Server):
    """A server that says once when it answers."""

    def __init__(
        self, app: ASGIApp, ready: Callable[[], None], tls: ssl.SSLContext | None = None, *, date_header: bool = True
    ) -> None:
        # No access log: paths are harmless, but peers and times are nobody's business either.
        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=_GRACE,
            date_header=date_header,
            ssl_context_factory=None if tls is None else lambda *_: tls,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, then say so."""
        await super().startup(sockets)
        self._ready()


def serve_until_signal(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: ssl.SSLContext | None = None,
    *,
    date_header: bool = True,
) -> None:
    """Answer until the process is asked to end (SIGTERM, Ctrl-C, Ctrl-Break), then finish what is running."""
    server = AnnouncingServer(app, ready, tls, date_header=date_header)

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    # The server handles signals while it runs and raises them once more afterwards; ours keep that from killing
    # the process before its database is closed, and catch a signal that comes before the server is up.
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, end)
    server.run(sockets=[listener])
