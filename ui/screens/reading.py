"""The chip is being read, or the backend asked: real steps, and a word when it takes longer than usual."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal.view import View
from ui.screens.page import Page
from ui.screens.parts import question
from ui.stage import Stage
from ui.widgets.card_drawing import CardDrawing, Gesture
from ui.widgets.steps import Steps


class Reading(Page):
    """Keep still: drawing, words, steps."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """The drawing above, the steps below; the slow word replaces the hint."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(40, 20, 40, 20)
        column.setSpacing(12)
        hint = stage.tell(view.hint) or stage.say("remedy.reading.slow" if view.slow else "remedy.sensed")
        if view.slow and view.hint is not None:
            hint = f"{hint}. {stage.say('remedy.reading.slow')}."
        column.addWidget(CardDrawing(Gesture.HOLD, stage.theme, stage.say("ui.card_drawing")), 5)
        column.addWidget(question(stage.tell(view.title), hint, public=stage.public), 4)
        column.addWidget(Steps(stage, view.done, view.step))
        return body


class Checking(Page):
    """The backend is being asked. No picture and no name: nothing is known yet."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Words, and the steps when a chip was read."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(40, 20, 40, 20)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(question(stage.tell(view.title), stage.tell(view.hint), public=stage.public), 4)
        column.addStretch(1)
        if view.done or view.step is not None:
            column.addWidget(Steps(stage, view.done, view.step))
        return body
