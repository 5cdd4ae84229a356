"""Rows of what is known: a small word and its value; checks with their mark, notes with their triangle."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from terminal.model import Check, Message, Outcome, Word
from ui.palette import Pair
from ui.stage import Stage
from ui.typeface import BOLD, MEDIUM
from ui.widgets.mark import Mark, outcome_of
from ui.widgets.text import label


def panel(layout: QLayout) -> QFrame:
    """A white field around a layout."""
    frame = QFrame()
    frame.setProperty("panel", "true")
    frame.setLayout(layout)
    return frame


def scrolled_panel(content: QWidget) -> QFrame:
    """A white field whose content scrolls when a backend writes more than there is room for."""
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    inside = QVBoxLayout()
    inside.setContentsMargins(1, 1, 1, 1)
    inside.addWidget(area)
    return panel(inside)


def value_px(stage: Stage) -> int:
    """The size of a value on a staff screen."""
    return 18 if stage.compact else 22


def fact_grid(facts: list[tuple[str, str]], px: int) -> QGridLayout:
    """Word and value, one row each."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(max(1, (px - 17) * 2))
    grid.setColumnStretch(1, 1)
    for row, (name, value) in enumerate(facts):
        small = label(name, 16, tone="panel_muted")
        small.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        small.setContentsMargins(0, max(0, (px - 16) // 2 + 1), 0, 0)
        grid.addWidget(small, row, 0)
        grid.addWidget(label(value, px, tone="panel", weight=MEDIUM, wrap=True), row, 1)
    return grid


def _pair(stage: Stage, word: Word) -> Pair:
    theme = stage.theme
    return {
        Outcome.ALLOW: theme.panel_good,
        Outcome.STOP: theme.panel_bad,
        Outcome.ATTENTION: theme.panel_warn,
        Outcome.CANNOT_CHECK: theme.panel_muted,
    }[outcome_of(word)]


def _tone(word: Word) -> str:
    return {
        Outcome.ALLOW: "panel_good",
        Outcome.STOP: "panel_bad",
        Outcome.ATTENTION: "panel_warn",
        Outcome.CANNOT_CHECK: "panel_muted",
    }[outcome_of(word)]


def word_text(stage: Stage, word: Word) -> str:
    """The word of a check."""
    return stage.say(f"word.{word.value.replace(' ', '_')}")


def check_mark(stage: Stage, check: Check, size: int) -> Mark:
    """The small shape before a check."""
    pair = _pair(stage, check.word)
    return Mark(outcome_of(check.word), size, pair.ink, pair.ground, word_text(stage, check.word))


def check_chip(stage: Stage, check: Check) -> QWidget:
    """Mark and name in one piece, for a line of proofs."""
    piece = QWidget()
    row = QHBoxLayout(piece)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(7)
    row.addWidget(check_mark(stage, check, 22))
    row.addWidget(label(stage.say(f"check.{check.name.value}"), 17, tone=_tone(check.word), weight=MEDIUM), 1)
    piece.setAccessibleName(f"{stage.say(f'check.{check.name.value}')}: {word_text(stage, check.word)}")
    return piece


def check_grid(stage: Stage, checks: tuple[Check, ...]) -> QGridLayout:
    """One row a check: mark, name, word and what stood in the way."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    px = value_px(stage)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(2, 1)
    for at, check in enumerate(checks):
        row = at * 2
        grid.addWidget(check_mark(stage, check, px + 8), row, 0)
        grid.addWidget(label(stage.say(f"check.{check.name.value}"), px, tone="panel"), row, 1)
        grid.addWidget(label(word_text(stage, check.word), px, tone=_tone(check.word), weight=BOLD), row, 2)
        grid.setRowMinimumHeight(row, px + (14 if stage.compact else 22))
        if check.why is not None:
            grid.addWidget(label(stage.tell(check.why), 16, tone="panel_muted", wrap=True), row + 1, 1, 1, 2)
    return grid


def note_lines(stage: Stage, notes: tuple[Message, ...]) -> QVBoxLayout:
    """Side notes for staff, each behind a small triangle."""
    column = QVBoxLayout()
    column.setSpacing(4)
    theme = stage.theme
    for note in notes:
        row = QHBoxLayout()
        row.setSpacing(8)
        name = stage.say("ui.mark.attention")
        row.addWidget(Mark(Outcome.ATTENTION, 22, theme.panel_warn.ink, theme.panel_warn.ground, name))
        row.addWidget(label(stage.tell(note), 18, tone="panel_warn", weight=MEDIUM, wrap=True), 1)
        column.addLayout(row)
    return column
