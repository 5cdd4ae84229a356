"""``python -m ui.gallery FOLDER [WIDTHxHEIGHT]``: every screen of every desk in every language as PNG, and an index."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter
from PySide6.QtWidgets import QApplication

from terminal.events import Event
from terminal.messages import LANGUAGES
from terminal.model import Photo
from ui import typeface
from ui.palette import NORMAL, Theme
from ui.samples import WHEN, Sample, samples
from ui.shell import USUAL, Shell
from ui.stage import Stage

PLACE = "Bệnh viện Giả Định"


def invented_photo() -> Photo:
    """A drawn face of nobody."""
    image = QImage(300, 400, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QLinearGradient(QPointF(0, 0), QPointF(0, 400))
    ground.setColorAt(0, QColor("#DDE7F0"))
    ground.setColorAt(1, QColor("#B9C9D8"))
    painter.fillRect(image.rect(), ground)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, box in (
        ("#2E4057", QRectF(30, 300, 240, 200)),
        ("#D9A981", QRectF(120, 240, 60, 90)),
        ("#2B211C", QRectF(82, 62, 136, 150)),
        ("#E3B58F", QRectF(90, 90, 120, 165)),
        ("#2B211C", QRectF(122, 158, 14, 9)),
        ("#2B211C", QRectF(164, 158, 14, 9)),
        ("#B8735A", QRectF(130, 215, 40, 9)),
    ):
        painter.setBrush(QColor(colour))
        painter.drawEllipse(box)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise ValueError("this Qt cannot write PNG")
    return Photo(bytes(buffer.data().data()))


def _still() -> datetime:
    return WHEN


def _nowhere(_event: Event) -> None:
    """Nobody listens to a picture."""


def shell_for(sample: Sample, language: str, theme: Theme = NORMAL, size: QSize = USUAL, *, demo: bool = False,
              post: Callable[[Event], None] = _nowhere) -> Shell:  # fmt: skip
    """A window that shows the sample at a fixed time."""
    shell = Shell(Stage(sample.desk, PLACE, language, theme, post, demo), now=_still, clock=lambda: 0.0)
    shell.resize(size)
    shell.show_view(sample.view)
    return shell


def draw(folder: Path, size: QSize = USUAL, theme: Theme = NORMAL) -> list[Path]:
    """Write all pictures and ``index.html``; the pictures in the order of the samples."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for sample in samples(invented_photo()):
        for language in LANGUAGES:
            shell = shell_for(sample, language, theme, size)
            path = folder / f"{sample.name}-{language}.png"
            if not shell.grab().save(str(path), "PNG"):
                raise OSError(f"{path} cannot be written")
            pictures.append(path)
            shell.deleteLater()
    figures = "".join(
        f'<figure><img src="{escape(p.name)}" width="640" alt=""><figcaption>{escape(p.stem)}</figcaption></figure>\n'
        for p in pictures
    )
    head = "<!doctype html><meta charset=utf-8><title>Trạm</title>\n<style>figure{display:inline-block}</style>\n"
    (folder / "index.html").write_text(head + figures, "utf-8")
    return pictures


def main(arguments: list[str]) -> int:
    """The command."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("python -m ui.gallery FOLDER [WIDTHxHEIGHT]\n")
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication(["gallery"])
    if isinstance(application, QApplication):
        application.setStyle("Fusion")
    typeface.register()
    wide, high = (arguments[1] if len(arguments) > 1 else f"{USUAL.width()}x{USUAL.height()}").split("x")
    pictures = draw(Path(arguments[0]), QSize(int(wide), int(high)))
    sys.stdout.write(f"{len(pictures)} pictures\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
