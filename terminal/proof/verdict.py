"""From facts to the one clear answer. Pure, ordered, and the only place where ALLOW is made.

Order: what the machine could not do, then what was proven false, then the backend's no, then what is not proven, then
what a person should look at, then yes. A yes is given only when every demanded check is SUCCESSFUL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from crypto.codes.citizen_id import fold_name
from terminal.clock import VIETNAM_TIME
from terminal.model import (
    Check,
    CheckName,
    ChipReading,
    DataSource,
    Eligibility,
    EligibilityAnswer,
    IssuerTrust,
    Message,
    Outcome,
    Person,
    RedeemAnswer,
    Redeemed,
    Source,
    Verdict,
    Word,
)

LISTS_WANTING = (Message("why.crl_old"), Message("why.crl_missing"))
"""Why an issuer that is accepted cannot be relied on today: its revocation list."""

NEAR_EXPIRY = timedelta(days=14)

_IDENTITY = frozenset({CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER})
_TICKET_REASONS = frozenset(
    {"used", "not_yet", "wrong_day", "wrong_gate", "unpaid", "cancelled", "blocked", "unknown", "annulled", "rules",
     "incomplete", "unapproved", "exchange", "holder_unknown", "ambiguous", "day_limit", "too_many", "full",
     "not_inside"}
)  # fmt: skip

_COVER_STOPS = frozenset({"withdrawn", "stopped", "wrong_code"})
_COVER_LOOKS = MappingProxyType(
    {
        "army": "by_eye",
        "police": "by_eye",
        "wrong_name": "wrong_name",
        "wrong_birth": "wrong_birth",
        "moved": "moved",
        "rejoined": "moved",
        "child_without_card": "child",
    }
)
"""Reasons of insurers (docs/bhyt.md) that have words of their own; any other is told in general."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one case when it is decided. Faults are catalogue codes."""

    demands: frozenset[CheckName]
    today: datetime | None
    desk_title: str
    claimed: Person | None = field(default=None, repr=False)
    reading: ChipReading | None = field(default=None, repr=False)
    read_fault: str | None = None
    answer: EligibilityAnswer | RedeemAnswer | None = field(default=None, repr=False)
    ask_fault: str | None = None
    damaged: bool = False
    ticket: bool = False
    signed: bool = True
    """Whether the ticket bore a signature of ours; a card in its place, or a code that the server knows, bears none."""


def decide(facts: Facts) -> Verdict:
    """The verdict on ``facts``; every rule is tried in order and the first that speaks decides."""
    checks = _all_checks(facts)
    notes = _notes(facts)
    for rule in _RULES:
        spoken = rule(facts, checks)
        if spoken is not None:
            return Verdict(spoken.outcome, spoken.title, spoken.remedy, notes, checks.all, spoken.fault)
    unmet = [name for name in facts.demands if checks.word(name) is not Word.SUCCESSFUL]
    if unmet:  # no rule spoke, yet a demand is open: never a yes
        return Verdict(Outcome.CANNOT_CHECK, *_words("na.incomplete"), notes, checks.all)
    return Verdict(Outcome.ALLOW, Message(f"title.{facts.desk_title}"), None, notes, checks.all)


@dataclass(frozen=True, slots=True)
class _Checks:
    all: tuple[Check, ...]

    def get(self, name: CheckName) -> Check | None:
        return next((check for check in self.all if check.name is name), None)

    def word(self, name: CheckName) -> Word | None:
        check = self.get(name)
        return check.word if check else None


@dataclass(frozen=True, slots=True)
class _Spoken:
    outcome: Outcome
    title: Message
    remedy: Message | None
    fault: str | None = None


def _words(key: str, **params: str) -> tuple[Message, Message]:
    return Message.of(f"title.{key}", **params), Message.of(f"remedy.{key}", **params)


def _say(outcome: Outcome, key: str, **params: str) -> _Spoken:
    return _Spoken(outcome, *_words(key, **params))


def _fault(outcome: Outcome, code: str) -> _Spoken:
    return _Spoken(outcome, Message(f"fault.{code}.title"), Message(f"fault.{code}.remedy"), code)


def _all_checks(facts: Facts) -> _Checks:
    found = list(facts.reading.checks) if facts.reading else []
    if facts.ticket:
        if facts.signed:
            found.append(Check(CheckName.SIGNATURE, Word.SUCCESSFUL))
        found.append(Check(CheckName.TICKET, _answer_word(facts)))
    elif facts.answer is not None or facts.ask_fault is not None:
        found.append(Check(CheckName.ELIGIBILITY, _answer_word(facts)))
    present = {check.name for check in found}
    missing = sorted(facts.demands - present, key=lambda name: name.value)
    return _Checks((*found, *(Check(name, Word.UNDETERMINED) for name in missing)))


