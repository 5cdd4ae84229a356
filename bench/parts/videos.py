"""A camera's stream as a file: MJPG, as a USB camera delivers it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from drivers.frames import GreyArray

FULL_HD, EIGHT_K = (1920, 1080), (7680, 4320)
RATE = 30
QUALITY = 65
"""Of JPEG: frames of about 135 kB, 32 Mbit a second, as cameras on USB 2 send them."""

_FRAMES = 60
_FRAMES_8K = 6


def desk_video(path: Path) -> Path:
    """Two seconds of a desk with grain, shadows and no code, in full HD."""
    return _write(path, FULL_HD, (_desk(FULL_HD, number) for number in range(_FRAMES)))


def desk_frames(folder: Path) -> Path:
    """The same as JPEG files, for the camera double of children/camera_double.py."""
    folder.mkdir()
    for number in range(_FRAMES):
        picture = cv2.cvtColor(_desk(FULL_HD, number), cv2.COLOR_GRAY2BGR)
        cv2.imwrite(str(folder / f"{number:03}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return folder


def noise_video(path: Path) -> Path:
    """Nothing but noise, another at each frame, in full HD: what a loose cable or a broken sensor gives."""
    random = np.random.default_rng(3)
    frames = (random.integers(0, 256, (FULL_HD[1], FULL_HD[0]), dtype=np.uint8) for _ in range(_FRAMES // 4))
    return _write(path, FULL_HD, frames)


def eight_k_video(path: Path) -> Path:
    """A desk that moves, at 7680 x 4320."""
    return _write(path, EIGHT_K, (np.roll(_desk(EIGHT_K, 0), 400 * number, axis=1) for number in range(_FRAMES_8K)))


def _desk(size: tuple[int, int], number: int) -> GreyArray:
    random = np.random.default_rng(number)
    plain = np.asarray(cv2.resize(np.random.default_rng(2).normal(120, 40, (9, 16)), size))
    return np.clip(plain + random.normal(0, 4, plain.shape), 0, 255).astype(np.uint8)


def _write(path: Path, size: tuple[int, int], frames: Iterable[GreyArray]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, size)
    try:
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    finally:
        writer.release()
    return path
