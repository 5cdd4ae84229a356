"""Checks of what the desk does outwards: the gate's board, the printer, the voice. Nothing opens, prints or speaks."""

from __future__ import annotations

from config.schema import Settings
from terminal import parts
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty, fine, unused


def check_gate(settings: Settings) -> Finding:
    """The board answers; the gate stays as it stands."""
    gate = parts.gate(settings)
    if gate is None:
        return unused(Subject.GATE)
    try:
        gate.check()
    except FaultError as error:
        return faulty(Subject.GATE, error.fault.code, settings.gate.address, needed="gate" in settings.needs)
    return fine(Subject.GATE, f"gate_{settings.gate.fails}")


def check_printer(settings: Settings, clock: Clock) -> Finding:
    """The printer says that it could print now."""
    slips = parts.slips(settings, clock)
    if slips is None:
        return unused(Subject.PRINTER)
    try:
        slips.check()
    except FaultError as error:
        needed = "printer" in settings.needs
        return faulty(Subject.PRINTER, error.fault.code, error.detail or settings.printer.address, needed=needed)
    return fine(Subject.PRINTER, "printer")


def check_voice(settings: Settings) -> Finding:
    """The program or the clips that speak are there."""
    speech = parts.speech(settings)
    if speech is None:
        return unused(Subject.VOICE)
    speech.stop()
    return fine(Subject.VOICE, "voice")
