"""The one thread that decides: takes events from an inbox, advances the session, carries out its effects in order."""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from terminal.events import (
    AskFailed,
    CardPlaced,
    CodeSeen,
    Event,
    MrzTyped,
    NumberTyped,
    ReadFailed,
    RecordFailed,
    SelfTested,
    Timer,
    TimerFired,
)
from terminal.faults import FaultError
from terminal.flow import effects as to
from terminal.flow.aftercare import Aftercare
from terminal.flow.desk import Desk, Noted
from terminal.flow.equipment import Equipment
from terminal.flow.recognise import Recognised, recognise_code, recognise_mrz, recognise_typed
from terminal.flow.scans import ScanIds
from terminal.flow.session import advance
from terminal.flow.states import State
from terminal.flow.views import view_of
from terminal.model import Outcome, RedeemAnswer, Redeemed, Source
from terminal.traces import describe
from terminal.view import Screen

log = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds between two tries of a desk that fails even at beginning anew."""

_TEST_AGAIN, _TEST_BROKEN = 600.0, 5.0
"""Seconds until the next self-test: disks fill and lists age while the desk serves; a broken desk heals itself."""

_AFTER_SOUND = 0.6
"""Seconds after which the longest sound is over and a voice can be understood."""


_Used = (
    to.Look | to.OpenGate | to.HoldGate | to.Annul | to.Note | to.PrintSlip | to.Say | to.AskLater | to.HandOver
)  # fmt: skip


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
        self._net = ThreadPoolExecutor(max_workers=3, thread_name_prefix="net")
        self._equipment = Equipment(desk, self._ask, self.post, self._net, self._call_later)
        self._aftercare = Aftercare(desk, self.post, self._net, self._call_later)
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self._scans = ScanIds(uuid.uuid4().hex[:12])
        self._clocks: dict[Timer, tuple[float, int]] = {}
        self._calls: list[tuple[float, Callable[[], None]]] = []
        self._cancel = threading.Event()
        self._seen_at: float | None = None
        self.state = State()

    # Life ------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin: the face is connected, devices start, the session enters STARTING."""
        self._desk.face.connect(self.post)
        self._desk.face.show(view_of(self.state, self._desk.rules))
        self._clocks[Timer.LIFE] = (self._now() + self._desk.rules.times.starting, self.state.arming)
        self._equipment.start(self._desk.face.frame)  # first: what is asked of a gate before its start is lost
        self._aftercare.start()
        self._thread.start()
        if self._desk.reader:
            self._desk.reader.start(self.post)
        self._net.submit(self._warm_up)
        self._net.submit(self._self_test)

    def stop(self) -> None:
        """End: devices stop, running work is cancelled, the thread ends. What was decided is in the journal."""
        self._cancel.set()
        self._equipment.stop()
        self._aftercare.stop()
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

    def _self_test(self) -> None:
        if self._desk.self_test is None:
            return
        try:
            self.post(self._desk.self_test())
        except Exception as error:  # noqa: BLE001 - a test that cannot be run says nothing against serving people
            log.error("self-test: %s", describe(error))
            self.post(SelfTested())

    def _now(self) -> float:
        return self._desk.clock.monotonic()

    # The loop --------------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while self.turn(self._patience()):
            pass

    def _patience(self) -> float | None:
        times = [at for at, _ in self._clocks.values()] + [at for at, _ in self._calls]
        return max(0.0, min(times) - self._now()) if times else None

    def _call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self._calls.append((self._now() + seconds, call))

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
        calls = [call for at, call in self._calls if at <= now]
        self._calls = [(at, call) for at, call in self._calls if at > now]
        for call in calls:
            self._call(call)

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - nothing that was put off may end the desk
            log.error("a call that was put off failed: %s", describe(error))

    def _handle(self, event: Event) -> None:
        before = self.state.screen
        try:
            refused = self._take_in(event)
        except Exception as error:  # noqa: BLE001 - it must outlive its own defects: the desk begins anew
            log.error("event %s failed: %s", type(event).__name__, describe(error))
            self._begin_anew(pause=_PAUSE if before is Screen.STARTING else 0.0)
            return
        if refused:  # at once: anything else that is shown in this state could show the verdict
            self._handle(RecordFailed(self.state.session, refused))

    def _take_in(self, event: Event) -> str | None:
        """Advance the session and carry out what it wants; the fault of a journal that refused a decision."""
        if self._equipment.heard(event, self._desk.clock.now):
            return None
        if isinstance(event, SelfTested):
            wait = _TEST_BROKEN if event.broken else _TEST_AGAIN
            self._call_later(wait, lambda: self._submit(self._self_test))
        event = self._aftercare.in_time(event, self.state.session)
        before, came_at = self.state, self._now()
        presented = isinstance(event, CardPlaced | CodeSeen | NumberTyped | MrzTyped)
        recognised = self._recognised(event)
        self.state, todo = advance(before, recognised, self._desk.rules)
        if self._seen_at is None and presented:
            self._seen_at = came_at
        refused = next((fault for effect in todo if (fault := self._carry_out(effect))), None)
        self._equipment.done_with(event)
        if self._seen_at is None and presented and self.state.case is not None:
            self._seen_at = came_at  # the wipe of the person before forgot it
        if self._watch and (todo or self.state is not before):
            self._watch(self.state, todo)
        return refused

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
            desk = self._desk
            now = desk.now() if desk.now else desk.clock.now()
            return recognise_code(
                event.payload,
                desk.ticket_keys,
                now,
                event=desk.event,
                simulated=event.simulated,
                secrets=desk.secrets,
            )
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
        elif isinstance(effect, to.CancelRead | to.Wipe):
            self._cancel.set()
            if isinstance(effect, to.Wipe):
                self._forget()
        else:
            self._use(effect)
        return None

    def _use(self, effect: _Used) -> None:
        """Have the desk's other devices do it, or what follows a decision."""
        equipment = self._equipment
        if isinstance(effect, to.Look):
            equipment.look(effect.on)
        elif isinstance(effect, to.OpenGate):
            equipment.open_gate(self._scans.of(effect.session), effect)
        elif isinstance(effect, to.HoldGate):
            equipment.hold_gate(effect)
        elif isinstance(effect, to.Annul):
            equipment.annul(effect.passage, self._desk.clock.now())
        elif isinstance(effect, to.PrintSlip):
            equipment.print_slip(effect)
        elif isinstance(effect, to.AskLater):
            scan_id = f"{self._scans.of(effect.session)}-later"
            self._aftercare.ask_later(effect, scan_id, self._desk.clock.now())
        elif isinstance(effect, to.HandOver):
            self._aftercare.hand_over(effect, self._scans.of(effect.session))
        elif isinstance(effect, to.Say):
            self._call_later(_AFTER_SOUND, lambda: self._say(effect))
        else:
            self._note(effect)

    def _say(self, effect: to.Say) -> None:
        """Unless somebody else is served by now, who would take it for their own answer."""
        case = self.state.case
        if case is None or (case.verdict is not None and case.verdict.title == effect.message):
            self._equipment.say(effect)

    def _note(self, effect: to.Note) -> None:
        """What the gate did is done already: a journal that refuses it says so at the next decision."""
        simulated = bool(self.state.simulated_devices)
        ticket = self._equipment.ticket_of(effect.passage)
        try:
            self._desk.note(Noted(effect, self.state.session, ticket, simulated))
        except FaultError as error:
            log.error("journal: %s", error)

    def _forget(self) -> None:
        self._seen_at = None
        if self._read is not None:
            self._read.forget()

    def _record(self, effect: to.Record) -> str | None:
        spent = (self._now() - self._seen_at) * 1000 if self._seen_at is not None else 0.0
        try:
            self._desk.record(effect, self._scans.of(effect.session), spent)
        except FaultError as error:
            log.error("journal: %s", error)
            return error.fault.code
        if effect.admitted or (effect.verdict.outcome is not Outcome.CANNOT_CHECK and not _is_own_no(effect)):
            self._scans.decided(effect.session)
        return None

    def _start_read(self, effect: to.StartRead) -> None:
        if self._desk.reader is None or self._read is None:
            self.post(ReadFailed(effect.session, "reader.absent"))
            return
        self._cancel = threading.Event()
        self._desk.reader.submit(effect.card, self._read.job(effect), self._cancel)

    def _submit(self, work: Callable[[], None]) -> None:
        self._net.submit(work)

    def _start_question(self, effect: to.AskPerson | to.AskTicket) -> None:
        if self._ask is None:
            self.post(AskFailed(effect.session, "net.down"))
            return
        now = self._desk.clock.now()
        if isinstance(effect, to.AskPerson):
            scan_id = f"{self._scans.of(effect.session)}-{effect.attempt}"
            self._net.submit(self._ask.person, effect, scan_id, now)
        else:
            scan_id = self._scans.asked(effect.session, effect.ticket, effect.holder)
            self._net.submit(self._ask.ticket, effect, scan_id, now)


def _is_own_no(effect: to.Record) -> bool:
    """Whether only this terminal refused a ticket: a server whose answer was lost may have let its holder in."""
    answer = effect.answer
    return isinstance(answer, RedeemAnswer) and answer.source is Source.LOCAL and answer.result is Redeemed.REFUSED
