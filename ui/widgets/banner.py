"""The outcome at a glance: colour, shape and words. A yes that needs a look has a border that pulses once a second."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout

from terminal.model import Outcome
from ui.palette import Pair, Theme
from ui.stage import Stage
from ui.typeface import MEDIUM
from ui.widgets.mark import Mark
from ui.widgets.text import BELOW, LEFT, OVER, FitLabel

PULSE_MS = 500
_BORDER = 12


def pair_of(theme: Theme, outcome: Outcome) -> Pair:
    """The outcome's colours."""
    return {
        Outcome.ALLOW: theme.allow,
        Outcome.ATTENTION: theme.attention,
        Outcome.STOP: theme.stop,
        Outcome.CANNOT_CHECK: theme.cannot_check,
    }[outcome]


def _mark(stage: Stage, outcome: Outcome, size: int, smallest: int) -> Mark:
    pair = pair_of(stage.theme, outcome)
    name = stage.say(f"ui.mark.{outcome.value}")
    return Mark(outcome, size, pair.ink, pair.ground, name, smallest=smallest)


class Banner(QFrame):
    """Mark, title and one line of what to do. ``tall`` fills the screen; otherwise it is a strip on top."""

    def __init__(
        self, stage: Stage, outcome: Outcome, title: str, remedy: str, *, tall: bool, look: bool = False
    ) -> None:
        super().__init__()
        self._pulse = QColor(stage.theme.pulse) if look else None
        self._lit = True
        self.setProperty("ground", outcome.value)
        self.setAccessibleName(title)
        if look:
            timer = QTimer(self)
            timer.timeout.connect(self._blink)
            timer.start(PULSE_MS)
        words = QVBoxLayout()
        words.setSpacing(8 if tall else 2)
        largest, smallest = self._sizes(tall=tall, public=stage.public)
        words.addWidget(FitLabel(title, largest, smallest, tone=outcome.value, align=OVER if tall else LEFT), 5)
        if remedy:
            size = 64 if stage.public else 40 if tall else 26
            least = 32 if stage.public else 18
            align = BELOW if tall else LEFT
            words.addWidget(FitLabel(remedy, size, least, tone=outcome.value, weight=MEDIUM, align=align), 3)
        self._arrange(stage, outcome, words, tall=tall, look=look)

    @staticmethod
    def _sizes(*, tall: bool, public: bool) -> tuple[int, int]:
        if public:
            return 160, 64
        return (88, 40) if tall else (52, 28)

    def _arrange(self, stage: Stage, outcome: Outcome, words: QVBoxLayout, *, tall: bool, look: bool) -> None:
        shapes = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        strip = 68 if stage.compact else 84
        largest = 200 if stage.public else 150
        shapes.addWidget(_mark(stage, outcome, largest, 90) if tall else _mark(stage, outcome, strip, strip))
        if look:
            name = stage.say("ui.mark.attention")
            small = Mark(Outcome.ATTENTION, 64 if tall else 44, stage.theme.pulse, stage.theme.attention.ink, name)
            shapes.addWidget(small, 0, Qt.AlignmentFlag.AlignBottom)
        if tall:
            column = QVBoxLayout(self)
            column.setContentsMargins(32, 20, 32, 20)
            column.setSpacing(12)
            shapes.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addStretch(1)
            column.addLayout(shapes, 3)
            column.addLayout(words, 7)
            column.addStretch(1)
        else:
            self.setFixedHeight(98 if stage.compact else 124)
            row = QHBoxLayout(self)
            row.setContentsMargins(24, 10, 24, 10)
            row.setSpacing(22)
            row.addLayout(shapes)
            row.addLayout(words, 1)

    def _blink(self) -> None:
        self._lit = not self._lit
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The ground, and the border while it is lit."""
        super().paintEvent(event)
        if self._pulse is not None and self._lit:
            painter = QPainter(self)
            painter.setPen(QPen(self._pulse, _BORDER, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap,
                                Qt.PenJoinStyle.MiterJoin))  # fmt: skip
            half = _BORDER / 2
            painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
            painter.end()
