"""Answers about insurance that are kept for the time in which the payer does not answer (docs/offline.md).

Only a yes is kept, without name or number, and no longer than it may count. A no is never kept: it deletes the yes, and
it is final. What comes from here says so, and how old it is.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import msgspec

from crypto.civil import PartialDate
from terminal.clock import VIETNAM_TIME, Clock
from terminal.faults import FaultError
from terminal.model import Cover, Eligibility, EligibilityAnswer, RedeemAnswer, Source
from terminal.ports import AnnulQuestion, Backend, EligibilityQuestion, Health, RedeemQuestion
from terminal.records.sealed import Sealed, SealedKey

_log = logging.getLogger(__name__)

_PURPOSE = b"tram kept cover 1\0"
_SET_BACK = timedelta(minutes=2)
_TECHNICAL = "net."
_NEVER_ASKED = "net.question"
_NEVER = date(2150, 1, 1)
_FORGET = "DELETE FROM kept_cover WHERE person = (SELECT person FROM kept_cover WHERE who = ?)"

KEPT_LONG = "kept_long"
"""The reason of a kept yes that is older than fresh."""

# A person may be kept under two numbers; ``person`` is the same in both rows, so that one no ends both.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept_cover (
    who BLOB PRIMARY KEY,
    person BLOB NOT NULL,
    answer BLOB NOT NULL,
    born BLOB,
    answered_at INTEGER NOT NULL,
    ends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_cover_person ON kept_cover (person);
CREATE INDEX IF NOT EXISTS kept_cover_ends ON kept_cover (ends);
"""


@dataclass(frozen=True, slots=True)
class CoverLimits:
    """``fresh``: for so long a kept yes is as good as the day's answer; ``degraded``: for so long it still counts, but
    never beyond the cover's own end or the end of the quarter."""

    fresh: timedelta
    degraded: timedelta


_Kept = TypeVar("_Kept")


