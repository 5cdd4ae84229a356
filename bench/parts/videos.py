"""A camera's stream as a file: MJPG at 1080p, as a USB camera delivers it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, RATE = 1920, 1080, 30
_FRAMES = 60


def desk_video(path: Path) -> Path:
    """Two seconds of a desk with grain, shadows and no code, at 30 frames a second."""
    random = np.random.default_rng(2)
    plain = cv2.resize(random.normal(120, 40, (9, 16)).astype(np.float32), (WIDTH, HEIGHT))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (WIDTH, HEIGHT))
    try:
        for _ in range(_FRAMES):
            grey = (plain + random.normal(0, 4, plain.shape)).clip(0, 255).astype(np.uint8)
            writer.write(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    finally:
        writer.release()
    return path
