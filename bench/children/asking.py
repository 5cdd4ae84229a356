"""A client that is quicker than the server it asks: HTTP/1.1, kept connections, requests made before the clock runs.

Reads one JSON object: {"host", "port", "head", "bodies": FILE, "good", "connections", "warm", "seconds", "rate"}.
``head`` is the request up to its Content-Length, FILE holds one body a line, ``good`` is what a good answer contains;
``##`` stands for the connection's two-digit number, so that each can be a device of its own, as at real gates.
With ``rate`` 0 each connection asks as soon as it was answered; otherwise requests begin at that rate whether others
were answered or not, on whichever connection is free, and their time counts from when they were due. Writes one object:
{"asked", "good", "spent", "times": [milliseconds, …], "codes": {…}}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast


@dataclass
class Tally:
    """What came back."""

    good: bytes
    times: list[float]
    codes: Counter[str]
    hits: int = 0

    def note(self, answer: bytes, began: float) -> None:
        """One whole answer."""
        self.times.append((time.perf_counter() - began) * 1000)
        self.codes[answer[9:12].decode("ascii")] += 1
        self.hits += self.good in answer


class Line(asyncio.Protocol):
    """One connection after the other to the server: kept while the server keeps it, made anew when it does not."""

    def __init__(self, tally: Tally, at: tuple[str, int], number: int) -> None:
        self._tally, self._at, self._number = tally, at, b"%02d" % number
        self._transport: asyncio.Transport | None = None
        self._heard = bytearray()
        self._began = 0.0
        self._answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to ask."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class

    async def ask(self, request: bytes, began: float) -> None:
        """Send one request, and return when it was answered; what came back is noted."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            await loop.create_connection(lambda: self, *self._at)
        assert self._transport is not None
        self._began = began
        self._answered = loop.create_future()
        self._transport.write(request.replace(b"##", self._number))
        await self._answered

    def data_received(self, data: bytes) -> None:
        """A piece of the answer, or all of it."""
        self._heard += data
        end = self._heard.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._heard[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._heard) >= end + 4 + length:
            self._tally.note(bytes(self._heard), self._began)
            self._heard.clear()
            if b"connection: close" in head and self._transport is not None:
                self._transport.close()
                self._transport = None
            if self._answered is not None and not self._answered.done():
                self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up, or we did."""
        if self._transport is not None and self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the server closed the connection"))


async def closed_loop(lines: list[Line], requests: Iterator[bytes], until: float) -> None:
    """Each line asks again as soon as it was answered."""

    async def work(line: Line) -> None:
        for request in requests:
            await line.ask(request, time.perf_counter())
            if time.perf_counter() >= until:
                return

    await asyncio.gather(*(work(line) for line in lines))


async def open_loop(lines: list[Line], requests: Iterator[bytes], rate: float, until: float) -> None:
    """Requests at even distances; one that finds no free line waits, and its waiting counts."""
    free, waiting = deque(lines), set[asyncio.Task[None]]()
    due = time.perf_counter()
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while not free:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.ensure_future(_one(free, next(requests), due))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
        due += 1 / rate
    if waiting:
        await asyncio.wait(waiting)


async def _one(free: deque[Line], request: bytes, due: float) -> None:
    line = free.popleft()
    await line.ask(request, due)
    free.append(line)


async def main() -> None:
    """Ask as the order on stdin says."""
    order = json.loads(sys.stdin.read())
    bodies = Path(order["bodies"]).read_bytes().splitlines()
    head = order["head"].encode("ascii")
    requests = iter([b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body) for body in bodies])
    tally = Tally(order["good"].encode("ascii"), [], Counter())
    lines = [Line(tally, (order["host"], order["port"]), number) for number in range(order["connections"])]
    for _ in range(order["warm"]):
        for line in lines:
            await line.ask(next(requests), time.perf_counter())
    tally.times.clear()
    tally.codes.clear()
    tally.hits = 0
    began = time.perf_counter()
    sys.stderr.write("begin\n")
    sys.stderr.flush()
    until = began + order["seconds"]
    if order["rate"]:
        await open_loop(lines, requests, order["rate"], until)
    else:
        await closed_loop(lines, requests, until)
    spent = time.perf_counter() - began
    said = {"asked": len(tally.times), "good": tally.hits, "spent": spent, "times": tally.times, "codes": tally.codes}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.run(main())
    else:
        import uvloop

        uvloop.run(main())
