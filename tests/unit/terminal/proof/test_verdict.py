"""The verdict, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from terminal.model import (
    CheckName,
    DataSource,
    Eligibility,
    IssuerTrust,
    Outcome,
    Redeemed,
    Word,
)
from terminal.proof.verdict import Facts, decide
from terminal.view import Desk
from tests.machine import worlds

FULL = Facts(
    demands=worlds.DEMANDS[Desk.RECEPTION],
    today=worlds.NOW,
    desk_title="ok.bhyt",
    claimed=worlds.person(),
    reading=worlds.reading(),
    answer=worlds.cover_answer(),
)
POLICE = Facts(demands=worlds.DEMANDS[Desk.POLICE], today=None, desk_title="ok.chip", reading=worlds.reading())
TICKET = Facts(
    demands=frozenset({CheckName.SIGNATURE, CheckName.TICKET}),
    today=worlds.NOW,
    desk_title="ok.ticket",
    ticket=True,
    answer=worlds.redeemed(),
)


def said(facts: Facts) -> tuple[Outcome, str]:
    verdict = decide(facts)
    return verdict.outcome, verdict.title.key


@pytest.mark.parametrize(
    ("facts", "outcome", "title"),
    [
        (FULL, Outcome.ALLOW, "title.ok.bhyt"),
        (POLICE, Outcome.ALLOW, "title.ok.chip"),
        (TICKET, Outcome.ALLOW, "title.ok.ticket"),
        (replace(FULL, reading=worlds.reading(signature=Word.FAILED)), Outcome.STOP, "title.stop.forged"),
        (replace(FULL, reading=worlds.reading(hashes=Word.FAILED)), Outcome.STOP, "title.stop.forged"),
        (replace(FULL, reading=worlds.reading(chip=Word.FAILED)), Outcome.STOP, "title.stop.cloned"),
        (replace(FULL, reading=worlds.reading(issuer=IssuerTrust.REVOKED)), Outcome.STOP, "title.stop.revoked"),
        (replace(FULL, reading=worlds.reading(issuer=IssuerTrust.UNKNOWN)), Outcome.CANNOT_CHECK, "title.na.issuer"),
        (
            replace(FULL, reading=worlds.reading(issuer=IssuerTrust.EXPIRED)),
            Outcome.CANNOT_CHECK,
            "title.na.issuer_expired",
        ),
        (
            replace(FULL, reading=worlds.reading(hashes=Word.UNDETERMINED)),
            Outcome.CANNOT_CHECK,
            "fault.card.malformed.title",
        ),
        (replace(FULL, reading=worlds.reading(chip=Word.UNDETERMINED)), Outcome.ATTENTION, "title.warn.data_only"),
        (replace(FULL, reading=worlds.reading(qr_match=Word.FAILED)), Outcome.ATTENTION, "title.warn.qr_differs"),
        (
            replace(FULL, answer=worlds.cover_answer(Eligibility.NOT_ELIGIBLE, "not_found")),
            Outcome.STOP,
            "title.stop.no_cover",
        ),
        (
            replace(FULL, answer=worlds.cover_answer(Eligibility.NOT_ELIGIBLE, "expired", date(2025, 12, 31))),
            Outcome.STOP,
            "title.stop.expired",
        ),
        (
            replace(FULL, answer=worlds.cover_answer(Eligibility.UNKNOWN, "unknown")),
            Outcome.ATTENTION,
            "title.warn.unknown_cover",
        ),
        (replace(FULL, answer=worlds.cover_answer(name="Người Khác")), Outcome.ATTENTION, "title.warn.mismatch"),
        (replace(FULL, answer=None, ask_fault="net.down"), Outcome.ATTENTION, "title.warn.offline"),
        (replace(FULL, answer=None, reading=None, ask_fault="net.down"), Outcome.CANNOT_CHECK, "fault.net.down.title"),
        (replace(FULL, reading=None), Outcome.ATTENTION, "title.qr.unsigned"),
        (
            replace(FULL, reading=None, answer=None, read_fault="card.locked"),
            Outcome.ATTENTION,
            "fault.card.locked.title",
        ),
        (
            replace(FULL, reading=None, answer=None, read_fault="card.silent"),
            Outcome.CANNOT_CHECK,
            "fault.card.silent.title",
        ),
        (replace(POLICE, reading=worlds.reading(validity=Word.FAILED)), Outcome.STOP, "title.stop.id_expired"),
        (replace(FULL, reading=worlds.reading(validity=Word.FAILED)), Outcome.ALLOW, "title.ok.bhyt"),
        (replace(TICKET, answer=worlds.redeemed(Redeemed.REFUSED, "used")), Outcome.STOP, "title.stop.used"),
        (replace(TICKET, answer=worlds.redeemed(Redeemed.REFUSED, "new_word")), Outcome.STOP, "title.stop.other"),
        (replace(TICKET, answer=None, ask_fault="net.timeout"), Outcome.CANNOT_CHECK, "fault.net.timeout.title"),
    ],
)
def test_rule(facts: Facts, outcome: Outcome, title: str) -> None:
    assert said(facts) == (outcome, title)


def test_a_card_that_is_genuine_is_not_called_genuine_offline_when_its_chip_was_not_proven() -> None:
    facts = replace(FULL, answer=None, ask_fault="net.down", reading=worlds.reading(chip=Word.NOT_SUPPORTED))
    assert said(facts) == (Outcome.ATTENTION, "title.warn.data_only")
    assert "note.not_asked" in [note.key for note in decide(facts).notes]


def test_a_used_ticket_tells_when_and_where_in_vietnamese_time() -> None:
    verdict = decide(replace(TICKET, answer=worlds.redeemed(Redeemed.REFUSED, "used")))
    assert dict(verdict.title.params) == {"time": "10:00", "place": "A1"}


def test_cover_that_ends_within_a_fortnight_is_noted() -> None:
    notes = decide(replace(FULL, answer=worlds.cover_answer(until=date(2026, 6, 10)))).notes
    assert [(note.key, dict(note.params)) for note in notes] == [("note.near_expiry", {"date": "10/06/2026"})]


def test_an_expired_card_is_noted_where_it_does_not_decide() -> None:
    from terminal.proof.checks import validity_check

    expired = replace(worlds.person(1, DataSource.CHIP), expires=date(2026, 5, 31))
    check = validity_check(expired, worlds.NOW)
    reading = worlds.reading()
    checks = tuple(check if item.name is CheckName.VALIDITY else item for item in reading.checks)
    notes = decide(replace(FULL, reading=replace(reading, checks=checks))).notes
    assert [note.key for note in notes] == ["note.id_expired"]


def test_every_demanded_check_that_was_never_made_is_listed_as_undetermined() -> None:
    verdict = decide(replace(FULL, reading=None))
    words = {check.name: check.word for check in verdict.checks}
    assert words[CheckName.CHIP] is Word.UNDETERMINED
    assert words[CheckName.ELIGIBILITY] is Word.SUCCESSFUL


def test_no_demand_unmet_by_an_unforeseen_combination_turns_green() -> None:
    facts = replace(FULL, demands=FULL.demands | {CheckName.TICKET})
    assert said(facts) == (Outcome.CANNOT_CHECK, "title.na.incomplete")


def test_a_damaged_code_and_unproven_insurance_are_noted() -> None:
    notes = decide(replace(FULL, reading=None, damaged=True)).notes
    assert [note.key for note in notes] == ["note.damaged", "note.insured_unproven"]
