"""Cards, readers and the service come and go at any moment of a read: the driver gets over all of it by itself."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from crypto.errors import CancelledError, CardLostError
from drivers import pcsc_watch
from drivers.pcsc import PcscReaders, build
from terminal.events import CardPlaced, CardRemoved, DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.ports import CardLink, ReaderOptions
from tests.contract.test_card_reader import SELECT
from tests.pcscd import PcscDaemon
from tests.stub_chip import StubChip, echo

RECOVERED = 5.0
"""Seconds within which a card is read whole again after what was missing is back."""


class Desk:
    """Reads every card that is placed, over and over, also one that was silent, and keeps all that was told."""

    def __init__(self) -> None:
        self.reader: PcscReaders = build(ReaderOptions(names="Virtual*", apdu_timeout=0.5))
        self.events: list[Event] = []
        self._there: set[str] = set()
        self._reads = 0
        self._told = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._told:
            self.events.append(event)
            if isinstance(event, CardRemoved):
                self._there.discard(event.card)
            if isinstance(event, CardPlaced):
                self._there.add(event.card)
        if isinstance(event, CardPlaced):
            self._read(event.card)

    def _read(self, card: str) -> None:
        def job(link: CardLink) -> None:
            try:
                for _ in range(40):
                    link.transceive(SELECT)
            except (CardLostError, CancelledError):
                # It is placed again once it is back, unless the desk closes.
                return
            except FaultError:
                self._again(card)
            else:
                self._again(card, read=1)

        self.reader.submit(card, job, threading.Event())

    def _again(self, card: str, read: int = 0) -> None:
        with self._told:
            self._reads += read
            self._told.notify_all()
            there = card in self._there
        if there:
            self._read(card)

    def wait_for_reads(self, count: int) -> None:
        """Wait until so many cards more have been read whole."""
        with self._told:
            wanted = self._reads + count
            assert self._told.wait_for(lambda: self._reads >= wanted, RECOVERED), self.events[-6:]


def torn(daemon: PcscDaemon, chips: list[StubChip], chance: random.Random) -> None:
    """The card is torn off and laid again, at once or later."""
    slot = chance.randrange(len(chips))
    chips[slot].lift()
    _pass(chance.choice([0.0, 0.0, 0.05, 0.5]))
    chips[slot] = StubChip(daemon.ports[slot], echo)


def killed(daemon: PcscDaemon, chips: list[StubChip], chance: random.Random) -> None:
    """The service crashes, or is stopped, in the middle of a read, and its manager starts it again."""
    chance.choice([daemon.kill, daemon.stop])()
    for chip in chips:
        chip.lift()
    _pass(chance.uniform(0.0, 0.3))
    daemon.start()
    chips[:] = [StubChip(port, echo) for port in daemon.ports]


def halted(daemon: PcscDaemon, _chips: list[StubChip], chance: random.Random) -> None:
    """The service hangs for a while."""
    daemon.halt()
    _pass(chance.uniform(0.1, 1.5))
    daemon.resume()


def _pass(seconds: float) -> None:
    threading.Event().wait(seconds)


def _open_now() -> tuple[int, int]:
    return len(os.listdir("/proc/self/fd")), threading.active_count()


@pytest.mark.parametrize("seed", [1])
def test_whatever_comes_and_goes_the_next_card_is_read(
    seed: int, pcscd: PcscDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_watch, "_HUNG", 0.3)
    chance = random.Random(seed)
    before = _open_now()
    desk = Desk()
    desk.reader.start(desk)
    chips = [StubChip(port, echo) for port in pcscd.ports]
    happenings: list[Callable[[PcscDaemon, list[StubChip], random.Random], None]] = [torn, killed, halted] * 4
    chance.shuffle(happenings)
    try:
        for happening in happenings[:10]:
            desk.wait_for_reads(2)
            _pass(chance.uniform(0.0, 0.05))
            happening(pcscd, chips, chance)
        desk.wait_for_reads(2)
    finally:
        desk.reader.stop()
        for chip in chips:
            chip.lift()
    _wait_until(lambda: _open_now() == before)
    assert _open_now() == before
    _check_order(desk.events)


def _wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 5.0
    while not true() and time.monotonic() < until:
        _pass(0.02)


def _check_order(events: list[Event]) -> None:
    """A card goes before the next one comes to its reader, none lies there while the readers are down."""
    lying: dict[str, str] = {}
    for event in events:
        if isinstance(event, CardPlaced):
            assert event.reader not in lying
            lying[event.reader] = event.card
        if isinstance(event, CardRemoved):
            lying = {reader: card for reader, card in lying.items() if card != event.card}
        if isinstance(event, DeviceDown):
            assert not lying
    assert not lying
    cards = [event.card for event in events if isinstance(event, CardPlaced)]
    assert (
        sorted(cards) == sorted(set(cards)) == sorted(event.card for event in events if isinstance(event, CardRemoved))
    )
    device = [type(event) for event in events if isinstance(event, DeviceDown | DeviceUp)]
    assert device[0] is DeviceUp
    assert all(one is not other for one, other in pairwise(device))
