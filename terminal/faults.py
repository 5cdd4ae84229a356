"""The one catalogue of faults: what can go wrong, who acts, whether trying again can help.

Each code's title, cause and remedy stand in both languages in ``words/`` under ``fault.CODE.title``, ``.cause`` and
``.remedy``. Screen, sound, log, command line and the failure manual (docs/faults.md) all read from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from terminal.model import Message


class Who(Enum):
    """Who has to act."""

    HOLDER = "holder"
    STAFF = "staff"
    ADMINISTRATOR = "administrator"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the catalogue. ``exit_code`` is the command line's for it (1 refused, 2 usage/config, 3 device)."""

    code: str
    who: Who
    retriable: bool
    exit_code: int = 3

    @property
    def title(self) -> Message:
        """What happened, in at most five words."""
        return Message(f"fault.{self.code}.title")

    @property
    def cause(self) -> Message:
        """Why this happens."""
        return Message(f"fault.{self.code}.cause")

    @property
    def remedy(self) -> Message:
        """What to do."""
        return Message(f"fault.{self.code}.remedy")


def _catalogue(*rows: Fault) -> MappingProxyType[str, Fault]:
    table = {row.code: row for row in rows}
    if len(table) != len(rows):
        raise ValueError("a fault code stands twice in the catalogue")
    return MappingProxyType(table)


