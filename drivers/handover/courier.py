"""Brings results to a receiver one after the other, on a thread of its own, for as long as they may be kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from drivers.device import DeviceThread, Lane, StuckError
from drivers.handover.waiting import Waiting, WaitingRoom
from terminal.clock import Clock
from terminal.events import Event, HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.handing import Handed
from terminal.ports import Inbox
from terminal.traces import describe

_log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two tries: a receiver that takes a message but never says so is not flooded with it."""

_LOOK_EVERY = 5.0
"""Seconds between two looks for results whose time is over."""

_MARGIN = 1.0

Deliver = Callable[[Handed], None]
"""Hands one over, blocking; raises FaultError."""


class Courier:
    """A `terminal.outputs.HandOver` but for ``check``, around ``deliver``, which is given ``within`` seconds."""

    simulated = False

    def __init__(self, name: str, deliver: Deliver, clock: Clock, keep: float, within: float) -> None:
        self.name = name
        self._deliver = deliver
        self._within = within + _MARGIN
        self._thread = DeviceThread(f"dev-handover-{name}", self._work)
        self._inbox: Inbox = _nobody
        # Shared with the callers, under the lock.
        self._changed = threading.Condition()
        self._room = WaitingRoom(clock, keep)
        self._hurry = False
        # The thread's own.
        self._lane: Lane | None = None
        self._stuck = False
        self._pause = FIRST_PAUSE

    def start(self, inbox: Inbox) -> None:
        """Begin to hand over."""
        self._inbox = inbox
        self._thread.start()

    def hand(self, handed: Handed) -> None:
        """Hand this over, now or when possible."""
        with self._changed:
            dropped = self._room.add(handed)
            self._hurry = True
            self._changed.notify_all()
        self._give_up(dropped)

    def again(self) -> None:
        """Try at once what waits, also what was refused."""
        with self._changed:
            self._room.release()
            self._hurry = True
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread, whatever the receiver does, and forget what waits."""
        self._thread.stop(self._wake)
        with self._changed:
            self._room.clear()

    def _wake(self) -> None:
        lane = self._lane
        if lane is not None:
            lane.interrupt()
        with self._changed:
            self._changed.notify_all()

    def _work(self) -> None:
        while not self._thread.stopping.is_set():
            with self._changed:
                self._hurry = False
                over, one = self._room.expired(), self._room.next()
            self._give_up(over)
            if one is None:
                self._wait(_LOOK_EVERY if len(self._room) else None)
                continue
            try:
                self._try(one)
            except FaultError as error:
                self._failed(one, error)
            except Exception as error:  # noqa: BLE001 - a defect loses one result, never the thread
                _log.error("%s: %s", self.name, describe(error))
                self._failed(one, FaultError("internal", type(error).__name__))
            else:
                self._pause = FIRST_PAUSE
                with self._changed:
                    self._room.done(one)
                self._tell(HandedOver(one.handed.session, self.name))
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def _try(self, one: Waiting) -> None:
        """On a thread aside: a share whose server died holds up a write for ever."""
        if self._lane is not None and self._stuck:
            if not self._lane.ended:
                raise FaultError("handover.silent", "still busy with an earlier result")
            self._lane = None
        if self._lane is None:
            self._lane, self._stuck = Lane(f"dev-handover-{self.name}-out", _nothing), False
        try:
            self._lane.call(lambda: self._deliver(one.handed), self._within)
        except StuckError:
            self._stuck = True
            raise FaultError("handover.silent", "did not return") from None

    def _failed(self, one: Waiting, error: FaultError) -> None:
        """A refusal is about this result; any other fault is about the way, and so about all who wait."""
        if self._thread.stopping.is_set():
            return
        code = error.fault.code
        refused = code == "handover.refused"
        with self._changed:
            concerned = (one,) if refused else tuple(other for other in self._room if not other.held)
            news = [other for other in concerned if self._room.failed(other, code, held=refused)]
        for other in news:
            _log.warning("%s: %s", self.name, error)
            self._tell(HandOverFailed(other.handed.session, self.name, code))
        if not refused:
            self._wait(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _wait(self, seconds: float | None) -> None:
        """Until somebody hands over or asks again, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._hurry or self._thread.stopping.is_set(), seconds)

    def _give_up(self, dropped: tuple[Waiting, ...]) -> None:
        for one in dropped:
            self._tell(HandOverFailed(one.handed.session, self.name, "handover.given_up"))

    def _tell(self, event: Event) -> None:
        self._inbox(event)


def _nobody(_event: Event) -> None:
    """The inbox of a way that was not started."""


def _nothing() -> None:
    """Each delivery lets go of what it holds itself."""
