"""From a card sensed or a code seen to the first changed screen painted: the whole engine, a window, a working camera.

The clock runs from the call that a device makes on its own thread (the event enters the engine's inbox) to the end of
the window's painting. Beside it, in the same process: a label whose text another thread changes.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from parts.chips import PipedChip, tools_trusting
from parts.folders import disk_folder
from parts.label import label_changes
from parts.results import Row, median, report, spread
from parts.site import site_file

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QTimer

from config.load import load
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.people import PEOPLE
from drivers.simulator.presented import CardSide, Handling, PresentedCard
from terminal.boot import Terminal, build
from terminal.events import Button, CardPlaced, CardRemoved, CodeSeen, Event, Pressed
from terminal.ports import Inbox
from terminal.view import Screen
from ui.app import WindowFace

TRIES, WARM = 50, 3
USUAL = Handling(ChipFault.SLOW, 15)
"""Milliseconds a command, as contactless cards need."""

AT_ONCE = Handling(ChipFault.SLOW, 0)
"""All the steps of reading follow at once: the most work for the window that there can be."""

PATIENCE = 10.0
TARGET_MS = 100


class Stamped(SimulatedReader):
    """The simulated reader, noting when it tells of a card and of its leaving."""

    def __init__(self) -> None:
        super().__init__()
        self.sensed: SimpleQueue[float] = SimpleQueue()
        self.left: SimpleQueue[Event] = SimpleQueue()

    def start(self, inbox: Inbox) -> None:
        """Begin."""

        def tell(event: Event) -> None:
            if isinstance(event, CardPlaced):
                self.sensed.put(time.perf_counter())
            inbox(event)
            if isinstance(event, CardRemoved):
                self.left.put(event)

        super().start(tell)


class Eye(QObject):
    """Sees each painting of a window and tells, once it is done, which screen it showed."""

    def __init__(self, face: WindowFace) -> None:
        super().__init__()
        self._shell = face.shell
        self.painted: SimpleQueue[tuple[float, Screen]] = SimpleQueue()
        self._shell.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Look on; the window paints while it handles this event, and the timer fires after that."""
        if event.type() is QEvent.Type.UpdateRequest:
            screen = self._shell.view.screen
            QTimer.singleShot(0, lambda: self.painted.put((time.perf_counter(), screen)))
        return False

    def wait(self, *screens: Screen) -> tuple[float, Screen]:
        """When one of ``screens`` was painted next, and which."""
        while True:
            moment, screen = self.painted.get(timeout=PATIENCE)
            if screen in screens:
                return moment, screen


class Hands:
    """Presents card and code over and over, on a thread of its own; what it gives are milliseconds to the change."""

    def __init__(self, terminal: Terminal, reader: Stamped, chip: CardSide, eye: Eye) -> None:
        self._post = terminal.engine.post
        self._reader, self._chip, self._eye = reader, chip, eye
        self._code = PEOPLE["insured"].card_qr()

    def card(self) -> float:
        """Lay a card down: from IDLE to asking for the number."""
        self._reader.place(PresentedCard(self._chip, USUAL))
        changed = self._eye.wait(Screen.ASK_NUMBER)[0] - self._reader.sensed.get(timeout=PATIENCE)
        self._lift()
        return changed * 1000

    def code(self) -> float:
        """Show a code: from IDLE to asking for the card."""
        began = time.perf_counter()
        self._post(CodeSeen(self._code, "bench", simulated=True))
        return (self._eye.wait(Screen.PLACE_CARD)[0] - began) * 1000

    def card_after_code(self, handling: Handling) -> float:
        """Lay the card of a code down: from asking for it to READING, while the chip is being read."""
        self.code()
        self._reader.place(PresentedCard(self._chip, handling))
        moment, screen = self._eye.wait(Screen.READING, Screen.RESULT)
        if screen is Screen.READING:
            self._eye.wait(Screen.RESULT)
        self._lift()
        return (moment - self._reader.sensed.get(timeout=PATIENCE)) * 1000

    def _lift(self) -> None:
        self._reader.lift()
        self._reader.left.get(timeout=PATIENCE)  # told only once a running read has noticed

    def clear(self) -> None:
        """Back to the idle screen."""
        self._post(Pressed(Button.DONE))
        self._eye.wait(Screen.IDLE)


def all_tries(hands: Hands, eye: Eye) -> dict[str, list[float]]:
    """Every case in turn; the first rounds only warm up."""
    found: dict[str, list[float]] = {}
    eye.wait(Screen.IDLE)
    for number in range(-WARM, TRIES):
        for name, act in (
            ("card sensed, no code yet", hands.card),
            ("code seen", hands.code),
            ("card sensed after its code", lambda: hands.card_after_code(USUAL)),
            ("same, card that needs no time", lambda: hands.card_after_code(AT_ONCE)),
        ):
            ms = act()
            if number >= 0:
                found.setdefault(name, []).append(ms)
            hands.clear()
    return found


def terminal_at(folder: Path, reader: SimulatedReader) -> Terminal:
    """A police desk, which asks nobody, with a camera that works all the time."""
    file = site_file(folder, "police", "[face]\nsound = 0.0")
    return build(load(file, environ={}), reader=reader)


def main() -> None:
    """The terminal first, then the label, in one process."""
    outcome: list[dict[str, list[float]]] = []
    with ExitStack() as stack:
        folder = stack.enter_context(disk_folder())
        chip = PipedChip("insured")
        stack.callback(chip.close)
        tools_trusting(folder, [chip.root], time.perf_counter)
        reader = Stamped()
        terminal = terminal_at(folder, reader)
        stack.callback(terminal.journal.close)
        face = terminal.face
        assert isinstance(face, WindowFace)
        eye = Eye(face)
        hands = Hands(terminal, reader, chip, eye)

        def play() -> None:
            try:
                outcome.append(all_tries(hands, eye))
            finally:
                face.quit()

        def begin() -> None:
            terminal.engine.start()
            threading.Thread(target=play).start()

        face.run(begin)
        terminal.engine.stop()
    found = {**outcome[0], "a label's text (floor)": label_changes(TRIES)}
    rows: list[Row] = []
    for name, times in found.items():
        ms = spread(times)
        rows.append({"what": name, "tries": len(times), "p50 ms": ms.p50, "p95 ms": ms.p95, "most ms": ms.most})
    floor = median(found["a label's text (floor)"])
    ratios = {f"{name} / label, p50": median(times) / floor for name, times in outcome[0].items()}
    report("first_change", rows, ratios, {"target ms": TARGET_MS})


if __name__ == "__main__":
    main()
