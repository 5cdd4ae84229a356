"""The card was lost while reading: what to do now, and nothing else."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal.view import View
from ui.screens.page import Page
from ui.screens.parts import question
from ui.stage import Stage
from ui.widgets.card_drawing import CardDrawing, Gesture
from ui.widgets.steps import Steps


class Retry(Page):
    """Drawing, words, and how far the reading had come."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Another card is drawn as a swap, the same one as coming back."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(40, 20, 40, 20)
        column.setSpacing(12)
        gesture = Gesture.SWAP if view.title.key.endswith("retry.other") else Gesture.BACK
        column.addWidget(CardDrawing(gesture, stage.theme, stage.say("ui.card_drawing")), 5)
        column.addWidget(question(stage.tell(view.title), stage.tell(view.hint), public=stage.public), 4)
        if view.done:
            column.addWidget(Steps(stage, view.done, view.step))
        return body
