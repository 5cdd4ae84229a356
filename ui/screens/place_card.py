"""The code was read; the card is still missing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal.model import Outcome
from terminal.view import View
from ui.screens.page import Page
from ui.screens.parts import question
from ui.stage import Stage
from ui.typeface import MEDIUM
from ui.widgets.card_drawing import CardDrawing, Gesture
from ui.widgets.mark import Mark
from ui.widgets.text import label


class PlaceCard(Page):
    """What is done, and what to do: drawing and words. Never whose number it is."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """A tick for the code, then the drawing."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(40, 24, 40, 24)
        column.setSpacing(12)
        column.addLayout(self._done(view, stage))
        hint = stage.tell(view.hint)
        column.addWidget(question(hint or stage.say("ui.place_here"), "", public=stage.public), 2)
        column.addWidget(CardDrawing(Gesture.PLACE, stage.theme, stage.say("ui.card_drawing")), 5)
        return body

    @staticmethod
    def _done(view: View, stage: Stage) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        theme = stage.theme
        tick = Mark(Outcome.ALLOW, 36, theme.focus, theme.page.ground, stage.say("ui.mark.allow"))
        row.addStretch(1)
        row.addWidget(tick)
        row.addWidget(label(stage.tell(view.title), 32 if stage.public else 26, weight=MEDIUM))
        row.addStretch(1)
        row.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return row
