"""What is kept of an unexpected error: where it happened, under a short name; never what was being handled."""

from __future__ import annotations

import os
import traceback
from datetime import datetime
from pathlib import Path

_MAX_SIZE = 1 << 20


def describe(error: BaseException) -> str:
    """Types and places of ``error`` and its causes.

    The errors' own texts are left out: a library's may quote the bytes it choked on.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.StackSummary.extract(traceback.walk_tb(current.__traceback__)).format())
        parts.append(f"{type(current).__module__}.{type(current).__qualname__}\n{frames}")
        current = current.__cause__ or current.__context__
    return "caused by ".join(parts)


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
