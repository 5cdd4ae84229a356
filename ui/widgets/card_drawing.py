"""The drawing that shows what to do with the card: no words, the same in every language."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.palette import Theme


class Gesture(Enum):
    """What the hand should do."""

    PLACE = "place"
    HOLD = "hold"
    BACK = "back"
    SWAP = "swap"
    CODE = "code"
    GATE = "gate"


_WHOLE = QRectF(0, 0, 320, 220)
_BOXES = {
    Gesture.HOLD: QRectF(20, 52, 280, 164),
    Gesture.SWAP: QRectF(-12, 0, 344, 220),
    Gesture.CODE: QRectF(70, 0, 180, 210),
    Gesture.GATE: QRectF(70, 0, 180, 210),
}
_CARD = QRectF(0, 0, 158, 100)


class CardDrawing(QWidget):
    """A card, a reader or a camera, and an arrow."""

    def __init__(self, gesture: Gesture, theme: Theme, name: str) -> None:
        super().__init__()
        self._gesture, self._theme = gesture, theme
        self.setMinimumSize(160, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.setProperty("gesture", gesture.value)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The drawing's own size."""
        return _BOXES.get(self._gesture, _WHOLE).size().toSize()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Scaled to fit, centred."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = _BOXES.get(self._gesture, _WHOLE)
        scale = min(self.width() / box.width(), self.height() / box.height())
        painter.translate(self.width() / 2, self.height() / 2)
        painter.scale(scale, scale)
        painter.translate(-box.center())
        self._draw(painter)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        gesture = self._gesture
        if gesture in (Gesture.CODE, Gesture.GATE):
            self._camera(painter, QPointF(160, 34))
            if gesture is Gesture.CODE:
                self._card(painter, 81, 104, code=True)
            else:
                self._ticket(painter, 116, 104)
            self._arrow(painter, QPointF(160, 96), QPointF(160, 68))
            return
        self._reader(painter, active=gesture is Gesture.HOLD)
        if gesture is Gesture.HOLD:
            self._card(painter, 81, 66)
            self._waves(painter)
        elif gesture is Gesture.SWAP:
            self._card(painter, -8, 8, faded=True)
            self._card(painter, 170, 8)
            self._arrow(painter, QPointF(240, 114), QPointF(200, 148))
        else:
            self._card(painter, 81, 4)
            self._arrow(painter, QPointF(160, 110), QPointF(160, 148))

    def _card(self, painter: QPainter, x: float, y: float, *, code: bool = False, faded: bool = False) -> None:
        painter.save()
        painter.translate(x, y)
        painter.setOpacity(0.35 if faded else 1.0)
        painter.setPen(QPen(QColor("#5B7FA6"), 2))
        painter.setBrush(QColor("#DCEAF8"))
        painter.drawRoundedRect(_CARD, 9, 9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#9DB8D4"))
        painter.drawRoundedRect(QRectF(12, 36, 36, 48), 3, 3)
        painter.setBrush(QColor("#DCEAF8"))
        painter.drawEllipse(QRectF(22, 43, 16, 17))
        painter.drawChord(QRectF(16, 63, 28, 36), 0, 180 * 16)
        painter.setBrush(QColor("#B5202B"))
        painter.drawRoundedRect(QRectF(12, 12, 18, 14), 2, 2)
        painter.setBrush(QColor("#7C9CBE"))
        for row, wide in enumerate((60, 78, 70, 52)):
            painter.drawRoundedRect(QRectF(58, 44 + row * 12, wide if not code else wide * 0.55, 5), 2, 2)
        if code:
            self._code(painter, QRectF(108, 12, 40, 40))
        else:
            self._chip(painter)
        painter.restore()

    def _chip(self, painter: QPainter) -> None:
        painter.setBrush(QColor("#E2B23C"))
        painter.setPen(QPen(QColor("#8E6B14"), 1.4))
        painter.drawRoundedRect(QRectF(116, 12, 28, 22), 4, 4)
        painter.drawLine(QPointF(116, 23), QPointF(144, 23))
        painter.drawLine(QPointF(126, 12), QPointF(126, 34))
        painter.drawLine(QPointF(134, 12), QPointF(134, 34))

    def _code(self, painter: QPainter, box: QRectF) -> None:
        painter.save()
        painter.setPen(QPen(QColor(self._theme.focus), 3))
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawRoundedRect(box.adjusted(-5, -5, 5, 5), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#10151C"))
        step = box.width() / 9
        pattern = ("xxx.x.xxx", "x.x..xx.x", "xxx.x.xxx", "..x.xx.x.", "x.xx..x.x", ".x..xx.x.", "xxx.x.x.x",
                   "x.x.xx..x", "xxx..x.xx")  # fmt: skip
        for row, line in enumerate(pattern):
            for column, cell in enumerate(line):
                if cell == "x":
                    painter.drawRect(QRectF(box.x() + column * step, box.y() + row * step, step + 0.2, step + 0.2))
        painter.restore()

    def _ticket(self, painter: QPainter, x: float, y: float) -> None:
        painter.save()
        painter.translate(x, y)
        painter.setPen(QPen(QColor("#7A6420"), 2))
        painter.setBrush(QColor("#FFF6DA"))
        painter.drawRoundedRect(QRectF(0, 0, 88, 100), 7, 7)
        self._code(painter, QRectF(24, 18, 40, 40))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#BFA550"))
        for row, wide in enumerate((56, 40)):
            painter.drawRoundedRect(QRectF(16, 72 + row * 11, wide, 5), 2, 2)
        painter.restore()

    def _reader(self, painter: QPainter, *, active: bool) -> None:
        edge = QColor(self._theme.focus if active else self._theme.edge)
        painter.setPen(QPen(edge, 3))
        painter.setBrush(QColor("#2A323D"))
        painter.drawRoundedRect(QRectF(46, 158, 228, 54), 12, 12)
        if active:
            return
        painter.setPen(QPen(QColor("#8FB7E0"), 3.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for radius in (9.0, 17.0, 25.0):
            box = QRectF(160 - radius, 196 - radius, radius * 2, radius * 2)
            painter.drawArc(box, 45 * 16, 90 * 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#8FB7E0"))
        painter.drawEllipse(QPointF(160, 197), 3.4, 3.4)

    def _waves(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self._theme.focus), 5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for step in range(2):
            reach = 96.0 + step * 18
            box = QRectF(160 - reach, 116 - reach, reach * 2, reach * 2)
            painter.drawArc(box, -16 * 16, 32 * 16)
            painter.drawArc(box, 164 * 16, 32 * 16)

    def _camera(self, painter: QPainter, at: QPointF) -> None:
        painter.setPen(QPen(QColor(self._theme.edge), 3))
        painter.setBrush(QColor("#2A323D"))
        painter.drawRoundedRect(QRectF(at.x() - 62, at.y() - 26, 124, 50), 12, 12)
        painter.setPen(QPen(QColor("#8FB7E0"), 4))
        painter.setBrush(QColor("#10151C"))
        painter.drawEllipse(at, 15, 15)

    def _arrow(self, painter: QPainter, tail: QPointF, head: QPointF) -> None:
        colour = QColor(self._theme.focus)
        painter.setPen(QPen(colour, 8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        way = head - tail
        length = (way.x() ** 2 + way.y() ** 2) ** 0.5
        along = QPointF(way.x() / length, way.y() / length)
        across = QPointF(-along.y(), along.x())
        neck = head - along * 14
        painter.drawLine(tail, neck)
        path = QPainterPath()
        path.addPolygon(QPolygonF([head, neck + across * 15 - along * 4, neck - across * 15 - along * 4]))
        path.closeSubpath()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillPath(path, colour)
