"""The painted parts: countdown, viewfinder, photo, marks, banner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QLabel

from drivers.frames import frame_of, middle, small
from terminal.events import Step
from terminal.model import Outcome, Photo, Word
from terminal.ports import GreyFrame
from terminal.view import Desk
from tests.ui.conftest import Desktop
from tests.ui.test_keys import view_of
from ui.gallery import invented_photo
from ui.palette import NORMAL
from ui.shell import Shell
from ui.widgets.banner import Banner
from ui.widgets.countdown import Countdown
from ui.widgets.mark import Mark, outcome_of, shape, sign
from ui.widgets.photo import PhotoBox
from ui.widgets.steps import steps_of
from ui.widgets.viewfinder import Viewfinder


def _shown(countdown: Countdown) -> str:
    label = countdown.findChildren(QLabel)[0]
    return label.text() if not label.isHidden() else ""


def test_the_countdown_appears_with_the_warning_and_counts(app: QApplication) -> None:
    now = [100.0]
    countdown = Countdown(NORMAL, lambda n: f"{n} s", lambda: now[0])
    countdown.begin(60.0, 10.0)
    assert _shown(countdown) == ""
    now[0] = 150.5
    countdown.tick()
    assert _shown(countdown) == "10 s"
    now[0] = 158.9
    countdown.tick()
    assert _shown(countdown) == "2 s"
    now[0] = 200.0
    countdown.tick()
    assert _shown(countdown) == "0 s"
    countdown.begin(None, 10.0)
    assert _shown(countdown) == ""
    countdown.deleteLater()


def test_a_life_shorter_than_its_warning_is_counted_at_once(app: QApplication) -> None:
    countdown = Countdown(NORMAL, lambda n: f"{n} s", lambda: 0.0)
    countdown.begin(5.0, 10.0)
    assert _shown(countdown) == "5 s"
    countdown.deleteLater()


@pytest.mark.parametrize(
    ("name", "desk", "counted"),
    [
        ("reception-allow", Desk.RECEPTION, True),
        ("reception-retry", Desk.RECEPTION, True),
        ("reception-idle-notice", Desk.RECEPTION, False),
        ("reception-reading", Desk.RECEPTION, False),
        ("gate-stop", Desk.GATE, False),
    ],
)
def test_only_where_a_person_may_need_time_is_time_counted(
    desktop: Desktop, name: str, desk: Desk, *, counted: bool
) -> None:
    shell = desktop.shell(replace(view_of(name), life=4.0, warn=10.0), desk)
    assert any("Tự xoá" in one.text() for one in shell.findChildren(QLabel) if one.isVisibleTo(shell)) is counted


def test_the_viewfinder_shows_the_newest_picture(app: QApplication) -> None:
    finder = Viewfinder(NORMAL, "camera")
    finder.resize(400, 240)
    finder.frame(GreyFrame(4, 4, bytes([255] * 16)))
    image = finder.grab().toImage()
    assert image.pixelColor(200, 120) == QColor("#FFFFFF")
    finder.deleteLater()


@pytest.mark.parametrize(("wide", "high"), [(400, 240), (640, 360), (420, 260), (300, 300), (700, 300)])
@pytest.mark.parametrize(("camera_wide", "camera_high"), [(1920, 1080), (1280, 960), (3840, 2160)])
def test_the_corners_frame_what_the_decoder_looks_at(
    app: QApplication, wide: int, high: int, camera_wide: int, camera_high: int
) -> None:
    picture = np.full((camera_high, camera_wide), 0, dtype=np.uint8)
    middle(picture)[:] = 255
    finder = Viewfinder(NORMAL, "camera")
    finder.resize(wide, high)
    finder.frame(frame_of(small(picture, 640)))
    image = finder.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    colours = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(high, wide, 4).astype(int)
    yellow = (colours[:, :, 0] > 200) & (colours[:, :, 2] < 100)
    bright = (colours[:, :, 0] > 128) & (colours[:, :, 2] > 100)
    for length, corners, light in (
        (wide, np.asarray(yellow.any(axis=0)), bright[high // 2]),
        (high, np.asarray(yellow.any(axis=1)), bright[:, wide // 2]),
    ):
        for edge, border in zip(_ends(corners), _ends(light), strict=True):
            # The corners are lines on the border; where the border is out of sight, they keep to the widget's edge.
            assert abs(edge - border) <= 4 or (border in (0, length - 1) and min(edge, length - 1 - edge) <= 4)
    finder.deleteLater()


def _ends(line: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int]:
    where = np.nonzero(line)[0]
    return int(where[0]), int(where[-1])


def test_a_frame_that_lacks_bytes_is_refused(app: QApplication) -> None:
    finder = Viewfinder(NORMAL, "camera")
    with pytest.raises(ValueError, match="fewer bytes"):
        finder.frame(GreyFrame(100, 100, b"\x00" * 99))
    finder.deleteLater()


def test_a_photo_that_is_none_becomes_a_silhouette(desktop: Desktop) -> None:
    stage = desktop.shell().stage
    for photo, pending, state, name in (
        (invented_photo(), False, "shown", "Ảnh"),
        (None, False, "none", "Không có ảnh"),
        (None, True, "none", "Đang đọc ảnh"),
        (Photo(b"not a picture"), False, "none", "Không có ảnh"),
    ):
        box = PhotoBox(stage, photo, 240, pending=pending)
        box.grab()
        assert (box.property("photo"), box.accessibleName()) == (state, name)
        box.deleteLater()


def test_the_photo_keeps_its_shape(desktop: Desktop) -> None:
    box = PhotoBox(desktop.shell().stage, invented_photo(), 240, pending=False)
    box.resize(240, 320)
    image = box.grab().toImage()
    assert image.pixelColor(120, 160) != image.pixelColor(20, 20)
    box.deleteLater()


def test_each_outcome_has_a_shape_of_its_own() -> None:
    outlines = [shape(outcome).toFillPolygon() for outcome in Outcome]
    signs = [sign(outcome).toFillPolygon() for outcome in Outcome]
    assert all(one != other for at, one in enumerate(outlines) for other in outlines[at + 1 :])
    assert all(one != other for at, one in enumerate(signs) for other in signs[at + 1 :])


def test_shapes_are_told_apart_without_colour(app: QApplication) -> None:
    pictures = []
    for outcome in Outcome:
        mark = Mark(outcome, 40, "#FFFFFF", "#000000", outcome.value)
        pictures.append(mark.grab().toImage())
        mark.deleteLater()
    for at, one in enumerate(pictures):
        for other in pictures[at + 1 :]:
            differing = sum(one.pixel(x, y) != other.pixel(x, y) for x in range(40) for y in range(40))
            assert differing > 150


def test_every_word_has_a_shape() -> None:
    assert {outcome_of(word) for word in Word} == set(Outcome)
    assert outcome_of(Word.SUCCESSFUL) is Outcome.ALLOW
    assert outcome_of(Word.FAILED) is Outcome.STOP


def _banner(shell: Shell) -> Banner:
    return shell.findChildren(Banner)[0]


def test_a_yes_with_a_note_blinks_no_faster_than_once_a_second(desktop: Desktop) -> None:
    from PySide6.QtCore import QTimer

    plain = _banner(desktop.shell(view_of("reception-allow")))
    noted = _banner(desktop.shell(view_of("reception-allow-note")))
    assert plain.findChildren(QTimer) == []
    timer = noted.findChildren(QTimer)[0]
    assert timer.interval() * 2 >= 1000
    lit = noted.grab().toImage()
    timer.timeout.emit()
    dark = noted.grab().toImage()
    assert lit.pixelColor(3, 60) == QColor(NORMAL.pulse)
    assert dark.pixelColor(3, 60) == QColor(NORMAL.allow.ground)
    timer.timeout.emit()
    assert noted.grab().toImage() == lit


def test_the_police_wait_for_the_photo_and_the_others_for_the_server() -> None:
    assert steps_of(Desk.POLICE)[-1] is Step.PHOTO
    assert steps_of(Desk.RECEPTION)[-1] is Step.ASK
