"""The verdict, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from terminal.model import (
    CheckName,
    DataSource,
    Eligibility,
    IssuerTrust,
    Message,
    Outcome,
    Redeemed,
    Source,
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
            replace(FULL, reading=None, claimed=worlds.person(source=DataSource.TYPED)),
            Outcome.ATTENTION,
            "title.warn.typed",
        ),
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


EXPIRED_ID = replace(worlds.person(1, DataSource.CHIP), expires=date(2026, 5, 31))


@pytest.mark.parametrize(
    ("facts", "remedy", "fault"),
    [
        (FULL, None, None),
        (replace(FULL, reading=worlds.reading(signature=Word.FAILED)), "remedy.stop.forged", None),
        (replace(FULL, reading=None, answer=None, read_fault="card.silent"), "fault.card.silent.remedy", "card.silent"),
        (
            replace(FULL, reading=worlds.reading(hashes=Word.UNDETERMINED)),
            "fault.card.malformed.remedy",
            "card.malformed",
        ),
        (replace(FULL, answer=None, ask_fault="net.down"), "remedy.warn.offline", "net.down"),
        (replace(FULL, answer=None, reading=None, ask_fault="net.down"), "fault.net.down.remedy", "net.down"),
        (replace(FULL, demands=FULL.demands | {CheckName.TICKET}), "remedy.na.incomplete", None),
    ],
)
def test_what_to_do_and_which_fault_come_with_the_answer(facts: Facts, remedy: str | None, fault: str | None) -> None:
    verdict = decide(facts)
    assert (verdict.remedy.key if verdict.remedy else None, verdict.fault) == (remedy, fault)


def test_the_remedy_is_filled_in_like_the_title() -> None:
    verdict = decide(replace(TICKET, answer=worlds.redeemed(Redeemed.REFUSED, "used")))
    assert verdict.remedy is not None
    assert verdict.remedy.params == verdict.title.params


def test_every_answer_lists_all_checks_and_notes() -> None:
    for facts in (
        FULL,
        replace(FULL, reading=worlds.reading(chip=Word.FAILED)),
        replace(FULL, demands=FULL.demands | {CheckName.TICKET}),
    ):
        verdict = decide(replace(facts, damaged=True))
        assert facts.demands <= {check.name for check in verdict.checks}
        assert "note.damaged" in [note.key for note in verdict.notes]


def words_of(facts: Facts) -> dict[CheckName, Word]:
    return {check.name: check.word for check in decide(facts).checks}


def test_the_backend_s_answer_is_a_check_in_its_own_words() -> None:
    assert words_of(TICKET)[CheckName.TICKET] is Word.SUCCESSFUL
    assert words_of(replace(TICKET, answer=worlds.redeemed(Redeemed.REFUSED, "used")))[CheckName.TICKET] is Word.FAILED
    assert words_of(replace(TICKET, answer=None, ask_fault="net.down"))[CheckName.TICKET] is Word.ABORTED
    assert words_of(replace(TICKET, answer=None))[CheckName.TICKET] is Word.UNDETERMINED
    assert words_of(replace(FULL, answer=None, ask_fault="net.down"))[CheckName.ELIGIBILITY] is Word.ABORTED


def test_what_was_kept_or_is_still_to_come_is_never_a_full_yes() -> None:
    kept = replace(worlds.cover_answer(), source=Source.CACHE, as_of=worlds.NOW - timedelta(days=3))
    verdict = decide(replace(FULL, answer=kept))
    assert (verdict.outcome, verdict.title.key) == (Outcome.ATTENTION, "title.warn.degraded")
    assert Message.of("note.as_of.days", n="3") in verdict.notes
    assert words_of(replace(FULL, answer=kept))[CheckName.ELIGIBILITY] is Word.UNDETERMINED
    pending = replace(FULL, answer=worlds.cover_answer(Eligibility.PENDING))
    assert said(pending) == (Outcome.ATTENTION, "title.warn.pending")
    assert words_of(pending)[CheckName.ELIGIBILITY] is Word.UNDETERMINED


def test_an_answer_to_another_kind_of_question_opens_nothing() -> None:
    insured, admitted = replace(TICKET, answer=worlds.cover_answer()), replace(FULL, answer=worlds.redeemed())
    for facts in (insured, admitted):
        assert decide(facts).outcome is Outcome.CANNOT_CHECK
    assert words_of(insured)[CheckName.TICKET] is Word.UNDETERMINED
    assert words_of(admitted)[CheckName.ELIGIBILITY] is Word.UNDETERMINED


def test_a_gate_s_own_yes_says_that_it_is_one_and_how_old_its_data_are() -> None:
    own = replace(worlds.redeemed(), source=Source.LOCAL, as_of=worlds.NOW - timedelta(hours=5))
    verdict = decide(replace(TICKET, answer=own))
    assert (verdict.outcome, verdict.needs_look) == (Outcome.ALLOW, True)
    assert verdict.notes == (Message("note.offline_ticket"), Message.of("note.as_of.hours", n="5"))
    near = decide(replace(TICKET, answer=replace(own, near_limit=True)))
    assert near.notes[0] == Message("note.near_limit")


def test_a_desk_that_asks_nobody_has_no_word_on_eligibility() -> None:
    assert CheckName.ELIGIBILITY not in words_of(POLICE)


def test_an_expired_document_tells_its_date_where_it_has_one() -> None:
    reading = replace(worlds.reading(validity=Word.FAILED), person=EXPIRED_ID)
    assert dict(decide(replace(POLICE, reading=reading)).title.params) == {"date": "31/05/2026"}
    reading = replace(reading, person=replace(EXPIRED_ID, expires=None))
    assert dict(decide(replace(POLICE, reading=reading)).title.params) == {"date": ""}
    alone = replace(POLICE, reading=None, demands=frozenset({CheckName.VALIDITY}))
    assert said(alone) == (Outcome.CANNOT_CHECK, "title.na.incomplete")


def test_cover_that_ended_tells_when() -> None:
    ended = worlds.cover_answer(Eligibility.NOT_ELIGIBLE, "expired", date(2025, 12, 31))
    assert dict(decide(replace(FULL, answer=ended)).title.params) == {"date": "31/12/2025"}
    assert said(replace(FULL, answer=replace(ended, cover=None))) == (Outcome.STOP, "title.stop.no_cover")


def test_eligible_without_details_of_the_cover_is_a_yes() -> None:
    assert said(replace(FULL, answer=replace(worlds.cover_answer(), cover=None))) == (Outcome.ALLOW, "title.ok.bhyt")


def test_where_no_identity_is_demanded_a_code_alone_will_do() -> None:
    facts = replace(FULL, reading=None, demands=frozenset({CheckName.ELIGIBILITY}))
    assert said(facts) == (Outcome.ALLOW, "title.ok.bhyt")


def test_the_chip_s_name_counts_before_the_code_s_and_a_missing_name_accuses_nobody() -> None:
    registered = worlds.cover_answer(name=worlds.person().name)
    other = replace(worlds.person(), name="NGƯỜI KHÁC")
    assert said(replace(FULL, claimed=other, answer=registered))[1] == "title.ok.bhyt"
    eligibility = replace(FULL, reading=None, demands=frozenset({CheckName.ELIGIBILITY}), answer=registered)
    assert said(replace(eligibility, claimed=other))[1] == "title.warn.mismatch"
    assert said(replace(eligibility, claimed=None))[1] == "title.ok.bhyt"
    assert said(replace(eligibility, claimed=replace(other, name=None)))[1] == "title.ok.bhyt"


def test_a_reading_that_says_nothing_of_validity_has_no_note_of_it() -> None:
    reading = worlds.reading()
    checks = tuple(check for check in reading.checks if check.name is not CheckName.VALIDITY)
    assert decide(replace(FULL, reading=replace(reading, checks=checks))).notes == ()


@pytest.mark.parametrize(("until", "noted"), [(date(2026, 6, 15), True), (date(2026, 6, 16), False)])
def test_a_fortnight_is_counted_from_the_day_it_is_in_vietnam(until: date, noted: bool) -> None:
    late = datetime(2026, 5, 31, 17, 0, tzinfo=UTC)  # midnight in Vietnam, the first of June
    notes = decide(replace(FULL, today=late, answer=worlds.cover_answer(until=until))).notes
    assert [note.key for note in notes] == (["note.near_expiry"] if noted else [])


@pytest.mark.parametrize("reason", ["rules", "incomplete", "unapproved", "exchange"])
def test_what_other_ticket_systems_refuse_for_has_words_and_theirs_beside_them(reason: str) -> None:
    refused = replace(worlds.redeemed(Redeemed.REFUSED, reason), attention="2: Cỡ áo?")
    verdict = decide(replace(TICKET, answer=refused))
    assert (verdict.outcome, verdict.title.key) == (Outcome.STOP, f"title.stop.{reason}")
    assert Message.of("note.attention", text="2: Cỡ áo?") in verdict.notes


def test_a_refused_ticket_without_time_and_place_shows_a_dash() -> None:
    verdict = decide(replace(TICKET, answer=worlds.redeemed(Redeemed.REFUSED, "unpaid")))
    assert dict(verdict.title.params) == {"time": "–", "place": "–"}


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


@pytest.mark.parametrize("why", ["why.crl_old", "why.crl_missing"])
def test_a_revocation_list_that_is_wanting_is_not_called_an_expired_certificate(why: str) -> None:
    reading = worlds.reading(issuer=IssuerTrust.EXPIRED)
    checks = tuple(
        replace(check, word=Word.UNDETERMINED, why=Message(why)) if check.name is CheckName.ISSUER else check
        for check in reading.checks
    )
    rules = worlds.rules(Desk.POLICE)
    verdict = decide(Facts(rules.demands, None, "ok.chip", reading=replace(reading, checks=checks)))
    assert (verdict.outcome, verdict.title) == (Outcome.CANNOT_CHECK, Message("title.na.crl"))
