"""Plug-ins by entry points (setup.cfg, groups ``tram.*``): where the terminal meets what it never imports.

Every loader gives the ``build`` function whose signature stands beside its port in ``terminal.ports``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.outputs import (
    Gate,
    GateOptions,
    HandOver,
    HandOverOptions,
    Printer,
    PrinterOptions,
    Voice,
    VoiceOptions,
)
from terminal.ports import (
    Backend,
    BackendOptions,
    CardReader,
    CodeOptions,
    CodeSource,
    DecodedCode,
    Decoder,
    Face,
    FaceOptions,
    ReaderOptions,
    ScannerDiscovery,
    ScannerOptions,
)
from terminal.syncing import SyncPeer
from terminal.table import Table, TableOptions, VirtualReaders
from terminal.transcript import Replay, Transcript

if TYPE_CHECKING:
    from terminal.enrolling import Enroller

ROOMS = ("config", "crypto", "drivers", "terminal", "ui", "backend")
"""Our packages; the names also exist on the package index, so a foreign one can stand in front of ours."""


QrModules = Sequence[Sequence[bool]]
"""A QR code row by row, True for dark, without the white around it."""

Scan = Callable[[Path, Decoder], Sequence[DecodedCode]]
"""Finds the codes in one picture file; it raises FaultError ``code.unreadable`` for what is no picture."""


def reader(name: str) -> Callable[[ReaderOptions], CardReader]:
    """The builder of a card reader. Like all loaders here it raises FaultError: ``install.missing``, ``.shadowed``."""
    return cast("Callable[[ReaderOptions], CardReader]", _load("tram.reader", name))


def codes(name: str) -> Callable[[CodeOptions, Decoder], CodeSource]:
    """The builder of a camera."""
    return cast("Callable[[CodeOptions, Decoder], CodeSource]", _load("tram.codes", name))


def scanner(name: str) -> Callable[[ScannerOptions], CodeSource]:
    """The builder of a scanner on a cable."""
    return cast("Callable[[ScannerOptions], CodeSource]", _load("tram.scanner", name))


def scanners() -> Callable[[], ScannerDiscovery]:
    """The builder of what lists the scanners of this PC."""
    return cast("Callable[[], ScannerDiscovery]", _load("tram.scanners", "discovery"))


def gate(name: str) -> Callable[[GateOptions], Gate]:
    """The builder of a gate."""
    return cast("Callable[[GateOptions], Gate]", _load("tram.gate", name))


def printer(name: str) -> Callable[[PrinterOptions], Printer]:
    """The builder of a slip printer."""
    return cast("Callable[[PrinterOptions], Printer]", _load("tram.printer", name))


def voice(name: str) -> Callable[[VoiceOptions], Voice]:
    """The builder of a voice."""
    return cast("Callable[[VoiceOptions], Voice]", _load("tram.voice", name))


def handover(name: str) -> Callable[[HandOverOptions, Clock], HandOver]:
    """The builder of a way to the hospital's own system."""
    return cast("Callable[[HandOverOptions, Clock], HandOver]", _load("tram.handover", name))


def decoder(name: str) -> Callable[[], Decoder]:
    """The builder of a decoder; it raises ImportError where its library is missing."""
    return cast("Callable[[], Decoder]", _load("tram.decoder", name))


def scan(name: str) -> Scan:
    """What finds the codes in one picture file."""
    return cast("Scan", _load("tram.scan", name))


def peer(name: str) -> Callable[[BackendOptions, Callable[[bytes], bytes]], SyncPeer]:
    """The builder of the exchange with a server of that kind: where it is, and what signs with this device's key."""
    return cast("Callable[[BackendOptions, Callable[[bytes], bytes]], SyncPeer]", _load("tram.peer", name))


def backend(name: str) -> Callable[[BackendOptions], Backend]:
    """The builder of a backend's client."""
    return cast("Callable[[BackendOptions], Backend]", _load("tram.backend", name))


def enroller(name: str) -> Callable[[str, Path | None], Enroller]:
    """The builder of what enrols this device at a server: its URL, and the authority of its certificate."""
    return cast("Callable[[str, Path | None], Enroller]", _load("tram.enroller", name))


def face(name: str) -> Callable[[FaceOptions], Face]:
    """The builder of a window or console."""
    return cast("Callable[[FaceOptions], Face]", _load("tram.face", name))


def table(name: str) -> Callable[[TableOptions], Table]:
    """The builder of the demo's table."""
    return cast("Callable[[TableOptions], Table]", _load("tram.table", name))


def qr(name: str) -> Callable[[bytes], QrModules]:
    """What makes QR codes."""
    return cast("Callable[[bytes], QrModules]", _load("tram.qr", name))


def virtual_readers(name: str) -> Callable[[Path], VirtualReaders]:
    """What starts the demo's own PC/SC daemon."""
    return cast("Callable[[Path], VirtualReaders]", _load("tram.virtual_readers", name))


def replay(name: str) -> Callable[[Transcript], Replay]:
    """What plays a transcript in the place of a card."""
    return cast("Callable[[Transcript], Replay]", _load("tram.replay", name))


def verbs() -> tuple[str, ...]:
    """The names of all sub-commands, in alphabetical order."""
    return tuple(sorted({point.name for point in entry_points(group="tram.verb")}))


def verb(name: str) -> ModuleType:
    """The module of a sub-command: ``HELP``, ``configure(parser)`` and ``run(args) -> int``."""
    module = _load("tram.verb", name)
    if not isinstance(module, ModuleType):
        raise FaultError("install.missing", f"tram.verb {name} is not a module")
    return module


def check_rooms() -> None:
    """Nothing, when all of our packages come from one place; raises FaultError ``install.shadowed`` or ``.missing``."""
    home = _folder("terminal").parent
    for name in ROOMS:
        folder = _folder(name)
        if folder.parent != home:
            raise FaultError("install.shadowed", f"{name} comes from {folder.parent}, not from {home}")


def _folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise FaultError("install.missing", name)
    return Path(spec.origin).resolve().parent


def _load(group: str, name: str) -> object:
    try:
        return _entry(group, name).load()
    except (ImportError, AttributeError) as error:
        raise FaultError("install.missing", f"{group} {name}: {_lacking(error)}") from error


def _entry(group: str, name: str) -> EntryPoint:
    """The plug-in of that name; two different ones under one name are never chosen between."""
    found = {point.value: point for point in entry_points(group=group, name=name)}
    if not found:
        raise FaultError("install.missing", f"{group} {name}")
    if len(found) > 1:
        raise FaultError("install.shadowed", f"{group} {name} stands for {' and '.join(sorted(found))}")
    return next(iter(found.values()))


def _lacking(error: ImportError | AttributeError) -> str:
    return (isinstance(error, ImportError) and error.name) or str(error)
