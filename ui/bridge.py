"""The one way from other threads to the window: queued signals, run by the main thread in the order sent."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from terminal.ports import GreyFrame


@dataclass(slots=True)
class Shot:
    """A picture of the window that somebody waits for; ``saved`` is meaningful once ``done`` is set."""

    path: Path
    done: threading.Event = field(default_factory=threading.Event)
    saved: bool = False


class Bridge(QObject):
    """Emit from any thread; connect with QueuedConnection.

    ``viewed`` carries a View, ``cued`` a Cue, ``shot`` a Shot, ``turned`` a Desk, ``ended`` the exit code;
    after ``framed``, fetch the newest picture with ``take_frame``.
    """

    viewed = Signal(object)
    framed = Signal()
    cued = Signal(object)
    shot = Signal(object)
    turned = Signal(object)
    ended = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._frame: GreyFrame | None = None

    def offer_frame(self, frame: GreyFrame) -> None:
        """Hand over a picture; one that was not fetched yet is replaced, so that a slow screen never queues them."""
        with self._lock:
            waiting = self._frame is not None
            self._frame = frame
        if not waiting:
            self.framed.emit()

    def take_frame(self) -> GreyFrame | None:
        """The newest picture, once."""
        with self._lock:
            frame, self._frame = self._frame, None
        return frame
