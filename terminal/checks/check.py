"""A check under guard: it ends in a finding whatever its part does, in its time, and beside the others."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.errors import ConfigError, Problem
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty
from terminal.model import Message

Waiting = Callable[[tuple[Subject, ...]], None]
"""Told now and then which subjects are still being looked at; () at the end."""

_TELL_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Check:
    """One question about one part. ``late`` is the catalogue code for a part that does not answer within ``seconds``.

    Not ``needed``: a fault of this part only limits the desk.
    """

    subject: Subject
    work: Callable[[], Finding]
    seconds: float = 5.0
    late: str = "internal"
    needed: bool = True

    def run(self) -> Finding:
        """The finding, also when the check itself breaks off: the others are still wanted."""
        try:
            return self.work()
        except FaultError as error:
            # Without a library that the settings ask for, the terminal does not even start.
            needed = self.needed or error.fault.code.startswith("install.")
            return faulty(self.subject, error.fault.code, error.detail, needed=needed)
        except ConfigError as error:
            return self._misconfigured(error)
        except Exception as error:  # noqa: BLE001 - a broken library must not keep the other findings from the reader
            return faulty(self.subject, "internal", type(error).__name__)

    def _misconfigured(self, error: ConfigError) -> Finding:
        code = "secrets.exposed" if error.problem is Problem.EXPOSED_SECRET else "config.invalid"
        place = ": ".join(part for part in (str(error.file or ""), error.path) if part)
        how = Message.of(f"cli.config.{error.problem.value}", allowed=error.allowed)
        return faulty(self.subject, code, place, needed=self.needed, how=how)

    def overdue(self) -> Finding:
        """The finding about a part that did not answer in its time."""
        return faulty(self.subject, self.late, f"> {self.seconds:g} s", needed=self.needed)


def side_by_side(checks: Sequence[Check], waiting: Waiting | None = None) -> tuple[Finding, ...]:
    """The findings of all ``checks`` in their order; each runs on a thread of its own and is given up after its time.

    A part that hangs keeps its thread (nothing can abort a call into a driver); as a daemon it ends with the process.
    """
    ended: queue.SimpleQueue[tuple[int, Finding]] = queue.SimpleQueue()
    begun = time.monotonic()
    for number, check in enumerate(checks):
        name = f"check-{check.subject.value}"
        threading.Thread(target=_report, args=(check, number, ended.put), name=name, daemon=True).start()
    findings: dict[int, Finding] = {}
    while left := [number for number in range(len(checks)) if number not in findings]:
        spent = time.monotonic() - begun
        for number in left:
            if spent >= checks[number].seconds:
                findings[number] = checks[number].overdue()
        try:
            number, finding = ended.get(timeout=_TELL_EVERY)
        except queue.Empty:
            if waiting is not None:
                waiting(tuple(checks[number].subject for number in left))
            continue
        findings.setdefault(number, finding)
    if waiting is not None:
        waiting(())
    return tuple(findings[number] for number in range(len(checks)))


def _report(check: Check, number: int, end: Callable[[tuple[int, Finding]], None]) -> None:
    end((number, check.run()))
