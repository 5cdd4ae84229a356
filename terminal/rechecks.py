"""What a payer could not say in time is asked again until it does; a difference becomes a task for the desk.

The law has the patient received while the gateway is down (NĐ 188/2025 Đ38 k2, facts: vietnam §8.3); what was told then
may turn out wrong, and somebody must know before the claim is written.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from terminal.clock import Clock
from terminal.events import Rechecked, TasksChanged
from terminal.faults import FaultError
from terminal.model import Cover, Eligibility, EligibilityAnswer
from terminal.ports import Backend, EligibilityQuestion, Inbox
from terminal.records.sealed import Sealed

AT_ONCE = 20
"""Questions a round; a morning's backlog must not keep the desk's own questions waiting."""

PENDING_FOR = timedelta(minutes=15)
"""How long a payer may take that said it would answer later (facts: gate §3.2)."""

KEPT_FOR = timedelta(days=7)
"""How long is asked at all; then it is a task to clear it up by hand."""

_TABLES = """
CREATE TABLE IF NOT EXISTS recheck (
    id INTEGER PRIMARY KEY AUTOINCREMENT, scan_id TEXT NOT NULL, asked_at TEXT NOT NULL, until TEXT NOT NULL,
    id_number TEXT, insurance_code TEXT, name TEXT, born TEXT, told TEXT NOT NULL, cover TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS recheck_task (
    id INTEGER PRIMARY KEY AUTOINCREMENT, raised_at TEXT NOT NULL, seen_at TEXT NOT NULL, kind TEXT NOT NULL,
    scan_id TEXT NOT NULL, masked TEXT, told TEXT NOT NULL, found TEXT NOT NULL, reference TEXT, done_at TEXT
) STRICT;
"""

Note = Callable[[EligibilityQuestion, EligibilityAnswer, bool], None]
"""Writes the later answer to the journal; the last says whether it differs from what was told. Raises FaultError."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to clear up: ``kind`` is ``differs`` or ``unanswered``; ``told`` and ``found`` are states of the
    desk (``eligible``, ``unknown``, …), ``seen_at`` when the person was here."""

    number: int
    kind: str
    seen_at: datetime
    scan_id: str
    masked: str | None
    told: str
    found: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    number: int
    question: EligibilityQuestion
    until: datetime
    told: str
    cover: str = field(repr=False)


class TaskList:
    """The tasks in the encrypted store. Every method raises FaultError."""

    def __init__(self, store: Sealed, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        with store.writing() as db:
            db.execute(_TABLES)

    def open(self) -> tuple[Task, ...]:
        """What is still to be cleared up, oldest first."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT id, kind, seen_at, scan_id, masked, told, found, reference FROM recheck_task"
                " WHERE done_at IS NULL ORDER BY id"
            ).fetchall()
        return tuple(_task(row) for row in rows)

    def done(self, number: int) -> bool:
        """Strike a task off; False when there is no such open task."""
        with self._store.writing() as db:
            db.execute(
                "UPDATE recheck_task SET done_at = ? WHERE id = ? AND done_at IS NULL",
                (self._clock.now().isoformat(), number),
            )
            return db.changes() == 1