def _answer_word(facts: Facts) -> Word:
    if facts.answer is not None and facts.ticket is not isinstance(facts.answer, RedeemAnswer):
        return Word.UNDETERMINED  # an answer to another question
    if isinstance(facts.answer, RedeemAnswer):
        return Word.SUCCESSFUL if facts.answer.result is Redeemed.ADMITTED else Word.FAILED
    if isinstance(facts.answer, EligibilityAnswer):
        if facts.answer.source is Source.CACHE:
            return Word.UNDETERMINED  # what was true some time ago is no answer to today's question
        return {
            Eligibility.ELIGIBLE: Word.SUCCESSFUL,
            Eligibility.NOT_ELIGIBLE: Word.FAILED,
            Eligibility.CARD_INVALID: Word.FAILED,
            Eligibility.UNKNOWN: Word.UNDETERMINED,
            Eligibility.PENDING: Word.UNDETERMINED,
        }[facts.answer.state]
    return Word.ABORTED if facts.ask_fault else Word.UNDETERMINED


def _read_failed(facts: Facts, _checks: _Checks) -> _Spoken | None:
    if facts.read_fault is None:
        return None
    # A number that does not open the chip says something about what was presented, not about the machine.
    outcome = Outcome.ATTENTION if facts.read_fault == "card.locked" else Outcome.CANNOT_CHECK
    return _fault(outcome, facts.read_fault)


def _proven_false(facts: Facts, checks: _Checks) -> _Spoken | None:
    if Word.FAILED in (checks.word(CheckName.SIGNATURE), checks.word(CheckName.HASHES)):
        return _say(Outcome.STOP, "stop.forged")
    if facts.reading and facts.reading.issuer is IssuerTrust.REVOKED:
        return _say(Outcome.STOP, "stop.revoked")
    if checks.word(CheckName.CHIP) is Word.FAILED:
        return _say(Outcome.STOP, "stop.cloned")
    return None


def _document_expired(facts: Facts, checks: _Checks) -> _Spoken | None:
    if checks.word(CheckName.VALIDITY) is not Word.FAILED or CheckName.VALIDITY not in facts.demands:
        return None
    expires = facts.reading.person.expires if facts.reading else None
    return _say(Outcome.STOP, "stop.id_expired", date=f"{expires:%d/%m/%Y}" if expires else "")


def _backend_said_no(facts: Facts, _checks: _Checks) -> _Spoken | None:
    answer = facts.answer
    if isinstance(answer, RedeemAnswer) and answer.result is Redeemed.REFUSED:
        known = answer.reason if answer.reason in _TICKET_REASONS else "other"
        reason = "ticket_revoked" if answer.reason == "revoked" else known  # "revoked" is said of an ID card
        used = answer.used_at.astimezone(VIETNAM_TIME) if answer.used_at else None
        return _say(
            Outcome.STOP,
            f"stop.{reason}",
            time=f"{used:%H:%M}" if used else "–",
            place=answer.used_place or "–",
        )
    if isinstance(answer, EligibilityAnswer) and answer.state in (Eligibility.NOT_ELIGIBLE, Eligibility.CARD_INVALID):
        until = answer.cover.valid_to if answer.cover else None
        if answer.reason == "expired" and until:
            return _say(Outcome.STOP, "stop.expired", date=f"{until:%d/%m/%Y}")
        return _say(Outcome.STOP, f"stop.{answer.reason}" if answer.reason in _COVER_STOPS else "stop.no_cover")
    return None


def _identity_open(facts: Facts, checks: _Checks) -> _Spoken | None:
    if facts.reading is None or not facts.demands & _IDENTITY:
        return None
    if facts.reading.issuer is not IssuerTrust.TRUSTED and CheckName.ISSUER in facts.demands:
        return _say(Outcome.CANNOT_CHECK, _why_not_relied_on(facts.reading, checks))
    if any(checks.word(name) is not Word.SUCCESSFUL for name in facts.demands & _IDENTITY):
        return _fault(Outcome.CANNOT_CHECK, "card.malformed")
    return None


def _why_not_relied_on(reading: ChipReading, checks: _Checks) -> str:
    check = checks.get(CheckName.ISSUER)
    if check is not None and check.why in LISTS_WANTING:
        return "na.crl"
    return "na.issuer_expired" if reading.issuer is IssuerTrust.EXPIRED else "na.issuer"


def _mismatch(facts: Facts, checks: _Checks) -> _Spoken | None:
    if checks.word(CheckName.QR_MATCH) is Word.FAILED:
        return _say(Outcome.ATTENTION, "warn.qr_differs")
    if isinstance(facts.answer, EligibilityAnswer) and _registered_otherwise(facts, facts.answer):
        return _say(Outcome.ATTENTION, "warn.mismatch")
    return None


