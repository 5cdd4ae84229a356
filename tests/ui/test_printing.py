"""Slips through the system's printing: laid out whole, in Vietnamese, without a dialog and without waiting for ever."""

from __future__ import annotations

import re
import sys
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6 import QtPrintSupport
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtWidgets import QApplication

from terminal.faults import FaultError
from terminal.outputs import PrinterOptions, Slip
from ui.printing import SlipLayout, SystemPrinter, build

LETTERS = "ĂÂĐÊÔƠƯẴẪỆỖỠỮỰỲỸăâđêôơưẵẫệỗỡữựỳỹ"
SLIP = Slip(
    "ĐƯỢC HƯỞNG BHYT",
    "Quầy 3",
    (("Họ và tên", "NGUYỄN VĂN THỬ NGHIỆM"), ("Chữ", LETTERS), ("Nơi đăng ký ban đầu", "<b>Trạm</b> & Y tế")),
    b"a1b2c3",
    "MÔ PHỎNG: Có thiết bị mô phỏng tham gia",
)
_MM = 12.0


@pytest.fixture
def application(qapp: QApplication) -> QApplication:
    return qapp


def _pages(slip: Slip, page_mm: float) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """The slip painted on pages of 72 mm."""
    layout = SlipLayout(slip, 72 * _MM, _MM)
    pages: list[QImage] = []
    painter = QPainter()

    def next_page() -> bool:
        if painter.isActive():
            painter.end()
        pages.append(QImage(round(72 * _MM), round(page_mm * _MM), QImage.Format.Format_Grayscale8))
        pages[-1].fill(255)
        return painter.begin(pages[-1])

    next_page()
    layout.paint(painter, page_mm * _MM, next_page)
    painter.end()
    return [
        np.frombuffer(page.constBits(), np.uint8).reshape(page.height(), page.bytesPerLine())[:, : page.width()].copy()
        for page in pages
    ]


def _printer(address: str, seconds: float = 10.0) -> SystemPrinter:
    return build(PrinterOptions(address, seconds=seconds))


def _code(address: str) -> str:
    with pytest.raises(FaultError) as raised:
        _printer(address).print(SLIP)
    return raised.value.fault.code


def test_the_slip_fits_its_page_and_its_code_is_read(application: QApplication) -> None:
    height = SlipLayout(SLIP, 72 * _MM, _MM).height / _MM
    (page,) = _pages(SLIP, height + 1)
    assert cv2.QRCodeDetector().detectAndDecode(page)[0] == "a1b2c3"
    assert (page[:, -1] == 255).sum() > len(page) * 0.9


def test_a_short_page_is_followed_by_another(application: QApplication) -> None:
    pages = _pages(SLIP, 35)
    assert len(pages) > 1
    assert "a1b2c3" in [cv2.QRCodeDetector().detectAndDecode(page)[0] for page in pages]


def test_no_letter_is_cut_by_its_neighbours_above(application: QApplication) -> None:
    """Tall capitals alone and in the slip have the same ink."""
    tall = replace(SLIP, rows=(("Ẵ", "ẴỖỠỮ"),), code=None, foot="")
    flat = replace(tall, rows=(("A", "AOOU"),))
    with_marks, without = (_pages(slip, 60)[0] < 128 for slip in (tall, flat))
    marks = with_marks.sum() - without.sum()
    assert marks > 200
    rows = np.flatnonzero(with_marks.any(axis=1))
    assert len(rows) > len(np.flatnonzero(without.any(axis=1)))


def test_what_another_system_wrote_is_no_markup(application: QApplication) -> None:
    inks = []
    for value in ("<p></p>", ""):
        slip = replace(SLIP, rows=(("a", value),), code=None)
        inks.append((_pages(slip, 60)[0] < 128).sum())
    assert inks[0] > inks[1]


def _unicode_of(pdf: bytes) -> set[str]:
    """Every character that the PDF's fonts say they show (ISO 32000-1 §9.10.3, ToUnicode maps)."""
    found: set[str] = set()
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", pdf, re.DOTALL):
        for listed in re.findall(rb"\[(.*?)\]", block, re.DOTALL):
            found |= {chr(int(code, 16)) for code in re.findall(rb"<([0-9A-Fa-f]{4})>", listed)}
    return found


def test_the_pdf_bears_its_vietnamese_letters_and_fonts(application: QApplication, tmp_path: Path) -> None:
    target = tmp_path / "slip.pdf"
    _printer(f"pdf:{target}").print(SLIP)
    pdf = target.read_bytes()
    assert set(LETTERS) <= _unicode_of(pdf)
    assert pdf.count(b"/FontFile2") == 3
    fonts = re.findall(rb"/BaseFont /([\w+-]+)", pdf)
    assert fonts
    assert all(b"NotoSans" in name for name in fonts)
    (width, height) = map(float, re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)[0])
    assert width == pytest.approx(80 / 25.4 * 72, abs=1)
    assert height > width
    assert pdf.count(b"/Type /Page\n") == 1


