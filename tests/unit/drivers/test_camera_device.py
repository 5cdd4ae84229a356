"""A camera of this computer, as OpenCV shows it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera_device import CameraDevice, camera_index
from drivers.frames import GreyArray
from drivers.pace import MOST_LOOKS
from terminal.faults import FaultError
from terminal.ports import CodeOptions
from tests.fake_clock import FakeClock
from tests.qr_pictures import jpeg


@pytest.mark.parametrize(("source", "index"), [("0", 0), ("12", 12), ("/dev/video2", 2)])
def test_a_camera_is_named_by_its_number(source: str, index: int) -> None:
    assert camera_index(source) == index


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two cameras as Linux lists them: the second has a node without pictures before a tenth one with."""
    folder = tmp_path / "video4linux"
    nodes = [("video0", "Integrated Webcam", "0"), ("video2", "Document Camera 4K", "1")]
    for node, name, index in [*nodes, ("video10", "Document Camera 4K", "0"), ("video11", "Document Camera 4K", "0")]:
        (folder / node).mkdir(parents=True)
        (folder / node / "name").write_text(name + "\n")
        (folder / node / "index").write_text(index + "\n")
    monkeypatch.setattr("drivers.camera_device._LINUX_CAMERAS", folder)
    return folder


def test_a_camera_is_found_by_a_part_of_its_name(linux: Path) -> None:
    assert camera_index("webcam") == 0


def test_of_a_camera_s_nodes_the_first_with_pictures_is_taken(linux: Path) -> None:
    assert camera_index("document camera") == 10


def test_a_link_leads_to_its_camera(tmp_path: Path) -> None:
    link = tmp_path / "usb-Maker_Camera_0001-video-index0"
    link.symlink_to("/dev/video7")
    assert camera_index(str(link)) == 7


def test_where_the_system_tells_no_names_a_name_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.camera_device._LINUX_CAMERAS", tmp_path / "not there")
    with pytest.raises(FaultError, match=r"camera\.absent"):
        camera_index("webcam")


def test_a_name_that_no_camera_has_is_absent(linux: Path) -> None:
    with pytest.raises(FaultError, match=r"camera\.absent"):
        camera_index("No such camera")


def test_a_device_that_is_not_there_is_absent() -> None:
    device = CameraDevice(CodeOptions("97"))
    with pytest.raises(FaultError, match=r"camera\.absent"):
        device.open()
    device.close()


def test_a_device_that_this_user_may_not_open_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video97").touch()
    monkeypatch.setattr("drivers.camera_device._NODES", str(tmp_path / "video"))
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(FaultError, match=r"camera\.denied"):
        CameraDevice(CodeOptions("97")).open()


# A camera that a test plays ------------------------------------------------------------------------------------------


class FakeCapture:
    """What OpenCV makes of a camera. It keeps what it is asked for, and gives its frames until it is pulled out."""

    def __init__(self, backend: str, kind: bytes, frames: Sequence[object], frame_time: float = 0.0) -> None:
        self.backend, self.kind = backend, kind
        self.frames = list(frames)
        self.frame_time = frame_time
        self.clock = FakeClock()
        self.asked: list[tuple[int, float]] = []
        self.grabbed = self.unpacked = 0
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def getBackendName(self) -> str:  # noqa: N802 - OpenCV's name
        return self.backend

    def set(self, what: int, value: float) -> bool:
        self.asked.append((what, value))
        return True

    def get(self, what: int) -> float:
        assert what == cv2.CAP_PROP_FOURCC
        return float(int.from_bytes(self.kind, "little"))

    def grab(self) -> bool:
        self.clock.advance(self.frame_time)
        self.grabbed += 1
        return self.grabbed <= len(self.frames)

    def retrieve(self) -> tuple[bool, object]:
        self.unpacked += 1
        frame = self.frames[self.grabbed - 1]
        if isinstance(frame, Exception):
            raise frame
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


def opened(monkeypatch: pytest.MonkeyPatch, capture: FakeCapture) -> CameraDevice:
    monkeypatch.setattr(cv2, "VideoCapture", lambda _index: capture)
    device = CameraDevice(CodeOptions("0", width=1920, height=1080), capture.clock.monotonic)
    device.open()
    return device


