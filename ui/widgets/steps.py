"""The real steps of a reading: done, running, to come, told apart by shape as well as colour. Never a fake bar."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from terminal.events import Step
from terminal.model import Outcome
from terminal.view import Desk
from ui.palette import Theme
from ui.stage import Stage
from ui.typeface import BOLD, REGULAR, face
from ui.widgets.mark import sign
from ui.widgets.text import CENTER, label

_ASKING = (Step.CONNECT, Step.UNLOCK, Step.READ, Step.VERIFY, Step.ASK)
_PROVING = (Step.CONNECT, Step.UNLOCK, Step.READ, Step.VERIFY, Step.PHOTO)


def steps_of(desk: Desk) -> tuple[Step, ...]:
    """The five steps that a desk shows; the photo comes last and is waited for only where the face is compared."""
    return _PROVING if desk is Desk.POLICE else _ASKING


class Steps(QWidget):
    """Five dots on a line with their words."""

    def __init__(self, stage: Stage, done: tuple[Step, ...], running: Step | None) -> None:
        super().__init__()
        row = QGridLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setHorizontalSpacing(0)
        row.setVerticalSpacing(4)
        px = 24 if stage.public else 18
        shown = steps_of(stage.desk)
        for at, step in enumerate(shown):
            state = "done" if step in done else "running" if step is running else "waiting"
            dot = _Dot(state, at + 1, stage.theme, first=at == 0, last=at == len(shown) - 1)
            words = label(
                stage.say(f"step.{step.value}"),
                px,
                tone="page_muted" if state == "waiting" else "page",
                weight=BOLD if state == "running" else REGULAR,
                wrap=True,
                align=CENTER,
            )
            words.setProperty("state", state)
            words.setMinimumHeight(QFontMetrics(words.font()).height() * 2)
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            row.addWidget(dot, 0, at)
            row.addWidget(words, 1, at)
            row.setColumnStretch(at, 1)


class _Dot(QWidget):
    def __init__(self, state: str, number: int, theme: Theme, *, first: bool, last: bool) -> None:
        super().__init__()
        self._state, self._number, self._theme = state, number, theme
        self._first, self._last = first, last
        self.setFixedHeight(48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide enough for the dot."""
        return QSize(80, 48)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The line, then the dot with a tick or its number."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, middle = self._theme, QPointF(self.width() / 2, 24)
        reached, idle = QColor(theme.focus), QColor(theme.page_muted.ink)
        painter.setPen(QPen(idle if self._state == "waiting" else reached, 4))
        if not self._first:
            painter.drawLine(QPointF(0, 24), QPointF(middle.x() - 20, 24))
        painter.setPen(QPen(reached if self._state == "done" else idle, 4))
        if not self._last:
            painter.drawLine(QPointF(middle.x() + 20, 24), QPointF(self.width(), 24))
        self._draw_dot(painter, middle, reached, idle)
        painter.end()

    def _draw_dot(self, painter: QPainter, middle: QPointF, reached: QColor, idle: QColor) -> None:
        theme = self._theme
        if self._state == "done":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(reached)
            painter.drawEllipse(middle, 19, 19)
            painter.translate(middle.x() - 19, 5)
            painter.scale(0.38, 0.38)
            pen = QPen(QColor(theme.page.ground), 12, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
            painter.strokePath(sign(Outcome.ALLOW), pen)
            return
        running = self._state == "running"
        painter.setPen(QPen(reached if running else idle, 5 if running else 2.5))
        painter.setBrush(QColor(theme.panel.ground))
        painter.drawEllipse(middle, 18.5, 18.5)
        painter.setPen(QColor(theme.panel.ink))
        painter.setFont(face(18, BOLD if running else REGULAR))
        painter.drawText(QRectF(middle.x() - 19, 5, 38, 38), Qt.AlignmentFlag.AlignCenter, str(self._number))
