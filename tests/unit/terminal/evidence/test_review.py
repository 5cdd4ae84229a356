"""Evidence proven again: what is verified anew, what is only repeated, and what each change is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.emrtd.lds import Ef
from crypto.trust.store import TrustStore
from drivers.simulator.faults import ChipFault
from terminal.clock import VIETNAM_TIME
from terminal.evidence.bundle import CardInField, Circumstances, Evidence
from terminal.evidence.challenge import challenge_for, check_bound
from terminal.evidence.review import review
from terminal.model import CheckName, IssuerTrust, Word
from terminal.proof.chip_proof import infos_of
from tests import chips
from tests.unit.terminal.evidence.material import circumstances, evidence, taken, with_file

LATER = chips.NOW + timedelta(days=20)
FAR = chips.NOW + timedelta(days=60 * 365)


@pytest.mark.parametrize(
    ("profile", "algorithm"), [("cccd-2024", "ECDSA brainpoolP256r1 SHA-256"), ("cccd-2021", "RSA SHA-256")]
)
def test_a_genuine_card_is_proven_again(profile: str, algorithm: str) -> None:
    found = review(evidence(profile), chips.accepted(), LATER)
    assert found.proven
    assert (found.then.signature, found.then.issuer) == (Word.SUCCESSFUL, IssuerTrust.TRUSTED)
    assert dict(found.then.hashes) == dict.fromkeys((1, 2, 13, 14, 15), Word.SUCCESSFUL)
    assert (found.active.word, found.active.algorithm) == (Word.SUCCESSFUL, algorithm)
    assert (found.valid_then, found.valid_now) == (Word.SUCCESSFUL, Word.SUCCESSFUL)
    assert found.person is not None
    assert found.person.id_number == chips.person_of(profile).id_number


def test_another_machine_knows_other_issuers() -> None:
    found = review(evidence(), TrustStore(()), LATER)
    assert not found.proven
    assert (found.then.signature, found.then.issuer) == (Word.SUCCESSFUL, IssuerTrust.UNKNOWN)
    assert found.evidence.said.issuer is IssuerTrust.TRUSTED


def test_the_time_of_the_read_and_now_are_two_answers() -> None:
    found = review(evidence(), chips.accepted(), FAR)
    assert (found.then.issuer, found.now.issuer) == (IssuerTrust.TRUSTED, IssuerTrust.EXPIRED)
    assert found.proven


def test_an_altered_file_is_found() -> None:
    changed = with_file(evidence(), Ef.DG13, evidence().files[Ef.DG13][:-1] + b"!")
    found = review(changed, chips.accepted(), LATER)
    assert not found.proven
    assert dict(found.now.hashes)[13] is Word.FAILED
    assert found.active.word is Word.SUCCESSFUL


def test_files_that_tell_nobody_are_still_proven_or_not() -> None:
    found = review(with_file(evidence(), Ef.DG13, b"\x6d\x00"), chips.accepted(), LATER)
    assert dict(found.now.hashes)[13] is Word.FAILED
    nobody = replace(evidence(), files={Ef.SOD: evidence().files[Ef.SOD]})
    found = review(nobody, chips.accepted(), LATER)
    assert (found.person, found.valid_then, found.proven) == (None, Word.UNDETERMINED, False)


# Active Authentication -----------------------------------------------------------------------------------------------


def test_another_consent_is_not_what_the_chip_signed_for() -> None:
    made = replace(evidence().made, consent="Something else")
    found = review(replace(evidence(), made=made), chips.accepted(), LATER)
    assert (found.active.word, found.active.why and found.active.why.key) == (Word.FAILED, "why.other_challenge")
    assert not found.proven


@pytest.mark.parametrize(
    "made",
    [
        replace(circumstances(), operator="another"),
        replace(circumstances(), device="another"),
        replace(circumstances(), place="another"),
        replace(circumstances(), recipient=bytes(32)),
        replace(circumstances(), nonce=bytes(16)),
    ],
    ids=["operator", "device", "place", "recipient", "nonce"],
)
def test_every_circumstance_is_bound(made: Circumstances) -> None:
    assert review(replace(evidence(), made=made), chips.accepted(), LATER).active.word is Word.FAILED


def test_the_time_of_the_read_is_bound() -> None:
    made = replace(evidence().made, at=chips.NOW + timedelta(seconds=1))
    assert review(replace(evidence(), made=made), chips.accepted(), LATER).active.word is Word.FAILED


def test_the_time_is_bound_in_whatever_zone_it_was_told() -> None:
    made = replace(circumstances(), at=chips.NOW.astimezone(VIETNAM_TIME))
    assert challenge_for(made, b"sod") == challenge_for(circumstances(), b"sod")


def test_what_an_invented_issuer_signed_stays_labelled_whoever_read_it() -> None:
    card = CardInField("An ordinary reader", b"\x3b", simulated=False)
    assert review(replace(evidence(), card=card), chips.accepted(), LATER).simulated
    other = replace(evidence(), card=card, files={**evidence().files, Ef.SOD: b"\x77\0"})
    assert not review(other, chips.accepted(), LATER).simulated
    assert review(replace(other, card=replace(card, simulated=True)), chips.accepted(), LATER).simulated


def test_a_challenge_is_of_one_document_and_eight_bytes() -> None:
    made = circumstances()
    challenge = challenge_for(made, b"one")
    check_bound(made, b"one", challenge)
    assert len(challenge) == 8
    assert challenge != challenge_for(made, b"other")
    assert challenge != challenge_for(replace(made, nonce=bytes(16)), b"one")


def test_another_chip_s_signature_is_wrong() -> None:
    mine, other = evidence(), evidence("cccd-2021")
    found = review(replace(mine, signed=other.signed), chips.accepted(), LATER)
    assert (found.active.word, found.active.why and found.active.why.key) == (Word.FAILED, "why.aa")


def test_without_a_signature_nothing_is_said_about_the_chip() -> None:
    found = review(replace(evidence(), signed=None), chips.accepted(), LATER)
    assert (found.active.word, found.active.why and found.active.why.key) == (Word.UNDETERMINED, "why.no_signature")
    assert found.proven


def test_a_key_that_is_not_signed_for_proves_nothing() -> None:
    """A forger's own key beside a genuine security object."""
    forged = with_file(evidence(), Ef.DG15, evidence("cccd-2021").files[Ef.DG15])
    found = review(forged, chips.accepted(), LATER)
    assert (found.active.word, found.active.why and found.active.why.key) == (Word.UNDETERMINED, "why.not_covered")


