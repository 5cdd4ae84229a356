"""Typing the number, and the dates when the number is not enough."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from terminal.events import MrzTyped, NumberTyped
from terminal.ports import GreyFrame
from tests.ui.conftest import Desktop
from tests.ui.test_keys import view_of
from ui.screens.ask_number import yymmdd
from ui.shell import Shell
from ui.widgets.digits import Digits


def _entries(shell: Shell) -> list[Digits]:
    return [entry for entry in shell.findChildren(Digits) if entry.isVisibleTo(shell)]


def _asking(desktop: Desktop, name: str = "reception-ask-number") -> Shell:
    shell = desktop.shell(view_of(name))
    shell.show()
    shell.activateWindow()
    QTest.qWaitForWindowActive(shell)
    return shell


def _button(shell: Shell, name: str) -> QPushButton:
    found = [one for one in shell.findChildren(QPushButton) if name in (one.accessibleName(), one.text())]
    return next(one for one in found if one.isVisibleTo(shell))


def test_twelve_digits_and_enter_are_the_number(desktop: Desktop) -> None:
    shell = _asking(desktop)
    QTest.keyClicks(_entries(shell)[0], "003090123450")
    QTest.keyClick(_entries(shell)[0], Qt.Key.Key_Return)
    assert desktop.posted == [NumberTyped("003090123450")]
    assert _entries(shell)[0].text == ""


def test_ten_digits_are_an_insurance_code(desktop: Desktop) -> None:
    shell = _asking(desktop)
    QTest.keyClicks(_entries(shell)[0], "0030000001")
    _button(shell, "Kiểm tra").click()
    assert desktop.posted == [NumberTyped("0030000001")]


@pytest.mark.parametrize("typed", ["", "0", "003090123", "00309012345"])
def test_an_incomplete_number_cannot_be_sent(desktop: Desktop, typed: str) -> None:
    shell = _asking(desktop)
    QTest.keyClicks(_entries(shell)[0], typed)
    QTest.keyClick(_entries(shell)[0], Qt.Key.Key_Return)
    assert desktop.posted == []
    assert not _button(shell, "Kiểm tra").isEnabled()


def test_only_digits_are_taken_and_not_more_than_fit(desktop: Desktop) -> None:
    shell = _asking(desktop)
    QTest.keyClicks(_entries(shell)[0], "a0-0/3 0e9x")
    assert _entries(shell)[0].text == "00309"
    _entries(shell)[0].type("٣123456789012")
    assert _entries(shell)[0].text == "003091234567"


def test_the_keypad_types_erases_and_clears(desktop: Desktop) -> None:
    shell = _asking(desktop)
    for digit in "0039":
        _button(shell, digit).click()
    _button(shell, "Xoá").click()
    assert _entries(shell)[0].text == "003"
    _button(shell, "Xoá hết").click()
    assert _entries(shell)[0].text == ""


def test_backspace_takes_the_last_digit(desktop: Desktop) -> None:
    shell = _asking(desktop)
    QTest.keyClicks(_entries(shell)[0], "12")
    QTest.keyClick(_entries(shell)[0], Qt.Key.Key_Backspace)
    assert _entries(shell)[0].text == "1"


def test_a_screen_reader_hears_how_many_digits_and_never_which(desktop: Desktop) -> None:
    entry = _entries(_asking(desktop))[0]
    entry.type("00309")
    assert entry.accessibleName() == "Số định danh 12 số"
    assert entry.accessibleDescription() == "Đã nhập 5 trên 12 số"


def test_no_input_method_touches_the_digits(desktop: Desktop) -> None:
    entry = _entries(_asking(desktop))[0]
    assert not entry.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_number_and_dates_go_together(desktop: Desktop) -> None:
    shell = _asking(desktop, "reception-ask-mrz")
    number, born, expires = _entries(shell)
    QTest.keyClicks(number, "003090123450")
    assert born.hasFocus()
    QTest.keyClicks(born, "20111990")
    assert expires.hasFocus()
    QTest.keyClicks(expires, "20112030")
    QTest.keyClick(expires, Qt.Key.Key_Return)
    assert desktop.posted == [MrzTyped("003090123450", "901120", "301120")]


def test_a_card_that_never_expires_has_no_date_to_type(desktop: Desktop) -> None:
    shell = _asking(desktop, "reception-ask-mrz")
    number, born, expires = _entries(shell)
    number.type("003060000031")
    born.type("01011960")
    _button(shell, "Không thời hạn").click()
    assert not expires.isEnabled()
    _button(shell, "Kiểm tra").click()
    assert desktop.posted == [MrzTyped("003060000031", "600101", "991231")]


def test_a_day_that_does_not_exist_cannot_be_sent(desktop: Desktop) -> None:
    shell = _asking(desktop, "reception-ask-mrz")
    number, born, expires = _entries(shell)
    number.type("003090123450")
    born.type("31021990")
    expires.type("20112030")
    assert not _button(shell, "Kiểm tra").isEnabled()


@pytest.mark.parametrize(
    ("typed", "written"), [("20111990", "901120"), ("29022000", "000229"), ("29022001", None), ("", None), ("1", None)]
)
def test_a_date_as_the_mrz_writes_it(typed: str, written: str | None) -> None:
    assert yymmdd(typed) == written


def test_the_camera_is_seen_while_the_number_is_asked(desktop: Desktop) -> None:
    shell = _asking(desktop)
    before = shell.grab().toImage()
    shell.show_frame(GreyFrame(8, 4, bytes(range(0, 256, 8))))
    assert shell.grab().toImage() != before


def test_a_touch_gives_the_field_the_keyboard(desktop: Desktop) -> None:
    shell = _asking(desktop, "reception-ask-mrz")
    QTest.mouseClick(_entries(shell)[2], Qt.MouseButton.LeftButton)
    assert _entries(shell)[2].hasFocus()
