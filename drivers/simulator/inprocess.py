"""A reader double in this very process, behind the same port as a PC/SC reader.

No entry point names it, so no site configuration can select it: only the demo's table hands it out.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crypto.errors import CancelledError, CardLostError
from drivers.device import DeviceThread, Lane, StuckError
from drivers.pcsc_names import chosen
from drivers.simulator.presented import PresentedCard
from terminal.events import CardPlaced, CardRemoved, Device, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CardJob, Inbox, ReaderInfo, ReaderOptions

NAME = "Virtual reader (SIMULATED)"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Placed:
    name: str
    card: PresentedCard


class SimulatedReader:
    """A ``terminal.ports.CardReader`` with one slot, on which ``place`` and ``lift`` put simulated cards."""

    def __init__(self, options: ReaderOptions | None = None) -> None:
        self._options = options or ReaderOptions()
        self._thread = DeviceThread("dev-sim", self._work)
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._inbox: Inbox = _nobody
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._slot: _Placed | None = None
        self._told: _Placed | None = None
        self._link: _Link | None = None

    def start(self, inbox: Inbox) -> None:
        """Begin to watch for cards; one that lies there already is told of at once."""
        self._inbox = inbox
        self._wake()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a running job's next APDU is refused."""
        self._thread.stop(self._wake_to_stop)

    def readers(self) -> Sequence[ReaderInfo]:
        """The one slot, if its name matches."""
        if not self._wanted:
            return ()
        slot = self._present()
        return (ReaderInfo(NAME, slot is not None, slot.card.atr.hex().upper() if slot else "", simulated=True),)

    def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
        """Run ``job`` on the thread ``dev-sim``."""
        self._tasks.put(lambda: self._run(card, job, cancel))

    def place(self, card: PresentedCard) -> None:
        """Lay ``card`` down, in the place of one that lies there. From any thread."""
        self.lift()
        with self._lock:
            self._slot = _Placed(f"sim-{next(self._numbers)}", card)
        self._wake()

    def lift(self, after_apdus: int = 0) -> None:
        """Take the card off, now or after so many more APDUs; nothing happens without one. From any thread."""
        with self._lock:
            if self._slot is not None:
                self._slot.card.lift(after_apdus)
        self._wake()

    @property
    def _wanted(self) -> bool:
        return bool(chosen([NAME], self._options.names))

    def _wake(self) -> None:
        self._tasks.put(_nothing)

    def _wake_to_stop(self) -> None:
        with self._lock:
            if self._link is not None:
                self._link.interrupt()
        self._wake()

    def _present(self) -> _Placed | None:
        with self._lock:
            return self._slot if self._wanted and self._slot is not None and not self._slot.card.gone else None

    def _work(self) -> None:
        if self._wanted:
            self._inbox(DeviceUp(Device.READER, NAME, simulated=True))
        while not self._thread.stopping.is_set():
            self._tasks.get()()
            self._tell()
        # Whoever waits for a job still hears of it: its link is interrupted.
        while not self._tasks.empty():
            self._tasks.get()()
        if self._told is not None:
            self._inbox(CardRemoved(self._told.name))
            self._told = None

    def _tell(self) -> None:
        now = self._present()
        if self._told is not None and self._told is not now:
            self._inbox(CardRemoved(self._told.name))
            self._told = None
        if now is not None and self._told is None:
            self._told = now
            self._inbox(CardPlaced(now.name, NAME, simulated=True))

    def _run(self, name: str, job: CardJob, cancel: threading.Event) -> None:
        slot = self._present()
        link = _Link(slot.card if slot is not None and slot.name == name else None, cancel, self._options.apdu_timeout)
        with self._lock:
            self._link = link
        if self._thread.stopping.is_set():
            link.interrupt()
        try:
            job(link)
        except Exception as error:  # noqa: BLE001 - a defect in one job must not end the watch over the reader
            # Its text may hold what the card said, so only its kind is told.
            _log.error("a card job ended with %s", type(error).__name__)
        finally:
            with self._lock:
                self._link = None
            link.close()


class _Link:
    """A ``terminal.ports.CardLink`` to a simulated card, or to none. The card answers on a lane: it may be silent."""

    reader = NAME
    simulated = True

    def __init__(self, card: PresentedCard | None, cancel: threading.Event, timeout: float) -> None:
        self._card = card
        self._cancel = cancel
        self._timeout = timeout
        self._stopped = False
        self._lane = Lane("dev-sim-card", card.reset if card is not None else _nothing)
        self.atr = card.atr if card is not None else b""

    def transceive(self, command: bytes) -> bytes:
        """One APDU. Raises CardLostError, CancelledError, FaultError ``card.silent``."""
        card = self._card
        if self._cancel.is_set() or self._stopped:
            raise CancelledError
        if card is None:
            raise CardLostError("the card was gone before its turn")
        try:
            return self._lane.call(lambda: card.transmit(command), self._timeout)
        except StuckError:
            if self._stopped:
                raise CancelledError from None
            raise FaultError("card.silent", "an APDU overran") from None

    def interrupt(self) -> None:
        """The reader stops: end the running APDU's wait. From any thread."""
        self._stopped = True
        self._lane.interrupt()

    def close(self) -> None:
        """Power the card down, so that a session's rights do not outlive the job."""
        self._lane.close()


def _nothing() -> None:
    """A task that only wakes the thread."""


def _nobody(_event: object) -> None:
    """Where events go before start."""
