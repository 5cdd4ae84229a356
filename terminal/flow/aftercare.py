"""What follows a decision while the next person is served: the payer is asked again, the hospital gets the result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from terminal.events import Event, HandOverFailed, HandOverLost
from terminal.faults import FaultError
from terminal.flow import effects as to
from terminal.flow.jobs import question_of
from terminal.traces import describe

if TYPE_CHECKING:
    from terminal.flow.desk import Desk

log = logging.getLogger(__name__)

AGAIN = 60.0
"""Seconds between two rounds of asking again (facts: gate §3.2)."""

Later = Callable[[float, Callable[[], None]], None]
"""Calls something on the engine's thread after so many seconds."""


class Aftercare:
    """Waits for nothing: what takes time runs on ``net`` and posts events."""

    def __init__(self, desk: Desk, post: Callable[[Event], None], net: ThreadPoolExecutor, later: Later) -> None:
        self._desk = desk
        self._post = post
        self._net = net
        self._later = later

    def start(self) -> None:
        """Begin: what was left to be asked before the last stop is asked soon."""
        if self._desk.hands:
            self._desk.hands.start(self._post)
        if self._desk.exchange:
            self._desk.exchange.start(self._post)
        if self._desk.rechecks:
            self._later(AGAIN / 10, self._round)

    def stop(self) -> None:
        """End, also when one of them fails at it."""
        with ExitStack() as stops:
            if self._desk.hands:
                stops.callback(self._desk.hands.stop)
            if self._desk.exchange:
                stops.callback(self._desk.exchange.stop)

    def ask_later(self, effect: to.AskLater, scan_id: str, now: datetime) -> None:
        """Keep the question until the payer can be reached."""
        rechecks = self._desk.rechecks
        if rechecks is not None:
            question = question_of(effect.person, scan_id, now)
            self._net.submit(self._guarded, lambda: rechecks.keep(question, effect.told, effect.session))

    def hand_over(self, effect: to.HandOver, scan_id: str) -> None:
        """Give the result to the hospital's system."""
        if self._desk.hands:
            self._desk.hands.hand(effect, scan_id)

    @staticmethod
    def in_time(event: Event, session: int) -> Event:
        """The event; one about somebody who has gone, as far as people must still know of it."""
        if isinstance(event, HandOverFailed) and event.session != session and event.fault == "handover.given_up":
            return HandOverLost(event.to)
        return event

    def _round(self) -> None:
        rechecks = self._desk.rechecks
        if rechecks is not None:
            self._net.submit(self._guarded, lambda: rechecks.turn(self._post))
        self._later(AGAIN, self._round)

    @staticmethod
    def _guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except FaultError as error:
            log.error("asking again: %s", error)
        except Exception as error:  # noqa: BLE001 - the last stop before a net thread; the next round tries again
            log.error("asking again: %s", describe(error))
