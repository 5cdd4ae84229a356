"""No letter is cut and nothing leaves the window, in both languages, on both sizes and in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget

from terminal.messages import LANGUAGES
from terminal.view import Desk
from ui import typeface
from ui.gallery import invented_photo
from ui.palette import HIGH
from ui.samples import samples
from ui.shell import SMALLEST, USUAL, Shell
from ui.widgets.text import label

STACKED = "ẮẰẲẴẤẦẨẪỀỂỄỐỒỔỖỨỪỬỮỞỚỜỠỘỰỤỌẠỆ"


def _labels(shell: Shell) -> Iterator[QLabel]:
    for one in shell.findChildren(QLabel):
        if one.isVisibleTo(shell) and one.text():
            yield one


def _needed(one: QLabel) -> QRect:
    flags = int(one.alignment()) | (int(Qt.TextFlag.TextWordWrap) if one.wordWrap() else 0)
    room = QRect(0, 0, one.contentsRect().width(), 100_000)
    return QFontMetrics(one.font()).boundingRect(room, flags, one.text())


def _scrolled(one: QWidget) -> bool:
    parent = one.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent is not None


def _cut(shell: Shell) -> list[str]:
    found = []
    for one in _labels(shell):
        needed, room = _needed(one), one.contentsRect()
        # One pixel: the metrics round fractions of a pixel up, the layout down.
        if needed.width() > room.width() + 1 or needed.height() > room.height() + 1:
            found.append(f"{one.text()!r} needs {needed.size()} and has {room.size()}")
        place = QRect(one.mapTo(shell, QPoint(0, 0)), one.size())
        if not _scrolled(one) and not shell.rect().contains(place):
            found.append(f"{one.text()!r} at {place} leaves the window")
        parent = one.parentWidget()
        if parent is not None and not _scrolled(one) and not parent.rect().contains(one.geometry()):
            found.append(f"{one.text()!r} leaves its field")
    for button in shell.findChildren(QPushButton):
        if button.isVisibleTo(shell) and button.text():
            wide = QFontMetrics(button.font()).horizontalAdvance(button.text())
            if wide > button.width() - 8:
                found.append(f"button {button.text()!r} is cut")
    return found


@pytest.mark.parametrize("size", [USUAL, SMALLEST], ids=["1366x768", "1024x600"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("desk", list(Desk), ids=lambda desk: desk.value)
def test_no_letter_is_cut(shell_of: Callable[..., Shell], desk: Desk, language: str, size: QSize) -> None:
    shell = shell_of(None, desk, language)
    shell.resize(size)
    shell.show()
    cut = {}
    for sample in samples(invented_photo()):
        if sample.desk is desk:
            shell.show_view(sample.view)
            QApplication.processEvents()
            assert shell.size() == size, sample.name
            cut[sample.name] = _cut(shell)
    assert {name: found for name, found in cut.items() if found} == {}


def test_the_other_theme_is_no_wider(shell_of: Callable[..., Shell]) -> None:
    shell = shell_of(None, Desk.RECEPTION, "vi", HIGH)
    shell.resize(SMALLEST)
    shell.show()
    for sample in samples(None):
        if sample.desk is Desk.RECEPTION:
            shell.show_view(sample.view)
            QApplication.processEvents()
            assert _cut(shell) == [], sample.name


@pytest.mark.parametrize(
    "weight", [typeface.REGULAR, typeface.MEDIUM, typeface.BOLD], ids=["regular", "medium", "bold"]
)
def test_stacked_vietnamese_capitals_fit_into_a_line(app: QApplication, weight: object) -> None:
    for px in (16, 18, 24, 32, 48, 96, 160):
        one = label(STACKED, px, weight=weight)  # type: ignore[arg-type]
        metrics = QFontMetrics(one.font())
        ink = metrics.tightBoundingRect(STACKED)
        # Hinting may round one pixel up; the font's own figures leave one percent.
        assert -ink.top() <= metrics.ascent() + 1, px
        assert ink.bottom() <= metrics.descent() + 1, px
        assert one.sizeHint().height() >= ink.height(), px
        one.deleteLater()


def test_the_bundled_font_is_the_one_in_use(app: QApplication) -> None:
    from PySide6.QtGui import QFontInfo

    for weight in (typeface.REGULAR, typeface.MEDIUM, typeface.BOLD):
        info = QFontInfo(typeface.face(20, weight))
        assert info.family() == "Noto Sans"
        assert info.weight() == weight.value


@pytest.mark.parametrize("desk", list(Desk), ids=lambda desk: desk.value)
def test_what_is_touched_is_large_enough(shell_of: Callable[..., Shell], desk: Desk) -> None:
    least = 76 if desk is Desk.GATE else 44
    shell = shell_of(None, desk)
    shell.show()
    for sample in samples(None):
        if sample.desk is not desk:
            continue
        shell.show_view(sample.view)
        QApplication.processEvents()
        for button in shell.findChildren(QPushButton):
            if button.isVisibleTo(shell):
                wanted = 44 if button.objectName() == "language" else least
                assert (sample.name, button.accessibleName(), button.height() >= wanted) == (
                    sample.name,
                    button.accessibleName(),
                    True,
                )
