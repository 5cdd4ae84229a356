"""A camera of this computer, through OpenCV."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.frames import GreyArray, NotAPictureError, decode_picture
from terminal.faults import FaultError
from terminal.ports import CodeOptions

if TYPE_CHECKING:
    import cv2

_LINUX_CAMERAS = Path("/sys/class/video4linux")
_NODES = "/dev/video"
_NUMBER = re.compile(r"(?:/dev/video)?([0-9]{1,3})")

_JPEG = frozenset({b"MJPG", b"JPEG"})
_PACKED = {b"YUYV": 0, b"UYVY": 1}
"""Formats with two bytes a pixel, and which of them is the brightness."""

_PLANAR = frozenset({b"NV12", b"NV21", b"YU12", b"YV12"})
"""Formats with all brightness first and half as many bytes of colour after it."""

_RAW = _JPEG | _PLANAR | _PACKED.keys() | {b"GREY"}

_MOST_TORN = 15
"""Pictures in a row that may arrive broken, as the first ones of some cameras do, and all through a bad cable."""


class CameraDevice:
    """A camera by its number, ``/dev/videoN``, a link to that, or (on Linux) a part of its name.

    Frames that nobody asks for are taken from the driver but not unpacked. Under V4L2 they come as the camera sends
    them, and only their brightness is unpacked, which halves the price; elsewhere OpenCV hands over colour.
    """

    simulated = False
    interval = 0.0

    def __init__(self, options: CodeOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._clock = clock
        self._capture: cv2.VideoCapture | None = None
        self._format = b""

    def open(self) -> None:
        """Open it at the wanted size. Raises FaultError ``camera.absent`` or ``camera.denied``."""
        import cv2

        # Every try with a camera that is not there would otherwise write two lines to the error stream.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        number = camera_index(self._options.source)
        capture = self._capture = cv2.VideoCapture(number)
        if not capture.isOpened():
            node = f"{_NODES}{number}"
            denied = os.path.exists(node) and not os.access(node, os.R_OK | os.W_OK)
            raise FaultError("camera.denied" if denied else "camera.absent")
        # Compressed first: uncompressed 1080p does not fit through USB 2 at a useful rate. One buffer: no old frames.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._options.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._options.height)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if capture.getBackendName() == "V4L2":
            chosen = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(8, "little", signed=True)[:4]
            if chosen in _RAW and capture.set(cv2.CAP_PROP_CONVERT_RGB, 0):
                self._format = chosen

    def advance(self, seconds: float) -> None:
        """Drop what comes within so many seconds and wait for the next frame. FaultError ``camera.absent``."""
        import cv2

        until = self._clock() + seconds
        there = True
        while there:
            try:
                there = self._capture is not None and self._capture.grab()
            except cv2.error as error:
                raise FaultError("camera.absent", "OpenCV gave up on it") from error
            if there and self._clock() >= until:
                return
        raise FaultError("camera.absent", "no more frames")

    def read(self) -> GreyArray:
        """Unpack the frame waited for, or the first whole one after it. FaultError ``camera.absent``."""
        import cv2

        for _ in range(_MOST_TORN):
            try:
                there, raw = self._capture.retrieve() if self._capture else (False, None)
                picture = self._grey(raw.astype("uint8", copy=False)) if there and raw is not None else None
            except cv2.error as error:
                raise FaultError("camera.absent", "OpenCV gave up on it") from error
            if picture is not None and picture.size:
                return picture
            self.advance(0.0)
        raise FaultError("camera.absent", "no whole picture")

    def close(self) -> None:
        """Release the device."""
        if self._capture is not None:
            self._capture.release()

    def _grey(self, raw: GreyArray) -> GreyArray | None:
        import cv2

        if self._format in _JPEG:
            try:
                return decode_picture(raw.tobytes())
            except NotAPictureError:
                return None
        if self._format in _PACKED and raw.ndim == 3:
            return raw[:, :, _PACKED[self._format]]
        if self._format in _PLANAR:
            return raw[: raw.shape[0] * 2 // 3]
        return raw if raw.ndim == 2 else cv2.cvtColor(raw, cv2.COLOR_BGR2GRAY).astype("uint8", copy=False)


def camera_index(source: str) -> int:
    """The number of the camera that ``source`` names. Raises FaultError ``camera.absent``.

    OpenCV itself knows numbers only. Names come from Linux; on Windows and macOS there is no way to them, and a name
    is never found.
    """
    number = _NUMBER.fullmatch(source) or _NUMBER.fullmatch(_link(source))
    if number is not None:
        return int(number.group(1))
    for folder in sorted(_LINUX_CAMERAS.glob("video*"), key=lambda path: int(path.name.removeprefix("video") or 0)):
        if source.lower() in _text(folder / "name").lower() and _text(folder / "index") in ("", "0"):
            return int(folder.name.removeprefix("video"))
    raise FaultError("camera.absent", "no camera of that name")


def _link(source: str) -> str:
    """Where a link such as /dev/v4l/by-id/… leads."""
    path = Path(source)
    return str(path.resolve()) if path.is_absolute() and path.is_symlink() else ""


def _text(path: Path) -> str:
    """A line of the system about a camera. A camera has several nodes of one name; index 0 is the one with pictures."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
