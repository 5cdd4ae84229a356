"""The window of a desk whose scanner types, with real keys and real time; and input methods on every screen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from terminal.events import Button, CodeSeen, Device, DeviceUp, Event, Pressed
from terminal.ports import FaceOptions, KeyboardOptions
from tests.ui.conftest import Desktop
from tests.ui.test_ask_number import _entries
from tests.ui.test_keys import STOPPED, view_of
from ui.app import build
from ui.keyboard_filter import KeyboardFilter
from ui.samples import samples
from ui.shell import Shell


def test_real_keys_take_the_same_way(desktop: Desktop, app: QApplication) -> None:
    shell = desktop.shell(view_of("reception-ask-number"))
    listener = KeyboardFilter(KeyboardOptions(gap=0.05), desktop.posted.append, shell)
    app.installEventFilter(listener)
    try:
        shell.show()
        shell.activateWindow()
        QTest.qWaitForWindowActive(shell)
        for digit in "003090123450":
            QTest.keyClick(shell.windowHandle(), Qt.Key(ord(digit)))
        QTest.keyClick(shell.windowHandle(), Qt.Key.Key_Return)
        _until(app, lambda: bool(desktop.posted))
        assert desktop.posted == [CodeSeen(b"003090123450", "keyboard")]
        QTest.keyClick(shell.windowHandle(), Qt.Key.Key_5)
        _until(app, lambda: _entries(shell)[0].text == "5")
    finally:
        app.removeEventFilter(listener)


def test_a_shortcut_of_the_toolkit_takes_no_key_of_a_scan(desktop: Desktop, app: QApplication) -> None:
    shell = desktop.shell(STOPPED)
    listener = KeyboardFilter(KeyboardOptions(gap=0.05), desktop.posted.append, shell)
    app.installEventFilter(listener)
    pressed: list[str] = []
    shortcut = QShortcut(QKeySequence("3"), shell)
    shortcut.activated.connect(lambda: pressed.append("3"))
    try:
        shell.show()
        shell.activateWindow()
        QTest.qWaitForWindowActive(shell)
        for digit in "003090":
            QTest.keyClick(shell.windowHandle(), Qt.Key(ord(digit)))
        _until(app, lambda: bool(desktop.posted))
        assert (desktop.posted, pressed) == ([CodeSeen(b"003090", "keyboard")], [])
    finally:
        app.removeEventFilter(listener)


def _until(app: QApplication, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not done():
        assert time.monotonic() < deadline
        app.processEvents()


def test_a_desk_with_a_typing_scanner_says_so_and_takes_its_codes(app: QApplication) -> None:
    face = build(FaceOptions("reception", "Bệnh viện Giả Định", "vi", sound=0.0, keyboard=KeyboardOptions(gap=0.1)))
    posted: list[Event] = []
    try:
        face.connect(posted.append)
        assert posted == [DeviceUp(Device.SCANNER, "keyboard")]
        QTest.keyClicks(face.shell, "003090123450")
        QTest.keyClick(face.shell, Qt.Key.Key_Return)
        _until(app, lambda: len(posted) > 1)
        assert posted[1] == CodeSeen(b"003090123450", "keyboard")
    finally:
        _drop(app, face.shell)


def test_without_one_keys_are_keys(app: QApplication) -> None:
    face = build(FaceOptions("reception", "Bệnh viện Giả Định", "vi", sound=0.0))
    posted: list[Event] = []
    try:
        face.connect(posted.append)
        face.shell.show_view(STOPPED)
        QTest.keyClick(face.shell, Qt.Key.Key_F5)
        assert posted == [Pressed(Button.AGAIN)]
    finally:
        _drop(app, face.shell)


def test_keys_are_keys_again_once_the_window_is_gone(desktop: Desktop, app: QApplication) -> None:
    face = build(FaceOptions("reception", "Bệnh viện Giả Định", "vi", sound=0.0, keyboard=KeyboardOptions()))
    _drop(app, face.shell)
    shell = desktop.shell(STOPPED)
    QTest.keyClick(shell, Qt.Key.Key_F5)
    assert desktop.posted == [Pressed(Button.AGAIN)]


def _drop(app: QApplication, shell: Shell) -> None:
    shell.close()
    shell.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_no_widget_of_any_screen_takes_an_input_method(desktop: Desktop) -> None:
    shell = desktop.shell()
    for sample in samples(None):
        shell.turn_to(sample.desk)
        shell.show_view(sample.view)
        shell.press(Button.ADMIT)
        widgets = [shell, *shell.findChildren(QWidget)]
        assert len(widgets) > 10
        assert not any(one.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled) for one in widgets), sample.name
        assert not shell.inputMethodQuery(Qt.InputMethodQuery.ImEnabled)
