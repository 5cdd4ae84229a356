"""Plays cases by themselves: acts on the table, waits for the screen, keeps a picture, compares."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from terminal.demo.cases import PAUSE_SECONDS, TEAR_AFTER, Act, Case
from terminal.events import Button, Event, Pressed
from terminal.flow.effects import AskPerson, AskTicket, Effect, Record, StartRead
from terminal.flow.states import State
from terminal.model import Message
from terminal.table import Table
from terminal.view import Screen

_PATIENCE = 30.0
_PHOTO_PATIENCE = 3.0


class DemoStuckError(Exception):
    """The terminal did not come to where the case needs it; the text says where it stayed."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a case came to; times in milliseconds: from the last input to the decision, and in all."""

    case: Case
    outcome: str
    title: Message
    decision_ms: float
    total_ms: float

    @property
    def as_expected(self) -> bool:
        """Whether outcome and reason are the expected ones."""
        expected = self.case.expected
        return (self.outcome, self.title.key) == (expected.outcome.value, expected.title)


class Watcher:
    """Follows the engine from its own thread: which screen, and when what was decided."""

    def __init__(self) -> None:
        self._moments: queue.SimpleQueue[tuple[float, State, tuple[Effect, ...]]] = queue.SimpleQueue()
        self.input_at = 0.0
        self.record: Record | None = None
        self.record_at = 0.0

    def __call__(self, state: State, effects: tuple[Effect, ...]) -> None:
        """The engine's ``watch``."""
        self._moments.put((time.perf_counter(), state, effects))

    def begin(self) -> None:
        """Forget what the last case came to."""
        self.input_at = 0.0
        self.record = None

    def wait_for(self, *screens: Screen) -> State:
        """The next state that shows one of ``screens``. Raises DemoStuckError."""
        at = "nowhere"
        until = time.perf_counter() + _PATIENCE
        while True:
            try:
                moment, state, effects = self._moments.get(timeout=max(0.0, until - time.perf_counter()))
            except queue.Empty:
                wanted = " or ".join(screen.value for screen in screens)
                raise DemoStuckError(f"waited for {wanted}, stayed at {at}") from None
            self._note(moment, effects)
            at = state.screen.value
            if state.screen in screens:
                return state

    def wait_for_photo(self) -> None:
        """Until the photo of the person shown is there, or three seconds: not every card has one."""
        until = time.perf_counter() + _PHOTO_PATIENCE
        while (left := until - time.perf_counter()) > 0:
            try:
                moment, state, effects = self._moments.get(timeout=left)
            except queue.Empty:
                return
            self._note(moment, effects)
            if state.case is None or state.case.photo is not None:
                return

    def _note(self, moment: float, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, StartRead | AskTicket):
                self.input_at = moment
            if isinstance(effect, AskPerson) and not self.input_at:
                self.input_at = moment
            if isinstance(effect, Record):
                self.record, self.record_at = effect, moment


class Player:
    """Plays one case after the other at a desk that is running."""

    def __init__(
        self,
        table: Table,
        watcher: Watcher,
        post: Callable[[Event], None],
        screenshot: Callable[[Path], None],
        pictures: Path,
    ) -> None:
        self._table = table
        self._watcher = watcher
        self._post = post
        self._screenshot = screenshot
        self._pictures = pictures

    def play(self, case: Case) -> Played:
        """Play ``case`` from idle to idle. Raises DemoStuckError."""
        self._watcher.begin()
        began = time.perf_counter()
        for act in case.acts:
            self._act(act, case)
        record = self._watcher.record
        if record is None:
            raise DemoStuckError("no decision was recorded")
        spent = self._watcher.record_at - self._watcher.input_at
        played = Played(
            case,
            record.verdict.outcome.value,
            record.verdict.title,
            spent * 1000,
            (time.perf_counter() - began) * 1000,
        )
        self._clear()
        return played

    def _act(self, act: Act, case: Case) -> None:
        if act in (Act.CUT, Act.RESTORE):
            self._table.cut_network(act is Act.CUT)
        elif act is Act.PAUSE:
            time.sleep(PAUSE_SECONDS)
        elif act is Act.SHOW:
            self._table.show_code(case.code)
            arrived = self._watcher.wait_for(Screen.PLACE_CARD, Screen.RESULT)
            if arrived.screen is Screen.RESULT:
                self._keep(case)
        elif act is Act.PLACE_AND_TEAR:
            self._table.place(case.code)
            self._table.lift(after_apdus=TEAR_AFTER)
            self._watcher.wait_for(Screen.RETRY)
        else:
            self._table.place(case.code)
            result = self._watcher.wait_for(Screen.RESULT)
            if result.case and result.case.reading and result.case.photo is None and case.photo:
                self._watcher.wait_for_photo()
            self._keep(case)

    def _keep(self, case: Case) -> None:
        self._screenshot(self._pictures / f"{case.name}.png")

    def _clear(self) -> None:
        self._table.lift()
        self._post(Pressed(Button.DONE))
        while self._watcher.wait_for(Screen.IDLE).card is not None:
            continue  # the reader takes its time to notice that the card is gone