class KeptCover:
    """A `terminal.ports.Backend` in front of another one: it asks that one, and remembers its yes."""

    def __init__(self, backend: Backend, store: Sealed, key: SealedKey, limits: CoverLimits, clock: Clock) -> None:
        self._backend = backend
        self._store = store
        self._key = key
        self._limits = limits
        self._clock = clock
        with store.writing() as db:
            db.execute(_SCHEMA)

    @property
    def simulated(self) -> bool:
        """Whether the other one is a double."""
        return self._backend.simulated

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        """The payer's answer; when it cannot be had, the yes that it gave before, with ``source`` CACHE and ``as_of``;
        else raises FaultError as the payer's backend did."""
        try:
            answer = self._backend.check(question, deadline)
        except FaultError as error:
            kept = self._found(question) if _could_not_be_had(error.fault.code) else None
            if kept is None:
                raise
            return kept
        self._learn(question, answer)
        return answer

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        """The other one's answer about a ticket."""
        return self._backend.redeem(question, deadline)

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        """Tell the other one."""
        self._backend.annul(question, deadline)

    def health(self, deadline: float) -> Health:
        """The other one's."""
        return self._backend.health(deadline)

    def purge(self) -> int:
        """Delete what is over; how many. Raises FaultError ``offline.write`` or ``offline.damaged``."""
        with self._store.writing() as db:
            db.execute("DELETE FROM kept_cover WHERE ends <= ?", (_seconds(self._clock.now()),))
            return db.changes()

    def _learn(self, question: EligibilityQuestion, answer: EligibilityAnswer) -> None:
        """Keep a yes, delete one that a no contradicts. An answer must not fail because it cannot be kept."""
        keys = self._names(question, answer)
        if not keys or answer.source is not Source.ONLINE or answer.state is Eligibility.PENDING:
            return
        try:
            self.purge()
            with self._store.writing() as db:
                db.executemany(_FORGET, [(who,) for who in keys])
                if answer.state is Eligibility.ELIGIBLE:
                    row = self._row(question, answer)
                    rows = [(who, keys[0], *row) for who in keys]
                    db.executemany("INSERT INTO kept_cover VALUES (?, ?, ?, ?, ?, ?)", rows)
        except FaultError as error:
            _log.warning("%s: an answer about insurance was not kept", error)

    def _row(self, question: EligibilityQuestion, answer: EligibilityAnswer) -> tuple[bytes, bytes | None, int, int]:
        """What is kept: dates, benefit, facility, the payer's reference and whether a double stood for the payer;
        nothing that says whose they are."""
        cover = None if answer.cover is None else replace(answer.cover, insurance_code="")
        kept = EligibilityAnswer(
            answer.state, answer.reason, answer.answered_at, answer.reference, cover, simulated=answer.simulated
        )
        now = self._clock.now()
        ends = min(now + self._limits.degraded, _end_of_quarter(now), _end_of(cover))
        born = None if question.born is None else msgspec.json.encode(question.born)
        return msgspec.json.encode(kept), born, _seconds(now), _seconds(ends)

    def _found(self, question: EligibilityQuestion) -> EligibilityAnswer | None:
        try:
            return self._kept(question)
        except FaultError as error:
            _log.warning("%s: what was kept about insurance cannot be read", error)
            return None

    def _kept(self, question: EligibilityQuestion) -> EligibilityAnswer | None:
        now = self._clock.now()
        for who in self._names(question):
            with self._store.reading() as db:
                query = "SELECT answer, born, answered_at, ends FROM kept_cover WHERE who = ?"
                row = db.execute(query, (who,)).fetchone()
            if row is None:
                continue
            as_of, ends = datetime.fromtimestamp(row[2], UTC), datetime.fromtimestamp(row[3], UTC)
            if not as_of - _SET_BACK <= now < ends or not _agree(question.born, _decoded(row[1], PartialDate)):
                return None
            return self._as_kept(_decoded(row[0], EligibilityAnswer), question, as_of, now)
        return None

    def _as_kept(
        self, answer: EligibilityAnswer | None, question: EligibilityQuestion, as_of: datetime, now: datetime
    ) -> EligibilityAnswer | None:
        if answer is None:
            return None
        cover = None if answer.cover is None else replace(answer.cover, insurance_code=question.insurance_code or "")
        reason = answer.reason if now - as_of <= self._limits.fresh else KEPT_LONG
        return replace(answer, cover=cover, reason=reason, answered_at=now, source=Source.CACHE, as_of=as_of)

    def _names(self, question: EligibilityQuestion, answer: EligibilityAnswer | None = None) -> list[bytes]:
        """The keyed hashes under which an answer is kept: of the ID number, of the insurance number."""
        codes = [question.insurance_code]
        if answer is not None and answer.cover is not None:
            codes.append(answer.cover.insurance_code)
        numbers = {f"code\n{code[-10:]}" for code in codes if code}
        if question.id_number is not None:
            numbers.add(f"id\n{question.id_number.digits}")
        return [hmac.digest(self._key.key, _PURPOSE + number.encode(), hashlib.sha256) for number in sorted(numbers)]


def _could_not_be_had(code: str) -> bool:
    """Whether the payer failed; a question that was too short to be put says nothing about the payer."""
    return code.startswith(_TECHNICAL) and code != _NEVER_ASKED


def _decoded(raw: bytes | None, kind: type[_Kept]) -> _Kept | None:
    try:
        return None if raw is None else msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise FaultError("offline.damaged", "a kept answer is none") from error


def _agree(one: PartialDate | None, other: PartialDate | None) -> bool:
    """Whether two dates of birth agree as far as both are known."""
    if one is None or other is None:
        return True
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(a == b for a, b in pairs if a and b)


def _end_of(cover: Cover | None) -> datetime:
    last = cover.valid_to if cover is not None and cover.valid_to is not None else _NEVER
    return _midnight(last + timedelta(days=1))


def _end_of_quarter(now: datetime) -> datetime:
    """The first moment of the next quarter in Vietnam: insurance is paid for by quarters."""
    today = now.astimezone(VIETNAM_TIME).date()
    year, month = divmod(today.year * 12 + (today.month - 1) // 3 * 3 + 3, 12)
    return _midnight(date(year, month + 1, 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM_TIME)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
