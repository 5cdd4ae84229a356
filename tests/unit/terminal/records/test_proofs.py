"""Each check of a person leaves a signed record that names nobody and says what was known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crypto.codes.proof import verify
from terminal.flow.effects import Record
from terminal.model import (
    Check,
    CheckName,
    Digests,
    Eligibility,
    EligibilityAnswer,
    Message,
    Outcome,
    Source,
    Verdict,
    Word,
)
from terminal.records.device_key import device_key
from terminal.records.proofs import DeskState, Proofs, desk_state, policy_of
from terminal.records.pseudonym import SiteKey
from tests.machine import worlds
from tests.unit.terminal.conftest import Site

SITE = SiteKey(bytes(32))
VERDICT = Verdict(Outcome.ALLOW, Message("title.ok.bhyt"))
DECIDED = Record(7, VERDICT, "CHIP_CCCD", worlds.person(), reading=worlds.reading())


def decided(answer: EligibilityAnswer | None = None, fault: str | None = None, admitted: str | None = None) -> Record:
    return replace(DECIDED, answer=answer, ask_fault=fault, admitted=admitted)


CASES = [
    (decided(worlds.cover_answer()), DeskState.ELIGIBLE),
    (decided(worlds.cover_answer(Eligibility.NOT_ELIGIBLE)), DeskState.NOT_ELIGIBLE),
    (decided(worlds.cover_answer(Eligibility.CARD_INVALID)), DeskState.CARD_INVALID),
    (decided(worlds.cover_answer(Eligibility.UNKNOWN)), DeskState.UNKNOWN),
    (decided(worlds.cover_answer(Eligibility.PENDING)), DeskState.PENDING),
    (decided(replace(worlds.cover_answer(), source=Source.CACHE)), DeskState.DEGRADED_ELIGIBLE),
    (decided(fault="net.down"), DeskState.DEGRADED_UNKNOWN),
    (replace(decided(fault="net.down"), reading=None), DeskState.TECHNICAL_ERROR),
    (
        replace(decided(fault="net.down"), reading=worlds.reading(signature=Word.UNDETERMINED)),
        DeskState.TECHNICAL_ERROR,
    ),
    (decided(worlds.cover_answer(), admitted="emergency"), DeskState.EMERGENCY_OVERRIDE),
    (decided(admitted="papers_seen"), DeskState.STAFF_OVERRIDE),
    (decided(), DeskState.NOT_ASKED),
]


@pytest.mark.parametrize(("effect", "state"), CASES)
def test_the_state_of_the_desk(effect: Record, state: DeskState) -> None:
    assert desk_state(effect) is state


def test_every_state_can_be_reached() -> None:
    assert {state for _, state in CASES} == set(DeskState)


@pytest.fixture
def proofs(tmp_path: Path) -> Proofs:
    return Proofs("quay-3", tmp_path / "device.key", SITE, "abc123")


def test_a_record_says_what_was_asked_and_answered_and_names_nobody(proofs: Proofs, tmp_path: Path) -> None:
    answer = replace(
        worlds.cover_answer(), source=Source.CACHE, as_of=worlds.NOW, digests=Digests("11" * 32, "22" * 32)
    )
    text = proofs.make(decided(answer), "boot-7", worlds.NOW)
    assert text is not None
    public = device_key(tmp_path / "device.key").public_key().public_bytes_raw()
    proof = verify(text, [public])
    assert (proof.device, proof.scan_id, proof.at, proof.state) == ("quay-3", "boot-7", worlds.NOW, "degraded_eligible")
    assert (proof.asked, proof.answered) == (b"\x11" * 32, b"\x22" * 32)
    assert (proof.reference, proof.as_of, proof.source) == ("R1", worlds.NOW, "cache")
    assert "signature=successful" in proof.checks.split(",")
    number = worlds.person().id_number
    assert number is not None
    assert proof.subject == bytes.fromhex(SITE.pseudonym(number))[:16]


def test_the_record_is_kept_for_the_slip_of_its_own_session_only(proofs: Proofs) -> None:
    text = proofs.make(decided(worlds.cover_answer()), "boot-7", worlds.NOW)
    assert (proofs.of(7), proofs.of(8)) == (text, None)


def test_a_ticket_leaves_no_record_of_a_person(proofs: Proofs) -> None:
    assert proofs.make(replace(DECIDED, ticket="T1"), "boot-7", worlds.NOW) is None
    assert proofs.make(replace(DECIDED, person=None), "boot-7", worlds.NOW) is None


def test_whatever_a_payer_calls_its_answer_can_be_signed(proofs: Proofs) -> None:
    for reference in ("", "số 5 của 003090123450", "x" * 500):
        assert proofs.make(decided(replace(worlds.cover_answer(), reference=reference)), "boot-7", worlds.NOW)


def test_a_word_of_every_check_can_be_signed(proofs: Proofs) -> None:
    checks = tuple(Check(name, Word.NOT_SUPPORTED) for name in CheckName)
    reading = replace(worlds.reading(), checks=checks)
    assert proofs.make(replace(DECIDED, reading=reading), "boot-7", worlds.NOW)


def test_other_rules_have_another_name(site: Site) -> None:
    plain = site("reception")
    looser = site("reception", "[offline]\ncover_days = 60\n")
    assert policy_of(plain) == policy_of(site("reception"))
    assert policy_of(plain) != policy_of(looser)
