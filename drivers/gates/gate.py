"""A gate: the thread that owns its board, lets one person through at a time, and tells whether they went."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from drivers.device import BackOff, DeviceThread, Lane, StuckError
from drivers.gates.board import Board
from drivers.gates.passages import Passages
from terminal.clock import Clock, SystemClock
from terminal.events import Device, DeviceDown, DeviceUp, GateBlocked, GateTurned
from terminal.faults import FaultError
from terminal.outputs import GateOptions, Position
from terminal.ports import Inbox
from terminal.traces import describe

_log = logging.getLogger(__name__)

PAUSE = 0.3
"""Seconds for which the gate locks after each passage. Turnstiles that release one turn for one pulse need it between
two people; and an arm that moved when the time was over comes to its contact within it."""

LOOK_EVERY = 0.02
"""Seconds between two looks at the contact, besides what the bus needs."""

_WRITE_EVERY = 1.0
"""The output is written again so often: a board that is gone is noticed, one that restarted stands right again."""

_CONNECT_WITHIN = 5.0
_CALL_WITHIN = 1.0
_LET_GO_WITHIN = 0.4


class DrivenGate:
    """A `terminal.outputs.Gate` over a board, which ``board_from`` makes anew for every connection."""

    def __init__(
        self,
        options: GateOptions,
        board_from: Callable[[], Board],
        clock: Clock | None = None,
        *,
        simulated: bool = False,
    ) -> None:
        self._options = options
        self._board_from = board_from
        self._clock = clock or SystemClock()
        self._simulated = simulated
        self._thread = DeviceThread("dev-gate", self._work)
        self._inbox: Inbox = _nobody
        self._said: DeviceUp | DeviceDown | None = None
        # Shared with the callers, under the lock.
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._away = True
        self._asked: list[str] = []
        self._position: Position = "shut"
        self._connecting: Lane | None = None
        # The thread's own.
        self._passages = Passages(options.seconds, PAUSE)
        self._expired: list[str] = []
        self._expired_until = float("-inf")
        self._free_until = float("-inf")
        self._released: bool | None = None
        self._written = float("-inf")

    @property
    def simulated(self) -> bool:
        """Whether this is a double."""
        return self._simulated

    @property
    def tells(self) -> bool:
        """Whether it has a contact."""
        return self._options.input is not None

    def check(self) -> None:
        """Connect, look at the contact if there is one, and let go. Raises FaultError."""
        board = self._board_from()
        lane = Lane("dev-gate-check", board.close)
        try:
            lane.call(board.connect, _CONNECT_WITHIN)
            if self.tells:
                lane.call(board.turns, _CALL_WITHIN)
        except StuckError as error:
            raise FaultError("gate.absent", "a call did not return") from error
        finally:
            lane.close()

    def start(self, inbox: Inbox) -> None:
        """Take hold of the board, in the shut position."""
        self._inbox = inbox
        self._position = "shut"
        self._forget()
        self._said = None
        self._thread.start()

    def open(self, passage: str) -> None:
        """Release one passage; without a board it is blocked at once."""
        with self._lock:
            away = self._away
            if not away:
                self._asked.append(passage)
        if away:
            self._inbox(GateBlocked(passage, "gate.absent"))
        else:
            self._wake.set()

    def hold(self, position: Position) -> None:
        """Stay open, or let one at a time through again; a board that is away learns it when it is back."""
        with self._lock:
            self._position = position
        self._wake.set()

    def stop(self) -> None:
        """Let the board go with its output off, which is what ``fails`` is about."""
        self._thread.stop(self._interrupt)

    def _interrupt(self) -> None:
        self._wake.set()
        with self._lock:
            if self._connecting is not None:
                self._connecting.interrupt()

    def _work(self) -> None:
        back_off = BackOff()
        while not self._thread.stopping.is_set():
            board = self._board_from()
            lane = Lane("dev-gate-board", board.close)
            try:
                self._use(lane, board, back_off)
            except FaultError as error:
                self._lost(error.fault.code, error.detail)
            except StuckError:
                self._lost("gate.absent", "a call did not return")
            except Exception as error:  # noqa: BLE001 - a gate whose thread has ended opens in no emergency
                self._lost("gate.absent", describe(error))
            finally:
                self._set_away()
                lane.close()
            back_off.pause(self._thread.stopping)
            while not lane.ended and not self._thread.stopping.is_set():
                # A second handle beside a stuck one helps nobody and would leave a thread behind each time.
                back_off.pause(self._thread.stopping)

    def _use(self, lane: Lane, board: Board, back_off: BackOff) -> None:
        self._connect(lane, board)
        self._stand(lane, board, self._clock.monotonic())
        with self._lock:
            self._away = False
        self._say(DeviceUp(Device.GATE, self._options.address, self._simulated))
        back_off.success()
        while not self._thread.stopping.is_set():
            turns = lane.call(board.turns, _CALL_WITHIN) if self.tells else 0
            now = self._clock.monotonic()
            self._count(turns, now)  # before the orders: who is admitted now has not gone through yet
            self._take_orders(now)
            self._end_late(now)
            self._stand(lane, board, now)
            self._tell_expired(now)
            self._wake.wait(self._rest(now))
            self._wake.clear()
        lane.call(lambda: board.drive(False), _LET_GO_WITHIN)

    def _connect(self, lane: Lane, board: Board) -> None:
        with self._lock:
            self._connecting = lane
        try:
            if self._thread.stopping.is_set():
                raise StuckError
            lane.call(board.connect, _CONNECT_WITHIN)
        finally:
            with self._lock:
                self._connecting = None

    def _take_orders(self, now: float) -> None:
        with self._lock:
            asked, self._asked = self._asked, []
            held = self._position == "open"
        full = [passage for passage in asked if not self._passages.open(passage, now)]
        for passage in full:
            self._tell(GateBlocked(passage, "gate.not_turned"))
        if held:
            for passage in [*self._expired, *self._passages.end()]:
                self._tell(GateTurned(passage))
            self._expired = []
            self._free_until = now + PAUSE

    def _count(self, turns: int, now: float) -> None:
        for _ in range(turns):
            passage = self._expired.pop(0) if self._expired else self._passages.turned(now)
            if passage or now >= self._free_until:
                self._tell(GateTurned(passage))

    def _end_late(self, now: float) -> None:
        late = self._passages.expired(now)
        if late:
            self._expired += late
            self._expired_until = now + PAUSE

    def _stand(self, lane: Lane, board: Board, now: float) -> None:
        """Have the output as it must be now."""
        since = self._passages.released_from
        released = self._position == "open" or (since is not None and since <= now)
        if released != self._released or now - self._written >= _WRITE_EVERY:
            lane.call(lambda: board.drive(released == (self._options.fails == "shut")), _CALL_WITHIN)
            self._released, self._written = released, now

    def _tell_expired(self, now: float) -> None:
        """An admission is undone only once the gate is locked and its arm at rest."""
        if self._expired and now >= self._expired_until:
            for passage in self._expired:
                self._tell(GateBlocked(passage, "gate.not_turned"))
            self._expired = []

    def _rest(self, now: float) -> float:
        """How long nothing will have to be done."""
        moments = [self._written + _WRITE_EVERY]
        if self.tells:
            moments.append(now + LOOK_EVERY)
        if self._expired:
            moments.append(self._expired_until)
        moments += [
            moment for moment in (self._passages.released_from, self._passages.until) if moment and moment > now
        ]
        return max(min(moments) - now, 0.0)

    def _set_away(self) -> None:
        """From now on every passage is blocked at once; one that was asked for and not yet taken up, too."""
        with self._lock:
            self._away = True
            asked, self._asked = self._asked, []
        for passage in asked:
            self._inbox(GateBlocked(passage, "gate.absent"))

    def _lost(self, fault: str, detail: str) -> None:
        self._set_away()
        if self._thread.stopping.is_set():
            return
        _log.warning("gate: %s %s", fault, detail)
        self._say(DeviceDown(Device.GATE, self._options.address, fault))
        # What the gate was doing when it was last heard of decides. Released, or locked with an arm that may still
        # move, people were on their way through, and nobody can say whether they were: those admissions stand
        # (docs/decisions/0025).
        for passage in self._expired:
            self._tell(GateTurned(passage))
        doubtful = bool(self._released)
        for passage in self._passages.end():
            if doubtful:
                self._tell(GateTurned(passage))
            else:
                self._inbox(GateBlocked(passage, "gate.absent"))
        self._forget()

    def _forget(self) -> None:
        self._passages.end()
        self._expired, self._released = [], None

    def _tell(self, event: GateTurned | GateBlocked) -> None:
        if self.tells:
            self._inbox(event)

    def _say(self, event: DeviceUp | DeviceDown) -> None:
        if event != self._said:
            self._said = event
            self._inbox(event)


def _nobody(_event: object) -> None:
    """Where events go before start."""
