"""Where an error happened, for a log: types and places, never the texts, which may quote what was being handled."""

from __future__ import annotations

import traceback


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
