"""The dark strip on top: where we are, what does not work, doubles, the server, the language, the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy

from terminal.model import Outcome
from terminal.view import View
from ui.stage import Stage, clock_time
from ui.theme import repolish
from ui.typeface import BOLD, MEDIUM, face
from ui.widgets.mark import Mark
from ui.widgets.text import label

HEIGHT = 48
_MOST_FAULTS = 2


class TopBar(QFrame):
    """``switch`` is called when the language button is pressed; ``now`` gives the time to show."""

    def __init__(self, stage: Stage, switch: Callable[[], None], now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setFixedHeight(HEIGHT)
        self._now = now
        self._place = _Elided("", 20)
        self._place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._place.setObjectName("place")
        self._faults = _Elided("", 16, tone="bar_warn")
        self._warning = Mark(Outcome.ATTENTION, 20, stage.theme.bar_warn.ink, stage.theme.bar_warn.ground, "")
        self._held, self._demo, self._simulated = _pill(), _pill(), _pill()
        self._waiting = label("", 16, tone="bar_warn")
        self._online = label("", 17, tone="bar")
        self._clock = label("", 20, tone="bar", weight=MEDIUM)
        self._clock.setObjectName("clock")
        self._language = QPushButton()
        self._language.setObjectName("language")
        self._language.setFont(face(17, MEDIUM))
        self._language.setFixedHeight(44)
        self._language.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._language.clicked.connect(lambda: switch())
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 2, 18, 2)
        row.setSpacing(14)
        row.addWidget(self._place, 1)
        for part in (self._warning, self._faults, self._held, self._demo, self._simulated, self._waiting,
                     self._online, self._language, self._clock):  # fmt: skip
            row.addWidget(part)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self._timer.start(1000)

    def present(self, view: View, stage: Stage) -> None:
        """Show the state around this view."""
        self._place.say(f"{stage.place} · {stage.say(f'ui.desk.{stage.desk.value}')}")
        shown = [stage.say(f"fault.{code}.title") for code in view.faults[:_MOST_FAULTS]]
        self._faults.say(" · ".join(shown))
        self._faults.setVisible(bool(shown))
        self._warning.setVisible(bool(shown))
        self._warning.setAccessibleName(stage.say("ui.mark.attention"))
        self._held.setText(stage.say("ui.held_open"))
        self._held.setVisible(view.held)
        self._demo.setText(stage.say("ui.demo"))
        self._demo.setVisible(stage.demo)
        self._simulated.setText(stage.say("ui.simulated"))
        self._simulated.setVisible(view.simulated)
        waiting = [(key, n) for key, n in (("queued", view.queued), ("tasks", view.tasks)) if n]
        self._waiting.setText(" · ".join(stage.say(f"ui.{key}", n=str(n)) for key, n in waiting))
        self._waiting.setVisible(bool(waiting))
        self._online.setVisible(view.online is not None)
        self._online.setText("" if view.online is None else self._line(stage, online=view.online))
        self._online.setProperty("tone", "bar" if view.online else "bar_warn")
        self._language.setText(stage.say("ui.switch_language"))
        self._language.setAccessibleName(stage.say("ui.switch_language"))
        self._language.setAccessibleDescription(stage.say("ui.key", cap="Ctrl+L"))
        repolish(self._online)
        self.tick()

    @staticmethod
    def _line(stage: Stage, *, online: bool) -> str:
        return f"● {stage.say('ui.online')}" if online else f"○ {stage.say('ui.offline')}"

    def tick(self) -> None:
        """Set the clock."""
        text = clock_time(self._now())
        if text != self._clock.text():
            self._clock.setText(text)


def _pill() -> QLabel:
    pill = label("", 15, tone="pill", weight=BOLD)
    pill.setProperty("ground", "pill")
    pill.setProperty("pill", "true")
    pill.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    return pill


class _Elided(QLabel):
    """One line that ends in dots when its room is too small; the whole text is the accessible name."""

    def __init__(self, text: str, px: int, tone: str = "bar") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        self.setFont(face(px, MEDIUM))
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._whole = text

    def say(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._cut()

    def sizeHint(self) -> QSize:  # noqa: N802
        """The room of the whole text."""
        # One pixel: the metrics round fractions of a pixel, and dots would take the place of a letter.
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self._whole) + 1, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut again."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = QFontMetrics(self.font()).elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        self.setText(room)
