"""One keyboard that a person and a scanner share."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from terminal.events import CodeSeen, Event
from terminal.ports import KeyboardOptions
from terminal.view import Desk, View
from tests.ui.conftest import Desktop
from ui.keyboard_filter import KeyboardFilter

CARD = "003090123450|012345678|NGUYN VN TH|20111990|Nam|S 1+=|15072021"
SCAN = 0.004
PERSON = 0.12
NONE = Qt.KeyboardModifier.NoModifier


class Counter:
    """A window with a keyboard that a person and a scanner share, and a clock that only they move."""

    def __init__(self, desktop: Desktop, view: View, options: KeyboardOptions, desk: Desk) -> None:
        self.now = 50.0
        self.desktop = desktop
        self.shell = desktop.shell(view, desk)
        self.filter = KeyboardFilter(options, desktop.posted.append, self.shell, lambda: self.now)
        QApplication.instance().installEventFilter(self.filter)  # type: ignore[union-attr]
        self.shell.show()
        self.shell.activateWindow()
        QTest.qWaitForWindowActive(self.shell)

    @property
    def posted(self) -> list[Event]:
        return self.desktop.posted

    @property
    def codes(self) -> list[bytes]:
        return [event.payload for event in self.posted if isinstance(event, CodeSeen)]

    @property
    def others(self) -> list[Event]:
        return [event for event in self.posted if not isinstance(event, CodeSeen)]

    def send(self, kind: QEvent.Type, key: int, text: str = "", modifiers: Qt.KeyboardModifier = NONE,
             repeated: bool = False) -> None:  # fmt: skip
        window = QApplication.activeWindow() or self.shell
        focused: QWidget | None = window.focusWidget()
        QApplication.sendEvent(focused or window, QKeyEvent(kind, key, modifiers, text, repeated))

    def key(self, key: int, text: str = "", modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.send(QEvent.Type.ShortcutOverride, key, text, modifiers)
        self.send(QEvent.Type.KeyPress, key, text, modifiers)
        self.send(QEvent.Type.KeyRelease, key, text, modifiers)

    def keys(self, text: str, after: float) -> None:
        for sign in text:
            self.wait(after)
            self.key({"\r": int(Qt.Key.Key_Return), "\t": int(Qt.Key.Key_Tab)}.get(sign, ord(sign.upper())), sign)

    def scan(self, text: str = CARD + "\r") -> None:
        self.keys(text, SCAN)
        self.wait(1.0)

    def type(self, text: str) -> None:
        self.keys(text, PERSON)
        self.wait(1.0)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.filter.look()
        self.filter.look()  # once more when it was late: keys may have waited
