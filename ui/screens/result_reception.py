"""The reception's result: who, insured how, proven by what, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from terminal.clock import VIETNAM_TIME
from terminal.events import Step
from terminal.model import Check, Eligibility, EligibilityAnswer, Person
from terminal.shown import insurance_code
from terminal.view import Result, View
from ui.screens.identity import fault_text, person_facts, result_banner
from ui.screens.page import Page
from ui.stage import Stage, clock_time, day
from ui.widgets.facts import check_chip, fact_grid, note_lines, panel, scrolled_panel, value_px
from ui.widgets.photo import PhotoBox
from ui.widgets.text import TOP, FitLabel, label

_CHIPS_A_ROW = 4


class ResultReception(Page):
    """Banner, photo and person, insurance, notes, one line of proofs."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Without a person the banner fills the screen."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        result = view.result
        known = result is not None and (result.person is not None or isinstance(result.answer, EligibilityAnswer))
        column.addWidget(result_banner(view, stage, tall=not known), 0 if known else 1)
        if result is not None:
            below = QVBoxLayout()
            edge = 10 if stage.compact else 14
            below.setContentsMargins(20, edge, 20, edge)
            below.setSpacing(8)
            if known:
                below.addLayout(self._person_row(result, stage, pending=view.step is Step.PHOTO), 1)
            if not known and result.verdict.notes:
                below.addWidget(_notes_panel(result, stage))
            if result.verdict.checks:
                below.addWidget(_proofs(result.verdict.checks, stage))
            if below.count():
                column.addLayout(below, 1 if known else 0)
        return body

    def _person_row(self, result: Result, stage: Stage, *, pending: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        if result.person is not None:
            width = 170 if stage.compact else 240
            photo = PhotoBox(stage, result.photo, width, pending=pending, lost=result.photo_lost)
            row.addWidget(photo, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(self._person(result.person, result, stage), 5)
        row.addWidget(self._insurance(result, stage), 6)
        return row

    @staticmethod
    def _person(person: Person, result: Result, stage: Stage) -> QWidget:
        piece = QWidget()
        column = QVBoxLayout(piece)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        name = FitLabel(person.name or stage.say("field.not_known"), 32, 20,
                        align=TOP, most=84 if stage.compact else 94)  # fmt: skip
        column.addWidget(name)
        facts = person_facts(person, stage)
        grid = fact_grid(facts, value_px(stage))
        grid.setContentsMargins(14, 8, 14, 8)
        column.addWidget(panel(grid))
        column.addLayout(note_lines(stage, result.verdict.notes))
        column.addStretch(1)
        return piece

    @staticmethod
    def _insurance(result: Result, stage: Stage) -> QFrame:
        answer = result.answer if isinstance(result.answer, EligibilityAnswer) else None
        cover = answer.cover if answer else None
        facts = _differing_name(answer, result.person, stage)
        code = cover.insurance_code if cover else result.person.insurance_code if result.person else None
        if code:
            facts.append((stage.say("field.insurance_code"), insurance_code(code, result.person)))
        if cover:
            facts.append((stage.say("field.benefit"), cover.benefit))
            if cover.valid_from or cover.valid_to:
                start, end = (day(d) if d else "…" for d in (cover.valid_from, cover.valid_to))
                dates = stage.say("ui.valid_from_to", **{"from": start, "to": end})
                facts.append((stage.say("field.valid"), dates))
            facility = " · ".join(part for part in (cover.facility_name, cover.facility) if part)
            if facility:
                facts.append((stage.say("field.facility"), facility))
        if answer:
            facts += _answer_facts(answer, stage)
        if result.verdict.fault:
            facts.append((stage.say("field.reason"), fault_text(result.verdict.fault, stage)))
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(label(stage.say("ui.insurance"), 18, tone="panel_muted"))
        column.addLayout(fact_grid(facts or [("", "–")], value_px(stage)))
        column.addStretch(1)
        return scrolled_panel(content)


def _differing_name(answer: EligibilityAnswer | None, person: Person | None, stage: Stage) -> list[tuple[str, str]]:
    name = answer.registered_name if answer else None
    if not name or (person is not None and name == person.name):
        return []
    return [(stage.say("field.registered_name"), name)]


def _answer_facts(answer: EligibilityAnswer, stage: Stage) -> list[tuple[str, str]]:
    facts = []
    if answer.note:
        facts.append((stage.say("field.note"), answer.note))
    if answer.state is not Eligibility.ELIGIBLE:
        facts.append((stage.say("field.reason"), stage.say_known(f"cover.{answer.reason}", answer.reason)))
    facts.append((stage.say("field.asked_at"), f"{_asked_at(answer)} · {answer.reference}"))
    return facts


def _asked_at(answer: EligibilityAnswer) -> str:
    """When the payer gave this answer: the time of day, before which the day where it was kept from then."""
    if answer.as_of is None:
        return clock_time(answer.answered_at)
    return f"{day(answer.as_of.astimezone(VIETNAM_TIME).date())} {clock_time(answer.as_of)}"


def _notes_panel(result: Result, stage: Stage) -> QFrame:
    lines = note_lines(stage, result.verdict.notes)
    lines.setContentsMargins(16, 10, 16, 10)
    return panel(lines)


def _proofs(checks: tuple[Check, ...], stage: Stage) -> QFrame:
    grid = QGridLayout()
    grid.setContentsMargins(16, 8, 16, 8)
    grid.setHorizontalSpacing(18)
    for column in range(_CHIPS_A_ROW):
        grid.setColumnStretch(column, 1)
    grid.setVerticalSpacing(4)
    for at, check in enumerate(checks):
        grid.addWidget(check_chip(stage, check), at // _CHIPS_A_ROW, at % _CHIPS_A_ROW)
    return panel(grid)
