"""The slip that a person takes along from the reception: what was found, about whom, where and when.

It looks like a yes for ALLOW only: every other outcome stands before the title, and neither benefit nor good wishes
follow. Nothing on it opens a chip, and no name but the person's own.
"""

from __future__ import annotations

from datetime import date, datetime

from terminal.clock import VIETNAM_TIME
from terminal.messages import say, words
from terminal.model import Eligibility, EligibilityAnswer, Message, Outcome, RedeemAnswer, Verdict
from terminal.outputs import Slip
from terminal.shown import insurance_code, without_can
from terminal.view import Result

_LONGEST_CODE = 128
"""Characters of a reference that are still printed as a QR code."""

Rows = list[tuple[str, str]]


def slip_of(
    result: Result, *, place: str, language: str, now: datetime, simulated: bool, proof: str | None = None
) -> Slip:
    """The slip of a result, in one language, stamped ``now`` (aware; printed as Vietnam's time).

    Its QR code is the check's ``proof`` record, else the backend's reference; none where nobody answered.
    ``simulated`` labels it at both ends.
    """
    rows = _person(result, language) + _insurance(result, language) + _answered(result, language)
    rows.append((_say("slip.printed_at", language), f"{now.astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M}"))
    return Slip(
        title=_title(result.verdict, language, simulated=simulated),
        place=place,
        rows=tuple((label, without_can(value, result.person)) for label, value in rows),
        code=proof.encode("ascii") if proof else _code(result),
        foot=_foot(result.verdict, language, simulated=simulated),
    )


def _title(verdict: Verdict, language: str, *, simulated: bool) -> str:
    parts = [_say("ui.simulated", language)] if simulated else []
    title, outcome = say(verdict.title, language), _say(f"outcome.{verdict.outcome.value}", language)
    if verdict.outcome is not Outcome.ALLOW and title.casefold() != outcome.casefold():
        parts.append(outcome.upper())
    return " · ".join([*parts, title])


def _foot(verdict: Verdict, language: str, *, simulated: bool) -> str:
    lines = [] if verdict.outcome is Outcome.ALLOW else [_say("slip.no_proof", language)]
    if simulated:
        lines.append(f"{_say('ui.simulated', language)}: {_say('note.simulated', language)}")
    return "\n".join(lines)


def _person(result: Result, language: str) -> Rows:
    person = result.person
    if person is None:
        return []
    rows = [(_say("field.name", language), person.name or _say("field.not_known", language))]
    if person.born is not None:
        rows.append((_say("field.born", language), person.born.text()))
    if person.id_number is not None:
        rows.append((_say("field.id_number", language), person.id_number.masked))
    return rows


def _insurance(result: Result, language: str) -> Rows:
    answer = result.answer
    cover = answer.cover if isinstance(answer, EligibilityAnswer) else None
    person = result.person
    code = cover.insurance_code if cover else person.insurance_code if person else None
    rows = [(_say("field.insurance_code", language), insurance_code(code, person))] if code else []
    if cover is None:
        return rows
    if result.verdict.outcome is Outcome.ALLOW:
        rows.append((_say("field.benefit", language), cover.benefit))
    if cover.valid_to is not None:
        rows.append((_say("slip.valid_to", language), _day(cover.valid_to)))
    facility = " · ".join(part for part in (cover.facility_name, cover.facility) if part)
    if facility:
        rows.append((_say("field.facility", language), facility))
    return rows


def _answered(result: Result, language: str) -> Rows:
    verdict, answer = result.verdict, result.answer
    rows: Rows = []
    if verdict.fault is not None:
        rows.append((_say("field.reason", language), _say(f"fault.{verdict.fault}.title", language)))
    if isinstance(answer, EligibilityAnswer) and answer.state is not Eligibility.ELIGIBLE:
        key = f"cover.{answer.reason}"
        known = key in words(language)
        rows.append((_say("field.reason", language), _say(key, language) if known else answer.reason))
    if isinstance(answer, RedeemAnswer) and answer.admits:
        rows.append((_say("field.admits", language), answer.admits))
    if answer is not None:
        rows.append((_say("field.reference", language), answer.reference))
    return rows


def _code(result: Result) -> bytes | None:
    """The reference, where a scanner can read it back: ASCII, short, and without the digits that open the chip."""
    reference = result.answer.reference if result.answer is not None else ""
    if not reference.isascii() or not 0 < len(reference) <= _LONGEST_CODE:
        return None
    return None if without_can(reference, result.person) != reference else reference.encode("ascii")


def _say(key: str, language: str) -> str:
    return say(Message(key), language)


def _day(value: date) -> str:
    return f"{value:%d/%m/%Y}"
