"""A required device is missing: the public is sent on, staff see what to do. It heals by itself."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from terminal.model import Outcome
from terminal.view import Desk, View
from ui.screens.page import Page
from ui.stage import Stage
from ui.typeface import MEDIUM
from ui.widgets.banner import Banner
from ui.widgets.facts import panel
from ui.widgets.mark import Mark
from ui.widgets.text import label

_MOST_FAULTS = 3


class OutOfService(Page):
    """The banner of CANNOT CHECK, and under it each missing device with its remedy."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """At the gate the first line sends people on; staff read the rest."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        alone = stage.desk is Desk.POLICE  # a patrol has no next counter
        gate = stage.desk is Desk.GATE
        elsewhere = stage.say("remedy.oos_gate" if gate else "remedy.oos")
        remedy = stage.tell(view.hint) if alone or view.held else elsewhere
        column.addWidget(Banner(stage, Outcome.CANNOT_CHECK, stage.tell(view.title), remedy, tall=True), 1)
        if view.faults:
            column.addWidget(self._faults(view, stage))
        return body

    @staticmethod
    def _faults(view: View, stage: Stage) -> QWidget:
        rows = QVBoxLayout()
        rows.setContentsMargins(24, 12, 24, 12)
        rows.setSpacing(8)
        pair = stage.theme.panel_muted
        for code in view.faults[:_MOST_FAULTS]:
            row = QHBoxLayout()
            row.setSpacing(12)
            row.addWidget(Mark(Outcome.CANNOT_CHECK, 26, pair.ink, pair.ground, stage.say("ui.mark.cannot_check")))
            row.addWidget(label(stage.say(f"fault.{code}.title"), 19, tone="panel", weight=MEDIUM))
            row.addWidget(label(stage.say(f"fault.{code}.remedy"), 18, tone="panel_muted", wrap=True), 1)
            row.addWidget(label(code, 16, tone="panel_muted"))
            rows.addLayout(row)
        return panel(rows)
