"""Check of the rights of this user to the devices that are there (Linux: groups of device files)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.schema import Settings
from terminal.checks.system import system
from terminal.health import Finding, Subject, command, faulty, fine

_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Denied:
    """A device file that this user may not read and write; ``group``: who may."""

    path: Path
    fault: str
    group: str


def check_rights(settings: Settings, dev: Path = Path("/dev")) -> Finding:
    """Every device file that the settings lead to may be opened by this user."""
    denied = [
        Denied(path, fault, _group_of(path))
        for path, fault in _wanted(settings, dev)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK)
    ]
    if not denied:
        return fine(Subject.RIGHTS, "rights")
    listed = ", ".join(f"{one.path} ({one.group})" for one in denied)
    groups = ",".join(dict.fromkeys(one.group for one in denied if one.group not in ("root", _UNKNOWN)))
    how = command(f"sudo usermod -aG {groups} $USER") if groups else None
    needed = any(one.fault.partition(".")[0] in settings.needs for one in denied)
    return faulty(Subject.RIGHTS, denied[0].fault, listed, needed=needed, how=how)


def _wanted(settings: Settings, dev: Path) -> Iterator[tuple[Path, str]]:
    """The device files behind the settings, and the fault of each when it may not be opened."""
    if system() == "win32":
        return
    camera, scanner = settings.codes, settings.scanner
    if camera.driver == "camera":
        source = Path(f"{dev}/video{camera.source}") if camera.source.isdigit() else Path(camera.source)
        if source.parent == dev:
            yield source, "camera.denied"
    if scanner.driver == "serial":
        named = [Path(scanner.address)] if scanner.address else [*dev.glob("ttyACM*"), *dev.glob("ttyUSB*")]
        yield from ((path, "scanner.denied") for path in sorted(named) if path.parent == dev)
    if scanner.driver == "hid":
        # A keyboard's or mouse's are closed to everybody, and rightly: only when all are is the scanner's among them.
        files = sorted(dev.glob("hidraw*"))
        if files and not any(os.access(path, os.R_OK | os.W_OK) for path in files):
            yield files[-1], "scanner.denied"
    for driver, address, fault in (
        (settings.gate.driver, settings.gate.address, "gate.denied"),
        (settings.printer.driver, settings.printer.address.removeprefix("serial:"), "printer.denied"),
    ):
        if driver != "none" and Path(address).is_relative_to(dev):
            yield Path(address), fault


def _group_of(path: Path) -> str:
    try:
        return path.group()  # type: ignore[misc,unused-ignore]
    except (KeyError, NotImplementedError, OSError):
        return _UNKNOWN
