"""``tram run`` as the command starts it, with a stopwatch on its window's event loop.

Prints one JSON object a line: each screen that people saw (``{"screen": …}``), and an answer to every command that
comes as a line on standard input: ``lateness`` (milliseconds since the last such command; the first one starts the
stopwatch), ``memory`` (collects garbage first), ``press BUTTON``, ``quit``. Moments are of the monotonic clock.
``BENCH_CAMERA`` in the environment names a folder whose JPEG files camera_double.py shows as a camera.
"""

from __future__ import annotations

import collections
import gc
import itertools
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from camera_double import install

from terminal import registry
from terminal.__main__ import main
from terminal.events import Button
from terminal.ports import Face, FaceOptions

if TYPE_CHECKING:
    from ui.app import WindowFace

TICK_MS = 10
_KEPT = 200_000
_one_at_a_time = threading.Lock()


def say(answer: dict[str, object]) -> None:
    """One line for whoever measures."""
    with _one_at_a_time:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


class Errors(logging.Handler):
    """Counts what the program logs at ERROR: a flood must not bring forth any."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: collections.deque[str] = collections.deque(maxlen=20)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last few."""
        self.count += 1
        self.texts.append(f"{record.name}: {record.getMessage()}")


def lateness(moments: list[float]) -> list[float]:
    """How late the event loop was for each 10 ms at which something could have wanted it, in milliseconds.

    A loop that stands still for 200 ms was late for twenty such moments, not for one.
    """
    found = []
    for before, now in itertools.pairwise(moments):
        late = (now - before) * 1000 - TICK_MS
        found.append(max(late, 0.0))
        while late > TICK_MS:
            late -= TICK_MS
            found.append(late)
    return found


def watch(face: WindowFace) -> Watcher:
    """The running stopwatch and the eye on ``face``; keep it."""
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

    shell = face.shell

    class Stopwatch(QObject):
        pressed = Signal(str)
        asked = Signal()

        def __init__(self) -> None:
            super().__init__(shell)
            self._ticks: list[float] = []
            self._seen: tuple[object, ...] = ()
            self._timer = QTimer(self)
            self._timer.setTimerType(Qt.TimerType.PreciseTimer)
            self._timer.timeout.connect(self._tick)
            self.asked.connect(lambda: self._timer.start(TICK_MS), Qt.ConnectionType.QueuedConnection)
            self.pressed.connect(lambda name: shell.press(Button(name)), Qt.ConnectionType.QueuedConnection)
            shell.installEventFilter(self)

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
            # The window paints while it handles this event; the timer fires once that is done.
            if event.type() is QEvent.Type.UpdateRequest:
                QTimer.singleShot(0, self._painted)
            return False

        def _tick(self) -> None:
            if len(self._ticks) < _KEPT:
                self._ticks.append(time.monotonic())

        def _painted(self) -> None:
            view = shell.view
            outcome = view.result.verdict.outcome.value if view.result else ""
            hint = view.hint.key if view.hint else ""
            seen = (view.screen.value, view.session, outcome, view.title.key, hint)
            if seen != self._seen:
                self._seen = seen
                names = ("screen", "session", "outcome", "title", "hint")
                say(dict(zip(names, seen, strict=True)) | {"at": time.monotonic()})

        def press(self, name: str) -> None:
            self.pressed.emit(name)

        def taken(self) -> list[float]:
            self.asked.emit()
            ticks, self._ticks = self._ticks, []
            return lateness(ticks)

    return Stopwatch()


class Watcher(Protocol):
    """What the stopwatch gives to other threads."""

    def taken(self) -> list[float]:
        """Milliseconds of lateness since the last call."""
        ...

    def press(self, name: str) -> None:
        """Press a button as its key would."""
        ...


def obey(watcher: Watcher, face: WindowFace, errors: Errors) -> None:
    """Answer the lines on standard input, until whoever measures is gone."""
    for line in sys.stdin:
        name, _, rest = line.strip().partition(" ")
        answer: dict[str, object] = {"answer": name}
        if name == "lateness":
            answer["lateness"] = [round(ms, 2) for ms in watcher.taken()]
        elif name == "memory":
            answer |= _memory(errors)
        elif name == "press":
            watcher.press(rest)
        elif name == "quit":
            break
        say(answer)
    face.quit()


def _memory(errors: Errors) -> dict[str, object]:
    gc.collect()
    kinds = collections.Counter(type(thing).__name__ for thing in gc.get_objects())
    return {
        "objects": sum(kinds.values()),
        "kinds": dict(kinds.most_common(40)),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "handles": sorted(_links()),
        "errors": errors.count,
        "texts": list(errors.texts),
    }


def _links() -> list[str]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue  # the folder's own handle
    return found


def watched(build: Callable[[FaceOptions], Face]) -> Callable[[FaceOptions], Face]:
    """The builder of the window, with stopwatch and eye."""

    def built(options: FaceOptions) -> Face:
        face = build(options)
        from ui.app import WindowFace

        assert isinstance(face, WindowFace)
        errors = Errors()
        logging.getLogger().addHandler(errors)
        watcher = watch(face)
        watchers.append(watcher)
        obeying.append(threading.Thread(target=obey, args=[watcher, face, errors], name="bench-obey", daemon=True))
        obeying[0].start()
        return face

    return built


if os.environ.get("BENCH_CAMERA"):
    install(Path(os.environ["BENCH_CAMERA"]))
watchers: list[Watcher] = []
obeying: list[threading.Thread] = []
_load = registry.face
registry.face = lambda name: watched(_load(name))
code = main(["run", *sys.argv[1:]])
for thread in obeying:
    thread.join(5.0)  # it may still be inside Qt, where an ending interpreter must not meet it
sys.exit(code)
