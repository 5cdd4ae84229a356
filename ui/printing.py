"""Slips on any printer that the system knows (Qt print support), and as a PDF file. No dialog ever opens.

The slip is laid out in millimetres, on an 80 mm roll as on a sheet. A spooler takes it and prints on its own: that it
lies in the tray is more than the system can tell.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QTextDocument, QTextOption
from PySide6.QtWidgets import QApplication

from terminal.faults import FaultError
from terminal.outputs import PrinterOptions, Slip
from terminal.qr import qr_modules
from terminal.shown import visible
from ui import typeface

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

DOTS_A_MM = 8.0
"""Of ``PrinterOptions.dots``: receipt printers have 203 dots an inch."""

_RESOLUTION = 600
_MM_AN_INCH = 25.4
_WIDEST = 90.0
_MARGIN = 4.0
_LABELS = 0.38
_MOST_LETTERS = 300
_MODULE = 0.75

Draw = Callable[[QPainter, float], None]
"""Draws a block with its top at this many pixels from the page's."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the slip that is not torn by the end of a page."""

    height: float
    draw: Draw


class SlipLayout:
    """A slip for a width and a resolution, as blocks from the top down. Lengths are device pixels."""

    def __init__(self, slip: Slip, width: float, dots_a_mm: float) -> None:
        self._width = width
        self._mm = dots_a_mm
        self.blocks: list[Block] = [
            *self._centred(slip.title, 5.0, typeface.BOLD),
            *self._centred(slip.place, 3.4, typeface.REGULAR),
            self._rule(),
            *(self._row(label, value) for label, value in slip.rows),
        ]
        if slip.code is not None:
            self.blocks.append(self._code(slip.code))
        if slip.foot:
            self.blocks += [self._rule(), *self._centred(slip.foot, 2.9, typeface.REGULAR)]

    @property
    def height(self) -> float:
        """On one page without an end."""
        return sum(block.height for block in self.blocks)

    def paint(self, painter: QPainter, page_height: float, next_page: Callable[[], bool]) -> None:
        """Draw all blocks, calling ``next_page`` before one that does not fit."""
        top = 0.0
        for block in self.blocks:
            if top and top + block.height > page_height:
                next_page()
                top = 0.0
            block.draw(painter, top)
            top += block.height

    def _text(self, text: str, width: float, mm: float, weight: QFont.Weight, align: Qt.AlignmentFlag) -> QTextDocument:
        """``mm`` is the size of the letters. Plain text: what another system wrote is never read as HTML."""
        document = QTextDocument()
        document.setDefaultFont(typeface.face(round(mm * self._mm), weight))
        option = QTextOption(align)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        document.setDefaultTextOption(option)
        document.setDocumentMargin(0)
        document.setTextWidth(width)
        document.setPlainText(visible(text)[:_MOST_LETTERS])
        return document

    def _centred(self, text: str, mm: float, weight: QFont.Weight) -> list[Block]:
        lines = [self._text(line, self._width, mm, weight, Qt.AlignmentFlag.AlignHCenter) for line in text.splitlines()]
        return [Block(line.size().height() + self._mm, _at(0.0, line)) for line in lines]

    def _row(self, label: str, value: str) -> Block:
        middle = self._width * _LABELS
        left = Qt.AlignmentFlag.AlignLeft
        name = self._text(label, middle - 2 * self._mm, 2.9, typeface.REGULAR, left)
        content = self._text(value, self._width - middle, 3.6, typeface.MEDIUM, left)

        def draw(painter: QPainter, top: float) -> None:
            _at(0.0, name)(painter, top + 0.5 * self._mm)
            _at(middle, content)(painter, top)

        return Block(max(name.size().height(), content.size().height()) + 0.8 * self._mm, draw)

    def _rule(self) -> Block:
        def draw(painter: QPainter, top: float) -> None:
            painter.fillRect(QRectF(0.0, top + 0.9 * self._mm, self._width, 0.25 * self._mm), QColor("black"))

        return Block(2.4 * self._mm, draw)

    def _code(self, payload: bytes) -> Block:
        modules = qr_modules(payload)
        side = max(1, round(_MODULE * self._mm))  # whole pixels, so that no white lines cross the code
        left = (self._width - len(modules) * side) / 2

        def draw(painter: QPainter, top: float) -> None:
            for y, row in enumerate(modules, 4):
                for x, dark in enumerate(row):
                    if dark:
                        painter.fillRect(QRectF(left + x * side, top + y * side, side, side), QColor("black"))

        return Block((len(modules) + 8) * side, draw)


def _at(left: float, document: QTextDocument) -> Draw:
    def draw(painter: QPainter, top: float) -> None:
        painter.save()
        painter.translate(left, top)
        document.drawContents(painter)
        painter.restore()

    return draw


