"""Smart card readers through PC/SC: pcsc-lite on Linux and macOS, WinSCard on Windows."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from smartcard import scard

from crypto.errors import CardLostError
from drivers.device import BackOff, DeviceThread, Lane, StuckError
from drivers.pcsc_codes import WINDOWS, open_context, require
from drivers.pcsc_link import KEEP_ALIVE, BrokenLink, PcscLink
from drivers.pcsc_names import chosen, contact, simulated
from drivers.pcsc_watch import Look, Slot, Watch, list_readers
from terminal.events import CardPlaced, CardRemoved, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CardJob, Inbox, ReaderInfo, ReaderOptions

_log = logging.getLogger(__name__)

NAME = "pcsc"
"""The device's name in DeviceUp and DeviceDown: all readers together, down when none is there."""

_LOOK_UP = 1.0
"""Seconds after which the thread looks up from an empty queue: is the service still with us?"""

_LET_GO = 0.7
"""Seconds that the thread waits for the watch to end; it looks up from PC/SC every half second."""

_LISTED = 4.0
"""Seconds for listing the readers; a service that hangs keeps such a call for ever."""

_LOST_FOR = 1.0
"""Seconds after which a lost card that the reader still claims to hold counts as placed again. Some readers never
notice a card that only slipped, or one that was exchanged between two of their looks (0.4 s apart)."""


@dataclass(frozen=True, slots=True)
class _Placed:
    card: str
    count: int


@dataclass(frozen=True, slots=True)
class _Job:
    card: str
    work: CardJob
    cancel: threading.Event


@dataclass(frozen=True, slots=True)
class _Report:
    watch: Watch
    said: Look | FaultError


