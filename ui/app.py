"""The window as a face: ``build`` it on the main thread, talk to it from any."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from terminal.events import Device, DeviceUp, Event
from terminal.faults import FaultError
from terminal.playing import find_player
from terminal.ports import FaceOptions, GreyFrame, Inbox, KeyboardOptions
from terminal.table import Table
from terminal.view import Cue, Desk, View
from ui import typeface
from ui.bridge import Bridge, Shot
from ui.palette import theme_named
from ui.shell import Shell
from ui.sound import Speaker
from ui.stage import Stage

if TYPE_CHECKING:
    from ui.keyboard_filter import KeyboardFilter

_SHOT_SECONDS = 5.0
_LAYOUT_ROUNDS = 4
_QUEUED = Qt.ConnectionType.QueuedConnection


def build(options: FaceOptions) -> WindowFace:
    """A window for one desk, not shown yet. Main thread only. Raises ValueError for an unknown desk or theme."""
    application = QApplication.instance() or QApplication(["tram"])
    if not isinstance(application, QApplication):
        raise TypeError("a Qt application without windows runs in this process")
    application.setStyle("Fusion")
    typeface.register()
    application.setFont(typeface.face(18))
    return WindowFace(options, application)


class WindowFace:
    """terminal.ports.Face and terminal.table.TableFace, as a window."""

    def __init__(self, options: FaceOptions, application: QApplication) -> None:
        self._application = application
        self._fullscreen = options.fullscreen
        self._post: Inbox | None = None
        self._shell = Shell(
            Stage(
                Desk(options.desk),
                options.place,
                options.language,
                theme_named(options.theme),
                self._forward,
                options.demo,
            )
        )
        self._keyboard = None if options.keyboard is None else self._listen(options.keyboard)
        self._speaker = Speaker(options.sound, find_player(), options.quiet)
        self._companion: QWidget | None = None
        self._bridge = Bridge()
        self._bridge.viewed.connect(self._paint_view, _QUEUED)
        self._bridge.framed.connect(self._paint_frame, _QUEUED)
        self._bridge.cued.connect(self._speaker.play, _QUEUED)
        self._bridge.shot.connect(self._save, _QUEUED)
        self._bridge.turned.connect(self._shell.turn_to, _QUEUED)
        self._bridge.ended.connect(application.exit, _QUEUED)

    @property
    def shell(self) -> Shell:
        """The window; main thread only."""
        return self._shell

    def connect(self, post: Inbox) -> None:
        """Where presses and typed numbers go, and the codes of a scanner that types."""
        self._post = post
        if self._keyboard is not None:  # nothing can tell whether it is plugged in
            post(DeviceUp(Device.SCANNER, "keyboard"))

    def show(self, view: View) -> None:
        """Paint this view soon; callable from any thread."""
        self._bridge.offer_view(view)

    def frame(self, frame: GreyFrame) -> None:
        """A viewfinder picture; callable from any thread."""
        self._bridge.offer_frame(frame)

    def play(self, cue: Cue) -> None:
        """Make a sound; callable from any thread."""
        self._bridge.cued.emit(cue)

    def run(self, started: Callable[[], None]) -> int:
        """The main loop until ``quit`` or until the window is closed; ``started`` after the first picture."""
        self._shell.painted.connect(started)
        self._shell.closed.connect(self._application.quit)
        if self._fullscreen:
            # Without a window manager (a kiosk's bare X server) nobody else makes it so large.
            self._shell.resize(self._shell.screen().size())
            self._shell.showFullScreen()
        else:
            room = self._shell.screen().availableSize()
            self._shell.resize(self._shell.sizeHint().boundedTo(room).expandedTo(self._shell.minimumSize()))
            self._shell.show()
        self._seat_companion()
        try:
            return self._application.exec()
        finally:
            self._speaker.close()
            self._shell.hide()
            if self._companion is not None:
                self._companion.close()

    def quit(self, code: int = 0) -> None:
        """End ``run``; callable from any thread."""
        self._bridge.ended.emit(code)

    def screenshot(self, path: Path) -> None:
        """Save the window as PNG after every view given before; returns when the file is there.

        Raises FaultError (``internal``) when it cannot be written, or not within five seconds.
        """
        shot = Shot(path)
        if threading.current_thread() is threading.main_thread():
            QCoreApplication.sendPostedEvents(self._shell, QEvent.Type.MetaCall)
            self._save(shot)
        else:
            self._bridge.shot.emit(shot)
        if not shot.done.wait(_SHOT_SECONDS) or not shot.saved:
            raise FaultError("internal", "the window's picture could not be saved")

    def add_table(self, table: Table, switch_desk: Callable[[str], None]) -> None:
        """Show the demo's table beside the window, from ``run`` on.

        ``switch_desk`` is called with a desk's value, on the table's thread, after the window has turned to it.
        """
        from ui.table import TableWindow

        self._companion = TableWindow(table, self._shell, switch_desk)

    def turn_to(self, desk: str) -> None:
        """Show what follows as that desk; callable from any thread. Raises ValueError for an unknown desk."""
        self._bridge.turned.emit(Desk(desk))

    def _seat_companion(self) -> None:
        if self._companion is None:
            return
        room = self._shell.screen().availableGeometry()
        size = self._companion.sizeHint()
        beside = min(self._shell.frameGeometry().right() + 8, room.right() - size.width())
        self._companion.setGeometry(max(0, beside), room.top(), size.width(), min(size.height(), room.height()))
        self._companion.show()

    def _listen(self, options: KeyboardOptions) -> KeyboardFilter:
        from ui.keyboard_filter import KeyboardFilter

        listener = KeyboardFilter(options, self._forward, self._shell)
        self._application.installEventFilter(listener)
        return listener

    def _forward(self, event: Event) -> None:
        if self._post is not None:
            self._post(event)

    def _paint_view(self, number: int | None = None) -> None:
        view = self._bridge.take_view(number)
        if view is not None:
            self._shell.show_view(view)

    def _paint_frame(self) -> None:
        frame = self._bridge.take_frame()
        if frame is not None:
            self._shell.show_frame(frame)

    def _save(self, shot: Shot) -> None:
        self._paint_view()
        for _ in range(_LAYOUT_ROUNDS):  # a visible window lays a new page out later, and fitted text once more
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        shot.saved = self._shell.grab().save(str(shot.path), "PNG")
        shot.done.set()
