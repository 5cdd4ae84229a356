"""The one way from other threads to the window: queued signals, run by the main thread in the order sent."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from terminal.ports import GreyFrame
from terminal.view import View


@dataclass(slots=True)
class Shot:
    """A picture of the window that somebody waits for; ``saved`` is meaningful once ``done`` is set."""

    path: Path
    done: threading.Event = field(default_factory=threading.Event)
    saved: bool = False


class Bridge(QObject):
    """Emit from any thread; connect with QueuedConnection.

    ``cued`` carries a Cue, ``shot`` a Shot, ``turned`` a Desk, ``ended`` the exit code; after ``viewed`` and
    ``framed``, fetch the newest view or picture with ``take_view`` and ``take_frame``.
    """

    viewed = Signal(int)
    framed = Signal()
    cued = Signal(object)
    shot = Signal(object)
    turned = Signal(object)
    ended = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._frame: GreyFrame | None = None
        self._view: View | None = None
        self._views = 0

    def offer_view(self, view: View) -> None:
        """Hand over a view; one that was not fetched yet is dropped at once, so that a slow screen neither lags behind
        nor holds on to people who have gone."""
        with self._lock:
            self._view = view
            self._views += 1
            number = self._views
        self.viewed.emit(number)

    def take_view(self, number: int | None = None) -> View | None:
        """The newest view, once; with a ``number`` only if it is the one that ``viewed`` was emitted with."""
        with self._lock:
            if number is not None and number != self._views:
                return None
            view, self._view = self._view, None
        return view

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