class SystemPrinter:
    """A `terminal.outputs.Printer`. Qt prints on a thread of its own, which a dead spooler may keep."""

    simulated = False

    def __init__(self, options: PrinterOptions, application: QCoreApplication) -> None:
        self._application = application  # fonts and spoolers end with it
        self._options = options
        self._working = threading.Thread()

    def print(self, slip: Slip) -> None:
        """Hand the slip to the system's spooler, or write it in the place of the PDF's last one."""
        self._within(lambda: self._target().print(slip))

    def check(self) -> None:
        """Whether the system has that printer, and does not report an error of it."""
        self._within(lambda: self._target().check())

    def _target(self) -> _Spooler | _PdfFile:
        address = self._options.address
        if address.startswith("pdf:"):
            return _PdfFile(Path(address.removeprefix("pdf:")), self._options.dots / DOTS_A_MM)
        return _Spooler(address)

    def _within(self, work: Callable[[], None]) -> None:
        if self._working.is_alive():
            raise FaultError("printer.failed", "the system still holds the slip before")
        ends: list[Exception] = []

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - raised again where the caller waits
                ends.append(error)

        self._working = threading.Thread(target=run, name="dev-printer", daemon=True)
        self._working.start()
        self._working.join(self._options.seconds)
        if self._working.is_alive():
            raise FaultError("printer.failed", f"no end within {self._options.seconds:g} s")
        if ends:
            raise ends[0]


class _Spooler:
    def __init__(self, name: str) -> None:
        from PySide6.QtPrintSupport import QPrinterInfo

        self._info = QPrinterInfo.printerInfo(name) if name else QPrinterInfo.defaultPrinter()

    def check(self) -> None:
        from PySide6.QtPrintSupport import QPrinter

        if self._info.isNull():
            raise FaultError("printer.absent", "no such printer")
        if self._info.state() == QPrinter.PrinterState.Error:
            raise FaultError("printer.failed", "the system reports an error")

    def print(self, slip: Slip) -> None:
        from PySide6.QtPrintSupport import QPrinter

        self.check()
        printer = QPrinter(self._info, QPrinter.PrinterMode.HighResolution)
        mm = printer.resolution() / _MM_AN_INCH
        page = printer.pageRect(QPrinter.Unit.DevicePixel)
        _paint(printer, SlipLayout(slip, min(page.width(), _WIDEST * mm), mm), page.height())


class _PdfFile:
    """One file, one slip: the last."""

    def __init__(self, path: Path, paper: float) -> None:
        self._path = path
        self._paper = paper

    def check(self) -> None:
        if not self._path.parent.is_dir():
            raise FaultError("printer.absent", "the folder of the PDF file is not there")
        if not os.access(self._path.parent, os.W_OK):
            raise FaultError("printer.denied", "the folder of the PDF file")

    def print(self, slip: Slip) -> None:
        from PySide6.QtPrintSupport import QPrinter

        self.check()
        mm = _RESOLUTION / _MM_AN_INCH
        layout = SlipLayout(slip, self._paper * mm, mm)
        part = self._path.with_name(self._path.name + ".part")
        printer = QPrinter()
        printer.setResolution(_RESOLUTION)
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(part))
        size = QSizeF(self._paper + 2 * _MARGIN, layout.height / mm + 2 * _MARGIN + 1)
        printer.setPageSize(QPageSize(size, QPageSize.Unit.Millimeter))
        printer.setPageMargins(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN), QPageLayout.Unit.Millimeter)
        try:
            _paint(printer, layout, layout.height)
            os.replace(part, self._path)
        except OSError as error:
            raise FaultError("printer.failed", type(error).__name__) from error
        finally:
            part.unlink(missing_ok=True)


def _paint(printer: QPrinter, layout: SlipLayout, page_height: float) -> None:
    from PySide6.QtPrintSupport import QPrinter

    printer.setDocName("slip")  # spoolers show and log it
    painter = QPainter()
    if not painter.begin(printer):
        raise FaultError("printer.failed", "the system does not begin to print")
    layout.paint(painter, page_height, printer.newPage)
    if not painter.end() or printer.printerState() in (QPrinter.PrinterState.Error, QPrinter.PrinterState.Aborted):
        raise FaultError("printer.failed", "the system did not take the slip")


def build(options: PrinterOptions) -> SystemPrinter:
    """The entry point ``tram.printer``. Main thread only; after the window, where there is one.

    Raises FaultError ``install.missing`` where Qt's print support, or the system's, is not installed.
    """
    try:
        import PySide6.QtPrintSupport  # noqa: F401
    except ImportError as error:
        raise FaultError("install.missing", f"Qt print support: {error.name or error}") from error
    application = QApplication.instance() or QApplication(["tram", "-platform", "offscreen"])
    typeface.register()
    return SystemPrinter(options, application)
