"""Links on the loopback that can be cut in every way in which a real one fails.

One thread carries the bytes of all links of a test. A link is told how it is; whoever tells it goes on only when it is
so, and every connection that a cut would end has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Coroutine
from enum import Enum
from typing import Any, TypeVar

HOST = "127.0.0.1"
TORN_AFTER = 20
"""Bytes of an answer that still come through a torn link: the middle of its first line."""

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)
_WITHIN = 20.0

_R = TypeVar("_R")


class Way(Enum):
    """How a link is. REFUSED: nobody listens. HUNG: connections come about, and then nothing. TORN: questions arrive,
    answers break off in the middle. SWALLOWED: questions arrive and are acted on, and the answer is never seen."""

    WHOLE = "whole"
    REFUSED = "refused"
    HUNG = "hung"
    TORN = "torn"
    SWALLOWED = "swallowed"


class Links:
    """The thread. ``with Links() as links: links.to(port)``."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links")
        self._all: list[Link] = []

    def __enter__(self) -> Links:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for link in self._all:
            link.set(Way.REFUSED)
            self.run(link.end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WITHIN)
        assert not self._thread.is_alive()
        self._loop.close()

    def to(self, port: int) -> Link:
        """A whole link to a port of this computer."""
        link = Link(self, port)
        self._all.append(link)
        link.set(Way.WHOLE)
        return link

    def run(self, work: Coroutine[Any, Any, _R]) -> _R:
        """Do it on the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WITHIN)


class Link:
    """One link; ``port`` is its near end. ``cuts`` counts the answers that it tore or swallowed."""

    def __init__(self, links: Links, upstream: int) -> None:
        self._links = links
        self._upstream = upstream
        self._socket = _bound(0)
        self.port = int(self._socket.getsockname()[1])
        self.way = Way.REFUSED
        self.cuts: Counter[Way] = Counter()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The near end."""
        return f"http://{HOST}:{self.port}"

    def set(self, way: Way) -> None:
        """From now on the link is like this."""
        if way is not self.way:
            self._links.run(self._become(way))

    def lead_to(self, port: int) -> None:
        """What is behind the link moved: later connections go there."""
        self._links.run(self._move(port))

    async def end(self) -> None:
        """Let go of the port."""
        self._socket.close()

    async def _move(self, port: int) -> None:
        self._upstream = port

    async def _become(self, way: Way) -> None:
        before, self.way = self.way, way
        if Way.REFUSED in (before, way) or Way.HUNG in (before, way):
            await self._drop_all()
        if way is Way.REFUSED and self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
            # Bound without listening, the port stays ours and connections to it are refused.
            self._socket = _bound(self.port)
        elif way is not Way.REFUSED and self._server is None:
            self._server = await asyncio.start_server(self._accept, sock=self._socket, backlog=128)

    async def _accept(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self._ends.add(near_out)
        try:
            if self.way is Way.HUNG:
                while await near_in.read(_CHUNK):
                    pass
            else:
                await self._talk(near_in, near_out)
        except OSError:
            pass  # whatever ended it: the other end sees it end
        finally:
            _reset(near_out)
            self._ends.discard(near_out)
            self._talks.discard(task)

    async def _talk(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection(HOST, self._upstream)
        self._ends.add(far_out)
        try:
            asks = asyncio.ensure_future(self._questions(near_in, far_out))
            answers = asyncio.ensure_future(self._answers(far_in, near_out))
            _, rest = await asyncio.wait((asks, answers), return_when=asyncio.FIRST_COMPLETED)
            for each in rest:
                each.cancel()
            await asyncio.gather(asks, answers, return_exceptions=True)
        finally:
            _reset(far_out)
            self._ends.discard(far_out)

    async def _questions(self, near: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        while (data := await near.read(_CHUNK)) and self.way is not Way.HUNG:
            far.write(data)
            await far.drain()

    async def _answers(self, far: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        while data := await far.read(_CHUNK):
            if self.way in (Way.TORN, Way.SWALLOWED):
                self.cuts[self.way] += 1
                if self.way is Way.TORN:
                    near.write(data[:TORN_AFTER])
                    await near.drain()
                return
            near.write(data)
            await near.drain()

    async def _drop_all(self) -> None:
        for end in tuple(self._ends):
            _reset(end)
        if self._talks:
            await asyncio.wait(self._talks, timeout=_WITHIN)


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    return listener


def _reset(end: asyncio.StreamWriter) -> None:
    """Close without a farewell, as a pulled cable and a time-out do."""
    raw = end.get_extra_info("socket")
    if raw is not None and not end.is_closing():
        with contextlib.suppress(OSError):  # already reset by the other side
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.transport.abort()
