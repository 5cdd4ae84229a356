"""The one thread that decides: takes events from an inbox, advances the session, carries out its effects in order."""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from terminal.clock import Clock
from terminal.events import (
    AskFailed,
    CardPlaced,
    CodeSeen,
    Event,
    MrzTyped,
    NumberTyped,
    ReadFailed,
    RecordFailed,
    Timer,
    TimerFired,
)
from terminal.faults import FaultError
from terminal.flow import effects as to
from terminal.flow.jobs import AskWork, ReadWork
from terminal.flow.recognise import Recognised, recognise_code, recognise_mrz, recognise_typed
from terminal.flow.rules import Rules
from terminal.flow.session import advance
from terminal.flow.states import State
from terminal.flow.views import view_of
from terminal.ports import CardReader, CodeSource, Face
from terminal.traces import describe
from terminal.view import Screen

if TYPE_CHECKING:
    from crypto.codes.ticket import TicketKey

log = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds between two tries of a desk that fails even at beginning anew."""

Recorder = Callable[[to.Record, str, float], None]
"""Writes a decision durably: the effect, the scan id, milliseconds from first sight to decision. Raises FaultError."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the engine works with; what a desk does not have is None."""

    rules: Rules
    face: Face
    clock: Clock
    record: Recorder
    reader: CardReader | None = None
    codes: CodeSource | None = None
    read: Callable[[Callable[[Event], None]], ReadWork] | None = None
    ask: Callable[[Callable[[Event], None]], AskWork] | None = None
    ticket_keys: Sequence[TicketKey] = ()
    event: str = ""
    warm_up: Callable[[], None] = lambda: None


