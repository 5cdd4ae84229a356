"""What the camera sees, with corners around the part in which the decoder looks for codes most of the time."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.ports import GUIDE, GreyFrame
from ui.palette import Theme

_PEN = 5


class Viewfinder(QWidget):
    """The live picture; a dark field while there is none."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._image: QImage | None = None
        self.setMinimumSize(200, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:  # noqa: N802
        """A quarter of a camera's picture."""
        return QSize(400, 240)

    def frame(self, frame: GreyFrame) -> None:
        """Show this picture. Raises ValueError when its bytes do not fill it: Qt would read past them."""
        if len(frame.pixels) < frame.width * frame.height:
            raise ValueError("the frame has fewer bytes than pixels")
        grey = QImage.Format.Format_Grayscale8
        self._image = QImage(frame.pixels, frame.width, frame.height, frame.width, grey).copy()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The picture, cropped to fill, under the corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        field = QRectF(self.rect())
        edge = QPainterPath()
        edge.addRoundedRect(field, 8, 8)
        painter.setClipPath(edge)
        painter.fillRect(field, QColor("#1B222C"))
        if self._image is not None:
            painter.drawImage(field, self._image, self._crop(field))
        self._corners(painter)
        painter.end()

    def _crop(self, field: QRectF) -> QRectF:
        image = self._image
        if image is None:
            return QRectF()
        scale = max(field.width() / image.width(), field.height() / image.height())
        wide, high = field.width() / scale, field.height() / scale
        return QRectF((image.width() - wide) / 2, (image.height() - high) / 2, wide, high)

    def guide(self) -> QRectF:
        """The guide box in the widget's pixels: the picture's middle share, as far as the cropped picture shows it."""
        field = QRectF(self.rect())
        crop = self._crop(field)
        wide, high = (self._image.width(), self._image.height()) if self._image else (field.width(), field.height())
        scale = field.width() / crop.width() if crop.width() else 1.0
        box = QRectF(0, 0, wide * GUIDE * scale, high * GUIDE * scale)
        box.moveCenter(field.center())
        return box.intersected(field.adjusted(_PEN, _PEN, -_PEN, -_PEN))

    def _corners(self, painter: QPainter) -> None:
        box = self.guide()
        arm = min(box.width(), box.height()) * 0.22
        painter.setPen(QPen(QColor("#FFCC33"), _PEN, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for corner, across, down in (
            (box.topLeft(), 1, 1),
            (box.topRight(), -1, 1),
            (box.bottomLeft(), 1, -1),
            (box.bottomRight(), -1, -1),
        ):
            painter.drawLine(corner, corner + QPointF(arm * across, 0))
            painter.drawLine(corner, corner + QPointF(0, arm * down))
