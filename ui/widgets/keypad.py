"""Digits to touch. The keys never take the keyboard's place, so the field being filled keeps it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from ui.stage import Stage
from ui.typeface import MEDIUM, face


class Keypad(QWidget):
    """1 to 9, clear, 0, erase."""

    digit = Signal(str)
    erase = Signal()
    clear = Signal()

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        for at, key in enumerate("123456789"):
            button = self._key(key)
            button.clicked.connect(lambda _checked=False, digit=key: self.digit.emit(digit))
            grid.addWidget(button, at // 3, at % 3)
        clear = self._key(stage.say("ui.clear"), px=18)
        clear.clicked.connect(self.clear)
        grid.addWidget(clear, 3, 0)
        zero = self._key("0")
        zero.clicked.connect(lambda: self.digit.emit("0"))
        grid.addWidget(zero, 3, 1)
        erase = self._key(stage.say("ui.erase"), px=18)
        erase.clicked.connect(self.erase)
        grid.addWidget(erase, 3, 2)

    @staticmethod
    def _key(text: str, px: int = 26) -> QPushButton:
        button = QPushButton(text)
        button.setFont(face(px, MEDIUM))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setMinimumSize(QSize(64, 50))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        return button
