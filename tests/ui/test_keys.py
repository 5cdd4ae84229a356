"""Keys and buttons become events; what a view does not offer stays without effect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from terminal.events import REASONS, Admitted, Button, Pressed
from terminal.view import Desk, View
from tests.ui.conftest import Desktop
from ui.samples import samples
from ui.screens.reasons import Reasons
from ui.shell import STAYS_OPEN, Shell


def view_of(name: str) -> View:
    return next(sample.view for sample in samples(None) if sample.name == name)


STOPPED = view_of("reception-stop-expired")


def _press(shell: Shell, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(shell, key, modifier)


@pytest.mark.parametrize(
    ("name", "key", "button"),
    [
        ("reception-idle", Qt.Key.Key_F2, Button.TYPE_NUMBER),
        ("reception-place-card", Qt.Key.Key_F7, Button.WITHOUT_CHIP),
        ("reception-reading", Qt.Key.Key_Escape, Button.DONE),
        ("reception-stop-expired", Qt.Key.Key_F5, Button.AGAIN),
        ("reception-stop-expired", Qt.Key.Key_Plus, Button.MORE_TIME),
        ("reception-stop-expired", Qt.Key.Key_Equal, Button.MORE_TIME),
        ("reception-stop-expired", Qt.Key.Key_Escape, Button.DONE),
        ("reception-stop-expired", Qt.Key.Key_Return, Button.DONE),
    ],
)
def test_a_key_presses_its_button(desktop: Desktop, name: str, key: Qt.Key, button: Button) -> None:
    _press(desktop.shell(view_of(name)), key)
    assert desktop.posted == [Pressed(button)]


def test_a_key_that_is_held_down_is_pressed_once(desktop: Desktop) -> None:
    shell = desktop.shell(next(one.view for one in samples(None) if Button.EMERGENCY in one.view.actions), Desk.GATE)
    held = (Qt.KeyboardModifier.ControlModifier, "", True)
    _press(shell, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) * 3:
        QCoreApplication.sendEvent(shell, QKeyEvent(kind, Qt.Key.Key_E, *held))
    assert desktop.posted == [Pressed(Button.EMERGENCY)]


def test_a_key_whose_button_is_not_offered_does_nothing(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-idle"))
    for key in (Qt.Key.Key_F5, Qt.Key.Key_F7, Qt.Key.Key_F8, Qt.Key.Key_Escape, Qt.Key.Key_Plus, Qt.Key.Key_A):
        _press(shell, key)
    assert desktop.posted == []


@pytest.mark.parametrize("name", ["reception-idle", "reception-reading", "reception-place-card", "reception-retry"])
def test_enter_decides_nothing_before_there_is_a_result(desktop: Desktop, name: str) -> None:
    # Scanners in keyboard mode end what they read with Enter.
    _press(desktop.shell(view_of(name)), Qt.Key.Key_Return)
    assert desktop.posted == []


def test_space_calls_the_next_person_at_the_gate_only(desktop: Desktop) -> None:
    _press(desktop.shell(view_of("gate-stop"), Desk.GATE), Qt.Key.Key_Space)
    _press(desktop.shell(view_of("police-stop"), Desk.POLICE), Qt.Key.Key_Space)
    assert desktop.posted == [Pressed(Button.DONE)]


@pytest.mark.parametrize("button", [Button.DONE, Button.AGAIN, Button.MORE_TIME])
def test_a_click_does_what_the_key_does(desktop: Desktop, button: Button) -> None:
    shell = desktop.shell(STOPPED)
    found = [one for one in shell.findChildren(QPushButton) if one.property("action") == button.value]
    found[0].click()
    assert desktop.posted == [Pressed(button)]


def test_enter_on_a_button_that_has_the_keyboard_presses_that_button(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    shell.show()
    again = next(one for one in shell.findChildren(QPushButton) if one.property("action") == "again")
    again.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(again, Qt.Key.Key_Return)
    assert desktop.posted == [Pressed(Button.AGAIN)]


def test_tab_reaches_the_main_action_before_the_others(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    buttons = [one for one in shell.findChildren(QPushButton) if one.property("action")]
    following = next(one for one in buttons if one.property("action") == "done").nextInFocusChain()
    while not isinstance(following, QPushButton) or not following.property("action"):
        following = following.nextInFocusChain()
    assert following.property("action") != "done"
    assert all(one.focusPolicy() is Qt.FocusPolicy.TabFocus for one in buttons)


def test_admitting_by_hand_asks_for_the_reason_inside_the_window(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    _press(shell, Qt.Key.Key_F8)
    assert len(shell.findChildren(Reasons)) == 1
    assert desktop.posted == []
    _press(shell, Qt.Key.Key_2)
    assert desktop.posted == [Admitted(REASONS[1])]


def test_every_reason_can_be_touched(desktop: Desktop) -> None:
    for at, reason in enumerate(REASONS):
        shell = desktop.shell(STOPPED)
        _press(shell, Qt.Key.Key_F8)
        panel = shell.findChildren(Reasons)[0]
        panel.findChildren(QPushButton)[at].click()
        assert desktop.posted[-1] == Admitted(reason)


def test_escape_closes_the_reasons_and_not_the_person(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    _press(shell, Qt.Key.Key_F8)
    _press(shell, Qt.Key.Key_Escape)
    assert desktop.posted == []
    assert not any(panel.isVisibleTo(shell) for panel in shell.findChildren(Reasons))
    _press(shell, Qt.Key.Key_Escape)
    assert desktop.posted == [Pressed(Button.DONE)]


def test_f8_twice_closes_the_reasons(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    _press(shell, Qt.Key.Key_F8)
    _press(shell, Qt.Key.Key_F8)
    assert not any(panel.isVisibleTo(shell) for panel in shell.findChildren(Reasons))


def test_a_digit_without_a_reason_chooses_none(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    _press(shell, Qt.Key.Key_F8)
    _press(shell, Qt.Key.Key_9)
    assert desktop.posted == []


def test_the_reasons_go_with_the_person_they_are_about(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    _press(shell, Qt.Key.Key_F8)
    shell.show_view(replace(STOPPED, session=3))
    _press(shell, Qt.Key.Key_1)
    assert desktop.posted == []


def test_the_reasons_lie_inside_the_window(desktop: Desktop) -> None:
    shell = desktop.shell(STOPPED)
    shell.show()
    shell.resize(1024, 600)
    _press(shell, Qt.Key.Key_F8)
    assert shell.rect().contains(shell.findChildren(Reasons)[0].geometry())


def test_a_gate_that_was_just_opened_for_all_is_not_closed_by_a_second_press(desktop: Desktop) -> None:
    view = next(one.view for one in samples(None) if Button.EMERGENCY in one.view.actions and not one.view.held)
    shell = desktop.shell(view, Desk.GATE)
    shell.press(Button.EMERGENCY)
    shell.show_view(replace(view, held=True, entered=view.entered + 1))
    desktop.monotonic += STAYS_OPEN - 0.1
    shell.press(Button.EMERGENCY)
    assert desktop.posted == [Pressed(Button.EMERGENCY)]
    desktop.monotonic += 0.2
    shell.press(Button.EMERGENCY)
    assert desktop.posted == [Pressed(Button.EMERGENCY)] * 2
