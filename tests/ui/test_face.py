"""The window as a face: started, shown to from many threads, photographed, ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel

from terminal.events import Button, Event, Pressed
from terminal.faults import FaultError
from terminal.model import Message
from terminal.ports import Face, FaceOptions, GreyFrame
from terminal.table import TableFace
from terminal.view import Cue, Desk, Screen, View
from tests.ui.test_keys import view_of
from ui.app import WindowFace, build
from ui.shell import SMALLEST, USUAL

OPTIONS = FaceOptions("reception", "Bệnh viện Giả Định", "vi", sound=0.0)


@pytest.fixture
def face(app: QApplication) -> Iterator[WindowFace]:
    made = build(OPTIONS)
    yield made
    made.shell.close()
    made.shell.deleteLater()
    app.processEvents()


def test_the_window_is_a_face_that_can_show_the_table(face: WindowFace) -> None:
    as_face: Face = face
    assert isinstance(as_face, TableFace)


def test_run_starts_once_painted_and_ends_with_the_code_given(face: WindowFace) -> None:
    seen: list[str] = []

    def started() -> None:
        seen.append(threading.current_thread().name)
        threading.Thread(target=face.quit, args=(3,)).start()

    assert face.run(started) == 3
    assert seen == ["MainThread"]


def test_closing_the_window_ends_the_run(face: WindowFace) -> None:
    assert face.run(lambda: face.shell.close() and None) == 0


def test_the_window_is_no_larger_than_its_screen(face: WindowFace) -> None:
    sizes: list[QSize] = []

    def started() -> None:
        sizes.append(face.shell.size())
        face.quit()

    face.run(started)
    room = face.shell.screen().availableSize()
    assert room.width() < USUAL.width()
    assert sizes == [QSize(max(SMALLEST.width(), room.width()), min(USUAL.height(), room.height()))]


def test_full_screen_is_full_screen(app: QApplication) -> None:
    made = build(FaceOptions("gate", "Cổng A1", "en", fullscreen=True, sound=0.0, theme="high_contrast"))
    full: list[bool] = []

    def started() -> None:
        full.append(made.shell.isFullScreen())
        made.quit()

    assert made.run(started) == 0
    assert full == [True]
    made.shell.deleteLater()


def test_views_from_many_threads_are_painted_in_order_on_the_main_thread(
    face: WindowFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[tuple[str, int]] = []
    present = face.shell._present

    def recorded(*, fresh: bool) -> None:
        painted.append((threading.current_thread().name, face.shell.view.session))
        present(fresh=fresh)

    monkeypatch.setattr(face.shell, "_present", recorded)

    def work(start: int) -> None:
        for session in range(start, start + 20):
            face.show(View(Screen.IDLE, session, Message("title.idle.card")))
            face.frame(GreyFrame(4, 4, bytes(16)))
            face.play(Cue.SEEN)

    workers = [threading.Thread(target=work, args=(start,)) for start in (0, 100, 200)]

    def started() -> None:
        for worker in workers:
            worker.start()
        threading.Thread(target=finish).start()

    def finish() -> None:
        for worker in workers:
            worker.join()
        face.quit()

    assert face.run(started) == 0
    assert {name for name, _ in painted} == {"MainThread"}
    for start in (0, 100, 200):
        of_worker = [session for _, session in painted if start <= session < start + 20]
        assert of_worker == sorted(of_worker)
    assert painted[-1][1] in (19, 119, 219)


def test_a_screenshot_from_another_thread_shows_the_last_view(face: WindowFace, tmp_path: Path) -> None:
    path = tmp_path / "result.png"
    failed: list[Exception] = []

    def photograph() -> None:
        try:
            face.show(view_of("reception-stop-expired"))
            face.screenshot(path)
        except FaultError as error:
            failed.append(error)
        finally:
            face.quit()

    assert face.run(lambda: threading.Thread(target=photograph).start()) == 0
    assert failed == []
    image = QImage(str(path))
    assert image.size() == face.shell.size()
    assert image.pixelColor(600, 60).name() == "#6e0b12"


def test_a_screenshot_on_the_main_thread_paints_waiting_views_first(face: WindowFace, tmp_path: Path) -> None:
    face.shell.resize(1366, 768)
    face.show(view_of("reception-allow"))
    face.screenshot(tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).pixelColor(800, 60).name() == "#08805a"


def test_a_screenshot_that_cannot_be_written_is_a_fault(face: WindowFace, tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="internal"):
        face.screenshot(tmp_path / "nowhere" / "a.png")


def test_the_window_turns_to_another_desk_between_two_views(face: WindowFace, tmp_path: Path) -> None:
    face.show(view_of("reception-allow"))
    face.turn_to("gate")
    face.show(view_of("gate-stop"))
    face.screenshot(tmp_path / "gate.png")
    assert face.shell.stage.desk is Desk.GATE
    assert face.shell.view == view_of("gate-stop")
    with pytest.raises(ValueError, match="bakery"):
        face.turn_to("bakery")


def test_presses_go_where_the_face_is_connected(face: WindowFace) -> None:
    face.shell.show_view(view_of("reception-idle"))
    face.shell.press(Button.TYPE_NUMBER)
    posted: list[Event] = []
    face.connect(posted.append)
    face.shell.press(Button.TYPE_NUMBER)
    assert posted == [Pressed(Button.TYPE_NUMBER)]


def test_the_viewfinder_gets_the_newest_of_many_pictures(face: WindowFace, app: QApplication) -> None:
    face.shell.show_view(view_of("reception-idle"))
    before = face.shell.grab().toImage()
    for grey in (10, 100, 250):
        face.frame(GreyFrame(4, 4, bytes([grey] * 16)))
    app.processEvents()
    after = face.shell.grab().toImage()
    assert after != before
    face.shell.show_view(view_of("reception-reading"))
    face.frame(GreyFrame(4, 4, bytes(16)))
    app.processEvents()


def test_demo_and_doubles_are_labelled_on_every_screen(app: QApplication) -> None:
    made = build(FaceOptions("reception", "Nơi Mẫu", "vi", sound=0.0, demo=True))
    made.shell.show_view(view_of("reception-allow"))
    texts = [one.text() for one in made.shell.findChildren(QLabel) if one.isVisibleTo(made.shell)]
    assert {"TRÌNH DIỄN", "MÔ PHỎNG"} <= set(texts)
    made.shell.deleteLater()


@pytest.mark.parametrize(
    "options",
    [FaceOptions("bakery", "x", "vi"), FaceOptions("gate", "x", "vi", theme="sunny")],
    ids=["desk", "theme"],
)
def test_an_unknown_desk_or_theme_is_refused(app: QApplication, options: FaceOptions) -> None:
    with pytest.raises(ValueError, match=r"bakery|sunny"):
        build(options)


def test_the_faults_of_devices_stand_in_the_bar(face: WindowFace) -> None:
    face.shell.show_view(view_of("reception-idle-notice"))
    texts = " ".join(one.text() for one in face.shell.findChildren(QLabel) if one.isVisibleTo(face.shell))
    assert "Không thấy camera" in texts
    assert "Mất kết nối" in texts


def test_a_window_that_lags_behind_paints_the_newest_view_only(
    face: WindowFace, app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[View] = []
    monkeypatch.setattr(face.shell, "show_view", painted.append)
    views = [View(Screen.IDLE, number, Message("title.idle.card")) for number in range(1, 1001)]
    thread = threading.Thread(target=lambda: [face.show(view) for view in views])
    thread.start()
    thread.join()
    app.processEvents()
    assert painted == [views[-1]]
