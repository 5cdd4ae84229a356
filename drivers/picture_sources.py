"""Where a camera's pictures come from: a device, a video file, or a folder that is looked at like a live camera."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from drivers.camera_device import CameraDevice
from drivers.frames import MOST_BYTES, MOST_PIXELS, GreyArray, NotAPictureError, decode_picture
from terminal.faults import FaultError
from terminal.ports import CodeOptions

if TYPE_CHECKING:
    import cv2

_log = logging.getLogger(__name__)

_ENDINGS = frozenset({".png", ".jpg", ".jpeg"})
_MOST_PICTURES = 8
_HELD_FOR = 8
"""Looks at one picture of a folder before the next: enough for two in full."""


class PictureSource(Protocol):
    """Gives one picture after the other. All methods but the constructor run on one thread."""

    simulated: bool
    interval: float
    """Seconds from one picture to the next where somebody else has to wait for them; 0 where ``advance`` waits."""

    def open(self) -> None:
        """Begin. Raises FaultError ``camera.absent`` or ``camera.denied``."""
        ...

    def advance(self, seconds: float) -> None:
        """Go on to the picture that comes ``seconds`` from now, and drop those before it without unpacking them.

        Raises FaultError ``camera.absent``.
        """
        ...

    def read(self) -> GreyArray | None:
        """Unpack the picture it is at; None when nothing is in view. Raises FaultError ``camera.absent``."""
        ...

    def close(self) -> None:
        """Let everything go; also after a failed ``open``."""
        ...


def source_of(options: CodeOptions) -> PictureSource:
    """The source that ``options.source`` names, as things are now."""
    if options.source.isdecimal():
        return CameraDevice(options)
    path = Path(options.source)
    # Not the path's own methods, which raise where a folder above it is closed to this user.
    if os.path.isdir(path):
        return PictureFolder(path)
    if os.path.isfile(path):
        return Video(path)
    return CameraDevice(options)


class Video:
    """A video file, played at its own pace, over and over."""

    simulated = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture: cv2.VideoCapture | None = None
        self.interval = 1 / 25

    def open(self) -> None:
        """Open the file."""
        import cv2

        if not is_video(self._path):
            raise FaultError("camera.absent", "not a video")
        self._capture = cv2.VideoCapture(str(self._path))
        if not self._capture.isOpened():
            raise FaultError("camera.absent", "not a video")
        if self._capture.get(cv2.CAP_PROP_FRAME_WIDTH) * self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > MOST_PIXELS:
            raise FaultError("camera.absent", "larger than the limits")
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.interval = 1 / rate if 1 <= rate <= 120 else self.interval

    def advance(self, seconds: float) -> None:
        """As many frames on as it shows in that time, at least one; after the last comes the first."""
        for _ in range(max(1, round(seconds / self.interval))):
            if not self._step():
                self.close()
                self.open()
                if not self._step():
                    raise FaultError("camera.absent", "a video without frames")

    def read(self) -> GreyArray | None:
        """The frame it is at; None when it is broken."""
        import cv2

        try:
            there, picture = self._capture.retrieve() if self._capture else (False, None)
            if not there or picture is None:
                return None
            grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        except cv2.error as error:
            raise FaultError("camera.absent", "OpenCV gave up on it") from error
        return grey.astype("uint8", copy=False)

    def next(self) -> GreyArray | None:
        """The next frame; None at the end."""
        return self.read() if self._step() else None

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()

    def _step(self) -> bool:
        import cv2

        try:
            return self._capture is not None and self._capture.grab()
        except cv2.error as error:
            raise FaultError("camera.absent", "OpenCV gave up on it") from error


class PictureFolder:
    """A folder as a camera: a PNG or JPEG that lies in it is a picture held in front of the lens.

    A new picture is looked at at once; several are looked at in turn. Of many only the newest eight count.
    """

    simulated = True
    interval = 0.05

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pictures: dict[tuple[str, int, int], GreyArray | None] = {}
        self._current: tuple[str, int, int] | None = None
        self._looks = 0
        self.broken = 0
        """Files so far that could not be read as a picture."""

    def open(self) -> None:
        """Check that the folder is there."""
        if not self._path.is_dir():
            raise FaultError("camera.absent", "no such folder")

    def advance(self, seconds: float) -> None:
        """Nothing: what lies in the folder is seen when it is read."""

    def read(self) -> GreyArray | None:
        """The picture in view."""
        new = self._look_around()
        if new is not None:
            self._current, self._looks = new, 0
        elif self._current not in self._pictures or self._looks >= _HELD_FOR:
            self._current, self._looks = self._after(self._current), 0
        self._looks += 1
        return self._pictures[self._current] if self._current is not None else None

    def close(self) -> None:
        """Forget the pictures."""
        self._pictures.clear()

    def _look_around(self) -> tuple[str, int, int] | None:
        keys = self._keys()
        self._pictures = {key: picture for key, picture in self._pictures.items() if key in keys}
        new = None
        for key in keys:
            if key not in self._pictures:
                self._pictures[key] = self._load(key[0])
                new = key if self._pictures[key] is not None else new
        return new

    def _keys(self) -> list[tuple[str, int, int]]:
        found = []
        try:
            paths = list(self._path.iterdir())
        except OSError as error:
            raise FaultError("camera.absent", "the folder cannot be read") from error
        for path in paths:
            if path.suffix.lower() in _ENDINGS and (key := _key(path)) is not None:
                found.append(key)
        return sorted(found, key=lambda key: key[1])[-_MOST_PICTURES:]

    def _load(self, name: str) -> GreyArray | None:
        try:
            return load_picture(self._path / name)
        except NotAPictureError as error:
            self.broken += 1
            _log.info("a file in the camera's folder is not a picture (%d so far): %s", self.broken, error)
            return None

    def _after(self, key: tuple[str, int, int] | None) -> tuple[str, int, int] | None:
        usable = [other for other, picture in self._pictures.items() if picture is not None]
        if key in usable:
            return usable[(usable.index(key) + 1) % len(usable)]
        return usable[0] if usable else None


def _key(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        # Taken away this moment.
        return None
    return path.name, status.st_mtime_ns, status.st_size


def is_video(path: Path) -> bool:
    """Whether the file begins as AVI, MP4 or Matroska does. OpenCV would open pictures too, without our limits."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    avi = head.startswith(b"RIFF") and head[8:] == b"AVI "
    return avi or head[4:8] == b"ftyp" or head.startswith(b"\x1aE\xdf\xa3")


def load_picture(path: Path) -> GreyArray:
    """The grey picture in a PNG or JPEG file. Raises NotAPictureError, also when the file cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotAPictureError("the file cannot be read") from error
    return decode_picture(raw)
