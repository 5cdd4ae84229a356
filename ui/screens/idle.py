"""Waiting for a person: two steps with the live camera for staff, one large invitation at the gate."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from terminal.ports import GreyFrame
from terminal.view import CodesBy, View
from ui.screens.page import Page
from ui.screens.parts import limited, notice, number_badge, question
from ui.stage import Stage
from ui.typeface import BOLD
from ui.widgets.card_drawing import CardDrawing, Gesture
from ui.widgets.facts import panel
from ui.widgets.text import FitLabel, label
from ui.widgets.viewfinder import Viewfinder

_INVITES = {
    CodesBy.CAMERA: "remedy.idle.gate",
    CodesBy.SCANNER: "remedy.idle.gate_scanner",
    CodesBy.NOTHING: "remedy.idle.gate_nothing",
}


class IdleStaff(Page):
    """Reception and police: the code by the camera's picture, the card by its drawing; either may come first."""

    def __init__(self) -> None:
        super().__init__()
        self._viewfinder: Viewfinder | None = None
        self._last: GreyFrame | None = None

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Title, two numbered fields, and a notice when there is one."""
        self._viewfinder = None
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 18, 24, 18)
        column.setSpacing(14)
        heading = label(stage.tell(view.title), 40, weight=BOLD, wrap=True)
        column.addWidget(heading)
        if view.hint is not None:
            column.addWidget(notice(stage, stage.tell(view.hint)))
        fields = QHBoxLayout()
        fields.setSpacing(18)
        drawing = CardDrawing(Gesture.PLACE, stage.theme, stage.say("ui.card_drawing"))
        fields.addWidget(self._code_field(view, stage), 1)
        fields.addWidget(_numbered(stage, 2, stage.say("ui.place_here"), drawing), 1)
        column.addLayout(fields, 1)
        if view.works:
            column.addWidget(limited(stage, view.works))
        return body

    def _code_field(self, view: View, stage: Stage) -> QFrame:
        """The camera's picture, or how a code is read here without one."""
        if view.codes_by is not CodesBy.CAMERA:
            words = stage.say("ui.scan_here" if view.codes_by is CodesBy.SCANNER else "ui.no_codes")
            return _numbered(stage, 1, words, CardDrawing(Gesture.CODE, stage.theme, stage.say("ui.card_drawing")))
        self._viewfinder = Viewfinder(stage.theme, stage.say("ui.camera_off"))
        if self._last is not None:
            self._viewfinder.frame(self._last)
        return _numbered(stage, 1, stage.tell(view.camera_hint) or stage.say("ui.code_here"), self._viewfinder)

    def frame(self, frame: GreyFrame) -> None:
        """To the viewfinder."""
        self._last = frame
        if self._viewfinder is not None:
            self._viewfinder.frame(frame)


def _numbered(stage: Stage, number: int, words: str, content: QWidget) -> QFrame:
    column = QVBoxLayout()
    column.setContentsMargins(18, 16, 18, 18)
    column.setSpacing(12)
    head = QHBoxLayout()
    head.setSpacing(14)
    head.addWidget(number_badge(stage, number))
    line = FitLabel(words, 26, 19, tone="panel")
    line.setFixedHeight(60)
    head.addWidget(line, 1)
    column.addLayout(head)
    column.addWidget(content, 1)
    return panel(column)


class IdleGate(Page):
    """The public screen: one line, one drawing."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Invitation above camera and ticket."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(40, 20, 40, 24)
        column.setSpacing(14)
        hint = "" if view.hint is not None else stage.tell(view.camera_hint) or stage.say(_INVITES[view.codes_by])
        column.addWidget(question(stage.tell(view.title), hint, public=True), 4)
        column.addWidget(CardDrawing(Gesture.GATE, stage.theme, stage.say("ui.card_drawing")), 6)
        if view.hint is not None:
            column.addWidget(notice(stage, stage.tell(view.hint)))
        elif view.works:
            column.addWidget(limited(stage, view.works))
        return body
