"""Checks of what sees codes: the camera, with its focus and light, and the scanner, with its mode."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import replace

from config.schema import Settings
from terminal import parts, registry
from terminal.checks.picture import Look, look_at
from terminal.clock import Clock
from terminal.events import DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.health import Finding, Subject, command, faulty, fine, unused
from terminal.model import Message
from terminal.ports import CodeSource, GreyFrame, ScannerFound

CAMERA_SECONDS = 8.0
"""Some cameras need several seconds for their first picture."""

SCANNER_SECONDS = 3.0

_LOOKS = 6
"""Pictures after which exposure and focus have mostly settled; the last ones count."""

_LOOKING = 1.5


def check_camera(settings: Settings, clock: Clock) -> Finding:
    """The camera delivers pictures that are neither dark nor blurred, and the decoder is there."""
    if settings.codes.driver == "none":
        return unused(Subject.CAMERA)
    needed = "camera" in settings.needs
    alone = replace(settings, scanner=replace(settings.scanner, driver="none"))
    (source,) = parts.codes(alone, (), clock)
    pictures: queue.SimpleQueue[GreyFrame] = queue.SimpleQueue()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    source.start(events.put, pictures.put)
    try:
        fault = first_word(events, CAMERA_SECONDS) or "camera.stuck"
        looks = _looks(pictures) if fault == WORKS else []
    finally:
        source.stop()
    if fault != WORKS:
        return faulty(Subject.CAMERA, fault, settings.codes.source, needed=needed)
    return _judged(looks)


WORKS = "works"


def first_word(events: queue.SimpleQueue[Event], seconds: float) -> str | None:
    """What a device says of itself first: ``WORKS``, a catalogue code, or None for nothing within ``seconds``."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except queue.Empty:
            return None
        if isinstance(event, DeviceUp):
            return WORKS
        if isinstance(event, DeviceDown):
            return event.fault
    return None


def _looks(pictures: queue.SimpleQueue[GreyFrame]) -> list[Look]:
    until = time.monotonic() + _LOOKING
    looks: list[Look] = []
    while len(looks) < _LOOKS and (left := until - time.monotonic()) > 0:
        try:
            looks.append(look_at(pictures.get(timeout=left)))
        except queue.Empty:
            break
    return looks


def _judged(looks: Sequence[Look]) -> Finding:
    """By the best of the last pictures: one that is shaken or still exposing says nothing about the camera."""
    best = max(looks[-3:], key=lambda look: (look.fault is None, look.sharpness or 0.0), default=None)
    if best is None:
        return fine(Subject.CAMERA, "camera")
    if best.fault:
        return faulty(Subject.CAMERA, best.fault, _measures(best), needed=False)
    if best.sharpness is None:
        return fine(Subject.CAMERA, "camera_empty")
    return fine(Subject.CAMERA, "camera_sharp", sharpness=f"{best.sharpness:.2f}", bright=str(best.bright))


def _measures(look: Look) -> str:
    return f"{look.bright}/255" if look.sharpness is None else f"{look.bright}/255, {look.sharpness:.2f}"


def check_scanner(settings: Settings, clock: Clock) -> Finding:
    """The scanner is there, in the mode that is configured; else in which mode it is and how to switch it."""
    driver, needed = settings.scanner.driver, "scanner" in settings.needs
    if driver == "none":
        return unused(Subject.SCANNER)
    found, lacking = _found()
    if driver == "keyboard":
        return _typing(found)
    if lacking is not None:
        return faulty(Subject.SCANNER, lacking.fault.code, lacking.detail, needed=needed)
    alone = replace(settings, codes=replace(settings.codes, driver="none"))
    (source,) = parts.codes(alone, (), clock)
    word = _first_word_of(source) or "scanner.absent"
    if word == WORKS:
        return fine(Subject.SCANNER, "scanner", found=_listed(found, driver))
    other = next((one for one in found if one.mode != driver and one.maker), None)
    if word == "scanner.absent" and other is not None:
        name = f"{other.maker} {other.name}".strip()
        return faulty(Subject.SCANNER, "scanner.mode", f"{name}: {other.mode}", needed=needed, how=_switch(other))
    return faulty(Subject.SCANNER, word, settings.scanner.address, needed=needed)


def _found() -> tuple[Sequence[ScannerFound], FaultError | None]:
    try:
        return registry.scanners()().found(), None
    except FaultError as error:
        return (), error


def _first_word_of(source: CodeSource) -> str | None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    source.start(events.put)
    try:
        return first_word(events, SCANNER_SECONDS)
    finally:
        source.stop()


def _typing(found: Sequence[ScannerFound]) -> Finding:
    """A scanner that types works, but a serial one loses no accents: it is told how to switch."""
    one = next((one for one in found if one.mode == "keyboard"), None)
    if one is None:
        return replace(fine(Subject.SCANNER, "scanner_keyboard_any"), how=command("tram scanner calibrate"))
    return replace(fine(Subject.SCANNER, "scanner_keyboard", name=f"{one.maker} {one.name}".strip()), how=one.advice)


def _switch(found: ScannerFound) -> Message:
    return found.advice or Message("cli.scanner.switch")


def _listed(found: Sequence[ScannerFound], driver: str) -> str:
    names = [f"{one.maker} {one.name}".strip() for one in found if one.mode == driver and one.maker]
    return ", ".join(names) or driver
