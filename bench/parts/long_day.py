"""A day at the reception in simulated time: the terminal's own engine, window, journal, reading and questions.

What is simulated is the clock, the reader (chips in this process) and whoever holds codes up; the window paints off
screen, the backend is a process of its own. Visits follow each other as fast as the machine can.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crypto.id_number import IdNumber
from drivers.simulator.cable import Cable, Line
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import personalise
from drivers.simulator.presented import Handling, PresentedCard
from drivers.simulator.profiles import PROFILES
from parts.codes import INSURANCE, LINK, PAYMENT, citizen
from terminal.boot import Terminal
from terminal.events import Admitted, Button, CodeSeen, NumberTyped, Pressed, Timer, TimerFired
from terminal.flow.effects import Effect
from terminal.flow.states import State
from terminal.view import Screen, View

PATIENCE = 20.0
VISIT = 6.0
"""Simulated seconds from visit to visit: ten cards a minute."""

TORN_AFTER = 12
FULL_READS = ("insured", "expired", "uninsured", "cloned", "altered", "unknown-issuer", "offline")


class SimulatedClock:
    """A ``terminal.clock.Clock`` that begins now and moves when it is told to."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        self._seconds = 0.0

    def now(self) -> datetime:
        """The time of day."""
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Seconds so far."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds


class Watch:
    """Sees every state of the engine; others wait here for the one they need."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state = State()
        self.states = 0

    def __call__(self, state: State, _effects: tuple[Effect, ...]) -> None:
        """What the engine calls."""
        with self._changed:
            self._state = state
            self.states += 1
            self._changed.notify_all()

    @property
    def session(self) -> int:
        """The number of the person being served."""
        return self._state.session

    def wait(self, *screens: Screen, right: Callable[[State], bool] = lambda _state: True) -> State:
        """The state once it is one of ``screens`` and ``right``. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._state.screen in screens and right(self._state), PATIENCE):
                raise TimeoutError(f"{self._state.screen} in the place of {screens}")
            return self._state


@dataclass(frozen=True, slots=True)
class Stage:
    """What the day is played on."""

    terminal: Terminal
    reader: SimulatedReader
    clock: SimulatedClock
    watch: Watch
    cable: Cable
    authority: Authority
    shown: Callable[[], View]
    """What the window shows."""


