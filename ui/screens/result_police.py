"""The police's result: what was proven about the card, check by check, and a photo to compare the face with."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from terminal.events import Step
from terminal.model import Person
from terminal.view import Result, View
from ui.screens.identity import fault_text, person_facts, result_banner
from ui.screens.page import Page
from ui.stage import Stage
from ui.typeface import MEDIUM
from ui.widgets.facts import check_grid, fact_grid, note_lines, panel, value_px
from ui.widgets.photo import PhotoBox
from ui.widgets.text import TOP, FitLabel, label


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
                width = 240 if stage.compact else 330
                photo = PhotoBox(stage, result.photo, width, pending=view.step is Step.PHOTO, lost=result.photo_lost)
                row.addWidget(photo, 0, Qt.AlignmentFlag.AlignTop)
                row.addWidget(self._person(result.person, result, stage), 5)
            row.addWidget(self._checks(result, stage), 5)
            column.addLayout(row, 1)
        return body

    @staticmethod
    def _person(person: Person, result: Result, stage: Stage) -> QWidget:
        piece = QWidget()
        column = QVBoxLayout(piece)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        name = FitLabel(person.name or stage.say("field.not_known"), 32, 20,
                        align=TOP, most=140)  # fmt: skip
        column.addWidget(name)
        facts = person_facts(person, stage)
        column.addLayout(fact_grid(facts, value_px(stage)) if stage.compact else fact_column(facts))
        if result.photo is not None:
            column.addSpacing(8)
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
            column.addLayout(fact_grid([(stage.say("field.reason"), fault_text(result.verdict.fault, stage))], 16))
        column.addStretch(1)
        return panel(column)


def fact_column(facts: list[tuple[str, str]]) -> QVBoxLayout:
    """Each small word above its value, for a narrow column."""
    column = QVBoxLayout()
    column.setSpacing(0)
    for at, (name, value) in enumerate(facts):
        column.addSpacing(6 if at else 0)
        column.addWidget(label(name, 16, tone="page_muted"))
        column.addWidget(label(value, 22, weight=MEDIUM, wrap=True))
    return column
