"""The demo's table: its buttons move the table's things, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from terminal.faults import FaultError
from terminal.ports import CardReader
from terminal.table import Exhibit
from terminal.view import Desk, Screen
from tests.ui.conftest import Desktop
from ui.app import build
from ui.shell import Shell
from ui.table import TableWindow

EXHIBITS = (Exhibit("insured", "NGUYỄN VĂN THỬ NGHIỆM", "Còn hạn"), Exhibit("ticket", "Vé tham quan", "Vé", card=False),
            Exhibit("brand-new", "Ai Đó", "Chưa có lời dịch"))  # fmt: skip


class NotedTable:
    """Writes down what is done to it, and on which thread."""

    network_url = "http://127.0.0.1:1"
    reader: CardReader | None = None
    issuer = b""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.threads: set[str] = set()

    def _note(self, what: str) -> None:
        self.threads.add(threading.current_thread().name)
        self.done.append(what)

    def exhibits(self) -> Sequence[Exhibit]:
        return EXHIBITS

    def show_code(self, code: str) -> None:
        self._note(f"show {code}")

    def place(self, code: str) -> None:
        if code == "brand-new":
            raise FaultError("reader.service")
        self._note(f"place {code}")

    def lift(self, *, after_apdus: int | None = None) -> None:
        self._note(f"lift {after_apdus}")

    def cut_network(self, cut: bool) -> None:
        self._note(f"cut {cut}")

    def close(self) -> None:
        self._note("close")


class Scene:
    def __init__(self, shell: Shell) -> None:
        self.table, self.shell = NotedTable(), shell
        self.desks: list[str] = []
        self.window = TableWindow(self.table, shell, self.desks.append)

    def press(self, name: str) -> None:
        button = next(one for one in self.window.findChildren(QPushButton, name))
        button.click()


@pytest.fixture
def scene(desktop: Desktop) -> Iterator[Scene]:
    made = Scene(desktop.shell())
    yield made
    made.window.close()
    made.window.deleteLater()


def test_buttons_do_what_they_say_in_order_on_the_tables_thread(scene: Scene, qtbot: QtBot) -> None:
    for name in ("show-insured", "place-insured", "lift", "show-ticket"):
        scene.press(name)
    qtbot.waitUntil(lambda: len(scene.table.done) == 4, timeout=20_000)
    assert scene.table.done == ["show insured", "place insured", "lift None", "show ticket"]
    assert scene.table.threads == {"demo-table"}


def test_what_is_no_card_cannot_be_placed(scene: Scene) -> None:
    assert scene.window.findChildren(QPushButton, "place-ticket") == []
    assert len(scene.window.findChildren(QPushButton, "place-insured")) == 1


def test_the_cable_is_pulled_and_plugged(scene: Scene, qtbot: QtBot, app: QApplication) -> None:
    scene.press("cable")
    app.processEvents()
    scene.press("cable")
    qtbot.waitUntil(lambda: scene.table.done == ["cut True", "cut False"], timeout=20_000)


def test_a_desk_turns_the_window_and_then_tells(scene: Scene, qtbot: QtBot) -> None:
    scene.press("desk-gate")
    qtbot.waitUntil(lambda: scene.desks == ["gate"], timeout=20_000)
    assert scene.shell.stage.desk is Desk.GATE
    assert scene.shell.view.screen is Screen.STARTING


def test_a_fault_is_said_and_the_table_works_on(scene: Scene, qtbot: QtBot) -> None:
    def said() -> bool:
        return any("Dịch vụ thẻ đang tắt" in one.text() for one in scene.window.findChildren(QLabel))

    scene.press("place-brand-new")
    qtbot.waitUntil(said, timeout=20_000)
    scene.press("lift")
    qtbot.waitUntil(lambda: scene.table.done == ["lift None"], timeout=20_000)


def test_the_table_speaks_the_windows_language(scene: Scene, app: QApplication) -> None:
    def texts() -> set[str]:
        return {one.text() for one in scene.window.findChildren(QLabel)}

    assert {"Có bảo hiểm, chip thật", "Chưa có lời dịch"} <= texts()
    scene.shell.switch_language()
    app.processEvents()
    assert {"Insured, genuine chip", "Chưa có lời dịch"} <= texts()


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform has no window manager to tell
def test_the_face_shows_the_table_with_the_window(app: QApplication) -> None:
    from terminal.ports import FaceOptions

    face, table = build(FaceOptions("reception", "Nơi Mẫu", "vi", sound=0.0)), NotedTable()
    face.add_table(table, lambda _desk: None)
    shown: list[bool] = []

    def started() -> None:
        windows = [one for one in app.topLevelWidgets() if isinstance(one, TableWindow)]
        shown.extend(one.isVisible() for one in windows)
        face.quit()

    assert face.run(started) == 0
    assert True in shown
    face.shell.deleteLater()