class Day:
    """Plays visits. ``kinds`` counts what was done."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._post = stage.terminal.engine.post
        self._wait = stage.watch.wait
        self._contents: dict[str, Contents] = {}
        self.kinds: dict[str, int] = {}

    def visit(self, number: int) -> None:
        """One visit: of ten, one reads a chip whole, the others need none. Then simulated time passes."""
        began = self._stage.clock.monotonic()
        turn = number % 10
        if turn == 0:
            self._chip(number // 10)
        else:
            acts: Sequence[Callable[[int], None]] = (
                self._without_chip,
                self._typed,
                self._insurance,
                self._useless,
                self._lifted_unasked,
                self._abandoned,
                self._by_hand,
            )
            self._did(acts[number % len(acts)], number)
        self._wait(Screen.IDLE)
        self._painted()
        self._pass(max(0.1, VISIT - (self._stage.clock.monotonic() - began)))

    def _did(self, act: Callable[[int], None], number: int) -> None:
        name = act.__name__.strip("_").replace("_", " ")
        self.kinds[name] = self.kinds.get(name, 0) + 1
        act(number)

    def _pass(self, seconds: float) -> None:
        """Let simulated time pass; an event of no meaning lets the engine look at its clock."""
        self._stage.clock.advance(seconds)
        self._post(TimerFired(Timer.LIFE, -1))

    def _painted(self) -> None:
        """Wait for the window: people do not come faster than it can paint."""
        until = time.monotonic() + PATIENCE
        while self._stage.shown().session != self._stage.watch.session:
            if time.monotonic() > until:
                raise TimeoutError("the window does not keep up")
            time.sleep(0.001)

    def _see(self, payload: bytes) -> None:
        self._post(CodeSeen(payload, "bench", simulated=True))

    def _done(self) -> None:
        self._post(Pressed(Button.DONE))
        self._wait(Screen.IDLE)

    # Visits ----------------------------------------------------------------------------------------------------------

    def _chip(self, number: int) -> None:
        if number % 8 == 7:
            self._did(self._torn, number)
        else:
            self._did(self._read_whole, number)

    def _card(self, profile: str, handling: Handling | None = None) -> PresentedCard:
        contents = self._contents.get(profile)
        if contents is None:
            known = PROFILES[profile]
            contents = self._contents[profile] = personalise(known.person, known.make, self._stage.authority)
        return PresentedCard(Chip(contents), handling)

    def _read_whole(self, number: int) -> None:
        profile = FULL_READS[number % len(FULL_READS)]
        if number % 2:
            self._see(PEOPLE[profile].card_qr())
            self._wait(Screen.PLACE_CARD)
            self._stage.reader.place(self._card(profile))
        else:
            self._stage.reader.place(self._card(profile))
            self._wait(Screen.ASK_NUMBER)
            self._see(PEOPLE[profile].card_qr())
        self._wait(Screen.RESULT)
        if PROFILES[profile].make.fault is None:
            self._wait(Screen.RESULT, right=lambda state: state.case is not None and state.case.photo is not None)
        self._leave()

    def _torn(self, _number: int) -> None:
        self._see(PEOPLE["lifted"].card_qr())
        self._wait(Screen.PLACE_CARD)
        self._stage.reader.place(self._card("lifted", Handling(ChipFault.LIFTED, TORN_AFTER)))
        self._wait(Screen.RETRY)
        self._stage.reader.place(self._card("lifted"))
        self._wait(Screen.RESULT)
        self._leave()

    def _leave(self) -> None:
        self._stage.reader.lift()
        self._wait(Screen.RESULT, right=lambda state: state.card is None)
        self._done()

    def _without_chip(self, number: int) -> None:
        self._see(citizen(number))
        self._wait(Screen.PLACE_CARD)
        self._post(Pressed(Button.WITHOUT_CHIP))
        self._wait(Screen.RESULT)
        self._done()

    def _typed(self, number: int) -> None:
        self._post(Pressed(Button.TYPE_NUMBER))
        self._wait(Screen.ASK_NUMBER)
        self._post(NumberTyped(IdNumber(f"003090{number:06}").digits))
        self._wait(Screen.PLACE_CARD)
        self._post(Pressed(Button.WITHOUT_CHIP))
        self._wait(Screen.RESULT)
        self._done()

    def _insurance(self, _number: int) -> None:
        self._see(INSURANCE)
        self._wait(Screen.RESULT)
        self._done()

    def _useless(self, number: int) -> None:
        before = self._stage.watch.states
        for payload in (PAYMENT, LINK, bytes([number % 256]) * 40, b"ve-%d" % number):
            self._see(payload)
        self._wait(Screen.IDLE, right=lambda _state: self._stage.watch.states >= before + 4)
        self._pass(10.0)
        self._wait(Screen.IDLE, right=lambda state: state.notice is None)

    def _lifted_unasked(self, _number: int) -> None:
        self._stage.reader.place(self._card("insured"))
        self._wait(Screen.ASK_NUMBER)
        self._stage.reader.lift()
        self._wait(Screen.IDLE)

    def _abandoned(self, number: int) -> None:
        """Somebody shows a code and walks away: the state's own life ends it."""
        self._see(citizen(number))
        self._wait(Screen.PLACE_CARD)
        self._pass(61.0)
        self._wait(Screen.IDLE)

    def _by_hand(self, number: int) -> None:
        """The network is down; staff receives by hand."""
        self._stage.cable.set(Line.CUT)
        try:
            self._see(citizen(number))
            self._wait(Screen.PLACE_CARD)
            self._post(Pressed(Button.WITHOUT_CHIP))
            self._wait(Screen.RESULT)
            self._post(Admitted("system_down"))
            self._wait(Screen.RESULT, right=_is_by_hand)
        finally:
            self._stage.cable.set(Line.WHOLE)
        self._done()


def _is_by_hand(state: State) -> bool:
    verdict = state.case.verdict if state.case else None
    return verdict is not None and verdict.title.key == "title.admitted"
