"""The camera over pictures that a test hands it one by one."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from drivers.camera import Camera, scan_file
from drivers.decoders import build_zxing
from drivers.frames import GreyArray
from drivers.picture_sources import CameraDevice, PictureFolder, Video, camera_index, source_of
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CodeOptions, DecodedCode, GreyFrame
from tests.fake_clock import FakeClock
from tests.inbox import RecordingInbox
from tests.qr_pictures import jpeg, noise, placed, png, qr_picture, write_video

EMPTY = np.full((720, 1280), 90, dtype=np.uint8)


class Handed:
    """A source whose next picture is handed over by the test; what is handed may also be an error."""

    simulated = False
    interval = 0.0

    def __init__(self, opens: Callable[[], None] = lambda: None) -> None:
        self._opens = opens
        self._next: queue.SimpleQueue[GreyArray | Exception] = queue.SimpleQueue()
        self._taken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.closed = threading.Event()

    def open(self) -> None:
        self._opens()

    def read(self) -> GreyArray | None:
        self._taken.put(None)
        picture = self._next.get(timeout=30.0)
        if isinstance(picture, Exception):
            raise picture
        return picture

    def close(self) -> None:
        self.closed.set()

    def hand(self, picture: GreyArray | Exception) -> None:
        self._next.put(picture)

    def look(self, picture: GreyArray) -> None:
        """Hand a picture over and wait until the camera is done with it, that is, asks for the next."""
        self.hand(picture)
        self._taken.get(timeout=10.0)

    def ready(self) -> None:
        self._taken.get(timeout=10.0)


class Eyes:
    """A decoder that sees what the test says, and keeps the sizes of what it was shown."""

    name = "eyes"

    def __init__(self) -> None:
        self.sees: list[bytes] = []
        self.sizes: list[tuple[int, int]] = []

    def decode(self, frame: GreyFrame) -> list[DecodedCode]:
        self.sizes.append((frame.width, frame.height))
        return [DecodedCode(payload) for payload in self.sees]


class Bench:
    def __init__(self) -> None:
        self.clock, self.eyes, self.inbox = FakeClock(), Eyes(), RecordingInbox()
        self.source = Handed()
        self.shown: list[GreyFrame] = []
        self.camera = Camera(CodeOptions("0"), self.eyes, self.clock, lambda _options: self.source)

    def start(self) -> None:
        self.camera.start(self.inbox, self.shown.append)
        self.source.ready()

    def codes(self) -> list[bytes]:
        return [event.payload for event in self.inbox.all() if isinstance(event, CodeSeen)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.camera.stop()


def test_three_of_four_looks_are_at_the_middle(bench: Bench) -> None:
    bench.start()
    for _ in range(8):
        bench.source.look(EMPTY)
    full, part = (1280, 720), (768, 432)
    assert bench.eyes.sizes == [full, part, part, part, full, part, part, part]


def test_a_code_is_told_at_the_second_equal_reading_and_then_ignored(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    told = []
    for _ in range(4):
        bench.source.look(EMPTY)
        bench.clock.advance(0.1)
        told.append(len(bench.codes()))
    assert told == [0, 1, 1, 1]


def test_nothing_is_decoded_or_shown_while_paused(bench: Bench) -> None:
    bench.start()
    bench.camera.pause(True)
    bench.eyes.sees = [b"code"]
    for _ in range(3):
        bench.source.look(EMPTY)
    assert bench.eyes.sizes == []
    assert bench.shown == []


def test_a_code_still_in_view_after_the_pause_is_not_told_again(bench: Bench) -> None:
    bench.start()
    bench.eyes.sees = [b"code"]
    bench.source.look(EMPTY)
    bench.source.look(EMPTY)
    bench.camera.pause(True)
    bench.source.look(EMPTY)
    bench.clock.advance(30.0)
    bench.camera.pause(False)
    for _ in range(3):
        bench.source.look(EMPTY)
    assert bench.codes() == [b"code"]


def test_the_viewfinder_gets_small_pictures_ten_times_a_second_at_most(bench: Bench) -> None:
    bench.start()
    for _ in range(20):
        bench.source.look(EMPTY)
        bench.clock.advance(0.04)
    assert 6 <= len(bench.shown) <= 8
    assert {(frame.width, frame.height) for frame in bench.shown} == {(640, 360)}


def test_a_camera_that_works_is_told_once(bench: Bench) -> None:
    bench.start()
    bench.source.look(EMPTY)
    assert bench.inbox.wait_for(DeviceUp) == DeviceUp(Device.CAMERA, "0", simulated=False)


def test_an_absent_camera_is_told_once_and_tried_again() -> None:
    tries = threading.Semaphore(0)

    def absent() -> None:
        tries.release()
        raise FaultError("camera.absent")

    inbox = RecordingInbox()
    camera = Camera(CodeOptions("7"), Eyes(), FakeClock(), lambda _options: Handed(absent))
    camera.start(inbox)
    try:
        assert inbox.wait_for(DeviceDown) == DeviceDown(Device.CAMERA, "7", "camera.absent")
        for _ in range(3):
            assert tries.acquire(timeout=10.0)
    finally:
        camera.stop()
    assert len(inbox.all()) == 1


def test_a_camera_pulled_out_is_told_and_comes_back() -> None:
    sources: queue.SimpleQueue[Handed] = queue.SimpleQueue()

    def new(_options: CodeOptions) -> Handed:
        source = Handed()
        sources.put(source)
        return source

    inbox = RecordingInbox()
    camera = Camera(CodeOptions("0"), Eyes(), FakeClock(), new)
    camera.start(inbox)
    try:
        first = sources.get(timeout=10.0)
        first.hand(EMPTY)
        inbox.wait_for(DeviceUp)
        first.hand(FaultError("camera.absent"))
        assert inbox.wait_for(DeviceDown).fault == "camera.absent"
        assert first.closed.wait(10.0)
        sources.get(timeout=10.0).hand(EMPTY)
        inbox.wait_for(DeviceUp)
    finally:
        camera.stop()


def test_a_camera_that_gives_no_more_pictures_is_stuck_and_let_go_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.camera._READ_WITHIN", 0.05)
    source, inbox = Handed(), RecordingInbox()
    camera = Camera(CodeOptions("0"), Eyes(), FakeClock(), lambda _options: source)
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


def test_a_folder_shows_a_new_picture_at_once_and_several_in_turn(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    folder.open()
    assert folder.read() is None
    (tmp_path / "a.png").write_bytes(png(np.full((4, 4), 1, dtype=np.uint8)))
    assert _shade(folder.read()) == 1
    (tmp_path / "b.JPG").write_bytes(jpeg(np.full((4, 4), 200, dtype=np.uint8)))
    assert _shade(folder.read()) == 200
    assert {_shade(folder.read()) for _ in range(20)} == {1, 200}
    (tmp_path / "a.png").unlink()
    (tmp_path / "b.JPG").unlink()
    assert folder.read() is None


def test_a_folder_notices_that_a_picture_changed(tmp_path: Path) -> None:
    folder, file = PictureFolder(tmp_path), tmp_path / "a.png"
    file.write_bytes(png(np.full((4, 4), 1, dtype=np.uint8)))
    assert _shade(folder.read()) == 1
    file.write_bytes(png(np.full((8, 8), 2, dtype=np.uint8)))
    assert _shade(folder.read()) == 2


def test_a_folder_counts_broken_pictures_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "good.png").write_bytes(png(np.full((4, 4), 7, dtype=np.uint8)))
    folder = PictureFolder(tmp_path)
    assert [_shade(folder.read()) for _ in range(12)] == [7] * 12
    assert folder.broken == 2


def test_a_folder_that_vanishes_is_an_absent_camera(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "gone")
    for action in (folder.open, folder.read):
        with pytest.raises(FaultError, match=r"camera\.absent"):
            action()


def test_of_many_pictures_only_the_newest_are_looked_at(tmp_path: Path) -> None:
    for number in range(12):
        file = tmp_path / f"{number}.png"
        file.write_bytes(png(np.full((4, 4), number, dtype=np.uint8)))
        os.utime(file, ns=(number, number))
    folder = PictureFolder(tmp_path)
    assert {_shade(folder.read()) for _ in range(100)} == set(range(4, 12))


def _shade(picture: GreyArray | None) -> int:
    assert picture is not None
    return int(picture[0, 0])


def test_a_video_is_played_over_and_over(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    write_video(file, [np.full((48, 64), shade, dtype=np.uint8) for shade in (0, 100, 200)])
    video = Video(file)
    video.open()
    shades = [round(_shade(video.read()) / 100) for _ in range(7)]
    video.close()
    assert shades == [0, 1, 2, 0, 1, 2, 0]
    assert video.interval == pytest.approx(0.04)


def test_a_file_that_is_no_video_is_an_absent_camera(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    file.write_bytes(b"RIFF\x04\x00\x00\x00AVI ")
    with pytest.raises(FaultError, match=r"camera\.absent"):
        Video(file).open()


def test_the_source_s_name_tells_its_kind(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    file.write_bytes(b"")
    assert isinstance(source_of(CodeOptions(str(tmp_path))), PictureFolder)
    assert isinstance(source_of(CodeOptions(str(file))), Video)
    assert isinstance(source_of(CodeOptions("0")), CameraDevice)


@pytest.mark.parametrize(("source", "index"), [("0", 0), ("12", 12), ("/dev/video2", 2)])
def test_a_camera_is_named_by_its_number(source: str, index: int) -> None:
    assert camera_index(source) == index


def test_a_camera_is_found_by_a_part_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(["Integrated Webcam", "Document Camera 4K"]):
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text(name + "\n")
    monkeypatch.setattr("drivers.picture_sources._LINUX_CAMERAS", tmp_path)
    assert camera_index("document camera") == 1
    with pytest.raises(FaultError, match=r"camera\.absent"):
        camera_index("No such camera")


def test_a_device_that_is_not_there_is_absent() -> None:
    device = CameraDevice(CodeOptions("97"))
    with pytest.raises(FaultError, match=r"camera\.absent"):
        device.open()
    device.close()


class FakeCapture:
    """What OpenCV makes of a camera: it keeps what it is asked for, and gives colour frames until it is pulled out."""

    def __init__(self, _index: int) -> None:
        self.asked: list[tuple[int, float]] = []
        self.frames = [np.full((4, 6, 3), shade, dtype=np.uint8) for shade in (10, 20)]
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, what: int, value: float) -> bool:
        self.asked.append((what, value))
        return True

    def read(self) -> tuple[bool, GreyArray | None]:
        return (True, self.frames.pop(0)) if self.frames else (False, None)

    def release(self) -> None:
        self.released = True


def test_a_device_is_asked_for_compressed_frames_before_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    device = CameraDevice(CodeOptions("0", width=1920, height=1080))
    device.open()
    capture = cast("FakeCapture", device._capture)
    assert [what for what, _ in capture.asked] == [
        cv2.CAP_PROP_FOURCC,
        cv2.CAP_PROP_FRAME_WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT,
        cv2.CAP_PROP_BUFFERSIZE,
    ]
    assert [_shade(device.read()), _shade(device.read())] == [10, 20]
    with pytest.raises(FaultError, match=r"camera\.absent"):
        device.read()
    device.close()
    assert capture.released


def test_a_picture_file_is_scanned(tmp_path: Path) -> None:
    file = tmp_path / "card.jpg"
    file.write_bytes(jpeg(qr_picture("NGUYỄN VĂN THỬ".encode())))
    assert [code.payload for code in scan_file(file, build_zxing())] == ["NGUYỄN VĂN THỬ".encode()]


def test_a_dark_screen_s_picture_is_scanned(tmp_path: Path) -> None:
    file = tmp_path / "phone.png"
    file.write_bytes(png((255 - qr_picture(b"ticket")).astype(np.uint8)))
    assert [code.payload for code in scan_file(file, build_zxing())] == [b"ticket"]


def test_a_picture_without_a_code_gives_none(tmp_path: Path) -> None:
    file = tmp_path / "noise.png"
    file.write_bytes(png(noise(5)))
    assert list(scan_file(file, build_zxing())) == []


def test_a_video_file_is_scanned_each_code_once(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    first, second = (placed(qr_picture(text, width=300, height=300)) for text in (b"first", b"second"))
    write_video(file, [EMPTY, first, first, first, EMPTY, second, second, second, first, first])
    assert [code.payload for code in scan_file(file, build_zxing())] == [b"first", b"second"]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n\x00", b"RIFF\x04\x00\x00\x00AVI "])
def test_a_file_that_is_neither_is_unreadable(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.png"
    file.write_bytes(content)
    with pytest.raises(FaultError, match=r"code\.unreadable"):
        scan_file(file, build_zxing())


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"code\.unreadable"):
        scan_file(tmp_path / "missing.png", build_zxing())


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
