"""The window: top bar, one page, bottom row, and the keys. Paints views, posts events, decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from terminal.events import Admitted, Button, Pressed
from terminal.messages import LANGUAGES
from terminal.model import Message
from terminal.ports import GreyFrame
from terminal.view import Desk, Screen, View
from ui.screens.choose import page_for
from ui.screens.page import Page
from ui.screens.reasons import Reasons
from ui.stage import Stage
from ui.theme import style_sheet
from ui.widgets.action_bar import ActionBar, main_action
from ui.widgets.top_bar import TopBar

SMALLEST = QSize(1024, 600)
USUAL = QSize(1366, 768)
_COMPACT_BELOW = 700
STAYS_OPEN = 2.0
"""Seconds for which a gate that was opened in an emergency cannot be closed again: hands that shake press twice."""

_KEYS = {
    Qt.Key.Key_Escape: Button.DONE,
    Qt.Key.Key_F2: Button.TYPE_NUMBER,
    Qt.Key.Key_F5: Button.AGAIN,
    Qt.Key.Key_F7: Button.WITHOUT_CHIP,
    Qt.Key.Key_F8: Button.ADMIT,
    Qt.Key.Key_F9: Button.PRINT,
    Qt.Key.Key_Plus: Button.MORE_TIME,
    Qt.Key.Key_Equal: Button.MORE_TIME,
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Shell(QWidget):
    """The whole window of one desk.

    ``painted`` is emitted once, after the first picture is on the screen; ``restaged`` when language or desk changed.
    """

    painted = Signal()
    closed = Signal()
    restaged = Signal()

    def __init__(
        self,
        stage: Stage,
        now: Callable[[], datetime] = _utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._stage = stage
        self._clock = clock
        self._held_at = float("-inf")
        self._view = View(Screen.STARTING, 0, Message("title.starting"))
        self._page: Page | None = None
        self._paged: tuple[Screen, int, Desk] | None = None
        self._reasons: Reasons | None = None
        self._was_painted = False
        self.setObjectName("shell")
        self.setWindowTitle("Trạm")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=False)
        self.setMinimumSize(SMALLEST)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setStyleSheet(style_sheet(stage.theme))
        self._top = TopBar(stage, self.switch_language, now)
        self._actions = ActionBar(stage, self.press, clock)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._top)
        self._column.addWidget(self._actions)
        self.show_view(self._view)

    @property
    def stage(self) -> Stage:
        """Desk and language now."""
        return self._stage

    @property
    def view(self) -> View:
        """What is shown."""
        return self._view

    def sizeHint(self) -> QSize:  # noqa: N802
        """The usual counter screen."""
        return USUAL

    def show_view(self, view: View) -> None:
        """Show a new view; the page of another person or screen is dropped before anything else happens."""
        if (view.screen, view.session) != (self._view.screen, self._view.session):
            self._close_reasons()
        if view.held and not self._view.held:
            self._held_at = self._clock()
        self._view = view
        self._present(fresh=True)

    def show_frame(self, frame: GreyFrame) -> None:
        """Show a camera picture where the page has room for one."""
        if self._page is not None:
            self._page.frame(frame)

    def switch_language(self) -> None:
        """The next language, at once, in the middle of whatever is shown."""
        at = LANGUAGES.index(self._stage.language)
        self._stage = replace(self._stage, language=LANGUAGES[(at + 1) % len(LANGUAGES)])
        self._close_reasons()
        self._present(fresh=False)
        self.restaged.emit()

    def turn_to(self, desk: Desk) -> None:
        """Become another desk's window (the demo's table does this); nothing happens when it is that desk's already."""
        if desk is self._stage.desk:
            return
        self._stage = replace(self._stage, desk=desk)
        self.show_view(View(Screen.STARTING, 0, Message("title.starting")))
        self.restaged.emit()

    def _present(self, *, fresh: bool) -> None:
        wanted = (self._view.screen, self._view.session, self._stage.desk)
        focused = self.focusWidget()
        self.setUpdatesEnabled(False)
        try:
            if self._page is None or wanted != self._paged:
                self._drop_page()
                self._page, self._paged = page_for(self._view.screen, self._stage.desk), wanted
                self._column.insertWidget(1, self._page, 1)
            self._top.present(self._view, self._stage)
            self._page.present(self._view, self._stage)
            self._page.show()
            self._actions.present(self._view, self._stage, fresh=fresh)
            self._column.activate()
        finally:
            self.setUpdatesEnabled(True)
        # Qt hands the keyboard of a dropped button to the next one, where Enter or Space would press it unasked.
        if focused in (None, self) or self.focusWidget() is not focused:
            self._seat_focus()

    def _seat_focus(self) -> None:
        if self._page is None or not self._page.take_focus():
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_page(self) -> None:
        page, self._page, self._paged = self._page, None, None
        if page is not None:
            self._column.removeWidget(page)
            page.hide()
            page.setParent(None)
            page.deleteLater()

    # Presses ---------------------------------------------------------------------------------------------------------

    def press(self, button: Button) -> None:
        """A button or its key; what the view does not offer does nothing."""
        if button not in self._view.actions:
            return
        if button is Button.EMERGENCY and self._clock() - self._held_at < STAYS_OPEN:
            return
        if button is Button.ADMIT:
            self._toggle_reasons()
        else:
            self._stage.post(Pressed(button))

    def _toggle_reasons(self) -> None:
        if self._reasons is not None:
            self._close_reasons()
            return
        self._reasons = Reasons(self._stage, self)
        self._reasons.chosen.connect(self._admit)
        self._reasons.closed.connect(self._close_reasons)
        self._reasons.show()
        self._seat_reasons()
        self._reasons.raise_()

    def _seat_reasons(self) -> None:
        if self._reasons is not None:
            size = self._reasons.sizeHint()
            below = self._actions.height() + 12
            self._reasons.setGeometry(self.width() - size.width() - 20, self.height() - size.height() - below,
                                      size.width(), size.height())  # fmt: skip

    def _close_reasons(self) -> None:
        reasons, self._reasons = self._reasons, None
        if reasons is not None:
            reasons.hide()
            reasons.deleteLater()

    def _admit(self, reason: str) -> None:
        self._close_reasons()
        self._stage.post(Admitted(reason))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """The keys of ux §7; digits belong to the fields that have the keyboard."""
        if event.isAutoRepeat():
            return  # held down is pressed once: in a panic it must not open and lock the gate by turns
        key = Qt.Key(event.key())
        if self._reasons is not None and self._key_of_reasons(key, event.text()):
            return
        if key is Qt.Key.Key_L and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.switch_language()
        elif key is Qt.Key.Key_E and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.press(Button.EMERGENCY)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key is Qt.Key.Key_Space and self._stage.desk is Desk.GATE:
            self.press(Button.DONE)
        elif key in _KEYS:
            self.press(_KEYS[key])
        else:
            super().keyPressEvent(event)

    def _key_of_reasons(self, key: Qt.Key, text: str) -> bool:
        if key is Qt.Key.Key_Escape:
            self._close_reasons()
            return True
        reason = Reasons.by_key(text)
        if reason is not None:
            self._admit(reason)
        return reason is not None

    def _enter(self) -> None:
        focused = self.focusWidget()
        if isinstance(focused, QPushButton):
            focused.click()
            return
        event = self._page.main_event() if self._page is not None else None
        main = main_action(self._view)
        if event is not None:
            self._stage.post(event)
        elif main is not None:
            self.press(main)

    # The window ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Tell once that there is a picture."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Move together or apart, and keep the choice of reasons in its corner."""
        super().resizeEvent(event)
        compact = self.height() < _COMPACT_BELOW
        if compact is not self._stage.compact:
            self._stage = replace(self._stage, compact=compact)
            self._present(fresh=False)
        self._seat_reasons()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """The window manager closed it."""
        super().closeEvent(event)
        self.closed.emit()
