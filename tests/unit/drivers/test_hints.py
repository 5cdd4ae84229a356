"""What would help the camera: judged on pictures, told without flicker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera import build
from drivers.decoders import build_zxing
from drivers.frames import GreyArray
from drivers.hints import BRIGHTER, CLOSER, DARKER, NOTHING, STEADY, Hints, complaint
from terminal.events import CameraHint, DeviceDown
from terminal.faults import FaultError
from terminal.ports import CodeOptions, UnreadCode
from tests.handed_pictures import Bench
from tests.inbox import RecordingInbox
from tests.qr_pictures import noise, placed, png, qr_picture

MODULES = 45
TEXT = b"a text as long as those that cards carry, with name, place and dates, and then some more of it" * 2


def code(module: int) -> tuple[GreyArray, UnreadCode]:
    """A code of that size in the middle of a 720p picture, and where it lies."""
    picture = qr_picture(TEXT, module=module)
    rows, columns = np.nonzero(picture < 100)
    top, bottom, left, right = (int(edge) for edge in (rows.min(), rows.max(), columns.min(), columns.max()))
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    modules = (right - left + 1) // module
    assert modules >= MODULES
    return picture, UnreadCode(corners, modules)


def judged(change: Callable[[GreyArray], object], module: int = 5) -> str:
    picture, where = code(module)
    changed = np.clip(np.asarray(change(picture), dtype=np.float64), 0, 255).astype(np.uint8)
    return complaint(changed, [where], moved=True)


def glare(picture: GreyArray) -> GreyArray:
    rows, columns = np.mgrid[0:720, 0:1280]
    spot = 600 * np.exp(-((rows - 360) ** 2 + (columns - 640) ** 2) / (2 * 50**2))
    burnt: GreyArray = np.clip(picture + spot, 0, 255).astype(np.uint8)
    return burnt


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda picture: picture, NOTHING),
        (lambda picture: picture * 0.2, BRIGHTER),
        (lambda picture: 90 + picture * 0.1, BRIGHTER),
        (glare, DARKER),
        (lambda picture: cv2.GaussianBlur(picture, (0, 0), 4.0), STEADY),
        (lambda picture: cv2.blur(picture, (11, 1)), STEADY),
        (lambda picture: cv2.GaussianBlur(picture, (0, 0), 1.0), NOTHING),
    ],
    ids=["nothing", "dark", "pale", "glare", "out of focus", "moved", "a little soft"],
)
def test_what_is_wrong_with_a_code_of_good_size(change: Callable[[GreyArray], object], hint: str) -> None:
    assert judged(change) == hint


def test_a_code_that_is_too_small_belongs_closer() -> None:
    assert judged(lambda picture: picture, module=1) == CLOSER


def test_a_find_of_unknown_modules_is_not_judged_by_its_size() -> None:
    picture, _ = code(5)
    strip = UnreadCode(((10, 10), (40, 10), (40, 20), (10, 20)), 0)
    assert complaint(picture, [strip], moved=False) == NOTHING


def test_the_largest_of_several_codes_is_judged() -> None:
    picture, where = code(5)
    speck = UnreadCode(((10, 10), (40, 10), (40, 40), (10, 40)), 25)
    assert complaint(picture, [speck, where], moved=True) == NOTHING


def test_a_dark_view_lacks_light_only_when_something_is_held_up() -> None:
    dark = (noise(1) // 20).astype(np.uint8)
    assert complaint(dark, (), moved=True) == BRIGHTER
    assert complaint(dark, (), moved=False) == NOTHING


def test_a_white_view_has_too_much_light() -> None:
    assert complaint(np.full((480, 640), 255, dtype=np.uint8), (), moved=True) == DARKER


def test_a_usual_view_without_a_code_calls_for_nothing() -> None:
    assert complaint(np.full((480, 640), 120, dtype=np.uint8), (), moved=True) == NOTHING


# What no decoder finds -----------------------------------------------------------------------------------------------


def desk(spot: GreyArray) -> GreyArray:
    """A grainy desk with something in its middle."""
    scene = placed(spot, width=768, height=432).astype(float) - 60
    return np.clip(scene + np.random.default_rng(2).normal(0, 4, scene.shape), 0, 255).astype(np.uint8)


def paper(payload: bytes, module: int) -> GreyArray:
    """A code on white paper."""
    return np.pad(qr_picture(payload, module=module, width=60 * module, height=60 * module), 20, constant_values=200)


def test_a_spot_that_is_as_small_as_a_far_code_belongs_closer() -> None:
    assert complaint(desk(paper(TEXT, 1)), (), moved=True) == CLOSER


def test_a_spot_without_an_edge_is_out_of_focus() -> None:
    soft = cv2.GaussianBlur(desk(paper(TEXT, 4)), (0, 0), 3.0).astype(np.uint8)
    assert complaint(soft, (), moved=True) == STEADY


def test_a_spot_that_is_large_and_sharp_is_no_reason_to_complain() -> None:
    assert complaint(desk(paper(TEXT, 5)), (), moved=True) == NOTHING


def test_what_lies_there_all_the_time_is_not_complained_about() -> None:
    assert complaint(desk(paper(TEXT, 1)), (), moved=False) == NOTHING


def test_a_page_of_print_is_no_code() -> None:
    page = np.full((400, 700), 220, dtype=np.uint8)
    for line in range(20, 400, 26):
        cv2.putText(page, "WORDS ON A PAGE, LINE BY LINE", (10, line), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 30, 2)
    assert complaint(desk(page), (), moved=True) == NOTHING


@pytest.mark.parametrize("shape", [(1, 1), (4, 700), (700, 4), (432, 768)])
def test_noise_of_any_size_is_no_code(shape: tuple[int, int]) -> None:
    assert complaint(noise(4, width=shape[1], height=shape[0]), (), moved=True) == NOTHING


@pytest.mark.parametrize(("change", "hint"), [("small", CLOSER), ("soft", STEADY)])
def test_a_camera_that_is_shown_such_a_picture_tells_it(tmp_path: Path, change: str, hint: str) -> None:
    picture = desk(paper(TEXT, 4))
    if change == "small":
        picture = desk(
            cv2.resize(paper(TEXT, 8), None, fx=0.14, fy=0.14, interpolation=cv2.INTER_AREA).astype(np.uint8)
        )
    else:
        picture = cv2.GaussianBlur(picture, (0, 0), 3.0).astype(np.uint8)
    (tmp_path / "shown.png").write_bytes(png(picture))
    inbox = RecordingInbox()
    camera = build(CodeOptions(str(tmp_path)), build_zxing())
    camera.start(inbox)
    try:
        assert inbox.wait_for(CameraHint).hint == hint
    finally:
        camera.stop()


@given(
    st.lists(st.tuples(st.integers(-50, 200), st.integers(-50, 200)), min_size=4, max_size=4),
    st.integers(0, 177),
    st.integers(0, 255),
)
def test_wherever_a_code_is_said_to_be_there_is_an_answer(
    corners: Sequence[tuple[int, int]], modules: int, shade: int
) -> None:
    picture = np.full((100, 120), shade, dtype=np.uint8)
    hint = complaint(picture, [UnreadCode(tuple(corners), modules)], moved=True)
    assert hint in (NOTHING, CLOSER, BRIGHTER, DARKER, STEADY)


# Telling -------------------------------------------------------------------------------------------------------------


def told(hints: Hints, *wishes: tuple[float, str]) -> list[tuple[float, str]]:
    return [(now, said) for now, wish in wishes if (said := hints.heard(wish, now)) is not None]


def every(step: float, until: float, wish: str, since: float = 0.0) -> list[tuple[float, str]]:
    return [(round(since + n * step, 2), wish) for n in range(round((until - since) / step))]


def test_a_complaint_is_told_after_a_second_once() -> None:
    assert told(Hints(), *every(0.1, 4.0, CLOSER)) == [(1.0, CLOSER)]


def test_a_complaint_that_passes_is_not_told() -> None:
    assert told(Hints(), *every(0.1, 0.9, CLOSER), *every(0.1, 5.0, NOTHING, since=0.9)) == []


def test_looks_without_a_complaint_in_between_do_not_take_it_back() -> None:
    mixed = [(now, CLOSER if number % 4 else NOTHING) for number, (now, _) in enumerate(every(0.1, 6.0, ""))]
    assert told(Hints(), *mixed) == [(1.1, CLOSER)]


def test_two_complaints_in_turn_are_not_told() -> None:
    mixed = [(now, CLOSER if number % 2 else STEADY) for number, (now, _) in enumerate(every(0.1, 6.0, ""))]
    assert told(Hints(), *mixed) == []


def test_a_hint_is_taken_back_two_seconds_after_its_reason() -> None:
    assert told(Hints(), *every(0.1, 1.5, CLOSER), *every(0.1, 6.0, NOTHING, since=1.5)) == [
        (1.0, CLOSER),
        (pytest.approx(3.4), NOTHING),
    ]


def test_another_hint_takes_its_place_after_a_second() -> None:
    assert told(Hints(), *every(0.1, 2.0, CLOSER), *every(0.1, 3.5, BRIGHTER, since=2.0)) == [
        (1.0, CLOSER),
        (3.0, BRIGHTER),
    ]


def test_a_hint_that_nobody_heeds_is_told_for_fifteen_seconds_and_not_again() -> None:
    assert told(Hints(), *every(0.1, 60.0, CLOSER)) == [(1.0, CLOSER), (16.0, NOTHING)]


def test_it_is_told_again_to_the_next_person() -> None:
    hints = Hints()
    told(hints, *every(0.1, 30.0, CLOSER), (36.0, NOTHING))
    assert told(hints, *every(0.1, 38.0, CLOSER, since=36.5)) == [(37.5, CLOSER)]


def test_a_code_that_is_read_takes_the_hint_back_at_once() -> None:
    hints = Hints()
    told(hints, *every(0.1, 1.5, CLOSER))
    assert hints.read() == NOTHING
    assert hints.read() is None


# At the camera -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_code() -> Bench:
    """A bench whose decoder finds a code that it cannot read."""
    bench = Bench()
    bench.eyes.unread = (UnreadCode(((600, 300), (640, 300), (640, 340), (600, 340)), 45),)
    return bench


EMPTY = np.full((720, 1280), 90, dtype=np.uint8)


def test_the_camera_tells_a_hint_when_it_changes_only(small_code: Bench) -> None:
    small_code.start()
    try:
        small_code.looks(EMPTY, 15)
        assert small_code.hints() == [CLOSER]
        small_code.eyes.sees = [b"now it is near"]
        small_code.looks(EMPTY, 5)
        assert small_code.hints() == [CLOSER, NOTHING]
    finally:
        small_code.camera.stop()


def test_a_pause_takes_the_hint_back(small_code: Bench) -> None:
    small_code.start()
    try:
        small_code.looks(EMPTY, 15)
        small_code.camera.pause(True)
        small_code.looks(EMPTY, 3)
        assert small_code.hints() == [CLOSER, NOTHING]
    finally:
        small_code.camera.stop()


def test_a_camera_that_is_pulled_out_takes_its_hint_back(small_code: Bench) -> None:
    small_code.start()
    try:
        small_code.looks(EMPTY, 15)
        small_code.source.hand(FaultError("camera.absent"))
        small_code.inbox.wait_for(DeviceDown)
    finally:
        small_code.camera.stop()
    assert small_code.hints() == [CLOSER, NOTHING]
