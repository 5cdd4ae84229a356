"""Keeps what a scanner types away from every widget, and gives a person's keys back in their order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from terminal.events import CodeSeen
from terminal.ports import Inbox, KeyboardOptions
from ui.keyboard import Heard, Repeats, Stroke, Typing

SOURCE = "keyboard"
"""The source of the codes."""

_PRESS, _RELEASE = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
_KINDS = (_PRESS, _RELEASE, QEvent.Type.ShortcutOverride)
_MODIFIERS = frozenset(
    (
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
        Qt.Key.Key_ScrollLock,
    )
)
_NO_KEY = (0, int(Qt.Key.Key_unknown))


@dataclass(frozen=True, slots=True)
class _Held:
    window: QWidget
    event: QKeyEvent
    key: int


class KeyboardFilter(QObject):
    """Install it on the application. Owned by ``window``; main thread only.

    Codes go to ``post`` as CodeSeen. Shortcuts of the toolkit (QShortcut, mnemonics) do not work while it is there:
    they would see a key before anybody knows whose it is.
    """

    def __init__(
        self, options: KeyboardOptions, post: Inbox, window: QWidget, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(window)
        self._post = post
        self._clock = clock
        self._typing = Typing(options)
        self._repeats = Repeats()
        self._held: list[_Held] = []
        self._down: set[int] = set()
        self._replaying = False
        self._due: float | None = None
        self._looked_late = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.look)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """True for a key that is held back or was a scanner's."""
        # The window's own QWindow hands each key on to the widget that has the keyboard: there it is taken.
        if event.type() not in _KINDS or self._replaying or not isinstance(watched, QWidget):
            return False
        if not isinstance(event, QKeyEvent) or event.key() in _MODIFIERS:
            return False
        if event.type() is _PRESS:
            return self._pressed(watched, event)
        if event.type() is _RELEASE:
            return self._released(watched, event)
        event.accept()  # "not a shortcut": the key follows as a press
        return True

    def look(self) -> None:
        """Decide what was held back, if its time is over; the timer calls this."""
        if self._due is None:
            return
        late = self._clock() - self._due
        if late < 0:
            self._timer.start(max(1, round(-late * 1000)))
        elif late > (self._typing.patience or 0.0) and not self._looked_late:
            # The window stood still for a while: the next keys may be waiting behind this timer.
            self._looked_late = True
            self._timer.start(0)
        else:
            self._follow(self._typing.quiet())
            self._arm()

    def _pressed(self, watched: QWidget, event: QKeyEvent) -> bool:
        key = _identity(event)
        if event.isAutoRepeat():
            return self._repeated(watched, event, key)
        self._follow(self._typing.press(_stroke_of(event), self._when(event)))
        if self._typing.scanning:
            self._swallow(key)
        else:
            self._hold(watched, event, key)
        self._arm()
        return True

    def _repeated(self, watched: QWidget, event: QKeyEvent, key: int) -> bool:
        """A key that is held down: never a scanner's next one, yet perhaps its last, when it lost power."""
        if key in self._down:
            return True
        if self._held:
            self._hold(watched, event, key)
        return bool(self._held)

    def _released(self, watched: QWidget, event: QKeyEvent) -> bool:
        key = _identity(event)
        if key in self._down:
            if not event.isAutoRepeat():
                self._down.discard(key)
            return True
        if self._held:
            self._hold(watched, event, key)
        return bool(self._held)

    def _when(self, event: QKeyEvent) -> float:
        """When the key went down, in seconds of whatever clock stamps keys here: later, after a busy moment of the
        window, all keys that waited would seem to come at once."""
        return event.timestamp() / 1000 if event.timestamp() else self._clock()

    def _arm(self) -> None:
        patience = self._typing.patience
        self._looked_late = False
        if patience is None:
            self._due = None
            self._timer.stop()
        else:
            self._due = self._clock() + patience
            self._timer.start(round(patience * 1000) + 1)

    def _hold(self, watched: QWidget, event: QKeyEvent, key: int) -> None:
        self._held.append(_Held(watched.window(), _copy(event), key))

    def _swallow(self, key: int) -> None:
        """The held keys and this one are the scanner's; so will be the releases of those that are still down."""
        for held in self._held:
            if held.event.type() is _PRESS:
                self._down.add(held.key)
            else:
                self._down.discard(held.key)
        self._held.clear()
        self._down.add(key)

    def _follow(self, heard: Heard) -> None:
        if heard.typed:
            self._replay()
        if heard.code is not None:
            payload = heard.code.encode("utf-8")
            if self._repeats.is_new(payload, self._clock()):
                self._post(CodeSeen(payload, SOURCE))

    def _replay(self) -> None:
        """Give the held keys to whatever has the keyboard at each one's turn: the first may have moved it."""
        held, self._held = self._held, []
        self._replaying = True
        try:
            for one in held:
                self._down.discard(one.key)
                if isValid(one.window):
                    focused: QWidget | None = one.window.focusWidget()
                    QApplication.sendEvent(one.window if focused is None else focused, one.event)
        finally:
            self._replaying = False


def _identity(event: QKeyEvent) -> int:
    """The same for a key's press and release, also when a modifier changed in between."""
    return -event.nativeScanCode() or event.key()


def _stroke_of(event: QKeyEvent) -> Stroke:
    key, text, held = event.key(), event.text(), event.modifiers()
    alt, keypad = held & Qt.KeyboardModifier.AltModifier, held & Qt.KeyboardModifier.KeypadModifier
    if alt and keypad and Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
        return Stroke(chr(key), alt_digit=True)
    if text:
        return Stroke(text, composed=key in _NO_KEY)
    return Stroke("", QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText))


def _copy(event: QKeyEvent) -> QKeyEvent:
    """The toolkit's own event is gone once the filter returns."""
    return QKeyEvent(event.type(), event.key(), event.modifiers(), event.nativeScanCode(), event.nativeVirtualKey(),
                     event.nativeModifiers(), event.text(), event.isAutoRepeat(), event.count())  # fmt: skip
