"""A field for digits only. No text field: nothing can be pasted in, copied out, or altered by an input method.

What was typed is shown while the field is being used; once it is left, its last digits are hidden (ux §8).
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.palette import Theme
from ui.typeface import MEDIUM, face

_GAP = 12.0


class Digits(QWidget):
    """Boxes in ``groups``; ``open_digits`` stay readable after the field is left. Emits ``changed`` at every key.

    ``letters`` stand in the boxes that are still empty (``ddmmyyyy``).
    """

    changed = Signal()
    focused = Signal()

    def __init__(self, theme: Theme, groups: tuple[int, ...], open_digits: int, letters: str = "") -> None:
        super().__init__()
        self._theme, self._groups, self._open, self._letters = theme, groups, open_digits, letters
        self._length = sum(groups)
        self._typed = ""
        self._left = True
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The digits typed so far."""
        return self._typed

    @property
    def length(self) -> int:
        """How many digits fill it."""
        return self._length

    def shown(self) -> str:
        """What can be read on the screen now."""
        if not self._left:
            return self._typed
        return self._typed[: self._open] + "•" * len(self._typed[self._open :])

    def type(self, text: str) -> None:
        """Add digits as if typed; anything else, and what does not fit, is ignored."""
        new = (self._typed + "".join(c for c in text if c in "0123456789"))[: self._length]
        if new != self._typed:
            self._typed = new
            self._tell()

    def erase(self) -> None:
        """Take the last digit away."""
        self._typed = self._typed[:-1]
        self._tell()

    def clear(self) -> None:
        """Forget what was typed."""
        self._typed = ""
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Digits and Backspace; every other key goes on to the window."""
        if event.key() == Qt.Key.Key_Backspace:
            self.erase()
        elif event.text() and event.text() in "0123456789":
            self.type(event.text())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show what was typed."""
        super().focusInEvent(event)
        self._left = False
        self.update()
        self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Hide the last digits."""
        super().focusOutEvent(event)
        self._left = True
        self.update()

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """A touch begins to type here."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Comfortable boxes."""
        return QSize(int(self._length * 38 + (len(self._groups) - 1) * _GAP), 64)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The narrowest boxes that still hold a digit."""
        return QSize(int(self._length * 26 + (len(self._groups) - 1) * _GAP), 64)

    def _boxes(self) -> list[QRectF]:
        wide = min(40.0, (self.width() - 4 - _GAP * (len(self._groups) - 1)) / self._length)
        boxes, x = [], 2.0
        for group in self._groups:
            for _ in range(group):
                boxes.append(QRectF(x + 1.5, 4, wide - 3, self.height() - 8))
                x += wide
            x += _GAP
        return boxes

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """One box a digit; the one to be filled next is ringed while the field has the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(face(30, MEDIUM))
        theme, shown = self._theme, self.shown()
        for at, box in enumerate(self._boxes()):
            current = at == min(len(shown), self._length - 1) and not self._left
            painter.setPen(QPen(QColor(theme.focus), 4) if current else QPen(QColor(theme.page_muted.ink), 1.5))
            painter.setBrush(QColor(theme.panel.ground))
            painter.drawRoundedRect(box, 5, 5)
            if at < len(shown):
                painter.setPen(QColor(theme.panel.ink))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown[at])
            elif at < len(self._letters):
                painter.setPen(QColor(theme.panel_muted.ink))
                painter.setFont(face(18))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._letters[at])
        painter.end()
