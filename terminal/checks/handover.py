"""Checks of the ways to the hospital's own system: port, folder, listener. Nothing is handed over."""

from __future__ import annotations

from config.schema import Settings
from terminal import parts
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty, fine, unused


def check_handover(settings: Settings, clock: Clock) -> Finding:
    """Every configured way could hand over now; the first that could not is told. Without them people are served all
    the same, and what they are told is typed."""
    ways = parts.handovers(settings, clock)
    if not ways:
        return unused(Subject.HANDOVER)
    for way in ways:
        try:
            way.check()
        except FaultError as error:
            detail = ", ".join(text for text in (_place(way.name, settings), error.detail) if text)
            return faulty(Subject.HANDOVER, error.fault.code, detail, needed=False)
    return fine(Subject.HANDOVER, "handover", ways=", ".join(way.name for way in ways))


def _place(name: str, settings: Settings) -> str:
    given = settings.handover
    places = {"desk_api": f"127.0.0.1:{given.port}", "folder": str(given.folder), "hl7": given.hl7}
    return f"{name}: {places[name]}"
