"""The hand that lays simulated cards on a virtual reader and takes them off, no faster than a person could."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from drivers.simulator.presented import PresentedCard
from drivers.simulator.vpcd import VpcdCard
from terminal.faults import FaultError

PAUSE = 1.0
"""Seconds between taking one card off and laying the next down. The daemon looks for the card every 0.4 s only: one
that comes sooner is taken for the old one, which no pair of human hands can bring about."""

_log = logging.getLogger(__name__)


class Hand(Protocol):
    """Lays cards on one reader."""

    def place(self, card: PresentedCard) -> None:
        """Lay ``card`` down, in the place of one that lies there. Raises FaultError ``reader.service``."""
        ...

    def lift(self, after_apdus: int = 0) -> None:
        """Take the card off, now or after so many more APDUs; nothing happens without one."""
        ...


class VirtualHand:
    """A hand over the virtual reader at ``address``. Callable from any thread, returns at once.

    A card that has to wait for its turn is laid down by a thread of the hand's own; should the reader be gone by then,
    only the log tells.
    """

    def __init__(self, address: tuple[str, int], pause: float = PAUSE) -> None:
        self._address = address
        self._pause = pause
        self._lock = threading.RLock()
        self._card: PresentedCard | None = None
        self._virtual: VpcdCard | None = None
        self._waiting: threading.Timer | None = None
        self._free_from = 0.0

    def place(self, card: PresentedCard) -> None:
        """Lay ``card`` down, at once or as soon as the reader can notice that another one comes."""
        with self._lock:
            self.lift()
            self._card = card
            left = self._free_from - time.monotonic()
            if left <= 0:
                self._attach(card)
                return
            self._waiting = threading.Timer(left, self._attach_later, [card])
            self._waiting.daemon = True
            self._waiting.start()

    def lift(self, after_apdus: int = 0) -> None:
        """Take the card off, now or after so many more APDUs."""
        with self._lock:
            if self._card is None:
                return
            self._card.lift(after_apdus)
            if after_apdus == 0:
                self._let_go()

    def _let_go(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        if self._virtual is not None:
            self._virtual.remove()
            self._free_from = self._virtual.ended_at + self._pause
        self._card = self._virtual = self._waiting = None

    def _attach_later(self, card: PresentedCard) -> None:
        with self._lock:
            if self._card is not card:
                return
            self._waiting = None
            try:
                self._attach(card)
            except FaultError as error:
                _log.error("the simulated card could not be laid down: %s", error)

    def _attach(self, card: PresentedCard) -> None:
        virtual = VpcdCard(card, *self._address)
        try:
            virtual.place()
        except OSError as error:
            self._card = None
            host, port = self._address
            raise FaultError("reader.service", f"no virtual reader at {host}:{port}") from error
        self._virtual = virtual
