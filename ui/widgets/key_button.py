"""A button that says which key does the same."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy

from ui.typeface import MEDIUM, face
from ui.widgets.text import CENTER, label


class KeyButton(QPushButton):
    """Words and a key cap. ``main`` is the one that Enter presses; ``large`` is for the public."""

    def __init__(self, words: str, key: str, spoken_key: str, *, main: bool = False, large: bool = False) -> None:
        super().__init__()
        self.setProperty("main", "true" if main else "false")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(words)
        self.setAccessibleDescription(spoken_key)
        self.setFixedHeight(76 if large else 48)
        tone = "accent" if main else "button"
        text = label(words, 25 if large else 19, tone=tone, weight=MEDIUM)
        cap = QLabel(key)
        cap.setTextFormat(Qt.TextFormat.PlainText)
        cap.setObjectName("keycap")
        cap.setProperty("main", "true" if main else "false")
        cap.setFont(face(18 if large else 15, MEDIUM))
        cap.setAlignment(CENTER)
        row = QHBoxLayout(self)
        row.setContentsMargins(14 if large else 20, 2, 14 if large else 20, 2)
        row.setSpacing(10 if large else 12)
        for part in (text, cap):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(text, 1, Qt.AlignmentFlag.AlignCenter)
        row.addWidget(cap, 0, Qt.AlignmentFlag.AlignVCenter)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The room that words and key need."""
        layout = self.layout()
        wide = layout.sizeHint().width() if layout is not None else 0
        return QSize(max(wide, self.height()), self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The same: a button never cuts its words."""
        return self.sizeHint()
