"""The number, from the code or typed; and, when it did not open the chip, the two dates of the MRZ."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from terminal.events import Event, MrzTyped, NumberTyped
from terminal.ports import GreyFrame
from terminal.view import CodesBy, View
from ui.screens.page import Page
from ui.screens.parts import notice
from ui.stage import Stage
from ui.typeface import BOLD, MEDIUM, face
from ui.widgets.card_drawing import CardDrawing, Gesture
from ui.widgets.digits import Digits
from ui.widgets.key_button import KeyButton
from ui.widgets.keypad import Keypad
from ui.widgets.text import label
from ui.widgets.viewfinder import Viewfinder

NO_EXPIRY = "991231"
"""The MRZ's expiry of a card that never expires."""

_OPEN_DIGITS = 6
_DATE_DIGITS = 8
_ID_LENGTH = 12
_NUMBER_LENGTHS = (10, _ID_LENGTH)
"""An insurance code of today's form, or an ID number."""


def yymmdd(typed: str) -> str | None:
    """ddmmyyyy as the MRZ writes it, or None when there is no such day."""
    try:
        day = date(int(typed[4:]), int(typed[2:4]), int(typed[:2]))
    except ValueError:
        return None
    return f"{day:%y%m%d}"


class AskNumber(Page):
    """Camera and drawing on the left, digits on the right. What was typed survives a new language, not a new page."""

    def __init__(self) -> None:
        super().__init__()
        self._viewfinder: Viewfinder | None = None
        self._last: GreyFrame | None = None
        self._entries: list[Digits] = []
        self._never_expires = False
        self._apply: QPushButton | None = None
        self._stage: Stage | None = None

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Two columns; with dates to type, the fields take the camera's place."""
        typed = [entry.text for entry in self._entries]
        dates = view.title.key.endswith("ask.mrz")
        if dates != (len(typed) > 1):
            typed = []
        self._stage = stage
        self._viewfinder = None
        self._entries = self._make_entries(stage, dates=dates)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(24, 16, 24, 16)
        row.setSpacing(28)
        left = self._words(view, stage)
        if dates:
            self._add_dates(left, stage)
        else:
            self._add_camera(left, view, stage)
        row.addLayout(left, 5)
        row.addLayout(self._keys(stage, dates=dates), 6 if not dates else 4)
        for entry, text in zip(self._entries, typed, strict=False):
            entry.type(text)
        self._refresh()
        return body

    def take_focus(self) -> bool:
        """The first field that is not full."""
        self._active().setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def _make_entries(self, stage: Stage, *, dates: bool) -> list[Digits]:
        number = Digits(stage.theme, (3, 3, 6), _OPEN_DIGITS)
        number.setAccessibleName(stage.say("ui.number_entry"))
        entries = [number]
        for key in ("ui.born_date", "ui.expiry_date") if dates else ():
            entry = Digits(stage.theme, (2, 2, 4), _DATE_DIGITS, stage.say("ui.date_letters"))
            entry.setAccessibleName(stage.say(key))
            entries.append(entry)
        for entry in entries:
            entry.changed.connect(self._refresh)
        return entries

    @staticmethod
    def _words(view: View, stage: Stage) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(label(stage.tell(view.title), 32, weight=BOLD, wrap=True))
        if view.hint is not None:
            refused = view.hint.key.endswith("card.locked") or view.hint.key.startswith("fault.")
            words = stage.tell(view.hint)
            column.addWidget(notice(stage, words) if refused else label(words, 22, tone="page_muted", wrap=True))
        return column

    def _add_camera(self, column: QVBoxLayout, view: View, stage: Stage) -> None:
        if view.codes_by is CodesBy.CAMERA:
            self._viewfinder = Viewfinder(stage.theme, stage.say("ui.camera_off"))
            if self._last is not None:
                self._viewfinder.frame(self._last)
            column.addWidget(self._viewfinder, 1)
        else:
            column.addStretch(1)
        below = QHBoxLayout()
        drawing = CardDrawing(Gesture.CODE, stage.theme, stage.say("ui.card_drawing"))
        drawing.setFixedSize(96, 104)
        below.addWidget(drawing)
        words = stage.tell(view.camera_hint) or stage.say("remedy.ask.qr_side")
        below.addWidget(label(words, 18, tone="page_muted", wrap=True), 1)
        column.addLayout(below)

    def _add_dates(self, column: QVBoxLayout, stage: Stage) -> None:
        for entry in self._entries:
            column.addWidget(label(entry.accessibleName(), 19, weight=MEDIUM))
            column.addWidget(entry)
        column.addWidget(self._no_expiry(stage))
        column.addStretch(1)

    def _keys(self, stage: Stage, *, dates: bool) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        if not dates:
            column.addWidget(label(self._entries[0].accessibleName(), 19, weight=MEDIUM))
            column.addWidget(self._entries[0])
        pad = Keypad(stage)
        pad.digit.connect(lambda digit: self._active().type(digit))
        pad.erase.connect(lambda: self._active().erase())
        pad.clear.connect(lambda: self._active().clear())
        column.addWidget(pad, 1)
        self._apply = KeyButton(stage.say("ui.apply"), "Enter", stage.say("ui.key", cap="Enter"), main=True)
        self._apply.clicked.connect(self._submit)
        column.addWidget(self._apply)
        return column

    def _no_expiry(self, stage: Stage) -> QPushButton:
        toggle = QPushButton(stage.say("ui.no_expiry"))
        toggle.setCheckable(True)
        toggle.setChecked(self._never_expires)
        toggle.setFont(face(18, MEDIUM))
        toggle.setMinimumHeight(44)
        toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        toggle.toggled.connect(self._set_never_expires)
        self._entries[2].setEnabled(not self._never_expires)
        return toggle

    def _set_never_expires(self, never: bool) -> None:
        self._never_expires = never
        self._entries[2].setEnabled(not never)
        self._refresh()

    def _active(self) -> Digits:
        focused = next((entry for entry in self._entries if entry.hasFocus()), None)
        if focused is not None:
            return focused
        return next((e for e in self._entries if len(e.text) < e.length), self._entries[-1])

    def _refresh(self) -> None:
        stage = self._stage
        if stage is None or self._apply is None:
            return
        for entry in self._entries:
            n, of = str(len(entry.text)), str(entry.length)
            entry.setAccessibleDescription(stage.say("ui.digits_entered", n=n, of=of))
        self._move_on()
        self._apply.setEnabled(self._event() is not None)

    def _move_on(self) -> None:
        """From a filled field to the next empty one."""
        for full, following in zip(self._entries, self._entries[1:], strict=False):
            done = full.hasFocus() and len(full.text) == full.length
            if done and following.isEnabled() and not following.text:
                following.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _event(self) -> Event | None:
        number, *dates = (entry.text for entry in self._entries)
        if not dates:
            return NumberTyped(number) if len(number) in _NUMBER_LENGTHS else None
        born = yymmdd(dates[0])
        expires = NO_EXPIRY if self._never_expires else yymmdd(dates[1])
        return MrzTyped(number, born, expires) if len(number) == _ID_LENGTH and born and expires else None

    def main_event(self) -> Event | None:
        """What was typed, once it is complete; the fields are empty afterwards."""
        event = self._event()
        if event is not None:
            for entry in self._entries:
                entry.clear()
        return event

    def _submit(self) -> None:
        event = self.main_event()
        if event is not None and self._stage is not None:
            self._stage.post(event)

    def frame(self, frame: GreyFrame) -> None:
        """To the viewfinder."""
        self._last = frame
        if self._viewfinder is not None:
            self._viewfinder.frame(frame)
