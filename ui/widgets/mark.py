"""The outcome's shape: circle and tick, triangle and exclamation mark, octagon and cross, square and question mark."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.model import Outcome, Word

_OF_WORD = {
    Word.SUCCESSFUL: Outcome.ALLOW,
    Word.FAILED: Outcome.STOP,
    Word.UNDETERMINED: Outcome.ATTENTION,
    Word.ABORTED: Outcome.CANNOT_CHECK,
    Word.NOT_SUPPORTED: Outcome.CANNOT_CHECK,
}


def outcome_of(word: Word) -> Outcome:
    """The shape that stands for a check's word."""
    return _OF_WORD[word]


def shape(outcome: Outcome) -> QPainterPath:
    """The outline in a square from 0 to 100."""
    path = QPainterPath()
    if outcome is Outcome.ALLOW:
        path.addEllipse(QRectF(2, 2, 96, 96))
    elif outcome is Outcome.ATTENTION:
        path.addPolygon(QPolygonF([QPointF(50, 4), QPointF(99, 93), QPointF(1, 93)]))
        path.closeSubpath()
    elif outcome is Outcome.STOP:
        turn = [math.radians(22.5 + 45 * at) for at in range(8)]
        path.addPolygon(QPolygonF([QPointF(50 + 51 * math.cos(a), 50 + 51 * math.sin(a)) for a in turn]))
        path.closeSubpath()
    else:
        path.addRoundedRect(QRectF(4, 4, 92, 92), 8, 8)
    return path


def sign(outcome: Outcome) -> QPainterPath:
    """The strokes inside the outline, same square."""
    path = QPainterPath()
    if outcome is Outcome.ALLOW:
        path.moveTo(27, 53)
        path.lineTo(44, 69)
        path.lineTo(74, 34)
    elif outcome is Outcome.ATTENTION:
        path.moveTo(50, 36)
        path.lineTo(50, 62)
        path.moveTo(50, 78.0)
        path.lineTo(50, 78.5)
    elif outcome is Outcome.STOP:
        for x in (32, 68):
            path.moveTo(x, 32)
            path.lineTo(100 - x, 68)
    else:
        path.moveTo(34, 40)
        path.cubicTo(34, 16, 67, 18, 66, 40)
        path.cubicTo(66, 52, 50, 50, 50, 64)
        path.moveTo(50, 80.0)
        path.lineTo(50, 80.5)
    return path


class Mark(QWidget):
    """A mark of ``size`` pixels, outline in ``ink`` and sign in ``ground``; ``name`` is read aloud.

    It shrinks to ``smallest`` where room is scarce.
    """

    def __init__(
        self, outcome: Outcome, size: int, ink: str, ground: str, name: str, *, smallest: int | None = None
    ) -> None:
        super().__init__()
        self._outcome, self._side = outcome, size
        self._ink, self._ground = QColor(ink), QColor(ground)
        self.setMinimumSize(smallest or size, smallest or size)
        self.setMaximumSize(size, size)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(name)
        self.setProperty("mark", outcome.value)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The square."""
        return QSize(self._side, self._side)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Outline, then sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        painter.translate((self.width() - side) / 2, (self.height() - side) / 2)
        painter.scale(side / 100, side / 100)
        painter.fillPath(shape(self._outcome), self._ink)
        pen = QPen(self._ground, 11, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(sign(self._outcome), pen)
        painter.end()
