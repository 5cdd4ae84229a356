"""What the house is made of: its folder, its rooms, its files."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

ROOMS = ("backend", "config", "crypto", "drivers", "terminal", "ui")

_NOT_OURS = frozenset({"build", "dist", "node_modules", "venv"})
"""Folders that tools make; what begins with a dot is left out besides, except .ci and .gitignore."""


def files(*suffixes: str) -> Iterator[Path]:
    """Every file of the project with one of these endings (all without any)."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if not _made_by_tools(name))
        for name in sorted(names):
            path = Path(folder) / name
            if (not suffixes or path.suffix in suffixes) and (name[0] != "." or name == ".gitignore"):
                yield path


def _made_by_tools(name: str) -> bool:
    return (
        name in _NOT_OURS or name == "__pycache__" or name.endswith(".egg-info") or (name[0] == "." and name != ".ci")
    )


def name_of(path: Path) -> str:
    """The file's name as people write it: from the project's folder, with slashes."""
    return path.relative_to(ROOT).as_posix()


def modules(*rooms: str) -> list[str]:
    """The import names of all modules in these rooms."""
    found = []
    for room in rooms:
        walked = pkgutil.walk_packages([str(ROOT / room)], f"{room}.")
        found += [room, *(module.name for module in walked)]
    return found