def read(device: CameraDevice) -> GreyArray:
    device.advance(0.0)
    return device.read()


COLOUR = [np.full((4, 6, 3), shade, dtype=np.uint8) for shade in (10, 20)]
GREY = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10


def test_a_device_is_asked_for_compressed_frames_before_their_size_and_for_one_buffer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = FakeCapture("DSHOW", b"MJPG", COLOUR)
    device = opened(monkeypatch, capture)
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1920),
        (cv2.CAP_PROP_FRAME_HEIGHT, 1080),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]
    assert [int(read(device)[0, 0]) for _ in range(2)] == [10, 20]
    with pytest.raises(FaultError, match=r"camera\.absent"):
        read(device)
    device.close()
    assert capture.released


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        (b"MJPG", np.frombuffer(jpeg(GREY, 100), dtype=np.uint8).reshape(1, -1)),
        (b"YUYV", np.stack([GREY, np.full_like(GREY, 128)], axis=2)),
        (b"UYVY", np.stack([np.full_like(GREY, 128), GREY], axis=2)),
        (b"NV12", np.vstack([GREY, np.full((2, 6), 128, dtype=np.uint8)])),
        (b"YV12", np.vstack([GREY, np.full((2, 6), 128, dtype=np.uint8)])),
        (b"GREY", GREY),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else "",
)
def test_under_linux_only_the_brightness_of_what_the_camera_sends_is_unpacked(
    monkeypatch: pytest.MonkeyPatch, kind: bytes, frame: GreyArray
) -> None:
    capture = FakeCapture("V4L2", kind, [frame])
    device = opened(monkeypatch, capture)
    what, value = capture.asked[-1]
    assert (what, value) == (cv2.CAP_PROP_CONVERT_RGB, 0)
    assert np.abs(read(device).astype(int) - GREY).max() <= 2


def test_of_a_format_that_is_not_known_opencv_makes_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = FakeCapture("V4L2", b"BA81", COLOUR)
    device = opened(monkeypatch, capture)
    assert cv2.CAP_PROP_CONVERT_RGB not in [what for what, _ in capture.asked]
    assert read(device).shape == (4, 6)


def test_frames_of_a_fast_camera_are_dropped_without_being_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = FakeCapture("DSHOW", b"MJPG", COLOUR * 600, frame_time=1 / 120)
    device = opened(monkeypatch, capture)
    began = capture.clock.monotonic()
    while capture.clock.monotonic() < began + 2.0:
        device.advance(1 / MOST_LOOKS)
        device.read()
    assert capture.grabbed == pytest.approx(240, abs=8)
    assert capture.unpacked <= 2 * MOST_LOOKS + 1


def test_torn_frames_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.frombuffer(jpeg(GREY, 100), dtype=np.uint8).reshape(1, -1)
    torn: list[object] = [np.zeros((1, 500), dtype=np.uint8), whole[:, :20], None]
    assert read(opened(monkeypatch, FakeCapture("V4L2", b"MJPG", [*torn, whole]))).shape == (4, 6)


def test_a_camera_that_sends_only_torn_frames_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    device = opened(monkeypatch, FakeCapture("V4L2", b"MJPG", [np.zeros((1, 500), dtype=np.uint8)] * 100))
    with pytest.raises(FaultError, match=r"camera\.absent"):
        read(device)


def test_an_error_of_opencv_is_an_absent_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    device = opened(monkeypatch, FakeCapture("DSHOW", b"MJPG", [cv2.error("select() timeout")]))
    with pytest.raises(FaultError, match=r"camera\.absent"):
        read(device)


@given(st.binary(max_size=400), st.sampled_from([b"MJPG", b"YUYV", b"NV12", b"GREY"]))
def test_whatever_a_camera_sends_is_a_picture_or_an_absent_camera(raw: bytes, kind: bytes) -> None:
    frame = np.frombuffer(raw + b"\0", dtype=np.uint8).reshape(1, -1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        device = opened(monkeypatch, FakeCapture("V4L2", kind, [frame] * 20))
        try:
            assert read(device).ndim == 2
        except FaultError as error:
            assert error.fault.code == "camera.absent"
