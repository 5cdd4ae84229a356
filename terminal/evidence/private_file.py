"""Files that hold what a chip said, or a key: whole or not at all, for their owner alone, never in another's place."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from terminal.faults import FaultError, file_fault


def check_new(path: Path) -> None:
    """Nothing, when ``path`` can become a new file; raises FaultError ``usage.bad``. To be asked before the work."""
    if path.exists() or path.is_symlink():
        raise FaultError("usage.bad", f"{path}: exists, and is never overwritten")
    if not path.parent.is_dir():
        raise FaultError("usage.bad", f"{path.parent}: no such folder")


def write_new(path: Path, content: bytes) -> None:
    """Write ``content`` beside and rename (mode 0600). Raises FaultError ``usage.bad`` when there is such a file,
    ``file.unusable`` when it cannot be written."""
    check_new(path)
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise file_fault(path, error) from error


def read_bounded(path: Path, limit: int) -> bytes:
    """The content of ``path``; raises FaultError ``usage.bad`` when it is not there or longer than ``limit``,
    ``file.unusable`` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise file_fault(path, error) from error
    if len(content) > limit:
        raise FaultError("usage.bad", f"{path}: > {limit} bytes")
    return content