def test_a_key_of_an_unknown_kind_is_not_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    from crypto.emrtd import active_auth
    from crypto.errors import NotSupportedError

    def unknown(*_: object) -> str:
        raise NotSupportedError("a test")

    monkeypatch.setattr(active_auth, "verify", unknown)
    assert review(evidence(), chips.accepted(), LATER).active.word is Word.NOT_SUPPORTED


# Collecting ----------------------------------------------------------------------------------------------------------


def test_a_cloned_chip_cannot_sign_for_the_evidence() -> None:
    found = taken(chips.contents_of("cccd-2024", ChipFault.CLONED))
    assert found.said.checks[CheckName.CHIP] is Word.FAILED
    assert (found.said.active, found.signed) in ((Word.FAILED, None), (Word.UNDETERMINED, None))
    assert not review(found, chips.accepted(), LATER).proven


def test_a_signature_that_came_cut_accuses_no_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    from crypto.emrtd import active_auth
    from crypto.errors import MalformedError

    def cut(*_: object) -> str:
        raise MalformedError("a test")

    monkeypatch.setattr(active_auth, "authenticate", cut)
    found = taken(chips.contents_of("cccd-2024"))
    assert (found.said.active, found.signed) == (Word.ABORTED, None)


def test_a_chip_without_dg15_signs_nothing() -> None:
    found = taken(chips.uncovered(chips.without(chips.contents_of("cccd-2024"), Ef.DG15)))
    assert (found.said.active, found.signed) == (Word.UNDETERMINED, None)
    assert Ef.DG15 not in found.files
    assert review(found, chips.accepted(), LATER).proven


def test_an_issuer_nobody_accepted_leaves_no_chain() -> None:
    contents = chips.contents_of("cccd-2024", ChipFault.UNKNOWN_ISSUER)
    found = taken(contents)
    assert (found.certificates, found.said.issuer) == ((), IssuerTrust.UNKNOWN)


def test_a_security_object_that_cannot_be_read_leaves_no_chain() -> None:
    from crypto import tlv

    broken = chips.with_files(chips.contents_of("cccd-2024"), {Ef.SOD: tlv.encode(Ef.SOD.tag, b"nothing")})
    found: Evidence = taken(broken)
    assert (found.certificates, found.said.active) == ((), Word.UNDETERMINED)
    assert review(found, chips.accepted(), LATER).then.signature is Word.ABORTED


def test_a_chip_that_signs_with_an_unknown_kind_of_key_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    from crypto.emrtd import active_auth
    from crypto.errors import NotSupportedError

    def unknown(*_: object) -> None:
        raise NotSupportedError("a test")

    monkeypatch.setattr(active_auth, "authenticate", unknown)
    assert taken(chips.contents_of("cccd-2024")).said.active is Word.NOT_SUPPORTED


def test_what_the_reading_machine_said_is_kept_word_for_word() -> None:
    said = evidence().said
    assert said.checks[CheckName.CHIP] is Word.SUCCESSFUL
    assert (said.active, said.issuer) == (Word.SUCCESSFUL, IssuerTrust.TRUSTED)
    assert said.chip.startswith("CA ")
    assert evidence().access.protocol == "PACE-CAN"


def test_a_chip_proven_by_its_mapping_is_witnessed_and_signs_besides() -> None:
    found = evidence("icao-cam")
    assert (found.said.chip, found.said.checks[CheckName.CHIP]) == ("PACE-CAM", Word.SUCCESSFUL)
    assert Ef.CARD_SECURITY in found.files
    assert review(found, chips.accepted(), LATER).active.word is Word.SUCCESSFUL


def test_a_chip_whose_signature_is_wrong_is_told_of() -> None:
    """It can agree keys, and signs with another key than DG15's."""
    contents = chips.contents_of("cccd-2024")
    found = taken(replace(contents, active_key=chips.contents_of("cccd-2021").active_key))
    assert (found.said.active, found.signed) == (Word.FAILED, None)
    assert not review(found, chips.accepted(), LATER).proven


def test_what_dg14_says_is_nothing_where_it_cannot_be_read() -> None:
    assert infos_of(None) is None
    assert infos_of(b"\x6e\x01\x00") is None
    assert infos_of(evidence().files[Ef.DG14]) is not None
