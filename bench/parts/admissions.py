"""What the terminal's journal says beside what the backend's ledger says: every admission exactly once."""

from __future__ import annotations

import sqlite3
from collections import Counter as Count
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from terminal.model import Outcome
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal


@dataclass(frozen=True, slots=True)
class Balance:
    """``entries`` in the journal, its chain proven; ``allowed`` of them say yes, ``given`` is what the backend gave.

    ``twice``: yeses for one question or reference more than once. ``unknown``: yeses that the backend never gave.
    ``unseen``: what the backend gave and the journal does not know at all. ``lost``: what the backend gave and the
    journal holds under its own id as something else than a yes, since the answer never came (line cut).
    """

    entries: int
    allowed: int
    given: int
    twice: int
    unknown: int
    unseen: int
    lost: int

    @property
    def exactly_once(self) -> bool:
        """Whether every admission stands in the journal once, and nothing else does."""
        return self.twice == self.unknown == self.unseen == 0


@dataclass(frozen=True, slots=True)
class Admissions:
    """Compares ``journal`` and the reference backend's ``database``; both may be in use."""

    journal: Path
    database: Path

    def balance(self) -> Balance:
        """As things are now. Raises FaultError ``journal.damaged`` when the chain does not hold."""
        with Journal(self.journal) as journal:
            journal.verify()
            entries = list(_all(journal))
        given = self._given()
        yes = [entry for entry in entries if entry.outcome is Outcome.ALLOW]
        said = Count(entry.reference for entry in yes)
        asked = Count(entry.scan_id for entry in yes if entry.method is Method.TICKET)
        known = {entry.reference for entry in entries} | {None}
        ids = {entry.scan_id for entry in entries}
        unanswered = [reference for reference in given if reference not in known]
        return Balance(
            entries=len(entries),
            allowed=len(yes),
            given=len(given),
            twice=sum(times - 1 for times in said.values()) + sum(times - 1 for times in asked.values()),
            unknown=sum(1 for reference in said if reference not in given),
            unseen=sum(1 for reference in unanswered if _session(given[reference]) not in ids),
            lost=sum(1 for reference in unanswered if _session(given[reference]) in ids),
        )

    def _given(self) -> dict[str, str]:
        """Every yes of the backend: its reference and the scan id that it answered."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            tickets = db.execute("SELECT reference, scan_id FROM scan WHERE reason = 'ok'").fetchall()
            people = db.execute("SELECT reference, scan_id FROM inquiry WHERE reason = 'in_force'").fetchall()
        return dict(tickets) | dict(people)


def _all(journal: Journal) -> Iterator[JournalEntry]:
    since = 0
    while rows := journal.read(since):
        since = rows[-1].seq
        yield from (row.entry for row in rows)


def _session(scan_id: str) -> str:
    """The journal's scan id: a question about a person carries the number of its attempt behind it."""
    boot, session, *_ = scan_id.split("-")
    return f"{boot}-{session}"