class PcscReaders:
    """A `terminal.ports.CardReader` for every PC/SC reader whose name is wanted.

    ``keep_alive``: as of `PcscLink`.
    """

    def __init__(self, options: ReaderOptions, keep_alive: float | None = None) -> None:
        self._options = options
        self._keep_alive = keep_alive
        self._thread = DeviceThread("dev-pcsc", self._work)
        self._inbox: Inbox = _nobody
        self._queue: queue.SimpleQueue[_Job | _Report | None] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._watch: Watch | None = None
        self._look: Look = {}
        self._placed: dict[str, _Placed] = {}
        self._lost_until: dict[str, float] = {}
        self._said: DeviceUp | DeviceDown | None = None
        self._lock = threading.Lock()
        self._link: PcscLink | None = None
        self._kept: dict[str, PcscLink] = {}

    def start(self, inbox: Inbox) -> None:
        """Begin to watch for cards."""
        self._inbox = inbox
        self._thread.start()

    def stop(self) -> None:
        """End the thread and release every handle."""
        self._thread.stop(self._wake_to_stop)

    def readers(self) -> Sequence[ReaderInfo]:
        """The readers there are now. Raises FaultError."""
        lane = Lane("dev-pcsc-list", _nothing)
        try:
            return lane.call(self._list, _LISTED)
        except StuckError:
            raise FaultError("reader.service", "the service does not answer") from None
        finally:
            lane.close()

    def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
        """Run ``job`` on the thread ``dev-pcsc`` with that card."""
        self._queue.put(_Job(card, job, cancel))

    def _list(self) -> Sequence[ReaderInfo]:
        context = open_context()
        try:
            names = chosen(list_readers(context), self._options.names)
            if not names:
                return []
            code, states = scard.SCardGetStatusChange(context, 0, [(name, scard.SCARD_STATE_UNAWARE) for name in names])
            require(code, "states")
            return [_info(name, Slot(event, bytes(atr))) for name, event, atr in states]
        finally:
            scard.SCardReleaseContext(context)

    def _wake_to_stop(self) -> None:
        self._queue.put(None)
        with self._lock:
            if self._link is not None:
                self._link.interrupt()

    def _work(self) -> None:
        back_off = BackOff()
        while not self._thread.stopping.is_set():
            try:
                self._serve(back_off)
            except FaultError as error:
                _log.warning("PC/SC: %s", error)
                self._lose_all(error.fault.code)
            except Exception as error:  # noqa: BLE001 - a defect must not end the desk's reading for good
                _log.error("the readers' thread stumbled over %s", type(error).__name__)
                self._lose_all("internal")
            back_off.pause(self._thread.stopping)
        self._forget_readers()
        self._drop_jobs()

    def _serve(self, back_off: BackOff) -> None:
        if self._watch is not None and not self._watch.end(0.0):
            # One thread may hang in the service, not one more for every try.
            raise FaultError("reader.service", "the service still does not answer")
        self._watch = watch = Watch(self._options.names, lambda watch, said: self._queue.put(_Report(watch, said)))
        try:
            while not self._thread.stopping.is_set():
                self._next(watch, back_off)
        finally:
            watch.end(0.0 if watch.hangs else _LET_GO)

    def _next(self, watch: Watch, back_off: BackOff) -> None:
        try:
            message = self._queue.get(timeout=self._forgive_lost())
        except queue.Empty:
            message = None
        if isinstance(message, _Job):
            self._run(message)
        elif message is not None and message.watch is watch:
            if isinstance(message.said, FaultError):
                raise message.said
            back_off.success()
            self._see_all(message.said)
        if watch.hangs:
            raise FaultError("reader.service", "the service does not answer")

    def _see_all(self, look: Look) -> None:
        self._look = look
        for gone in (set(self._placed) | set(self._lost_until)) - set(look):
            self._lost_until.pop(gone, None)
            self._lift(gone)
        if look:
            self._say(DeviceUp(Device.READER, NAME, all(simulated(name) for name in look)))
        else:
            self._say(DeviceDown(Device.READER, NAME, "reader.absent"))
        for name, slot in look.items():
            self._see(name, slot)

    def _forgive_lost(self) -> float:
        """Look again at readers whose time is over; how long to wait for news, in seconds."""
        wait = _LOOK_UP
        for reader, until in list(self._lost_until.items()):
            left = until - time.monotonic()
            if left > 0:
                wait = min(wait, left)
            else:
                del self._lost_until[reader]
                self._see(reader, self._look.get(reader, Slot()))
        return wait

    def _see(self, reader: str, slot: Slot) -> None:
        if reader in self._lost_until:
            if not slot.card:
                del self._lost_until[reader]
            return
        known = self._placed.get(reader)
        if known is not None and (not slot.card or slot.count != known.count):
            # Another count: the card was taken off and one laid down between two looks.
            self._lift(reader)
            known = None
        if slot.card and known is None:
            placed = self._placed[reader] = _Placed(f"{NAME}-{next(self._numbers)}", slot.count)
            self._inbox(CardPlaced(placed.card, reader, simulated(reader), contact(reader, slot.atr)))

    def _lift(self, reader: str) -> None:
        placed = self._placed.pop(reader, None)
        if placed is not None:
            self._inbox(CardRemoved(placed.card))

    def _lose_all(self, fault: str) -> None:
        self._forget_readers()
        self._say(DeviceDown(Device.READER, NAME, fault))
        self._drop_jobs()

    def _forget_readers(self) -> None:
        self._look = {}
        self._lost_until.clear()
        for reader in list(self._placed):
            self._lift(reader)

    def _say(self, event: DeviceUp | DeviceDown) -> None:
        if event != self._said:
            self._said = event
            self._inbox(event)

    def _drop_jobs(self) -> None:
        """Tell whoever waits that the card is lost; what else was said is old."""
        while not self._queue.empty():
            message = self._queue.get()
            if isinstance(message, _Job):
                _guarded(message, BrokenLink(CardLostError("the card was gone before its turn")))

    def _run(self, job: _Job) -> None:
        reader, placed = next((item for item in self._placed.items() if item[1].card == job.card), ("", None))
        if placed is None:
            _guarded(job, BrokenLink(CardLostError("the card was gone before its turn")))
            return
        if not self._let_go(reader):
            _guarded(job, BrokenLink(FaultError("card.silent", "the reader still keeps the card before")))
            return
        timeout = self._options.apdu_timeout
        link = PcscLink(reader, job.cancel, timeout, count=placed.count, keep_alive=self._keep_alive)
        with self._lock:
            self._link = link
        if self._thread.stopping.is_set():
            link.interrupt()
        try:
            link.connect()
            _guarded(job, link)
        finally:
            with self._lock:
                self._link = None
            link.close()
            self._kept[reader] = link
        if link.lost:
            self._lift(reader)
            self._lost_until[reader] = time.monotonic() + _LOST_FOR

    def _let_go(self, reader: str) -> bool:
        """Whether the job before has let go of the reader: one thread may hang in it, not one more for every card."""
        kept = self._kept.get(reader)
        return kept is None or kept.released(min(self._options.apdu_timeout, _LET_GO))


def build(options: ReaderOptions) -> PcscReaders:
    """The entry point ``tram.reader``: all PC/SC readers that ``options.names`` wants."""
    return PcscReaders(options, KEEP_ALIVE if WINDOWS else None)


def _guarded(job: _Job, link: PcscLink | BrokenLink) -> None:
    try:
        job.work(link)
    except Exception as error:  # noqa: BLE001 - a defect in one job must not end the watch over the reader
        # Its text may hold what the card said, so only its kind is told.
        _log.error("a card job ended with %s", type(error).__name__)


def _info(name: str, slot: Slot) -> ReaderInfo:
    atr = slot.atr if slot.card else b""
    return ReaderInfo(name, slot.card, atr.hex().upper(), simulated(name), contact(name, atr))


def _nothing() -> None:
    """A list of names holds no handle."""


def _nobody(_event: object) -> None:
    """Where events go before start."""