def _chip_unproven(facts: Facts, checks: _Checks) -> _Spoken | None:
    demanded = facts.reading is not None and CheckName.CHIP in facts.demands
    if demanded and checks.word(CheckName.CHIP) is not Word.SUCCESSFUL:
        return _say(Outcome.ATTENTION, "warn.data_only")
    return None


def _degraded(facts: Facts, _checks: _Checks) -> _Spoken | None:
    """What is kept from an earlier day, or a payer who will answer later: a yes that a person has to make."""
    if not isinstance(facts.answer, EligibilityAnswer):
        return None
    if facts.answer.state is Eligibility.PENDING:
        return _say(Outcome.ATTENTION, "warn.pending")
    if facts.answer.source is Source.CACHE:
        return _say(Outcome.ATTENTION, "warn.degraded")
    return None


def _not_asked(facts: Facts, _checks: _Checks) -> _Spoken | None:
    if facts.ask_fault is None:
        return None
    if facts.reading is not None and not facts.ticket:
        spoken = _say(Outcome.ATTENTION, "warn.offline")
        return _Spoken(spoken.outcome, spoken.title, spoken.remedy, facts.ask_fault)
    return _fault(Outcome.CANNOT_CHECK, facts.ask_fault)


def _not_proven(facts: Facts, _checks: _Checks) -> _Spoken | None:
    if facts.reading is None and facts.demands & _IDENTITY and not facts.ticket:
        typed = facts.claimed is not None and facts.claimed.source is DataSource.TYPED
        return _say(Outcome.ATTENTION, "warn.typed" if typed else "qr.unsigned")
    if isinstance(facts.answer, EligibilityAnswer) and facts.answer.state is Eligibility.UNKNOWN:
        return _say(Outcome.ATTENTION, f"warn.{_COVER_LOOKS.get(facts.answer.reason, 'unknown_cover')}")
    return None


_RULES = (
    _read_failed,
    _proven_false,
    _document_expired,
    _backend_said_no,
    _identity_open,
    _mismatch,
    _chip_unproven,
    _degraded,
    _not_asked,
    _not_proven,
)


def _registered_otherwise(facts: Facts, answer: EligibilityAnswer) -> bool:
    person = facts.reading.person if facts.reading else facts.claimed
    if person is None or person.name is None or answer.registered_name is None:
        return False
    return fold_name(person.name) != fold_name(answer.registered_name)


def _notes(facts: Facts) -> tuple[Message, ...]:
    notes: list[Message] = []
    if facts.damaged:
        notes.append(Message("note.damaged"))
    if isinstance(facts.answer, EligibilityAnswer) and facts.answer.state is Eligibility.ELIGIBLE:
        notes += _cover_notes(facts, facts.answer)
    if isinstance(facts.answer, RedeemAnswer):
        notes += _ticket_notes(facts.answer)
    if facts.answer is not None and facts.answer.as_of is not None:
        notes.append(_age(facts.answer.answered_at - facts.answer.as_of))
    if facts.ask_fault and facts.reading:
        notes.append(Message("note.not_asked"))
    validity = next((c for c in facts.reading.checks if c.name is CheckName.VALIDITY), None) if facts.reading else None
    if validity and validity.word is Word.FAILED and validity.why and CheckName.VALIDITY not in facts.demands:
        notes.append(validity.why)
    return tuple(notes)


def _cover_notes(facts: Facts, answer: EligibilityAnswer) -> list[Message]:
    notes = []
    if facts.reading is None:
        notes.append(Message("note.insured_unproven"))
    until = answer.cover.valid_to if answer.cover else None
    if until and facts.today and until - facts.today.astimezone(VIETNAM_TIME).date() <= NEAR_EXPIRY:
        notes.append(Message.of("note.near_expiry", date=f"{until:%d/%m/%Y}"))
    old = answer.cover.replaces_until if answer.cover else None
    if answer.reason == "new_card":
        both = Message.of("note.new_card_both", date=f"{old:%d/%m/%Y}") if old else None
        notes.append(both or Message("note.new_card"))
    return notes


def _ticket_notes(answer: RedeemAnswer) -> list[Message]:
    notes = []
    if answer.attention:
        notes.append(Message.of("note.attention", text=answer.attention))
    if answer.result is Redeemed.REFUSED:
        return notes
    if answer.left is not None and answer.people is not None:
        notes.append(Message.of("note.group", people=str(answer.people), left=str(answer.left)))
    if answer.source is Source.LOCAL:
        notes.append(Message("note.near_limit" if answer.near_limit else "note.offline_ticket"))
    if answer.source is Source.HUB:
        notes.append(Message("note.hub"))
    return notes


def _age(age: timedelta) -> Message:
    """How old the data are, in the largest unit that fits."""
    for key, unit in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if age >= unit:
            return Message.of(f"note.as_of.{key}", n=str(age // unit))
    return Message.of("note.as_of.minutes", n=str(max(0, age // timedelta(minutes=1))))
