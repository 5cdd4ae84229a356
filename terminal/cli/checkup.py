"""Everything that ``tram doctor`` asks on this computer, each with its time: together they end within 12 seconds."""

from __future__ import annotations

from datetime import datetime

from config.schema import Settings
from terminal.checks import codes, computer, handover, outputs, program, proof, reader, records, rights, server
from terminal.checks.check import Check
from terminal.clock import Clock
from terminal.health import Finding, Subject, judge_clock

LONGEST = 11.0
"""Seconds for the slowest part; asking starts at once for all of them."""

_PRINTER_SECONDS = 6.0


def without_settings() -> tuple[Check, ...]:
    """What can be asked also where the configuration is wrong."""
    return (
        Check(Subject.COMPUTER, computer.check_computer),
        Check(Subject.PLACE, computer.check_place),
        Check(Subject.ROOMS, program.check_rooms),
        Check(Subject.WORDS, program.check_words),
        Check(Subject.FONTS, program.check_fonts),
    )


def with_settings(settings: Settings, clock: Clock, times: list[datetime]) -> tuple[Check, ...]:
    """What depends on the site. The backend's own time comes into ``times``, if it answers."""
    return (*_devices(settings, clock), *_records(settings, clock, times))


def _devices(settings: Settings, clock: Clock) -> tuple[Check, ...]:
    needs = settings.needs
    return (
        Check(Subject.DISPLAY, lambda: computer.check_display(settings)),
        Check(Subject.READER, lambda: reader.check_readers(settings), late="reader.service", needed="reader" in needs),
        Check(Subject.CARD, lambda: reader.check_card(settings), 8, late="card.silent", needed=False),
        Check(
            Subject.CAMERA,
            lambda: codes.check_camera(settings, clock),
            LONGEST,
            late="camera.stuck",
            needed="camera" in needs,
        ),
        Check(
            Subject.SCANNER,
            lambda: codes.check_scanner(settings, clock),
            8,
            late="scanner.absent",
            needed="scanner" in needs,
        ),
        Check(Subject.GATE, lambda: outputs.check_gate(settings), 6, late="gate.absent", needed="gate" in needs),
        Check(
            Subject.PRINTER,
            lambda: outputs.check_printer(settings, clock),
            _PRINTER_SECONDS,
            late="printer.absent",
            needed="printer" in needs,
        ),
        Check(Subject.VOICE, lambda: outputs.check_voice(settings), needed=False),
        Check(
            Subject.HANDOVER,
            lambda: handover.check_handover(settings, clock),
            LONGEST,
            late="handover.silent",
            needed=False,
        ),
        Check(Subject.RIGHTS, lambda: rights.check_rights(settings)),
    )


def _records(settings: Settings, clock: Clock, times: list[datetime]) -> tuple[Check, ...]:
    path = settings.journal.path
    patience = min(settings.backend.total, LONGEST - 1)
    return (
        Check(
            Subject.BACKEND,
            lambda: server.check_backend(settings, times.append, patience),
            patience + 1,
            late="net.timeout",
        ),
        Check(Subject.TRUST, lambda: proof.check_trust(settings, clock.now()), late="trust.unreadable"),
        Check(Subject.TICKETS, lambda: proof.check_tickets(settings), late="trust.unreadable"),
        Check(Subject.JOURNAL, lambda: records.check_journal(path), LONGEST, late="journal.write"),
        Check(Subject.DISK, lambda: records.check_disk(path), late="journal.write"),
        Check(Subject.SECRETS, lambda: records.check_secrets(settings)),
    )


def in_order(findings: tuple[Finding, ...], clock: Clock, times: list[datetime]) -> tuple[Finding, ...]:
    """All findings as they are shown, the clock's among them."""
    every = (*findings, judge_clock(clock.now(), times[0] if times else None))
    order = list(Subject)
    return tuple(sorted(every, key=lambda found: order.index(found.subject)))
