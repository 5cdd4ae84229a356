"""Where figures read and write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "bench" / "results"
CHILDREN = ROOT / "bench" / "children"
"""Programs that figures start in processes of their own."""


@contextmanager
def disk_folder() -> Iterator[Path]:
    """A folder of this run on the disk of the project, not in memory, so that what must be durable costs its price."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has room for about a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="tram-") as folder:
        yield Path(folder)
