"""The bundled Noto Sans; the system's fonts cut Vietnamese capitals and are never relied on."""

from __future__ import annotations

from importlib import resources

from PySide6.QtCore import QByteArray
from PySide6.QtGui import QFont, QFontDatabase

FAMILY = "Noto Sans"
FILES = ("NotoSans-Regular.ttf", "NotoSans-Medium.ttf", "NotoSans-Bold.ttf")

REGULAR = QFont.Weight.Normal
MEDIUM = QFont.Weight.Medium
BOLD = QFont.Weight.Bold


def register() -> None:
    """Make the bundled fonts known to Qt; needs a QApplication. Raises FileNotFoundError or ValueError."""
    for name in FILES:
        data = (resources.files("ui") / "fonts" / name).read_bytes()
        if QFontDatabase.addApplicationFontFromData(QByteArray(data)) < 0:
            raise ValueError(f"{name} is not a font")


def face(px: int, weight: QFont.Weight = REGULAR) -> QFont:
    """Noto Sans at a pixel size."""
    font = QFont(FAMILY)
    font.setPixelSize(px)
    font.setWeight(weight)
    return font
