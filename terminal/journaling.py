"""What the journal keeps: each decision, what happened at the gate, and what a payer said later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from config.schema import Settings
from terminal.clock import Clock
from terminal.flow.desk import Noted
from terminal.flow.effects import Record
from terminal.model import EligibilityAnswer, Outcome
from terminal.ports import EligibilityQuestion
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.records.proofs import Proofs
from terminal.records.pseudonym import SiteKey
from terminal.view import Desk as DeskName

if TYPE_CHECKING:
    from terminal.rechecks import Note
    from terminal.standalone import Standalone


def recorder(
    settings: Settings, journal: Journal, key: SiteKey, proofs: Proofs, clock: Clock, alone: Standalone | None
) -> Callable[[Record, str, float], None]:
    """What writes a decision down, with the proof record of it; then whoever must know of it besides hears of it."""

    def record(effect: Record, scan_id: str, ms: float) -> None:
        now = clock.now()
        entry = entry_of(effect, settings, key, now, scan_id, ms)
        journal.append(replace(entry, proof=proofs.make(effect, scan_id, now)))
        if alone is not None:
            alone.decided(effect, scan_id)

    return record


def later_noter(settings: Settings, journal: Journal, key: SiteKey, clock: Clock) -> Note:
    """What writes a payer's later answer down."""

    def note(question: EligibilityQuestion, answer: EligibilityAnswer, differs: bool) -> None:
        number = question.id_number
        journal.append(
            JournalEntry(
                when=clock.now(),
                session=0,
                desk=DeskName(settings.desk),
                device=settings.device,
                method=Method.NOTHING,
                outcome=Outcome.ATTENTION if differs else Outcome.ALLOW,
                reason="recheck.differs" if differs else "recheck.same",
                masked=number.masked if number else None,
                pseudonym=key.pseudonym(number) if number else None,
                scan_id=question.scan_id,
                reference=answer.reference,
                simulated=answer.simulated,
            )
        )

    return note


def noter(settings: Settings, journal: Journal, clock: Clock) -> Callable[[Noted], None]:
    """What writes down what happened at the gate."""

    def note(noted: Noted) -> None:
        journal.append(note_of(noted, settings, clock.now()))

    return note


def note_of(noted: Noted, settings: Settings, now: datetime) -> JournalEntry:
    """The journal's line for what happened at the gate."""
    effect = noted.effect
    return JournalEntry(
        when=now,
        session=noted.session,
        desk=DeskName(settings.desk),
        device=settings.device,
        method=Method.HAND if effect.by_hand else Method.TICKET if noted.ticket else Method.NOTHING,
        outcome=Outcome.ATTENTION,
        reason=effect.reason,
        fault=effect.fault,
        scan_id=effect.passage or None,
        ticket=noted.ticket,
        simulated=noted.simulated,
    )


def entry_of(effect: Record, settings: Settings, key: SiteKey, now: datetime, scan_id: str, ms: float) -> JournalEntry:
    """The journal's line for a decision: pseudonym and masked number in the place of the person."""
    number = effect.person.id_number if effect.person else None
    metrics = effect.reading.metrics if effect.reading else None
    return JournalEntry(
        when=now,
        session=effect.session,
        desk=DeskName(settings.desk),
        device=settings.device,
        method=Method.HAND if effect.admitted else Method(effect.method),
        outcome=effect.verdict.outcome,
        reason=f"reason.{effect.admitted}" if effect.admitted else effect.verdict.title.key,
        fault=effect.verdict.fault,
        masked=number.masked if number else None,
        pseudonym=key.pseudonym(number) if number else None,
        checks=tuple((check.name, check.word) for check in effect.verdict.checks),
        scan_id=scan_id,
        ticket=effect.ticket,
        reference=effect.reference,
        simulated=effect.simulated,
        ms=round(ms),
        access=metrics.access if metrics else None,
        why_bac=metrics.why_bac.key if metrics and metrics.why_bac else None,
        chip_proof=(effect.reading.chip_proof if effect.reading else "") or None,
    )
