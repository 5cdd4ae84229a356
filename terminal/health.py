"""Whether a terminal can serve: judgements over facts that somebody else gathered. Pure, and free of personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from terminal.faults import CATALOGUE
from terminal.model import Message

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far this computer's clock may be from the backend's before records and validity become doubtful."""

EARLIEST = 2026
"""No clock of a working terminal shows an earlier year than that of its first release."""

DISK_FULL = 16 << 20
"""Bytes without which SQLite's write-ahead log and the system itself soon fail."""

DISK_LOW = 1 << 30
"""Bytes below which somebody should look before it is too late: months of entries, but hours of a full log."""


MEMORY_LOW = 300 << 20
"""Bytes that reader, camera and window together take at most, by the soak (bench/soak.py), with room to breathe."""

X86_64_V2 = frozenset({"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"})


class Subject(Enum):
    """What is looked at, in the order of the report."""

    PROGRAM = "program"
    COMPUTER = "computer"
    PLACE = "place"
    ROOMS = "rooms"
    CONFIG = "config"
    DISPLAY = "display"
    READER = "reader"
    CARD = "card"
    CAMERA = "camera"
    SCANNER = "scanner"
    GATE = "gate"
    PRINTER = "printer"
    VOICE = "voice"
    HANDOVER = "handover"
    RIGHTS = "rights"
    BACKEND = "backend"
    CLOCK = "clock"
    TRUST = "trust"
    TICKETS = "tickets"
    JOURNAL = "journal"
    DISK = "disk"
    SECRETS = "secrets"
    WORDS = "words"
    FONTS = "fonts"


class Condition(Enum):
    """LIMITED: people can be served, but something does not work."""

    OK = "ok"
    LIMITED = "limited"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one subject and, unless it is OK, what to do; ``fault`` is a catalogue code.

    ``detail`` says where or how much, ``how`` with which command or setting the remedy is done on this computer.
    """

    subject: Subject
    condition: Condition
    text: Message
    remedy: Message | None = None
    fault: str | None = None
    detail: str = ""
    how: Message | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is limited or failing."""
        return all(finding.condition is Condition.OK for finding in self.findings)


def fine(subject: Subject, key: str, **params: str) -> Finding:
    """A subject in order; ``key`` under ``cli.doctor``."""
    return Finding(subject, Condition.OK, Message.of(f"cli.doctor.{key}", **params))


def unused(subject: Subject) -> Finding:
    """A subject that this desk does without."""
    return fine(subject, "unused")


def faulty(
    subject: Subject, code: str, detail: str = "", *, needed: bool = True, how: Message | None = None
) -> Finding:
    """A subject with a fault of the catalogue; not ``needed`` makes it a limitation."""
    fault = CATALOGUE[code]
    condition = Condition.FAIL if needed else Condition.LIMITED
    return Finding(subject, condition, fault.title, fault.remedy, code, detail, how)


def command(line: str) -> Message:
    """How to do it: a command to type."""
    return Message.of("cli.doctor.command", line=line)


def judge_trust(accepted: int, valid: int, *, needed: bool, unlisted: int = 0) -> Finding:
    """At least one accepted issuer that is valid today: without one every card stays unproven.

    ``unlisted``: how many of the valid ones lack a revocation list as young as this site demands.
    """
    if unlisted:
        return faulty(Subject.TRUST, "trust.lists", f"{unlisted}/{valid}", needed=needed and unlisted == valid)
    if valid:
        return fine(Subject.TRUST, "trust", count=str(valid))
    return faulty(Subject.TRUST, "trust.old" if accepted else "trust.none", needed=needed)


def judge_tickets(keys: int, *, needed: bool) -> Finding:
    """At least one key of a ticket issuer, where tickets are checked."""
    if not needed:
        return unused(Subject.TICKETS)
    return fine(Subject.TICKETS, "tickets", count=str(keys)) if keys else faulty(Subject.TICKETS, "tickets.none")


def judge_clock(here: datetime, there: datetime | None) -> Finding:
    """This computer's clock against the backend's (None: nobody to compare with); both aware."""
    if here.year < EARLIEST:
        return faulty(Subject.CLOCK, "clock.wrong")
    if there is None:
        return fine(Subject.CLOCK, "clock_alone")
    if abs(here - there) > CLOCK_TOLERANCE:
        return faulty(Subject.CLOCK, "clock.wrong", f"{round((here - there).total_seconds())} s")
    return fine(Subject.CLOCK, "clock", seconds=f"{(here - there).total_seconds():+.1f}")


def judge_disk(free: int) -> Finding:
    """Room for the journal: ``free`` bytes."""
    if free >= DISK_LOW:
        return fine(Subject.DISK, "disk", free=f"{free >> 20}")
    full = free < DISK_FULL
    return faulty(Subject.DISK, "disk.full" if full else "disk.low", f"{free >> 20} MB", needed=full)


def judge_memory(usable: int | None) -> str | None:
    """The fault of a computer on which so many bytes of memory can still be used (None: not known)."""
    return "computer.memory" if usable is not None and usable < MEMORY_LOW else None


def judge_processor(machine: str, features: frozenset[str] | None) -> str | None:
    """The fault of a processor with these features (None: not known), as Linux names them.

    NumPy's x86-64 wheels are built for x86-64-v2: on an older processor the first picture ends the program with an
    illegal instruction. Names: psABI for x86-64, table "Micro-Architecture Levels".
    """
    if machine.lower() not in ("x86_64", "amd64") or features is None:
        return None
    return None if features >= X86_64_V2 else "computer.old"
