"""Labels: always plain text (a name from a code must never become markup), fonts set in code, colours by tone."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from ui.typeface import BOLD, REGULAR, face

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
CENTER = Qt.AlignmentFlag.AlignCenter
OVER = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
BELOW = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
_ROOM = 100_000


def label(
    text: str,
    px: int,
    *,
    tone: str = "page",
    weight: QFont.Weight = REGULAR,
    wrap: bool = False,
    align: Qt.AlignmentFlag = LEFT,
) -> QLabel:
    """A line of text, or a paragraph with ``wrap``."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(face(px, weight))
    made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    made.setAlignment(align)
    return made


class FitLabel(QLabel):
    """Text as large as its room allows, between two pixel sizes, wrapped at words and never cut.

    ``most`` is a height in pixels: the label then asks only for what its words need, up to that.
    """

    def __init__(
        self,
        text: str,
        largest: int,
        smallest: int,
        *,
        tone: str = "page",
        weight: QFont.Weight = BOLD,
        align: Qt.AlignmentFlag = LEFT,
        most: int | None = None,
    ) -> None:
        super().__init__(text)
        self._most = most
        self._largest, self._smallest, self._weight = largest, smallest, weight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(align)
        self.setProperty("tone", tone)
        self.setFont(face(largest, weight))
        grow = QSizePolicy.Policy.Expanding if most is None else QSizePolicy.Policy.Preferred
        self.setSizePolicy(QSizePolicy.Policy.Expanding, grow)
        if most is not None:
            self.setMaximumHeight(most)
        self.setMinimumHeight(QFontMetrics(face(smallest, weight)).height())

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line of the largest size."""
        metrics = QFontMetrics(face(self._largest, self._weight))
        return QSize(metrics.horizontalAdvance(self.text()), metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """One word's room; wrapping does the rest."""
        return QSize(80, self.minimumHeight())

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Only with ``most``; otherwise the room decides the size, not the other way round."""
        return self._most is not None

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """What the largest size needs at this width, within bounds."""
        wanted = self._bounds(self._largest, width).height()
        return max(self.minimumHeight(), wanted if self._most is None else min(wanted, self._most))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Choose the size again."""
        super().resizeEvent(event)
        self._fit()

    def _bounds(self, px: int, width: int) -> QRect:
        flags = int(Qt.TextFlag.TextWordWrap) | int(self.alignment())
        return QFontMetrics(face(px, self._weight)).boundingRect(QRect(0, 0, width, _ROOM), flags, self.text())

    def _fit(self) -> None:
        room = self.contentsRect().size()
        px = self._largest
        while px > self._smallest:
            bounds = self._bounds(px, room.width())
            if bounds.width() <= room.width() and bounds.height() <= room.height():
                break
            px -= 2
        self.setFont(face(max(px, self._smallest), self._weight))
