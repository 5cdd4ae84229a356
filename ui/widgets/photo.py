"""The chip's photo, or a silhouette and a word where there is none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.model import Photo
from ui.stage import Stage
from ui.widgets.text import CENTER, label


class PhotoBox(QWidget):
    """A portrait of at most ``width`` by ``width`` x 4/3 pixels.

    ``pending``: it is still being read; ``lost``: the card was lifted before that.
    """

    def __init__(self, stage: Stage, photo: Photo | None, width: int, *, pending: bool, lost: bool = False) -> None:
        super().__init__()
        self._theme = stage.theme
        self._most = QSize(width, width * 4 // 3)
        self._pixmap = QPixmap()
        if photo is not None:
            self._pixmap.loadFromData(photo.png)
        self.setMinimumSize(120, 150)
        self.setMaximumSize(self._most)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setProperty("photo", "none" if self._pixmap.isNull() else "shown")
        absent = stage.say(f"field.photo_{'lost' if lost else 'pending' if pending else 'none'}")
        self.setAccessibleName(absent if self._pixmap.isNull() else stage.say("field.photo"))
        # No layout: its label would decide the height, which is the portrait's to decide.
        words, tone = absent if self._pixmap.isNull() else "", "panel" if lost else "panel_muted"
        self._words = label(words, 20 if lost else 16, tone=tone, align=CENTER, wrap=True)
        self._words.setParent(self)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As large as allowed."""
        return self._most

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The words at the foot."""
        super().resizeEvent(event)
        high = self._words.heightForWidth(self.width() - 16)
        self._words.setGeometry(8, self.height() - high - 6, self.width() - 16, high)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The photo, or the silhouette."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._pixmap.isNull():
            self._silhouette(painter)
        else:
            size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            box = QRectF((self.width() - size.width()) / 2, 0, size.width(), size.height())
            edge = QPainterPath()
            edge.addRoundedRect(box, 6, 6)
            painter.setClipPath(edge)
            painter.drawPixmap(box, self._pixmap, QRectF(self._pixmap.rect()))
        painter.end()

    def _silhouette(self, painter: QPainter) -> None:
        field = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QColor(self._theme.edge))
        painter.setBrush(QColor(self._theme.panel.ground))
        painter.drawRoundedRect(field, 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.edge))
        wide, middle, top = field.width(), field.center().x(), field.height() * 0.16
        head = wide * 0.34
        painter.drawEllipse(QRectF(middle - head / 2, top, head, head * 1.15))
        shoulders = QRectF(middle - wide * 0.33, top + head * 1.3, wide * 0.66, wide * 0.6)
        painter.drawChord(shoulders, 0, 180 * 16)