CATALOGUE = _catalogue(
    Fault("card.lost", Who.HOLDER, retriable=True),
    Fault("card.other", Who.HOLDER, retriable=True),
    Fault("card.silent", Who.STAFF, retriable=True),
    Fault("card.unknown", Who.STAFF, retriable=False),
    Fault("card.locked", Who.STAFF, retriable=True, exit_code=1),
    Fault("card.broken_messaging", Who.STAFF, retriable=True),
    Fault("card.malformed", Who.STAFF, retriable=True),
    Fault("card.timeout", Who.STAFF, retriable=True),
    Fault("card.two", Who.HOLDER, retriable=True),
    Fault("code.unreadable", Who.HOLDER, retriable=True),
    Fault("code.foreign", Who.HOLDER, retriable=False),
    Fault("code.payment", Who.HOLDER, retriable=False),
    Fault("code.link", Who.HOLDER, retriable=False),
    Fault("code.damaged", Who.STAFF, retriable=True),
    Fault("code.not_here", Who.STAFF, retriable=False),
    Fault("code.bad_number", Who.STAFF, retriable=True),
    Fault("reader.absent", Who.STAFF, retriable=True),
    Fault("reader.service", Who.MACHINE, retriable=True),
    Fault("reader.busy", Who.STAFF, retriable=True),
    Fault("reader.denied", Who.ADMINISTRATOR, retriable=True),
    Fault("camera.absent", Who.STAFF, retriable=True),
    Fault("camera.stuck", Who.MACHINE, retriable=True),
    Fault("camera.denied", Who.ADMINISTRATOR, retriable=True),
    Fault("camera.dark", Who.STAFF, retriable=True),
    Fault("camera.blurred", Who.STAFF, retriable=True),
    Fault("scanner.absent", Who.STAFF, retriable=True),
    Fault("scanner.denied", Who.ADMINISTRATOR, retriable=True),
    Fault("scanner.mode", Who.ADMINISTRATOR, retriable=True),
    Fault("gate.absent", Who.STAFF, retriable=True),
    Fault("gate.denied", Who.ADMINISTRATOR, retriable=True),
    Fault("gate.refused", Who.ADMINISTRATOR, retriable=True),
    Fault("gate.not_turned", Who.HOLDER, retriable=True),
    Fault("gate.not_annulled", Who.STAFF, retriable=False),
    Fault("gate.forced", Who.STAFF, retriable=False),
    Fault("printer.absent", Who.STAFF, retriable=True),
    Fault("printer.denied", Who.ADMINISTRATOR, retriable=True),
    Fault("printer.paper", Who.STAFF, retriable=True),
    Fault("printer.failed", Who.STAFF, retriable=True),
    Fault("net.down", Who.MACHINE, retriable=True),
    Fault("net.timeout", Who.MACHINE, retriable=True),
    Fault("net.server", Who.MACHINE, retriable=True),
    Fault("net.garbage", Who.ADMINISTRATOR, retriable=True),
    Fault("net.denied", Who.ADMINISTRATOR, retriable=False),
    Fault("net.tls", Who.ADMINISTRATOR, retriable=False),
    Fault("net.open_circuit", Who.MACHINE, retriable=True),
    Fault("net.question", Who.STAFF, retriable=False),
    Fault("net.staff", Who.ADMINISTRATOR, retriable=False),
    Fault("offline.damaged", Who.ADMINISTRATOR, retriable=False),
    Fault("offline.limit", Who.STAFF, retriable=True),
    Fault("offline.snapshot", Who.ADMINISTRATOR, retriable=False),
    Fault("offline.stale", Who.STAFF, retriable=True),
    Fault("offline.write", Who.ADMINISTRATOR, retriable=False),
    Fault("handover.absent", Who.STAFF, retriable=True),
    Fault("handover.silent", Who.STAFF, retriable=True),
    Fault("handover.garbled", Who.ADMINISTRATOR, retriable=True),
    Fault("handover.refused", Who.STAFF, retriable=True),
    Fault("handover.denied", Who.ADMINISTRATOR, retriable=True),
    Fault("handover.full", Who.ADMINISTRATOR, retriable=True),
    Fault("handover.piled", Who.ADMINISTRATOR, retriable=True),
    Fault("handover.port", Who.ADMINISTRATOR, retriable=True),
    Fault("handover.given_up", Who.STAFF, retriable=False),
    Fault("enrol.refused", Who.ADMINISTRATOR, retriable=True, exit_code=1),
    Fault("enrol.missing", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("journal.write", Who.ADMINISTRATOR, retriable=False),
    Fault("journal.damaged", Who.ADMINISTRATOR, retriable=False),
    Fault("clock.wrong", Who.ADMINISTRATOR, retriable=False),
    Fault("disk.low", Who.ADMINISTRATOR, retriable=False),
    Fault("disk.full", Who.ADMINISTRATOR, retriable=False),
    Fault("secrets.exposed", Who.ADMINISTRATOR, retriable=False),
    Fault("computer.old", Who.ADMINISTRATOR, retriable=False),
    Fault("computer.memory", Who.ADMINISTRATOR, retriable=False),
    Fault("config.missing", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("config.invalid", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("config.double", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("install.shadowed", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("install.missing", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("usage.bad", Who.STAFF, retriable=True, exit_code=2),
    Fault("file.unusable", Who.ADMINISTRATOR, retriable=True),
    Fault("script.differs", Who.STAFF, retriable=False, exit_code=1),
    Fault("trust.fingerprint", Who.ADMINISTRATOR, retriable=True, exit_code=1),
    Fault("trust.refused", Who.ADMINISTRATOR, retriable=True, exit_code=1),
    Fault("trust.unreadable", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("trust.none", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("trust.old", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("trust.lists", Who.ADMINISTRATOR, retriable=False, exit_code=2),
    Fault("tickets.none", Who.ADMINISTRATOR, retriable=False),
    Fault("internal", Who.ADMINISTRATOR, retriable=True),
)


class FaultError(Exception):
    """Something outside failed; ``code`` is a row of the catalogue, ``detail`` is for the log and never personal."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.fault = CATALOGUE[code]
        self.detail = detail


def file_fault(path: object, error: OSError) -> FaultError:
    """``usage.bad`` for a name that leads to no file; ``file.unusable`` where its disk or the rights to it fail."""
    wrong_name = isinstance(error, FileNotFoundError | FileExistsError | IsADirectoryError | NotADirectoryError)
    return FaultError("usage.bad" if wrong_name else "file.unusable", f"{path}: {error.strerror}")
