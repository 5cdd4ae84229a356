"""The camera over pictures that a test hands it one by one."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from drivers.camera import Camera
from drivers.frames import GreyArray, frame_of
from drivers.pace import GLANCE_EVERY, LOOK_EVERY, MOST_LOOKS, SHARE
from terminal.events import Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CodeOptions, GreyFrame
from tests.fake_clock import FakeClock
from tests.handed_pictures import Bench, Eyes, Handed
from tests.inbox import RecordingInbox
from tests.qr_pictures import noise, qr_picture

EMPTY = np.full((720, 1280), 90, dtype=np.uint8)
CODE = qr_picture(b"held up", module=8)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.camera.stop()


# What is looked at ---------------------------------------------------------------------------------------------------


def test_three_of_four_looks_are_at_the_middle(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 8)
    full, part = (1280, 720), (768, 432)
    assert bench.eyes.sizes == [full, part, part, part, full, part, part, part]


def test_a_camera_of_8k_is_looked_at_in_pictures_of_three_megapixels(bench: Bench) -> None:
    bench.start()
    bench.looks(np.full((4320, 7680), 90, dtype=np.uint8), 2)
    assert bench.eyes.sizes == [(1920, 1080), (2304, 1296)]


def test_a_code_is_told_at_the_second_equal_reading_and_then_ignored(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    told = []
    for _ in range(4):
        bench.looks(EMPTY, 1)
        told.append(len(bench.codes()))
    assert told == [0, 1, 1, 1]


def test_a_signed_code_is_told_at_the_first_reading_and_its_signature_tried_once() -> None:
    asked: list[bytes] = []

    def proves_itself(payload: bytes) -> bool:
        asked.append(payload)
        return payload == b"signed"

    bench = Bench(proves_itself)
    try:
        bench.start()
        bench.eyes.sees = [b"signed", b"bare"]
        bench.looks(EMPTY, 1)
        assert bench.codes() == [b"signed"]
        bench.looks(EMPTY, 5)
        assert bench.codes() == [b"signed", b"bare"]
        assert sorted(asked) == [b"bare", b"signed"]
    finally:
        bench.camera.stop()


def test_of_a_hundred_codes_in_one_picture_eight_are_looked_into() -> None:
    asked: list[bytes] = []

    def proves_itself(payload: bytes) -> bool:
        asked.append(payload)
        return False

    bench = Bench(proves_itself)
    try:
        bench.start()
        bench.eyes.sees = [b"%d" % number for number in range(100)]
        bench.looks(EMPTY, 2)
        assert len(asked) == len(bench.codes()) == 8
    finally:
        bench.camera.stop()


def test_a_code_that_lies_still_is_told_once_though_it_is_looked_at_and_read_seldom(bench: Bench) -> None:
    bench.start()
    for number in range(400):
        bench.eyes.sees = [b"code"] if number < 5 or number % 20 == 0 else []
        bench.looks(EMPTY, 1, apart=GLANCE_EVERY)
    assert bench.codes() == [b"code"]


def test_a_code_that_was_taken_away_after_lying_still_counts_again(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    bench.looks(CODE, 50, apart=GLANCE_EVERY)
    bench.eyes.sees = []
    bench.looks(EMPTY, 10, apart=GLANCE_EVERY)
    bench.eyes.sees = [b"code"]
    bench.looks(CODE, 3, apart=GLANCE_EVERY)
    assert bench.codes() == [b"code", b"code"]


def test_a_picture_that_is_laid_into_an_empty_folder_again_was_shown_again(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    bench.looks(CODE, 50, apart=GLANCE_EVERY)
    bench.looks(None, 40, apart=GLANCE_EVERY)
    bench.looks(CODE, 3, apart=GLANCE_EVERY)
    assert bench.codes() == [b"code", b"code"]


# Pauses --------------------------------------------------------------------------------------------------------------


def test_nothing_is_unpacked_decoded_or_shown_while_paused(bench: Bench) -> None:
    bench.start()
    bench.camera.pause(True)
    bench.eyes.sees = [b"code"]
    bench.looks(EMPTY, 3)
    assert bench.source.reads == 1
    assert bench.eyes.sizes == []
    assert bench.shown == []


def test_a_code_still_in_view_after_the_pause_is_not_told_again(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    bench.looks(EMPTY, 2)
    bench.camera.pause(True)
    bench.looks(EMPTY, 1)
    bench.clock.advance(30.0)
    bench.camera.pause(False)
    bench.looks(EMPTY, 3)
    assert bench.codes() == [b"code"]


def test_a_pause_counts_once_although_nothing_moved_before_it(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    bench.looks(CODE, 30, apart=GLANCE_EVERY)
    bench.camera.pause(True)
    bench.looks(CODE, 1)
    bench.clock.advance(30.0)
    bench.camera.pause(False)
    bench.eyes.sees = []
    bench.looks(CODE, 2, apart=GLANCE_EVERY)
    bench.looks(EMPTY, 10, apart=GLANCE_EVERY)
    bench.eyes.sees = [b"code"]
    bench.looks(CODE, 3, apart=GLANCE_EVERY)
    assert bench.codes() == [b"code", b"code"]


# Pace ----------------------------------------------------------------------------------------------------------------


def test_at_most_so_many_pictures_a_second_are_asked_for(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 5, apart=0.0)
    assert bench.source.pauses[1:] == [pytest.approx(1 / MOST_LOOKS)] * 5


def test_after_a_slow_look_so_much_time_passes_that_the_share_is_kept(bench: Bench) -> None:
    bench.start()
    bench.eyes.takes = 0.2
    bench.looks(EMPTY, 3, apart=0.0)
    assert bench.source.pauses[-1] == pytest.approx(0.2 / SHARE - 0.2)


def test_a_look_that_took_a_minute_is_not_paid_for_with_more_than_a_second(bench: Bench) -> None:
    bench.start()
    bench.eyes.takes = 60.0
    bench.looks(EMPTY, 1)
    assert bench.source.pauses[-1] == 1.0


def test_a_view_in_which_nothing_moves_is_looked_at_once_a_second(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 15, apart=GLANCE_EVERY)
    before = len(bench.eyes.sizes)
    bench.looks(EMPTY, 24, apart=GLANCE_EVERY)
    assert len(bench.eyes.sizes) - before == 24 * GLANCE_EVERY / LOOK_EVERY
    assert bench.source.pauses[-1] == pytest.approx(GLANCE_EVERY)


def test_what_is_held_up_is_looked_at_at_once(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 30, apart=GLANCE_EVERY)
    before = len(bench.eyes.sizes)
    bench.looks(CODE, 5, apart=0.05)
    assert len(bench.eyes.sizes) - before == 5


def test_a_still_code_is_looked_at_in_every_way_before_the_camera_rests(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 30, apart=GLANCE_EVERY)
    before = len(bench.eyes.sizes)
    bench.looks(CODE, 100, apart=1 / MOST_LOOKS)
    assert len(bench.eyes.sizes) - before >= 12


def test_a_camera_of_noise_is_looked_at_no_more_often_than_any_other(bench: Bench) -> None:
    bench.start()
    bench.eyes.takes = 0.05
    for seed in range(10):
        bench.looks(noise(seed), 1, apart=0.0)
    assert len(bench.eyes.sizes) == 10
    assert min(bench.source.pauses[1:]) >= 0.05 / SHARE - 0.05 - 1e-9


# The viewfinder ------------------------------------------------------------------------------------------------------


def test_the_viewfinder_gets_small_pictures_ten_times_a_second_at_most(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 20, apart=0.04)
    assert 6 <= len(bench.shown) <= 8
    assert {(frame.width, frame.height) for frame in bench.shown} == {(640, 360)}


def test_of_a_view_in_which_nothing_moves_the_viewfinder_gets_two_pictures_a_second(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 20, apart=GLANCE_EVERY)
    before = len(bench.shown)
    bench.looks(EMPTY, 24, apart=GLANCE_EVERY)
    assert len(bench.shown) - before <= 24 * GLANCE_EVERY * 2


def test_without_a_viewfinder_nothing_is_made_small(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[GreyArray] = []

    def framed(picture: GreyArray) -> GreyFrame:
        made.append(picture)
        return frame_of(picture)

    monkeypatch.setattr("drivers.camera.frame_of", framed)
    bench.start(viewfinder=False)
    bench.looks(EMPTY, 5)
    assert made == []


# Coming and going ----------------------------------------------------------------------------------------------------


def test_a_camera_that_works_is_told_once(bench: Bench) -> None:
    bench.start()
    bench.looks(EMPTY, 1)
    assert bench.inbox.wait_for(DeviceUp) == DeviceUp(Device.CAMERA, "0", simulated=False)


def test_an_absent_camera_is_told_once_and_tried_again() -> None:
    tries = threading.Semaphore(0)

    def absent() -> None:
        tries.release()
        raise FaultError("camera.absent")

    inbox, clock = RecordingInbox(), FakeClock()
    camera = Camera(CodeOptions("7"), Eyes(clock), clock, lambda _options: Handed(absent))
    camera.start(inbox)
    try:
        assert inbox.wait_for(DeviceDown) == DeviceDown(Device.CAMERA, "7", "camera.absent")
        for _ in range(3):
            assert tries.acquire(timeout=10.0)
    finally:
        camera.stop()
    assert len(inbox.all()) == 1


@pytest.fixture
def plugged() -> Iterator[tuple[queue.SimpleQueue[Handed], RecordingInbox, Eyes]]:
    """A camera that is opened anew each time it is lost: its sources, what it tells, and its eyes."""
    sources: queue.SimpleQueue[Handed] = queue.SimpleQueue()

    def new(_options: CodeOptions) -> Handed:
        source = Handed()
        sources.put(source)
        return source

    inbox, clock = RecordingInbox(), FakeClock()
    eyes = Eyes(clock)
    camera = Camera(CodeOptions("0"), eyes, clock, new)
    camera.start(inbox)
    yield sources, inbox, eyes
    camera.stop()


def test_a_camera_pulled_out_again_and_again_comes_back_each_time_within_five_seconds(
    plugged: tuple[queue.SimpleQueue[Handed], RecordingInbox, Eyes],
) -> None:
    sources, inbox, _ = plugged
    for _ in range(5):
        source = sources.get(timeout=5.0)
        source.hand(EMPTY)
        inbox.wait_for(DeviceUp)
        source.hand(FaultError("camera.absent"))
        assert inbox.wait_for(DeviceDown).fault == "camera.absent"
        assert source.closed.wait(10.0)


def test_a_picture_that_a_library_trips_over_ends_neither_the_camera_nor_what_a_code_says_in_a_log(
    plugged: tuple[queue.SimpleQueue[Handed], RecordingInbox, Eyes], caplog: pytest.LogCaptureFixture
) -> None:
    sources, inbox, eyes = plugged
    source = sources.get(timeout=5.0)
    eyes.trips_over = RuntimeError("003090123450")
    with caplog.at_level(logging.DEBUG):
        source.hand(EMPTY)
        inbox.wait_for(DeviceUp)
        source.hand(EMPTY)
        assert inbox.wait_for(DeviceDown).fault == "internal"
    assert source.closed.wait(10.0)
    sources.get(timeout=5.0).hand(EMPTY)
    inbox.wait_for(DeviceUp)
    assert "RuntimeError" in caplog.text
    assert "003090123450" not in caplog.text


def test_a_code_that_was_told_is_still_ignored_when_the_camera_comes_back(
    plugged: tuple[queue.SimpleQueue[Handed], RecordingInbox, Eyes],
) -> None:
    sources, inbox, eyes = plugged
    eyes.sees = [b"code"]
    for _ in range(2):
        source = sources.get(timeout=5.0)
        source.ready()
        for _ in range(3):
            source.look(EMPTY)
        source.hand(FaultError("camera.absent"))
        inbox.wait_for(DeviceDown)
    assert sum(type(event).__name__ == "CodeSeen" for event in inbox.all()) == 1


def test_a_camera_that_gives_no_more_pictures_is_stuck_and_let_go_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.camera._READ_WITHIN", 0.05)
    source, inbox, clock = Handed(), RecordingInbox(), FakeClock()
    camera = Camera(CodeOptions("0"), Eyes(clock), clock, lambda _options: source)
    camera.start(inbox)
    try:
        source.hand(EMPTY)
        inbox.wait_for(DeviceUp)
        assert inbox.wait_for(DeviceDown).fault == "camera.stuck"
        assert not source.closed.is_set()
        source.hand(EMPTY)
        assert source.closed.wait(10.0)
    finally:
        source.hand(FaultError("camera.absent"))
        camera.stop()


def test_stop_returns_in_time_from_a_camera_that_hangs(bench: Bench) -> None:
    bench.start()
    began = time.monotonic()
    bench.camera.stop()
    assert time.monotonic() - began < 2.0
    bench.source.hand(EMPTY)
    assert bench.source.closed.wait(10.0)


# Importing -----------------------------------------------------------------------------------------------------------


def test_importing_opencv_leaves_qt_s_variables_alone() -> None:
    # opencv-python points Qt at its own plug-ins when it is imported, and the window then fails to open.
    script = (
        "import os; before = {k: v for k, v in os.environ.items() if k.startswith('QT_')}; import cv2;"
        "assert before == {k: v for k, v in os.environ.items() if k.startswith('QT_')}"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_driver_is_loaded_without_opencv() -> None:
    script = "import sys, drivers.camera, drivers.decoders; assert 'cv2' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