class Rechecks:
    """A `terminal.flow.desk.Rechecks` in the encrypted store."""

    def __init__(self, store: Sealed, backend: Backend, clock: Clock, deadline: float, note: Note) -> None:
        self._store = store
        self._backend = backend
        self._clock = clock
        self._deadline = deadline
        self._note = note
        self._sessions: dict[str, int] = {}
        self._tasks = TaskList(store, clock)
        self._turning = threading.Lock()
        self._asked = 0

    def keep(self, question: EligibilityQuestion, told: EligibilityAnswer | None, session: int) -> None:
        """Ask this again later; ``told`` is what was shown meanwhile, None for nothing."""
        pending = told is not None and told.state is Eligibility.PENDING
        until = question.asked_at + (PENDING_FOR if pending else KEPT_FOR)
        row = (
            question.scan_id,
            question.asked_at.isoformat(),
            until.isoformat(),
            question.id_number.digits if question.id_number else None,
            question.insurance_code,
            question.name,
            _born(question.born),
            told.state.value if told else "nothing",
            _cover(told),
        )
        with self._store.writing() as db:
            # The same visit asked about twice is one question; what was told last counts.
            db.execute("DELETE FROM recheck WHERE scan_id = ?", row[:1])
            db.execute(
                "INSERT INTO recheck (scan_id, asked_at, until, id_number, insurance_code, name, born, told, cover)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        self._sessions[question.scan_id] = session

    def turn(self, post: Inbox) -> None:
        """Ask what is due now; posts Rechecked for each answer and TasksChanged for what a person must look at. While
        a round is still under way another one does nothing."""
        if not self._turning.acquire(blocking=False):
            return
        try:
            self._ask_all(post)
        finally:
            self._turning.release()
        post(TasksChanged(len(self._tasks.open())))

    # -----------------------------------------------------------------------------------------------------------------

    def _ask_all(self, post: Inbox) -> None:
        for waiting in self._due():
            self._asked = waiting.number
            try:
                answer = self._backend.check(waiting.question, self._deadline)
            except FaultError as error:
                self._overdue(waiting)
                if error.fault.retriable:
                    break  # nobody answers now
                continue
            self._settle(waiting, answer, post)

    def _due(self) -> tuple[_Waiting, ...]:
        """The oldest after the one that was asked last: one that is never answered must not hold up all others."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT id, scan_id, asked_at, until, id_number, insurance_code, name, born, told, cover FROM recheck"
                " ORDER BY id <= ?, id LIMIT ?",
                (self._asked, AT_ONCE),
            ).fetchall()
        return tuple(self._waiting(row) for row in rows)

    def _waiting(self, row: tuple[object, ...]) -> _Waiting:
        number, scan_id, _, until, digits, code, name, born, told, cover = row
        question = EligibilityQuestion(
            str(scan_id),
            self._clock.now(),
            IdNumber(str(digits)) if digits is not None else None,
            _text(code),
            _text(name),
            _partial(_text(born)),
        )
        return _Waiting(int(str(number)), question, datetime.fromisoformat(str(until)), str(told), str(cover))

    def _settle(self, waiting: _Waiting, answer: EligibilityAnswer, post: Inbox) -> None:
        if answer.state is Eligibility.PENDING:
            self._overdue(waiting)
            return
        differs = answer.state is not Eligibility.ELIGIBLE or (
            waiting.told == Eligibility.ELIGIBLE.value and not _agree(waiting.cover, _cover(answer))
        )
        self._note(waiting.question, answer, differs)
        session = self._sessions.get(waiting.question.scan_id)
        if differs:
            self._raise(waiting, "differs", answer.state.value, answer.reference)
        else:
            self._forget(waiting)
        if session is not None:
            post(Rechecked(session, answer))

    def _overdue(self, waiting: _Waiting) -> None:
        if self._clock.now() >= waiting.until:
            self._raise(waiting, "unanswered", "nothing", None)

    def _raise(self, waiting: _Waiting, kind: str, found: str, reference: str | None) -> None:
        number = waiting.question.id_number
        with self._store.writing() as db:
            db.execute(
                "INSERT INTO recheck_task (raised_at, seen_at, kind, scan_id, masked, told, found, reference)"
                " SELECT ?, asked_at, ?, scan_id, ?, told, ?, ? FROM recheck WHERE id = ?",
                (self._clock.now().isoformat(), kind, number.masked if number else None, found, reference,
                 waiting.number),
            )  # fmt: skip
            self._forget(waiting)

    def _forget(self, waiting: _Waiting) -> None:
        with self._store.writing() as db:
            db.execute("DELETE FROM recheck WHERE id = ?", (waiting.number,))
        self._sessions.pop(waiting.question.scan_id, None)


def _task(row: tuple[object, ...]) -> Task:
    number, kind, seen_at, scan_id, masked, told, found, reference = row
    seen = datetime.fromisoformat(str(seen_at))
    return Task(int(str(number)), str(kind), seen, str(scan_id), _text(masked), str(told), str(found), _text(reference))


def _cover(answer: EligibilityAnswer | None) -> str:
    """What of a cover a claim depends on, in one text to compare."""
    cover: Cover | None = answer.cover if answer else None
    if cover is None:
        return ""
    days = _day(cover.valid_from), _day(cover.valid_to)
    return json.dumps([cover.insurance_code, cover.benefit, *days, cover.facility])


def _agree(told: str, found: str) -> bool:
    """Whether a claim is the same under both. A yes that was kept (terminal.offline.cover) bears the number that was
    presented, which is the end of the payer's code, or none."""
    if not told or not found:
        return told == found
    (code, *rest), (payers, *others) = json.loads(told), json.loads(found)
    return rest == others and (not code or code[-10:] == payers[-10:])


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _born(born: PartialDate | None) -> str | None:
    return json.dumps([born.year, born.month, born.day]) if born else None


def _partial(text: str | None) -> PartialDate | None:
    return PartialDate(*json.loads(text)) if text else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
