"""The desk API's conversations, on one event loop: who asks is checked at the door, answered, and bounded in all ways.

HTTP/1.1 (RFC 9112), one request a connection; server-sent events as in the HTML standard, section 9.2. Nothing that is
asked or answered is logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from drivers.handover.door import Door
from drivers.handover.http_request import MOST_BYTES, RefusedError, Request, parse_request
from drivers.handover.kept import MOST, Kept, KeptResults
from terminal.handing import Handed

_log = logging.getLogger(__name__)

REALM = 'Bearer realm="tram desk API"'

_RETRY = b"retry: 2000\n\n"
_HEARTBEAT = b": tram\n\n"
_COMMON = MappingProxyType(
    {
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much anybody may ask for. Seconds: ``head`` for a whole request head, ``write`` until a subscriber has taken
    what was sent, ``heartbeat`` between two signs of life, ``look`` between two looks for results whose time is over.
    """

    connections: int = 64
    subscribers: int = 16
    unread: int = 32
    head: float = 5.0
    write: float = 5.0
    heartbeat: float = 15.0
    look: float = 5.0


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what became of a result: a page has it, no page listens, nobody took it in time."""

    taken: Callable[[Kept], None]
    unheard: Callable[[Kept], None]
    given_up: Callable[[Kept], None]


class _Page:
    """One that listens: what it is still to get, and what it was sent, so that nothing comes twice."""

    def __init__(self, writer: asyncio.StreamWriter, unread: int) -> None:
        self.writer = writer
        self.waiting: asyncio.Queue[Kept] = asyncio.Queue(unread)
        self.sent: deque[str] = deque(maxlen=2 * MOST)

    def tell(self, kept: Kept) -> None:
        """Send it soon. One that does not read is cut off; it resumes when it comes back."""
        if self.waiting.full():
            self.writer.transport.abort()
        else:
            self.waiting.put_nowait(kept)


class DeskServer:
    """Holds the results and answers pages; all but the constructor on the loop's thread."""

    def __init__(self, results: KeptResults, about: Mapping[str, object], limits: Limits, ears: Ears) -> None:
        self._results = results
        self._about = about
        self._limits = limits
        self._ears = ears
        self._open: set[asyncio.StreamWriter] = set()
        self._pages: set[_Page] = set()

    def hand(self, handed: Handed) -> None:
        """Keep it, and send it to every page that listens."""
        self._spread(self._results.add(handed))
        self.drop_old()

    def again(self) -> None:
        """Send once more what no page has."""
        self.drop_old()
        for one in self._results.after(""):
            if not one.taken:
                self._spread(one)

    def drop_old(self) -> None:
        """Forget what may not be kept any longer."""
        for one in self._results.drop():
            self._ears.given_up(one)

    async def look(self) -> None:
        """Forget what may not be kept any longer, for ever."""
        while True:
            await asyncio.sleep(self._limits.look)
            self.drop_old()

    def close(self) -> None:
        """Cut all conversations off."""
        for writer in self._open:
            writer.transport.abort()

    def _spread(self, kept: Kept) -> None:
        if not self._pages:
            self._ears.unheard(kept)
        for page in self._pages:
            page.tell(kept)

    async def converse(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its request to its end."""
        # What drain waits for is that the system took it all.
        writer.transport.set_write_buffer_limits(high=0)
        self._open.add(writer)
        try:
            await self._answer(door, reader, writer)
        except (OSError, EOFError, TimeoutError) as error:
            _log.debug("a page went away, or kept us waiting: %s", type(error).__name__)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cors: dict[str, str] = {}
        try:
            request = await self._request(reader)
            door.check_address(request)
            cors = door.cors(request)
            if (request.method, request.path) == ("GET", "/v1/results"):
                door.check_subscriber(request)
                await self._stream(request, cors, reader, writer)
                return
            status, headers, body = self._reply(door, request)
        except RefusedError as refused:
            status, headers, body = refused.status, {}, b""
            if status is HTTPStatus.UNAUTHORIZED:
                headers = {"WWW-Authenticate": REALM}
        await self._send(writer, _head(status, {**cors, **headers, "Content-Length": str(len(body))}) + body)
        writer.close()
        await asyncio.wait_for(writer.wait_closed(), self._limits.write)

    async def _request(self, reader: asyncio.StreamReader) -> Request:
        if len(self._open) > self._limits.connections:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self._limits.head)
        except asyncio.LimitOverrunError:
            raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
        return parse_request(head[:-4])

    def _reply(self, door: Door, request: Request) -> tuple[HTTPStatus, dict[str, str], bytes]:
        if request.method == "OPTIONS":
            return HTTPStatus.NO_CONTENT, door.preflight(request), b""
        door.check_token(request)
        known = {"/v1/session": "POST", "/v1/results": "GET", "/v1/results/last": "GET", "/v1/status": "GET"}
        if request.path not in known:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        if known[request.path] != request.method:
            return HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": known[request.path]}, b""
        if request.path == "/v1/session":
            return _json({"ticket": door.ticket(request)})
        if request.path == "/v1/status":
            return _json({**self._about, "kept": len(self._results), "subscribers": len(self._pages)})
        return self._last()

    def _last(self) -> tuple[HTTPStatus, dict[str, str], bytes]:
        self.drop_old()
        last = self._results.last
        if last is None:
            return HTTPStatus.NO_CONTENT, {}, b""
        self._taken(last)
        return HTTPStatus.OK, {"Content-Type": "application/json"}, last.text.encode()

    async def _stream(
        self,
        request: Request,
        cors: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Events until the page goes."""
        if len(self._pages) >= self._limits.subscribers:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        page = _Page(writer, self._limits.unread)
        self.drop_old()
        seen = request.headers.get("last-event-id") or request.query.get("after")
        missed = self._results.after(seen) if seen else []
        self._pages.add(page)
        gone = asyncio.ensure_future(_gone(reader))
        try:
            await self._send(writer, _head(HTTPStatus.OK, {**cors, "Content-Type": "text/event-stream"}) + _RETRY)
            for kept in missed:
                await self._send_event(page, kept)
            while not gone.done():
                await self._next_event(page, gone)
        finally:
            self._pages.discard(page)
            gone.cancel()

    async def _next_event(self, page: _Page, gone: asyncio.Future[None]) -> None:
        coming = asyncio.ensure_future(page.waiting.get())
        either: set[asyncio.Future[Any]] = {coming, gone}
        try:
            await asyncio.wait(either, timeout=self._limits.heartbeat, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                await self._send_event(page, coming.result())
            elif not gone.done():
                await self._send(page.writer, _HEARTBEAT)
        finally:
            coming.cancel()

    async def _send_event(self, page: _Page, kept: Kept) -> None:
        if kept.id in page.sent:
            return
        page.sent.append(kept.id)
        await self._send(page.writer, f"id: {kept.id}\ndata: {kept.text}\n\n".encode())
        self._taken(kept)

    def _taken(self, kept: Kept) -> None:
        if not kept.taken:
            kept.taken = True
            self._ears.taken(kept)

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await asyncio.wait_for(writer.drain(), self._limits.write)


async def _gone(reader: asyncio.StreamReader) -> None:
    """Until the page closes its end, or sends what nobody asked for."""
    with contextlib.suppress(OSError):
        await reader.read(1)


def _head(status: HTTPStatus, headers: Mapping[str, str]) -> bytes:
    rows = "".join(f"{name}: {value}\r\n" for name, value in {**_COMMON, **headers}.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{rows}\r\n".encode("ascii")


def _json(values: Mapping[str, object]) -> tuple[HTTPStatus, dict[str, str], bytes]:
    return HTTPStatus.OK, {"Content-Type": "application/json"}, json.dumps(values).encode()


async def listen(server: DeskServer, door: Door, listener: socket.socket) -> asyncio.Server:
    """Serve on a bound socket."""
    return await asyncio.start_server(
        lambda reader, writer: server.converse(door, reader, writer), sock=listener, limit=MOST_BYTES
    )