def test_the_pdf_names_nobody(application: QApplication, tmp_path: Path) -> None:
    target = tmp_path / "slip.pdf"
    _printer(f"pdf:{target}").print(SLIP)
    head = target.read_bytes().partition(b"endobj")[0]
    assert "THỬ".encode("utf-16-be") not in head
    assert "slip".encode("utf-16-be") in head


def test_the_next_slip_takes_the_place_of_the_last_and_nothing_else_is_left(
    application: QApplication, tmp_path: Path
) -> None:
    printer = _printer(f"pdf:{tmp_path / 'slip.pdf'}")
    printer.print(SLIP)
    long = (tmp_path / "slip.pdf").stat().st_size
    printer.print(replace(SLIP, rows=(), code=None))
    assert (tmp_path / "slip.pdf").stat().st_size < long
    assert [path.name for path in tmp_path.iterdir()] == ["slip.pdf"]


def test_a_folder_that_is_not_there_is_an_absent_printer(application: QApplication, tmp_path: Path) -> None:
    assert _code(f"pdf:{tmp_path / 'gone' / 'slip.pdf'}") == "printer.absent"


def test_a_file_that_cannot_be_written_is_a_failed_slip(application: QApplication, tmp_path: Path) -> None:
    (tmp_path / "slip.pdf").mkdir()
    assert _code(f"pdf:{tmp_path / 'slip.pdf'}") == "printer.failed"
    assert [path.name for path in tmp_path.iterdir()] == ["slip.pdf"]


def test_a_printer_that_the_system_does_not_know_is_absent(application: QApplication) -> None:
    assert _code("no such printer") == "printer.absent"


# A spooler, made of paper ---------------------------------------------------------------------------------------------


class _Info:
    """What QPrinterInfo tells of a printer."""

    state_now = QPrinter.PrinterState.Idle
    asked: str | None = None

    @classmethod
    def printerInfo(cls, name: str) -> _Info:  # noqa: N802
        cls.asked = name
        return cls()

    @classmethod
    def defaultPrinter(cls) -> _Info:  # noqa: N802
        cls.asked = ""
        return cls()

    def isNull(self) -> bool:  # noqa: N802
        return False

    def state(self) -> QPrinter.PrinterState:
        return self.state_now


@pytest.fixture
def spooled(application: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file where the paper spooler's printer prints; its QPrinter is Qt's, its paper A5."""
    target = tmp_path / "spooled.pdf"

    class Spooling(QPrinter):
        def __init__(self, _info: _Info, mode: QPrinter.PrinterMode) -> None:
            super().__init__(mode)
            self.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
            self.setOutputFileName(str(target))

    monkeypatch.setattr(QtPrintSupport, "QPrinterInfo", _Info)
    monkeypatch.setattr(QtPrintSupport, "QPrinter", Spooling)
    return target


@pytest.mark.parametrize("name", ["", "Máy in quầy 3"], ids=["the usual printer", "a printer by name"])
def test_the_named_printer_gets_the_slip(spooled: Path, name: str) -> None:
    _printer(name).print(SLIP)
    assert _Info.asked == name
    assert set(LETTERS) <= _unicode_of(spooled.read_bytes())


def test_a_printer_in_error_prints_nothing(spooled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Info, "state_now", QPrinter.PrinterState.Error)
    with pytest.raises(FaultError) as raised:
        _printer("x").check()
    assert raised.value.fault.code == "printer.failed"
    assert _code("x") == "printer.failed"
    assert not spooled.exists()


def test_a_spooler_that_does_not_answer_holds_nobody(spooled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def silent(_name: str) -> _Info:
        answers.wait(20)
        return _Info()

    monkeypatch.setattr(_Info, "printerInfo", silent)
    printer = _printer("x", seconds=0.2)
    for told in ("no end within 0.2 s", "still holds"):
        with pytest.raises(FaultError, match=told) as raised:
            printer.print(SLIP)
        assert raised.value.fault.code == "printer.failed"
    answers.set()
    printer._working.join(10)
    printer.check()


def test_missing_print_support_is_told_when_the_desk_is_built(
    application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtPrintSupport", None)
    with pytest.raises(FaultError) as raised:
        build(PrinterOptions(""))
    assert raised.value.fault.code == "install.missing"


def test_the_real_list_of_printers_can_be_asked(application: QApplication) -> None:
    assert QPrinterInfo.printerInfo("no such printer").isNull()
