"""How long the screen still shows what it shows: a shrinking bar and its words; a second counted, none wasted."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.palette import Theme
from ui.widgets.text import label

TICK = 0.25


class Countdown(QWidget):
    """Appears ``warn`` seconds before ``life`` is over. ``words`` makes the sentence for a number of seconds."""

    def __init__(self, theme: Theme, words: Callable[[int], str], clock: Callable[[], float]) -> None:
        super().__init__()
        self._words, self._clock = words, clock
        self._end: float | None = None
        self._warn = 0.0
        self._text = label("", 18, tone="panel_muted")
        self._bar = _Bar(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 6)
        column.setSpacing(2)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self._show_left(None)

    def begin(self, life: float | None, warn: float) -> None:
        """Count from now; None stops."""
        self._end = None if life is None or warn <= 0 else self._clock() + life
        self._warn = warn
        self.tick()

    def use(self, words: Callable[[int], str]) -> None:
        """Speak another language from now on."""
        self._words = words
        self.tick()

    def tick(self) -> None:
        """Show what is left; sleep until the warning is due."""
        if self._end is None:
            self._timer.stop()
            self._show_left(None)
            return
        left = max(0.0, self._end - self._clock())
        if left > self._warn:
            self._show_left(None)
            self._timer.start(math.ceil((left - self._warn) * 1000))
            return
        self._show_left(left)
        if left > 0:
            self._timer.start(int(TICK * 1000))
        else:
            self._timer.stop()

    def _show_left(self, left: float | None) -> None:
        self._text.setVisible(left is not None)
        self._bar.setVisible(left is not None)
        if left is not None:
            self._text.setText(self._words(math.ceil(left)))
            self._bar.set_share(left / self._warn)


class _Bar(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._share = 0.0
        self._full, self._empty = QColor(theme.focus), QColor(theme.edge)
        self.setFixedHeight(8)
        self.setMinimumWidth(160)

    def set_share(self, share: float) -> None:
        self._share = share
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """What is left, from the left."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._empty)
        painter.fillRect(0, 0, int(self.width() * self._share), self.height(), self._full)
        painter.end()
