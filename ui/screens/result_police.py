"""The police's result: what was proven about the card, check by check, and a photo to compare the face with."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from terminal.model import Person
from terminal.view import Result, View
from ui.screens.identity import address_free_facts, result_banner
from ui.screens.page import Page
from ui.stage import Stage
from ui.typeface import MEDIUM
from ui.widgets.facts import check_grid, fact_grid, note_lines, panel
from ui.widgets.photo import PhotoBox
from ui.widgets.text import FitLabel, label


class ResultPolice(Page):
    """Banner, large photo, identity, the list of checks."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Without a person: banner and checks."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        result = view.result
        known = result is not None and (result.person is not None or bool(result.verdict.checks))
        column.addWidget(result_banner(view, stage, tall=not known), 0 if known else 1)
        if result is not None and known:
            row = QHBoxLayout()
            row.setContentsMargins(20, 14, 20, 14)
            row.setSpacing(18)
            if result.person is not None:
                row.addWidget(PhotoBox(stage, result.photo, 330))
                row.addWidget(self._person(result.person, result, stage), 4)
            row.addWidget(self._checks(result, stage), 5)
            column.addLayout(row, 1)
        return body

    @staticmethod
    def _person(person: Person, result: Result, stage: Stage) -> QWidget:
        piece = QWidget()
        column = QVBoxLayout(piece)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        name = FitLabel(person.name or stage.say("field.not_known"), 32, 20)
        name.setMaximumHeight(140)
        column.addWidget(name, 1)
        column.addLayout(fact_grid_stacked(address_free_facts(person, stage)))
        if result.photo is not None:
            column.addWidget(label(stage.say("ui.compare"), 18, weight=MEDIUM, wrap=True))
        column.addStretch(1)
        return piece

    @staticmethod
    def _checks(result: Result, stage: Stage) -> QFrame:
        column = QVBoxLayout()
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(label(stage.say("ui.checks"), 18, tone="panel_muted"))
        column.addLayout(check_grid(stage, result.verdict.checks))
        column.addSpacing(4)
        column.addLayout(note_lines(stage, result.verdict.notes))
        if result.verdict.fault:
            column.addLayout(fact_grid([(stage.say("field.reason"), result.verdict.fault)], 16))
        column.addStretch(1)
        return panel(column)


def fact_grid_stacked(facts: list[tuple[str, str]]) -> QVBoxLayout:
    """Each small word above its value, for a narrow column."""
    column = QVBoxLayout()
    column.setSpacing(0)
    for name, value in facts:
        column.addWidget(label(name, 16, tone="page_muted"))
        column.addWidget(label(value, 20, weight=MEDIUM, wrap=True))
    return column
