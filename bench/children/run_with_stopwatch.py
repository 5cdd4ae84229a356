"""``tram run`` as the command starts it, telling when the first and the idle screen were painted.

Prints one JSON object with moments of the monotonic clock. Imports nothing that the command does not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from terminal import registry
from terminal.__main__ import main
from terminal.ports import Face, FaceOptions


def watched(build: Callable[[FaceOptions], Face]) -> Callable[[FaceOptions], Face]:
    """The builder of the window, with an eye on what it paints."""

    def built(options: FaceOptions) -> Face:
        window = build(options)
        from PySide6.QtCore import QEvent, QObject, QTimer

        from terminal.view import Screen
        from ui.app import WindowFace

        assert isinstance(window, WindowFace)
        shell = window.shell
        first: list[float] = []

        class Eye(QObject):
            def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
                # The window paints while it handles this event; the timer fires once that is done.
                if event.type() is QEvent.Type.UpdateRequest and shell.view.screen is Screen.IDLE:
                    shell.removeEventFilter(self)
                    QTimer.singleShot(0, tell)
                return False

        def tell() -> None:
            print(f'{{"first": {first[0]}, "idle": {time.monotonic()}}}', flush=True)

        eye = Eye(shell)
        shell.installEventFilter(eye)
        shell.painted.connect(lambda: first.append(time.monotonic()))
        return window

    return built


_load = registry.face
registry.face = lambda name: watched(_load(name))
sys.exit(main(["run", *sys.argv[1:]]))
