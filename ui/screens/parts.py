"""Pieces that several screens are put together from."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.model import Message, Outcome
from ui.stage import Stage
from ui.typeface import BOLD, MEDIUM
from ui.widgets.mark import Mark
from ui.widgets.text import BELOW, CENTER, OVER, FitLabel, label


def notice(stage: Stage, text: str) -> QFrame:
    """A strip that says what just went wrong, without stopping anything."""
    strip = QFrame()
    strip.setProperty("ground", "notice")
    strip.setAccessibleName(text)
    row = QHBoxLayout(strip)
    row.setContentsMargins(18, 10, 18, 10)
    row.setSpacing(14)
    pair = stage.theme.notice
    side = 44 if stage.public else 32
    row.addWidget(Mark(Outcome.ATTENTION, side, pair.ink, pair.ground, stage.say("ui.mark.attention")))
    row.addWidget(label(text, 34 if stage.public else 22, tone="notice", weight=MEDIUM, wrap=True), 1)
    return strip


def limited(stage: Stage, works: tuple[Message, ...]) -> QFrame:
    """A strip that says that not everything works here, and what does."""
    strip = QFrame()
    strip.setProperty("ground", "notice")
    row = QHBoxLayout(strip)
    row.setContentsMargins(18, 8, 18, 8)
    row.setSpacing(14)
    still = " · ".join(stage.tell(one) for one in works)
    strip.setAccessibleName(f"{stage.say('limit.title')}. {stage.say('limit.still')}: {still}")
    row.addWidget(label(stage.say("limit.title"), 20, tone="notice", weight=BOLD))
    row.addWidget(label(f"{stage.say('limit.still')}: {still}", 18, tone="notice", wrap=True), 1)
    return strip


def number_badge(stage: Stage, number: int) -> QLabel:
    """The number of a step, in a filled field."""
    badge = label(str(number), 28, tone="accent", weight=BOLD, align=CENTER)
    badge.setFixedSize(44, 44)
    badge.setProperty("ground", "accent")
    badge.setStyleSheet("border-radius: 22px;")
    badge.setAccessibleName(stage.say("ui.step_number", n=str(number)))
    return badge


def question(title: str, hint: str, *, public: bool) -> QWidget:
    """The one question of a screen: a large line and a smaller one."""
    piece = QWidget()
    column = QVBoxLayout(piece)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    heading = FitLabel(title, 96 if public else 52, 48 if public else 30, align=OVER if hint else CENTER)
    column.addWidget(heading, 3)
    if hint:
        line = FitLabel(hint, 44 if public else 28, 32 if public else 20, tone="page_muted", weight=MEDIUM, align=BELOW)
        column.addWidget(line, 2)
    return piece