class Engine:
    """Runs one desk. ``post`` may be called from any thread; everything else happens on the engine's own.

    ``watch`` sees every state and the effects that led to it, after they were carried out (demo, tests, bench).
    """

    def __init__(self, desk: Desk, watch: Callable[[State, tuple[to.Effect, ...]], None] | None = None) -> None:
        self._desk = desk
        self._watch = watch
        self._inbox: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._read = desk.read(self.post) if desk.read else None
        self._ask = desk.ask(self.post) if desk.ask else None
        self._net = ThreadPoolExecutor(max_workers=2, thread_name_prefix="net")
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self._boot = uuid.uuid4().hex[:12]
        self._clocks: dict[Timer, tuple[float, int]] = {}
        self._cancel = threading.Event()
        self._seen_at: float | None = None
        self.state = State()

    # Life ------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin: the face is connected, devices start, the session enters STARTING."""
        self._desk.face.connect(self.post)
        self._desk.face.show(view_of(self.state, self._desk.rules))
        self._clocks[Timer.LIFE] = (self._now() + self._desk.rules.times.starting, self.state.arming)
        self._thread.start()
        if self._desk.reader:
            self._desk.reader.start(self.post)
        if self._desk.codes:
            self._desk.codes.start(self.post, self._desk.face.frame)
        self._net.submit(self._warm_up)

    def stop(self) -> None:
        """End: devices stop, running work is cancelled, the thread ends. What was decided is in the journal."""
        self._cancel.set()
        if self._desk.codes:
            self._desk.codes.stop()
        if self._desk.reader:
            self._desk.reader.stop()
        if self._read:
            self._read.close()
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._net.shutdown(wait=False, cancel_futures=True)

    def post(self, event: Event) -> None:
        """Put an event into the inbox; never blocks, never raises."""
        self._inbox.put(event)

    def _warm_up(self) -> None:
        try:
            self._desk.warm_up()
        except Exception as error:  # noqa: BLE001 - whoever needs what is missing says so; now nobody waits for it
            log.warning("not loaded ahead: %s", type(error).__name__)

    def _now(self) -> float:
        return self._desk.clock.monotonic()

    # The loop --------------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while self.turn(self._patience()):
            pass

    def _patience(self) -> float | None:
        if not self._clocks:
            return None
        return max(0.0, min(at for at, _ in self._clocks.values()) - self._now())

    def turn(self, patience: float | None) -> bool:
        """Wait up to ``patience`` seconds for one event and handle it, then the clocks; False when told to stop."""
        try:
            event = self._inbox.get(timeout=patience)
        except queue.Empty:
            self._fire()
            return True
        if event is None:
            return False
        self._handle(event)
        self._fire()
        return True

    def _fire(self) -> None:
        now = self._now()
        due = [(timer, arming) for timer, (at, arming) in self._clocks.items() if at <= now]
        for timer, _ in due:  # all before the first is handled: that may arm the others anew
            del self._clocks[timer]
        for timer, arming in due:
            self._handle(TimerFired(timer, arming))

    def _handle(self, event: Event) -> None:
        before, came_at = self.state, self._now()
        presented = isinstance(event, CardPlaced | CodeSeen | NumberTyped | MrzTyped)
        try:
            recognised = self._recognised(event)
            self.state, todo = advance(before, recognised, self._desk.rules)
            if self._seen_at is None and presented:
                self._seen_at = came_at
            refused = next((fault for effect in todo if (fault := self._carry_out(effect))), None)
            if self._seen_at is None and presented and self.state.case is not None:
                self._seen_at = came_at  # the wipe of the person before forgot it
            if self._watch and (todo or self.state is not before):
                self._watch(self.state, todo)
        except Exception as error:  # noqa: BLE001 - it must outlive its own defects: the desk begins anew
            log.error("event %s failed: %s", type(event).__name__, describe(error))
            self._begin_anew(pause=_PAUSE if before.screen is Screen.STARTING else 0.0)
            return
        if refused:  # at once: anything else that is shown in this state could show the verdict
            self._handle(RecordFailed(self.state.session, refused))

    def _begin_anew(self, pause: float) -> None:
        """Drop the person; the devices are as they were."""
        self.state = replace(
            self.state,
            screen=Screen.STARTING,
            session=self.state.session + 1,
            arming=self.state.arming + 1,
            case=None,
            notice=None,
        )
        self._clocks = {Timer.LIFE: (self._now() + pause, self.state.arming)}

    def _recognised(self, event: Event) -> Event | Recognised:
        if isinstance(event, CodeSeen):
            now = self._desk.clock.now()
            desk = self._desk
            return recognise_code(event.payload, desk.ticket_keys, now, event=desk.event, simulated=event.simulated)
        if isinstance(event, NumberTyped):
            return recognise_typed(event)
        return recognise_mrz(event) if isinstance(event, MrzTyped) else event

    # Effects ---------------------------------------------------------------------------------------------------------

    def _carry_out(self, effect: to.Effect) -> str | None:
        """Do it; the fault of a journal that refused a decision, after which nothing more of the row may be done."""
        if isinstance(effect, to.Show):
            self._desk.face.show(effect.view)
        elif isinstance(effect, to.Play):
            self._desk.face.play(effect.cue)
        elif isinstance(effect, to.Arm):
            self._clocks[effect.timer] = (self._now() + effect.seconds, effect.arming)
        elif isinstance(effect, to.Record):
            return self._record(effect)
        elif isinstance(effect, to.StartRead):
            self._start_read(effect)
        elif isinstance(effect, to.AskPerson | to.AskTicket):
            self._start_question(effect)
        elif isinstance(effect, to.Look):
            if self._desk.codes:
                self._desk.codes.pause(not effect.on)
        else:
            self._cancel.set()
            if isinstance(effect, to.Wipe):
                self._forget()
        return None

    def _forget(self) -> None:
        self._seen_at = None
        if self._read is not None:
            self._read.forget()

    def _record(self, effect: to.Record) -> str | None:
        spent = (self._now() - self._seen_at) * 1000 if self._seen_at is not None else 0.0
        try:
            self._desk.record(effect, self._scan_id(effect.session), spent)
        except FaultError as error:
            log.error("journal: %s", error)
            return error.fault.code
        return None

    def _start_read(self, effect: to.StartRead) -> None:
        if self._desk.reader is None or self._read is None:
            self.post(ReadFailed(effect.session, "reader.absent"))
            return
        self._cancel = threading.Event()
        self._desk.reader.submit(effect.card, self._read.job(effect), self._cancel)

    def _start_question(self, effect: to.AskPerson | to.AskTicket) -> None:
        if self._ask is None:
            self.post(AskFailed(effect.session, "net.down"))
            return
        now = self._desk.clock.now()
        if isinstance(effect, to.AskPerson):
            scan_id = f"{self._scan_id(effect.session)}-{effect.attempt}"
            self._net.submit(self._ask.person, effect, scan_id, now)
        else:
            self._net.submit(self._ask.ticket, effect, self._scan_id(effect.session), now)

    def _scan_id(self, session: int) -> str:
        return f"{self._boot}-{session}"
