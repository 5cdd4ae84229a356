"""A scanner that types, at the window: its keys reach no widget, and a person's reach theirs in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from terminal.events import REASONS, Admitted, Button, CodeSeen, MrzTyped, NumberTyped, Pressed
from terminal.ports import KeyboardOptions
from terminal.view import Desk
from tests.ui.conftest import Desktop
from tests.ui.shared_keyboard import CARD, NONE, PERSON, SCAN, Counter
from tests.ui.test_ask_number import _entries
from tests.ui.test_keys import STOPPED, view_of
from ui.samples import samples
from ui.screens.reasons import Reasons


@pytest.fixture
def counter(desktop: Desktop) -> Iterator[Callable[..., Counter]]:
    made: list[Counter] = []

    def make(name: str = "reception-ask-number", desk: Desk = Desk.RECEPTION,
             prefix: str = "", suffix: str = "") -> Counter:  # fmt: skip
        made.append(Counter(desktop, view_of(name), KeyboardOptions(prefix, suffix), desk))
        return made[-1]

    yield make
    for one in made:
        QApplication.instance().removeEventFilter(one.filter)  # type: ignore[union-attr]


Make = Callable[..., Counter]


def test_a_scan_becomes_a_code_and_nothing_else(counter: Make) -> None:
    desk = counter()
    desk.scan()
    assert desk.posted == [CodeSeen(CARD.encode(), "keyboard")]
    assert _entries(desk.shell)[0].text == ""


def test_letters_come_as_utf_8(counter: Make) -> None:
    desk = counter()
    desk.scan("Nguyá»…n Đo\0x\r")
    assert desk.codes == ["Nguyá»…n Đo\0x".encode()]


def test_a_person_types_the_number_as_ever(counter: Make) -> None:
    desk = counter()
    desk.type("003090123450")
    assert _entries(desk.shell)[0].text == "003090123450"
    desk.type("\r")
    assert desk.posted == [NumberTyped("003090123450")]


def test_two_keys_rolled_over_arrive_in_their_order(counter: Make) -> None:
    desk = counter()
    for first, second in ("00", "30", "90", "12"):
        desk.keys(first, PERSON)
        desk.keys(second, 0.02)
    desk.wait(1.0)
    assert _entries(desk.shell)[0].text == "00309012"


def test_a_typed_digit_is_seen_after_one_gap(counter: Make) -> None:
    desk = counter()
    desk.keys("5", PERSON)
    desk.wait(0.034)
    assert _entries(desk.shell)[0].text == ""
    desk.wait(0.002)
    assert _entries(desk.shell)[0].text == "5"


def test_a_scan_between_typed_digits_leaves_them_alone(counter: Make) -> None:
    desk = counter()
    desk.type("0030")
    desk.scan()
    desk.type("9")
    desk.keys("0", PERSON)
    desk.wait(0.04)
    desk.scan("TRAMX234567\r")
    assert _entries(desk.shell)[0].text == "003090"
    assert desk.codes == [CARD.encode(), b"TRAMX234567"]
    assert desk.others == []


def test_digits_move_on_to_the_next_field_while_they_are_given_back(counter: Make) -> None:
    desk = counter("reception-ask-mrz")
    desk.type("0030901234502011199020112030")
    desk.type("\r")
    assert desk.posted == [MrzTyped("003090123450", "901120", "301120")]


def test_a_scan_does_not_move_between_fields(counter: Make) -> None:
    desk = counter("reception-ask-mrz")
    desk.scan("0030901\t234\t\r\t")
    assert _entries(desk.shell)[0].hasFocus()
    assert [entry.text for entry in _entries(desk.shell)] == ["", "", ""]


def test_a_scan_presses_nothing_on_any_screen(counter: Make) -> None:
    desk = counter()
    for sample in samples(None):
        desk.shell.turn_to(sample.desk)
        desk.shell.show_view(sample.view)
        desk.scan("00309 12345+=+ \x1b\r")
        assert desk.others == [], sample.name


def test_the_line_end_of_a_scan_does_not_press_the_button_that_has_the_keyboard(counter: Make) -> None:
    desk = counter("reception-stop-expired")
    again = next(one for one in desk.shell.findChildren(QPushButton) if one.property("action") == "again")
    again.setFocus(Qt.FocusReason.TabFocusReason)
    desk.scan("003 090 123\r\r")
    assert desk.others == []
    assert not again.isDown()
    desk.type("\r")
    assert desk.others == [Pressed(Button.AGAIN)]


def test_a_scan_calls_nobody_at_the_gate(counter: Make) -> None:
    desk = counter("gate-stop", Desk.GATE)
    desk.scan("A B C D \r")
    assert desk.others == []
    desk.type(" ")
    assert desk.others == [Pressed(Button.DONE)]


@pytest.mark.parametrize(
    "key", [Qt.Key.Key_Escape, Qt.Key.Key_F2, Qt.Key.Key_F5, Qt.Key.Key_F7, Qt.Key.Key_F8, Qt.Key.Key_Plus]
)
def test_a_key_inside_a_scan_is_no_shortcut(counter: Make, key: Qt.Key) -> None:
    desk = counter("reception-stop-expired")
    for _ in range(6):
        desk.now += SCAN
        desk.key(int(key))
    desk.wait(1.0)
    assert desk.posted == []
    assert desk.shell.findChildren(Reasons) == []


@pytest.mark.parametrize(
    ("key", "button"),
    [(Qt.Key.Key_Escape, Button.DONE), (Qt.Key.Key_F5, Button.AGAIN), (Qt.Key.Key_Plus, Button.MORE_TIME)],
)
def test_a_person_s_shortcut_works(counter: Make, key: Qt.Key, button: Button) -> None:
    desk = counter("reception-stop-expired")
    desk.key(int(key))
    desk.wait(0.04)
    assert desk.posted == [Pressed(button)]


def test_digits_of_a_scan_choose_no_reason(counter: Make) -> None:
    desk = counter("reception-stop-expired")
    desk.key(int(Qt.Key.Key_F8))
    desk.wait(1.0)
    desk.scan()
    assert desk.others == []
    assert desk.shell.findChildren(Reasons)[0].isVisible()
    desk.type("2")
    assert desk.others == [Admitted(REASONS[1])]


def test_a_scan_switches_no_language_and_survives_a_switch(counter: Make) -> None:
    desk = counter("reception-stop-expired")
    desk.keys("00309", SCAN)
    desk.shell.switch_language()
    desk.keys("0123450\r", SCAN)
    desk.wait(1.0)
    for _ in range(5):
        desk.now += SCAN
        desk.key(int(Qt.Key.Key_L), "\x0c", Qt.KeyboardModifier.ControlModifier)
    desk.wait(1.0)
    assert desk.shell.stage.language == "en"
    assert desk.codes == [b"003090123450", b"\x0c" * 5]


def test_a_scan_survives_a_new_screen_in_its_middle(counter: Make) -> None:
    desk = counter()
    desk.keys("00309", SCAN)
    desk.shell.show_view(STOPPED)
    desk.keys("0123450\r", SCAN)
    desk.wait(1.0)
    assert (desk.codes, desk.others) == ([b"003090123450"], [])


def test_a_key_held_back_goes_to_the_screen_that_is_there_now(counter: Make) -> None:
    desk = counter()
    desk.keys("5", PERSON)
    desk.shell.show_view(STOPPED)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    desk.wait(1.0)
    assert desk.posted == []


def test_keys_held_back_for_a_window_that_is_gone_are_forgotten(counter: Make, app: QApplication) -> None:
    desk, other = counter(), QWidget()
    QApplication.sendEvent(other, QKeyEvent(QEvent.Type.KeyPress, int(Qt.Key.Key_5), NONE, "5"))
    other.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    desk.wait(1.0)
    assert desk.posted == []


def test_a_key_that_is_held_down_repeats_and_is_no_scan(counter: Make) -> None:
    desk = counter()
    desk.keys("0", PERSON)
    for _ in range(30):
        desk.now += 0.03
        desk.filter.look()
        desk.send(QEvent.Type.KeyPress, int(Qt.Key.Key_7), "7", repeated=True)
    desk.wait(1.0)
    assert desk.codes == []
    assert _entries(desk.shell)[0].text == "0" + "7" * 11


def test_a_scanner_that_lost_power_with_a_key_down_presses_nothing(counter: Make) -> None:
    desk = counter("reception-stop-expired")
    desk.keys("003090", SCAN)
    desk.now += SCAN
    desk.send(QEvent.Type.KeyPress, int(Qt.Key.Key_Return), "\r")
    for _ in range(50):
        desk.wait(0.03)
        desk.send(QEvent.Type.KeyPress, int(Qt.Key.Key_Return), "\r", repeated=True)
    assert (desk.codes, desk.others) == ([b"003090"], [])


def test_shift_inside_a_scan_ends_nothing_and_types_nothing(counter: Make) -> None:
    desk = counter()
    for sign in "003090|N|":
        desk.now += SCAN
        desk.send(QEvent.Type.KeyPress, int(Qt.Key.Key_Shift), "", Qt.KeyboardModifier.ShiftModifier)
        desk.key(ord(sign), sign, Qt.KeyboardModifier.ShiftModifier)
        desk.send(QEvent.Type.KeyRelease, int(Qt.Key.Key_Shift))
    desk.wait(1.0)
    assert desk.codes == [b"003090|N|"]


def test_a_scanner_that_composes_letters_on_the_keypad(counter: Make) -> None:
    desk = counter()
    keypad = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.KeypadModifier
    desk.keys("0030", SCAN)
    for figure in "0225":
        desk.now += SCAN
        desk.key(ord(figure), "", keypad)
    desk.key(0, "á")
    desk.scan("|\r")
    assert desk.codes == ["0030á|".encode()]


def test_a_window_that_stood_still_neither_splits_a_scan_nor_makes_one(counter: Make) -> None:
    desk = counter()

    def stamped(text: str, start: int, step: int) -> None:
        for at, sign in enumerate(text):
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, ord(sign), NONE, sign)
                event.setTimestamp(start + at * step)
                QApplication.sendEvent(_entries(desk.shell)[0], event)

    stamped("00309", 10_000, 5)
    desk.now += 2.0
    desk.filter.look()  # the timer comes before the keys that waited
    stamped("0123450", 10_025, 5)
    desk.wait(1.0)
    assert desk.codes == [b"003090123450"]
    stamped("00309", 20_000, 150)
    desk.wait(1.0)
    assert _entries(desk.shell)[0].text == "00309"


def test_the_same_code_within_five_seconds_is_told_once(counter: Make) -> None:
    desk = counter()
    desk.scan()
    desk.scan()
    desk.scan("another\r")
    desk.now += 5.0
    desk.scan()
    assert desk.codes == [CARD.encode(), b"another", CARD.encode()]


def test_prefix_and_suffix_are_the_configured_ones(counter: Make) -> None:
    desk = counter(prefix="~", suffix="#")
    desk.scan("~003090123450#\r")
    desk.scan("003090123451\r")
    assert desk.codes == [b"003090123450"]
    assert _entries(desk.shell)[0].text == ""


def test_a_flood_of_codes_leaves_the_window_alone(counter: Make) -> None:
    desk = counter()
    for number in range(200):
        desk.keys(f"{number:06}\r" * 4, 0.0001)
    desk.wait(1.0)
    assert (desk.codes, desk.others) == ([], [])
    assert (desk.filter._held, _entries(desk.shell)[0].text) == ([], "")
    desk.type("12")
    assert _entries(desk.shell)[0].text == "12"
