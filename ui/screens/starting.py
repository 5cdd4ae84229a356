"""The first picture: the program's name and what it is doing."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal.view import View
from ui.screens.page import Page
from ui.stage import Stage
from ui.typeface import BOLD
from ui.widgets.text import CENTER, FitLabel, label


class Starting(Page):
    """Name, place, state."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Three centred lines."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(40, 24, 40, 24)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(label(stage.say("ui.app"), 96, weight=BOLD, align=CENTER))
        column.addWidget(FitLabel(stage.place, 34, 22, tone="page_muted", align=CENTER))
        column.addStretch(1)
        column.addWidget(label(stage.tell(view.title), 30, align=CENTER))
        hint = stage.tell(view.hint) or stage.say("remedy.starting")
        column.addWidget(label(hint, 20, tone="page_muted", align=CENTER, wrap=True))
        column.addStretch(2)
        return body
