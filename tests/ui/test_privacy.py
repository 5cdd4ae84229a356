"""What must never be on a screen, and what must be gone from it."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QTextEdit

from crypto.id_number import IdNumber
from terminal.messages import LANGUAGES
from terminal.model import Cover, DataSource, EligibilityAnswer, Person
from terminal.shown import insurance_code
from terminal.view import Desk
from tests.ui.conftest import Desktop
from tests.ui.test_keys import view_of
from tests.ui.tree import every_text
from ui.gallery import invented_photo
from ui.samples import COVER, INSURED, PEOPLE, samples
from ui.widgets.digits import Digits


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("desk", list(Desk), ids=lambda desk: desk.value)
def test_the_last_six_digits_are_nowhere(desktop: Desktop, desk: Desk, language: str) -> None:
    secrets = [person.id_number.can for person in PEOPLE if person.id_number]
    shell = desktop.shell(None, desk, language)
    for sample in samples(invented_photo()):
        shell.show_view(replace(sample.view) if sample.desk is desk else sample.view)
        for text in every_text(shell):
            assert not any(secret in text for secret in secrets), sample.name


@pytest.mark.parametrize("code", ["003090123450", "GD4003090123450", "0090123450"])
def test_an_insurance_code_made_of_the_number_is_masked(desktop: Desktop, code: str) -> None:
    view = view_of("reception-allow")
    assert view.result is not None
    answer = view.result.answer
    assert isinstance(answer, EligibilityAnswer)
    cover: Cover = replace(COVER, insurance_code=code)
    shell = desktop.shell(replace(view, result=replace(view.result, answer=replace(answer, cover=cover))))
    assert not any("123450" in text for text in every_text(shell))


def test_an_insurance_code_of_twelve_digits_is_masked_without_a_person() -> None:
    assert insurance_code("003090123450", None) == "003 090 ••••••"
    assert insurance_code("0030000001", None) == "0030000001"


def test_the_gate_shows_nobody(desktop: Desktop) -> None:
    shell = desktop.shell(None, Desk.GATE)
    for sample in samples(invented_photo()):
        shell.show_view(sample.view)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        seen = list(every_text(shell))
        for person in PEOPLE:
            assert person.name is not None
            assert person.born is not None
            assert not any(person.name in text or person.born.text() == text for text in seen), sample.name
        assert all(one.pixmap().isNull() for one in shell.findChildren(QLabel)), sample.name


def test_the_public_is_not_told_that_a_card_is_forged(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("gate-stop-forged"), Desk.GATE)
    texts = [one.text() for one in shell.findChildren(QLabel)]
    assert "GỌI NHÂN VIÊN" in texts
    assert not any("CHỮ KÝ" in text for text in texts)


def _show_somebody(desktop: Desktop) -> list[Person]:
    person = replace(INSURED, name="Người Chỉ Có Ở Đây", id_number=IdNumber("003090654321"))
    view = view_of("reception-allow")
    assert view.result is not None
    shell = desktop.shell(replace(view, result=replace(view.result, person=person, photo=invented_photo())))
    shell.show()
    QApplication.processEvents()
    assert any("Người Chỉ Có Ở Đây" in text for text in every_text(shell))
    return [person]


@pytest.mark.parametrize("following", ["reception-idle", "reception-reading", "reception-stop-expired"])
def test_nothing_of_a_person_is_left_when_the_next_screen_stands(desktop: Desktop, following: str) -> None:
    _show_somebody(desktop).clear()
    view = replace(view_of(following), session=7)
    desktop.shells[0].show_view(view)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for widget in QApplication.allWidgets():
        assert not any("Người Chỉ Có Ở Đây" in text or "003 090" in text for text in every_text(widget))
    gc.collect()
    left = [one for one in gc.get_objects() if isinstance(one, Person) and one.name == "Người Chỉ Có Ở Đây"]
    assert left == []


def test_no_text_can_be_copied_or_become_markup(desktop: Desktop) -> None:
    person = Person(DataSource.CARD_QR, name="<b>Nguyễn</b> <img src='x'>")
    view = view_of("reception-allow")
    assert view.result is not None
    shell = desktop.shell(replace(view, result=replace(view.result, person=person)))
    assert not shell.findChildren(QLineEdit)
    assert not shell.findChildren(QTextEdit)
    for one in shell.findChildren(QLabel):
        assert one.textFormat() is Qt.TextFormat.PlainText
        assert not one.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
        assert not one.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard


def test_the_window_and_its_title_name_nobody(desktop: Desktop) -> None:
    assert desktop.shell(view_of("reception-allow")).windowTitle() == "Trạm"


def test_typed_digits_are_hidden_once_the_field_is_left(desktop: Desktop) -> None:
    shell = desktop.shell(view_of("reception-ask-number"))
    shell.show()
    shell.activateWindow()
    QTest.qWaitForWindowActive(shell)
    entry = shell.findChildren(Digits)[0]
    entry.setFocus()
    QTest.keyClicks(entry, "003187000047")
    assert entry.shown() == "003187000047"
    shell.setFocus()
    entry.clearFocus()
    assert entry.shown() == "003187••••••"
    assert not any("000047" in text for text in every_text(shell))
