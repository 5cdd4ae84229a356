"""Smart card readers through PC/SC: pcsc-lite on Linux and macOS, WinSCard on Windows.

pyscard's own card monitor ends for good when the service restarts, so the presence loop is our own, on
SCardGetStatusChange, with a new context after every error.
"""

from __future__ import annotations

import fnmatch
import itertools
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from smartcard import scard

from drivers.device import BackOff, DeviceThread
from drivers.pcsc_link import VIRTUAL, LostLink, PcscLink, failed, open_context, same
from terminal.events import CardPlaced, CardRemoved, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CardJob, Inbox, ReaderInfo, ReaderOptions

_log = logging.getLogger(__name__)

NAME = "pcsc"
"""The device's name in DeviceUp and DeviceDown: all readers together, down when none is there."""

_HOT_PLUG = "\\\\?PnP?\\Notification"
_POLL_MS = 500
_WAKES, _WAKE_EVERY = 4, 0.005
"""SCardCancel cannot wake a SCardGetStatusChange that has not quite begun, so a job knocks several times."""

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
    taken: threading.Event


class PcscReaders:
    """A `terminal.ports.CardReader` for every PC/SC reader whose name matches."""

    def __init__(self, options: ReaderOptions) -> None:
        self._options = options
        self._thread = DeviceThread("dev-pcsc", self._work)
        self._inbox: Inbox = _nobody
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._states: dict[str, int] = {}
        self._placed: dict[str, _Placed] = {}
        self._lost_until: dict[str, float] = {}
        self._said: DeviceUp | DeviceDown | None = None
        self._lock = threading.Lock()
        self._context: int | None = None
        self._link: PcscLink | None = None

    def start(self, inbox: Inbox) -> None:
        """Begin to watch for cards."""
        self._inbox = inbox
        self._thread.start()

    def stop(self) -> None:
        """End the thread and release every handle."""
        self._thread.stop(self._wake_to_stop)

    def readers(self) -> Sequence[ReaderInfo]:
        """The readers there are now. Raises FaultError."""
        context = open_context()
        try:
            names = self._list(context)
            if not names:
                return []
            code, states = scard.SCardGetStatusChange(context, 0, [(name, scard.SCARD_STATE_UNAWARE) for name in names])
            _require(code, "states")
            return [_info(name, event, atr) for name, event, atr in states]
        finally:
            scard.SCardReleaseContext(context)

    def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
        """Run ``job`` on the thread ``dev-pcsc`` with that card."""
        queued = _Job(card, job, cancel, threading.Event())
        self._jobs.put(queued)
        for _ in range(_WAKES):
            self._wake()
            if queued.taken.wait(_WAKE_EVERY):
                return

    def _wake(self) -> None:
        with self._lock:
            if self._context is not None:
                scard.SCardCancel(self._context)

    def _wake_to_stop(self) -> None:
        self._wake()
        with self._lock:
            if self._link is not None:
                self._link.interrupt()

    def _work(self) -> None:
        back_off = BackOff()
        while not self._thread.stopping.is_set():
            try:
                self._watch(back_off)
            except FaultError as error:
                _log.warning("PC/SC: %s", error)
                self._forget_readers()
                self._say(DeviceDown(Device.READER, NAME, error.fault.code))
                self._run_jobs(None)
                back_off.pause(self._thread.stopping)
        self._forget_readers()
        self._run_jobs(None)

    def _watch(self, back_off: BackOff) -> None:
        context = open_context()
        with self._lock:
            self._context = context
        try:
            self._states = {_HOT_PLUG: scard.SCARD_STATE_UNAWARE}
            while not self._thread.stopping.is_set():
                self._look_for_readers(context)
                back_off.success()
                self._look_for_cards(context, self._forgive_lost())
                self._run_jobs(context)
        finally:
            with self._lock:
                self._context = None
            scard.SCardReleaseContext(context)

    def _list(self, context: int) -> list[str]:
        code, names = scard.SCardListReaders(context, [])
        if same(code, scard.SCARD_E_NO_READERS_AVAILABLE):
            return []
        _require(code, "list readers")
        wanted = self._options.names
        # Compared as it stands too: many readers carry brackets in their names.
        return [name for name in names if name == wanted or fnmatch.fnmatchcase(name, wanted)]

    def _look_for_readers(self, context: int) -> None:
        names = self._list(context)
        for gone in set(self._states) - {_HOT_PLUG, *names}:
            del self._states[gone]
            self._lost_until.pop(gone, None)
            self._lift(gone)
        for name in names:
            self._states.setdefault(name, scard.SCARD_STATE_UNAWARE)
        if names:
            self._say(DeviceUp(Device.READER, NAME, all(name.startswith(VIRTUAL) for name in names)))
        else:
            self._say(DeviceDown(Device.READER, NAME, "reader.absent"))

    def _look_for_cards(self, context: int, wait_ms: int) -> None:
        """Tell of the cards that came and went; wait so long for any change."""
        if not self._states:
            self._thread.stopping.wait(wait_ms / 1000)
            return
        code, states = scard.SCardGetStatusChange(context, wait_ms, list(self._states.items()))
        if same(code, scard.SCARD_E_UNKNOWN_READER):
            # A reader was unplugged this moment, or this service does not know the hot-plug name: list, and poll.
            self._states.pop(_HOT_PLUG, None)
            return
        if same(code, scard.SCARD_E_TIMEOUT) or same(code, scard.SCARD_E_CANCELLED):
            return
        _require(code, "wait for cards")
        for name, event, _ in states:
            self._states[name] = event & ~scard.SCARD_STATE_CHANGED
            if name != _HOT_PLUG:
                self._see(name, event)

    def _forgive_lost(self) -> int:
        """Ask afresh about readers whose time is over; how long to wait for changes, in milliseconds."""
        wait = _POLL_MS / 1000
        for reader, until in list(self._lost_until.items()):
            left = until - time.monotonic()
            if left > 0:
                wait = min(wait, left)
            else:
                del self._lost_until[reader]
                self._states[reader] = scard.SCARD_STATE_UNAWARE
        return int(wait * 1000) + 1

    def _see(self, reader: str, event: int) -> None:
        present, count = bool(event & scard.SCARD_STATE_PRESENT), event >> 16
        if reader in self._lost_until:
            if not present:
                del self._lost_until[reader]
            return
        known = self._placed.get(reader)
        if known is not None and (not present or count != known.count):
            # Another count: the card was taken off and one laid down while a job kept this thread busy.
            self._lift(reader)
            known = None
        if present and known is None:
            placed = self._placed[reader] = _Placed(f"{NAME}-{next(self._numbers)}", count)
            self._inbox(CardPlaced(placed.card, reader, reader.startswith(VIRTUAL)))

    def _lift(self, reader: str) -> None:
        placed = self._placed.pop(reader, None)
        if placed is not None:
            self._inbox(CardRemoved(placed.card))

    def _forget_readers(self) -> None:
        self._states.clear()
        self._lost_until.clear()
        for reader in list(self._placed):
            self._lift(reader)

    def _say(self, event: DeviceUp | DeviceDown) -> None:
        if event != self._said:
            self._said = event
            self._inbox(event)

    def _run_jobs(self, context: int | None) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            job.taken.set()
            try:
                if context is not None:
                    # Afresh: a card that was exchanged meanwhile is not the one that this job was meant for, and
                    # whether another program has it open changes without being told.
                    self._states = dict.fromkeys(self._states, scard.SCARD_STATE_UNAWARE)
                    self._look_for_cards(context, 0)
            except FaultError:
                _guarded(job, LostLink())
                raise
            self._run(job)

    def _run(self, job: _Job) -> None:
        reader = next((reader for reader, placed in self._placed.items() if placed.card == job.card), None)
        if reader is None:
            _guarded(job, LostLink())
            return
        in_use = bool(self._states[reader] & (scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE))
        link = PcscLink(reader, job.cancel, self._options.apdu_timeout, in_use=in_use)
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
        if link.lost:
            self._lift(reader)
            self._lost_until[reader] = time.monotonic() + _LOST_FOR


def build(options: ReaderOptions) -> PcscReaders:
    """The entry point ``tram.reader``: all PC/SC readers that match ``options.names``."""
    return PcscReaders(options)


def _guarded(job: _Job, link: PcscLink | LostLink) -> None:
    try:
        job.work(link)
    except Exception as error:  # noqa: BLE001 - a defect in one job must not end the watch over the reader
        # Its text may hold what the card said, so only its kind is told.
        _log.error("a card job ended with %s", type(error).__name__)


def _require(code: int, step: str) -> None:
    if failed(code):
        raise FaultError("reader.service", f"{step}: {code & 0xFFFFFFFF:08X}")


def _info(name: str, event: int, atr: Sequence[int]) -> ReaderInfo:
    present = bool(event & scard.SCARD_STATE_PRESENT)
    return ReaderInfo(name, present, bytes(atr).hex().upper(), name.startswith(VIRTUAL))


def _nobody(_event: object) -> None:
    """Where events go before start."""
