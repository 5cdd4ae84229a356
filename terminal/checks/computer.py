"""Checks of the computer itself: processor, memory, screen, time zone and language."""

from __future__ import annotations

import ctypes
import locale
import os
import platform
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from config.schema import Settings
from terminal.checks.system import system
from terminal.health import Finding, Subject, faulty, fine, judge_memory, judge_processor, unused

_SSE4_2 = 38
"""PF_SSE4_2_INSTRUCTIONS_AVAILABLE (Win32, IsProcessorFeaturePresent)."""


def check_computer(proc: Path = Path("/proc")) -> Finding:
    """The processor knows what the libraries were built for, and there is memory left."""
    machine, cores, memory = platform.machine(), os.cpu_count() or 1, _usable_memory(proc)
    shown = f"{machine}, {cores} × CPU" + (f", {memory >> 20} MB" if memory is not None else "")
    code = judge_processor(machine, _features(proc))
    if code:
        return faulty(Subject.COMPUTER, code, shown)
    code = judge_memory(memory)
    if code:
        return faulty(Subject.COMPUTER, code, shown, needed=False)
    return fine(Subject.COMPUTER, "computer", shown=shown)


def _features(proc: Path) -> frozenset[str] | None:
    if system() == "win32":
        from terminal.health import X86_64_V2

        # Every processor with SSE4.2 also has the rest of its generation; Windows only tells of this one.
        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        return X86_64_V2 if kernel.IsProcessorFeaturePresent(_SSE4_2) else frozenset()
    rows = _rows(proc / "cpuinfo")
    return frozenset(rows["flags"].split()) if "flags" in rows else None


def _usable_memory(proc: Path) -> int | None:
    words = _rows(proc / "meminfo").get("MemAvailable", "").split()
    return int(words[0]) << 10 if words and words[0].isdigit() else None


def _rows(file: Path) -> Mapping[str, str]:
    """``name: value`` lines; the first of a name counts. Nothing where there is no such file (not Linux)."""
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    return found


def check_display(settings: Settings, environ: Mapping[str, str] = os.environ) -> Finding:
    """On what the window would appear; only told, since this may run over a remote line."""
    if settings.face.driver != "window":
        return unused(Subject.DISPLAY)
    if system() in ("win32", "darwin"):
        return fine(Subject.DISPLAY, "display", name=platform.system())
    given = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
    name = next((f"{variable}={environ[variable]}" for variable in given if environ.get(variable)), "")
    return fine(Subject.DISPLAY, "display", name=name) if name else fine(Subject.DISPLAY, "display_none")


def check_place(now: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> Finding:
    """Time zone and language of the system; only told, since screen and journal do not depend on them."""
    return fine(Subject.PLACE, "place", zone=f"UTC{now():%z}", language=locale.getlocale()[0] or "C")
