"""Checks of what the desk does outwards: the gate's board, the printer, the voice. Nothing opens, prints or speaks."""

from __future__ import annotations

import queue

from config.schema import Settings
from terminal import parts
from terminal.checks.codes import WORKS, first_word
from terminal.clock import Clock
from terminal.events import Event
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty, fine, unused

GATE_SECONDS = 3.0


def check_gate(settings: Settings) -> Finding:
    """The board answers; the gate stays as it stands."""
    gate = parts.gate(settings)
    if gate is None:
        return unused(Subject.GATE)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    gate.start(events.put)
    try:
        word = first_word(events, GATE_SECONDS) or "gate.absent"
    finally:
        gate.stop()
    if word != WORKS:
        return faulty(Subject.GATE, word, settings.gate.address, needed="gate" in settings.needs)
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
