"""The desk API: results for a page of the hospital's system in a browser on this computer (docs/handover.md).

Listens on 127.0.0.1 alone. The event loop is loaded with the first start: a desk without a desk API pays nothing.
"""

from __future__ import annotations

import errno
import logging
import queue
import secrets
import socket
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.device import DeviceThread
from drivers.handover.kept import Kept, KeptResults
from terminal.clock import Clock
from terminal.desk_token import desk_token
from terminal.events import Event, HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.handing import VERSION, Handed
from terminal.outputs import HandOverOptions
from terminal.ports import Inbox
from terminal.traces import describe

if TYPE_CHECKING:
    import asyncio

    from drivers.handover.desk_server import DeskServer, Limits

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"

_TRY_AGAIN = 2.0
_CHECK_WITHIN = 2.0


def build(options: HandOverOptions, clock: Clock) -> DeskApi:
    """The desk API. Raises FaultError ``config.invalid``."""
    return DeskApi(options, clock)


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    ending: asyncio.Event
    server: DeskServer


class DeskApi:
    """A `terminal.outputs.HandOver` that waits for pages to come."""

    name = "desk_api"
    simulated = False

    def __init__(self, options: HandOverOptions, clock: Clock, limits: Limits | None = None) -> None:
        if options.token_file is None:
            raise FaultError("config.invalid", "handover.token_file")
        self._token_file = options.token_file
        self._options = options
        self._clock = clock
        self._limits = limits
        self._results = KeptResults(clock, options.keep, secrets.token_hex(4))
        self._thread = DeviceThread("dev-handover-desk_api", self._work)
        self._inbox: Inbox = _nobody
        self._coming: queue.SimpleQueue[Handed | None] = queue.SimpleQueue()
        # Shared with the callers, under the lock.
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._listening = threading.Event()
        self._port = 0
        # The thread's own.
        self._fault: str | None = None

    @property
    def port(self) -> int:
        """Where it listens, once it does; waits for that, not for ever."""
        self._listening.wait(10.0)
        return self._port

    def check(self) -> None:
        """Its port is free (or another terminal of this kind is at work there), its token sound."""
        try:
            _bound(self._options.port).close()
        except FaultError:
            if not _is_desk_api(self._options.port):
                raise
        if self._token_file.exists():
            desk_token(self._token_file)

    def start(self, inbox: Inbox) -> None:
        """Begin to listen."""
        self._inbox = inbox
        self._listening.clear()
        self._thread.start()

    def hand(self, handed: Handed) -> None:
        """Send it to the pages that listen, and keep it for those that come."""
        self._coming.put(handed)
        self._call()

    def again(self) -> None:
        """Send what no page has taken once more."""
        self._coming.put(None)
        self._call()

    def stop(self) -> None:
        """End all conversations and forget everything."""
        self._thread.stop(self._wake)

    def _call(self) -> None:
        with self._lock:
            if self._running is not None:
                self._running.loop.call_soon_threadsafe(self._take, self._running.server)

    def _wake(self) -> None:
        with self._lock:
            if self._running is not None:
                self._running.loop.call_soon_threadsafe(self._running.ending.set)

    def _work(self) -> None:
        import asyncio

        try:
            asyncio.run(self._run())
        except Exception as error:  # noqa: BLE001 - a defect ends this way, never the terminal
            _log.error("desk_api: %s", describe(error))
        self._results.clear()

    async def _run(self) -> None:
        import asyncio

        running = _Running(asyncio.get_running_loop(), asyncio.Event(), self._server())
        with self._lock:
            self._running = running
        try:
            while not (running.ending.is_set() or self._thread.stopping.is_set()):
                await self._serve(running)
        finally:
            with self._lock:
                self._running = None

    def _server(self) -> DeskServer:
        from drivers.handover.desk_server import DeskServer, Ears, Limits

        ears = Ears(
            taken=lambda kept: self._inbox(HandedOver(kept.session, self.name)),
            unheard=lambda kept: self._failed(kept, self._fault or "handover.absent"),
            given_up=lambda kept: self._failed(kept, "handover.given_up"),
        )
        about = {"version": VERSION, "device": self._options.device, "desk": self._options.desk}
        return DeskServer(self._results, about, self._limits or Limits(), ears)

    async def _serve(self, running: _Running) -> None:
        """Listen until the end, or say why not and try again later."""
        import asyncio

        from drivers.handover.desk_server import listen
        from drivers.handover.door import Door

        try:
            token = desk_token(self._token_file)
            listener = _bound(self._options.port)
        except FaultError as error:
            if self._fault != error.fault.code:
                _log.error("desk_api: %s", error)
            self._fault = error.fault.code
            self._take(running.server)
            await _either(running.ending, _TRY_AGAIN)
            return
        self._port = int(listener.getsockname()[1])
        door = Door(token, self._options.origins, self._port, self._clock)
        async with await listen(running.server, door, listener):
            self._fault = None
            self._take(running.server)
            self._listening.set()
            looking = asyncio.ensure_future(running.server.look())
            await running.ending.wait()
            looking.cancel()
            running.server.close()

    def _take(self, server: DeskServer) -> None:
        """What was asked of this way since, on the loop's thread."""
        while not self._coming.empty():
            handed = self._coming.get()
            if handed is None:
                server.again()
            else:
                server.hand(handed)

    def _failed(self, kept: Kept, fault: str) -> None:
        self._inbox(HandOverFailed(kept.session, self.name, fault))


async def _either(ending: asyncio.Event, seconds: float) -> None:
    """Until the end is asked for, or the time is over."""
    import asyncio

    waiting = asyncio.ensure_future(ending.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


def _bound(port: int) -> socket.socket:
    """A socket that listens to this computer alone. Raises FaultError ``handover.port``."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Otherwise another program could listen at the same port, and get the pages' tokens.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(128)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise FaultError("handover.port", errno.errorcode.get(error.errno or 0, "")) from error
    return made


def _is_desk_api(port: int) -> bool:
    """Whether a desk API answers there. The token is not shown to whoever it is: being refused says enough."""
    import http.client

    from drivers.handover.desk_server import REALM

    line = http.client.HTTPConnection(HOST, port, timeout=_CHECK_WITHIN)
    try:
        line.request("GET", "/v1/status")
        return line.getresponse().headers.get("WWW-Authenticate") == REALM
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _nobody(_event: Event) -> None:
    """The inbox of a desk API that was not started."""
