"""A camera behind OpenCV's V4L2 backend: 1080p as MJPG, 30 frames a second, for machines without one.

What the driver asks of OpenCV it is given at its price: waiting for a frame costs nothing, a frame comes as the JPEG
that the camera sent, and unpacking it is the driver's work.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

RATE = 30.0


def install(folder: Path) -> None:
    """From now on every camera of this process shows the JPEG files of ``folder``, over and over."""
    import cv2
    import numpy as np

    frames = [np.frombuffer(path.read_bytes(), dtype=np.uint8) for path in sorted(folder.glob("*.jpg"))]

    class Capture:
        def __init__(self, _index: int) -> None:
            self._began = time.monotonic()
            self._number = 0

        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's names
            return True

        def getBackendName(self) -> str:  # noqa: N802
            return "V4L2"

        def set(self, _key: int, _value: float) -> bool:
            return True

        def get(self, key: int) -> float:
            return float(cv2.VideoWriter.fourcc(*"MJPG")) if key == cv2.CAP_PROP_FOURCC else 0.0

        def grab(self) -> bool:
            """Wait for the next frame; those that came meanwhile are lost, as with one buffer."""
            now = time.monotonic()
            self._number = max(self._number + 1, int((now - self._began) * RATE))
            time.sleep(max(0.0, self._began + self._number / RATE - now))
            return True

        def retrieve(self) -> tuple[bool, Any]:
            return True, frames[self._number % len(frames)]

        def release(self) -> None:
            """Nothing is held."""

    setattr(cv2, "VideoCapture", Capture)  # noqa: B010 - in the place of the library's own
