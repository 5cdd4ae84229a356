"""The self-test at start: ready, limited, or out of service. Devices report themselves and are not asked here.

=========  ==========================================  ==================================  ==================
subject    what is asked                               fault                               the desk
=========  ==========================================  ==================================  ==================
rooms      packages all come from one place            install.shadowed, install.missing   out of service
words      both languages say everything               install.missing                     out of service
journal    takes entries; newest 2,000 are unchanged   journal.write, journal.damaged      out of service
disk       64 KiB reach it; at least 16 MiB are free   disk.full, journal.write            out of service
disk       at least 1 GiB is free                      disk.low                            limited
clock      no year before the first release            clock.wrong                         out of service
clock      within 2 minutes of the backend's           clock.wrong                         limited
tickets    a key, where tickets are checked            tickets.none, trust.unreadable      out of service
trust      a valid issuer; lists as young as demanded  trust.none, .old, .lists,           limited
                                                       trust.unreadable
backend    answers                                     net.*                               limited
secrets    nobody else may read them                   secrets.exposed                     limited
fonts      are there                                   install.missing                     limited
=========  ==========================================  ==================================  ==================

Out of service is what leaves nothing honest to do: a decision could not be recorded, dated or said. Without issuers a
card is still read and looked up, and the answer says that it is unproven; so that limits, whatever the desk demands.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from config.schema import Settings
from terminal.clock import Clock
from terminal.events import SelfTested
from terminal.health import Condition, Finding, Subject, judge_clock
from terminal.model import CheckName

if TYPE_CHECKING:
    from terminal.checks.check import Check

BREAKING = frozenset({Subject.ROOMS, Subject.WORDS, Subject.JOURNAL, Subject.DISK, Subject.CLOCK, Subject.TICKETS})
"""Subjects whose failing puts the desk out of service; that of any other limits it."""

NEWEST = 2000
"""Journal entries that are proven at start, in less than 0.1 s; ``tram doctor`` proves all of them."""

_BACKEND_SECONDS = 2.0


def self_test(settings: Settings, clock: Clock) -> SelfTested:
    """Ask everything that needs no device; under a second, but for a backend that does not answer.

    For a thread that may wait: nothing here is imported before it runs.
    """
    from terminal.checks.check import side_by_side

    *alone, asked = side_by_side((*_alone(settings, clock), _backend(settings, clock)))
    # Nothing that a server says closes the desk: its wrong clock would close every desk of the site.
    failing = [one for one in alone if one.condition is Condition.FAIL and one.subject in BREAKING]
    broken = dict.fromkeys(one.fault for one in failing if one.fault)
    limits = dict.fromkeys(one.fault for one in (*alone, asked) if one.fault)
    return SelfTested(tuple(broken), tuple(fault for fault in limits if fault not in broken))


def _alone(settings: Settings, clock: Clock) -> tuple[Check, ...]:
    from terminal.checks import program, proof, records
    from terminal.checks.check import Check

    path, tickets = settings.journal.path, CheckName.TICKET.value in settings.demands
    return (
        Check(Subject.ROOMS, program.check_rooms),
        Check(Subject.WORDS, program.check_words),
        Check(Subject.FONTS, program.check_fonts),
        Check(Subject.CLOCK, lambda: judge_clock(clock.now(), None)),
        Check(Subject.JOURNAL, lambda: records.check_journal(path, NEWEST), late="journal.write"),
        Check(Subject.DISK, lambda: records.check_disk(path), late="journal.write"),
        Check(Subject.SECRETS, lambda: records.check_secrets(settings)),
        Check(Subject.TICKETS, lambda: proof.check_tickets(settings), late="trust.unreadable", needed=tickets),
        Check(Subject.TRUST, lambda: proof.check_trust(settings, clock.now()), late="trust.unreadable"),
    )


def _backend(settings: Settings, clock: Clock) -> Check:
    from terminal.checks.check import Check
    from terminal.checks.server import check_backend

    def work() -> Finding:
        told: list[datetime] = []
        finding = check_backend(settings, told.append, min(_BACKEND_SECONDS, settings.backend.total))
        return judge_clock(clock.now(), told[0]) if told else finding

    return Check(Subject.BACKEND, work, seconds=_BACKEND_SECONDS + 1, late="net.timeout")
