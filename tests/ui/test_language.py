"""The language changes at once, on every screen, and loses nothing that a person did."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from terminal.view import Desk
from tests.ui.conftest import Desktop
from tests.ui.test_keys import view_of
from ui.samples import samples
from ui.shell import Shell
from ui.widgets.digits import Digits


def _texts(shell: Shell) -> set[str]:
    return {one.text() for one in shell.findChildren(QLabel) if one.isVisibleTo(shell)}


def _switch(shell: Shell) -> None:
    QTest.keyClick(shell, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)


def test_a_result_changes_its_language_live(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-allow"))
    assert {"ĐƯỢC HƯỞNG BHYT", "Ngày sinh", "Xong", "MÔ PHỎNG"} <= _texts(shell)
    _switch(shell)
    assert {"INSURANCE VALID", "Born", "Done", "SIMULATED"} <= _texts(shell)
    assert "ĐƯỢC HƯỞNG BHYT" not in _texts(shell)
    _switch(shell)
    assert "ĐƯỢC HƯỞNG BHYT" in _texts(shell)


def test_the_button_switches_too_and_names_the_other_language(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-idle"))
    button = shell.findChild(QPushButton, "language")
    assert isinstance(button, QPushButton)
    assert button.text() == "English"
    button.click()
    assert button.text() == "Tiếng Việt"


def test_every_screen_survives_the_switch(desktop: Desktop) -> None:
    for desk in Desk:
        shell = desktop.shell(None, desk)
        for sample in samples(None):
            if sample.desk is desk:
                shell.show_view(sample.view)
                before = _texts(shell)
                _switch(shell)
                assert _texts(shell) != before, sample.name
                _switch(shell)
                assert _texts(shell) == before, sample.name


def test_typed_digits_stay(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-ask-number"))
    shell.findChildren(Digits)[0].type("00309")
    _switch(shell)
    assert [entry.text for entry in shell.findChildren(Digits) if entry.isVisibleTo(shell)] == ["00309"]


def test_the_countdown_goes_on(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-allow"))
    desktop.monotonic = 55.0
    _switch(shell)
    assert "Clears in 5 s" in _texts(shell)


def test_the_next_person_finds_the_language_as_it_was_left(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-idle"))
    _switch(shell)
    shell.show_view(view_of("reception-allow"))
    assert "INSURANCE VALID" in _texts(shell)
