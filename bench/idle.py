"""The processor time of a whole terminal while nobody comes, with each kind of camera.

The command itself with its window (Xvfb), a private PC/SC daemon, a scanner on a pty, the reference backend; after it
has settled, a minute of its own and its children's CPU. A camera behind OpenCV is a double (children/camera_double.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from parts.counter import Make, counter
from parts.folders import disk_folder
from parts.results import Row, report
from parts.videos import desk_frames, desk_video

SETTLE, WATCH = 20.0, 60.0
TARGET = 5.0
"""Percent of one core."""


def kinds(folder: Path) -> Iterator[tuple[str, Make, bool]]:
    """The cameras, and whether the target holds for them."""
    yield "a folder with a 1080p picture", Make("reception"), True
    yield "1080p, 30 a second, MJPG (V4L2 double)", Make("reception", frames=desk_frames(folder / "frames")), True
    yield "the same as a video file", Make("reception", video=desk_video(folder / "desk.avi")), False


def cpu_of(make: Make) -> float:
    """Percent of one core."""
    with counter(make) as at:
        time.sleep(SETTLE)
        before, began = at.program.footprint().cpu, time.monotonic()
        time.sleep(WATCH)
        return 100 * (at.program.footprint().cpu - before) / (time.monotonic() - began)


def main() -> None:
    """Each in turn."""
    rows: list[Row] = []
    with disk_folder() as folder:
        for name, make, asked in kinds(folder):
            cpu = cpu_of(make)
            met = "yes" if cpu <= TARGET else "NO"
            rows.append({"camera": name, "CPU %": cpu, "met": met if asked else "no target"})
    report("idle", rows, {}, {"target CPU %": TARGET, "watched s": WATCH})


if __name__ == "__main__":
    main()
