"""Keys that this computer made for itself: a file of the terminal's user alone, made whole on first use."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from config.secrets import is_exposed


class ExposedError(Exception):
    """Other users of this computer may read or change the key."""


def read_or_make(path: Path, make: Callable[[], bytes], limit: int) -> bytes:
    """What ``path`` holds, at most ``limit`` bytes and one; when there is no such file, what ``make`` gives is put
    there first. Raises ExposedError and OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _put(path, make())
    with path.open("rb") as stream:
        # Asked of the open file, so that nobody can swap it between the question and the reading.
        if is_exposed(os.fstat(stream.fileno())):
            raise ExposedError
        return stream.read(limit + 1)


def _put(path: Path, key: bytes) -> None:
    """Write a new key whole or not at all; raises FileExistsError when there is one."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
            stream.flush()
            os.fsync(stream.fileno())
        # A hard link, unlike a rename, never replaces the key that another process made in the meantime.
        os.link(draft, path)
    finally:
        Path(draft).unlink()
