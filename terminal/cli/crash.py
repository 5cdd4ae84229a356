"""What is kept of an unexpected error: where it happened, under a short name; never what was being handled."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from terminal.traces import describe

_MAX_SIZE = 1 << 20


def keep(folder: Path, name: str, at: datetime, error: BaseException) -> Path:
    """Append ``error`` under ``name`` to the folder's crash.log, for this user alone; the file. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "crash.log"
    if file.exists() and file.stat().st_size > _MAX_SIZE:
        file.replace(file.with_suffix(".old"))
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as stream:
        stream.write(f"{at.isoformat(timespec='seconds')} {name} {describe(error)}\n")
    return file
