"""Why staff admit by hand: a small choice inside the window, never a dialog."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from terminal.events import REASONS
from ui.stage import Stage
from ui.typeface import BOLD
from ui.widgets.key_button import KeyButton
from ui.widgets.text import label


class Reasons(QFrame):
    """One button a reason, keys 1 to 5; Esc closes it."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, stage: Stage, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("reasons")
        self.setAccessibleName(stage.say("ui.admit_why"))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(stage.say("ui.admit_why"), 22, tone="panel", weight=BOLD))
        for at, reason in enumerate(REASONS, start=1):
            spoken = stage.say("ui.key", cap=str(at))
            button = KeyButton(stage.say(f"reason.{reason}"), str(at), spoken)
            button.clicked.connect(lambda _checked=False, chosen=reason: self.chosen.emit(chosen))
            column.addWidget(button)
        close = KeyButton(stage.say("ui.close"), "Esc", stage.say("ui.key", cap="Esc"))
        close.clicked.connect(self.closed)
        column.addWidget(close)

    @staticmethod
    def by_key(text: str) -> str | None:
        """The reason behind a digit."""
        at = int(text) - 1 if text in "123456789" and text else -1
        return REASONS[at] if 0 <= at < len(REASONS) else None
