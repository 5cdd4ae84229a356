"""One card's reading plan against the simulated chip: every make, every fault, every bad moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from crypto import tlv
from crypto.civil import PartialDate
from crypto.emrtd import mrz
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import AccessRefusedError, CardLostError, MalformedError, MessagingBrokenError, StatusError
from crypto.trust.store import TrustStore
from drivers.simulator.card.contents import Limits
from drivers.simulator.faults import ChipFault
from drivers.simulator.make import Make
from drivers.simulator.personalise import personalise
from drivers.simulator.profiles import CITIZEN_CARDS
from terminal.faults import FaultError
from terminal.model import CheckName, DataSource, IssuerTrust, Person, Word
from terminal.proof.access import ChipAccess
from terminal.proof.reading import ChipConversation
from tests.chips import (
    AUTHORITY,
    GENUINE,
    NOW,
    Field,
    accepted,
    contents_of,
    conversation,
    key_of,
    person_of,
    reasons,
    tools,
    uncovered,
    with_files,
    without,
    words,
)

BLOCKS = (65_000, 256, 223)
MADE_IN = tuple(fault for fault in ChipFault if fault.made_in and fault is not ChipFault.WRONG_CAN)
READ_BINARY = 0xB0


SAID_OF = {
    ChipFault.CLONED: {CheckName.CHIP: Word.FAILED},
    ChipFault.ALTERED_DG13: {CheckName.HASHES: Word.FAILED},
    ChipFault.ALTERED_SOD: {CheckName.SIGNATURE: Word.FAILED, CheckName.CHIP: Word.UNDETERMINED},
    ChipFault.UNKNOWN_ISSUER: {CheckName.ISSUER: Word.UNDETERMINED},
}


# Every make and every fault ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("profile", CITIZEN_CARDS)
def test_every_card_is_read_and_said_to_be_what_it_is(profile: str, block: int) -> None:
    contents = contents_of(profile)
    talk, _ = conversation(contents, block=block)
    reading = talk.identify(key_of(profile), simulated=True)
    fault = CITIZEN_CARDS[profile].make.fault
    assert words(reading) == GENUINE | (SAID_OF[fault] if fault else {})
    assert reading.issuer is (IssuerTrust.UNKNOWN if fault is ChipFault.UNKNOWN_ISSUER else IssuerTrust.TRUSTED)
    assert (reading.person.id_number, reading.simulated) == (person_of(profile).id_number, True)
    if talk.alive:
        assert talk.read_photo() == contents.files[Ef.DG2]
        talk.read_rest()
        read = {ef for ef in contents.files if ef is not Ef.CARD_ACCESS}
        assert {ef: talk.files[ef] for ef in read} == {ef: contents.files[ef] for ef in read}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("fault", MADE_IN, ids=lambda fault: fault.value)
@pytest.mark.parametrize("profile", ["cccd-2021", "bac-only"])
def test_a_fault_changes_the_checks_that_it_concerns_and_no_other(profile: str, fault: ChipFault, block: int) -> None:
    talk, _ = conversation(contents_of(profile, fault), block=block)
    assert words(talk.identify(key_of(profile))) == GENUINE | SAID_OF[fault]


def test_the_holder_is_told_whole_from_the_signed_data() -> None:
    talk, _ = conversation(contents_of("insured"))
    who, told = person_of("insured"), talk.identify(key_of("insured")).person
    assert told == Person(
        source=DataSource.CHIP,
        id_number=who.id_number,
        name=who.name,
        born=PartialDate(1990, 11, 20),
        sex=who.sex,
        address=who.address,
        issued=who.issued,
        expires=date(2030, 11, 20),
    )


def test_a_card_that_never_expires_is_valid() -> None:
    talk, _ = conversation(contents_of("uninsured"))
    reading = talk.identify(key_of("uninsured"))
    assert (reading.person.no_expiry, reading.person.expires) == (True, None)
    assert words(reading)[CheckName.VALIDITY] is Word.SUCCESSFUL


def test_the_code_and_the_chip_of_one_card_match_and_of_two_cards_do_not() -> None:
    who = person_of("insured")
    claimed = Person(DataSource.CARD_QR, who.id_number, name=who.printed_name, born=PartialDate(1990, 11, 20))
    for claim, word in ((claimed, Word.SUCCESSFUL), (replace(claimed, name="Người Khác"), Word.FAILED)):
        talk, _ = conversation(contents_of("insured"))
        assert words(talk.identify(key_of("insured"), claim))[CheckName.QR_MATCH] is word


def test_a_site_that_accepts_nobody_learns_that_the_issuer_is_unknown_and_nothing_worse() -> None:
    talk, _ = conversation(contents_of("insured"), store=TrustStore(()))
    reading = talk.identify(key_of("insured"))
    assert reading.issuer is IssuerTrust.UNKNOWN
    assert words(reading) == GENUINE | {CheckName.ISSUER: Word.UNDETERMINED}


# Opening -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["cccd-2024", "pace-p256"])
def test_a_number_that_is_not_this_card_s_is_refused(profile: str) -> None:
    talk, _ = conversation(contents_of(profile))
    with pytest.raises(AccessRefusedError):
        talk.identify(ChipAccess("000000"))
    assert set(talk.files) <= {Ef.CARD_ACCESS}


def test_a_card_whose_can_is_another_than_its_number_s_is_refused() -> None:
    talk, _ = conversation(contents_of("cccd-2021", ChipFault.WRONG_CAN))
    with pytest.raises(AccessRefusedError):
        talk.identify(key_of("cccd-2021"))


def test_the_mrz_opens_a_card_by_pace() -> None:
    contents = contents_of("cccd-2021")
    talk, _ = conversation(contents)
    reading = talk.identify(ChipAccess(None, (contents.mrz_information,)))
    assert (words(reading), reading.metrics.access) == (GENUINE, "PACE-MRZ")


def test_another_mrz_is_refused_by_pace() -> None:
    talk, _ = conversation(contents_of("cccd-2021"))
    with pytest.raises(AccessRefusedError):
        talk.identify(ChipAccess(None, (mrz.information("090123450", "901120", "301121"),)))


def test_the_dates_of_a_code_open_a_card_without_pace() -> None:
    key = key_of("bac-only")
    assert key.mrz_information
    talk, _ = conversation(contents_of("bac-only"))
    reading = talk.identify(key)
    assert (words(reading), reading.metrics.access) == (GENUINE, "BAC")


def test_every_derived_expiry_is_tried_until_one_opens_the_chip() -> None:
    contents = contents_of("bac-only")
    wrong = mrz.information("090123450", "901120", "151120")
    talk, _ = conversation(contents)
    reading = talk.identify(ChipAccess("123450", (wrong, contents.mrz_information)))
    assert words(reading) == GENUINE


@pytest.mark.parametrize("texts", [(), (mrz.information("090123450", "901120", "151120"),)], ids=["none", "wrong"])
def test_a_card_without_pace_is_not_opened_by_its_number_alone(texts: tuple[str, ...]) -> None:
    talk, _ = conversation(contents_of("bac-only"))
    with pytest.raises(AccessRefusedError):
        talk.identify(ChipAccess("123450", texts))


def test_a_card_that_offers_pace_of_an_unknown_kind_is_opened_by_bac() -> None:
    unknown = bytes.fromhex("3114 3012 060A 04007F00070202040102 020102 02010D")  # PACE-DH-GM, which is no curve
    contents = with_files(contents_of("cccd-2021"), {Ef.CARD_ACCESS: unknown})
    talk, _ = conversation(contents)
    assert talk.identify(key_of("cccd-2021")).metrics.access == "BAC"


@pytest.mark.parametrize("raw", [b"\x31\x03\x30\x05\x06", b"\x30\x00"], ids=["cut short", "another tag"])
def test_a_card_access_file_that_makes_no_sense_means_bac(raw: bytes) -> None:
    talk, _ = conversation(with_files(contents_of("cccd-2021"), {Ef.CARD_ACCESS: raw}))
    assert talk.identify(key_of("cccd-2021")).metrics.access == "BAC"


def test_a_card_of_another_kind_is_called_so() -> None:
    def bank_card(_command: bytes) -> bytes:
        return b"\x6a\x82"

    with pytest.raises(FaultError) as caught:
        ChipConversation(bank_card, tools(), 256).identify(ChipAccess("123450"))
    assert caught.value.fault.code == "card.unknown"


# Files that are missing, broken or not covered -----------------------------------------------------------------------


@pytest.mark.parametrize("absent", [(Ef.DG13,), (Ef.DG1,), (Ef.DG14,), (Ef.DG15,), (Ef.DG2,), (Ef.COM,)], ids=str)
def test_a_file_that_is_missing_does_not_end_the_read(absent: tuple[Ef, ...]) -> None:
    talk, _ = conversation(without(contents_of("cccd-2021"), *absent))
    reading = talk.identify(key_of("cccd-2021"))
    talk.read_photo()
    talk.read_rest()
    assert words(reading) == GENUINE
    assert reading.person.id_number == person_of("cccd-2021").id_number
    assert not set(absent) & talk.files.keys()


def test_a_card_without_photo_gives_none() -> None:
    talk, _ = conversation(without(contents_of("cccd-2021"), Ef.DG2))
    talk.identify(key_of("cccd-2021"))
    assert talk.read_photo() is None


@pytest.mark.parametrize("absent", [Ef.SOD, Ef.DG1], ids=lambda ef: ef.name)
def test_without_a_security_object_or_a_holder_nothing_is_read(absent: Ef) -> None:
    contents = without(contents_of("cccd-2021"), absent, *([Ef.DG13] if absent is Ef.DG1 else []))
    talk, _ = conversation(contents)
    with pytest.raises(StatusError if absent is Ef.SOD else MalformedError):
        talk.identify(key_of("cccd-2021"))


def test_a_card_without_any_key_to_prove_itself_is_undetermined() -> None:
    talk, _ = conversation(without(contents_of("cccd-2021"), Ef.DG14, Ef.DG15))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.UNDETERMINED
    assert reasons(reading)[CheckName.CHIP] == "why.no_key"


def test_keys_that_the_security_object_does_not_cover_never_prove_the_chip() -> None:
    talk, _ = conversation(uncovered(contents_of("cccd-2021"), Ef.DG14, Ef.DG15))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.UNDETERMINED
    assert words(reading)[CheckName.HASHES] is Word.SUCCESSFUL
    assert words(reading)[CheckName.SIGNATURE] is Word.SUCCESSFUL
    assert not {Ef.DG14, Ef.DG15} & set(talk.files)


@pytest.mark.parametrize(("open_file", "way"), [(Ef.DG14, "why.aa"), (Ef.DG15, "why.ca")])
def test_the_covered_one_of_two_keys_proves_the_chip(open_file: Ef, way: str) -> None:
    talk, _ = conversation(uncovered(contents_of("cccd-2021"), open_file))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.SUCCESSFUL
    assert reasons(reading)[CheckName.CHIP] == way


def test_keys_of_a_forged_security_object_prove_nothing() -> None:
    talk, _ = conversation(contents_of("cccd-2021", ChipFault.ALTERED_SOD))
    assert words(talk.identify(key_of("cccd-2021")))[CheckName.CHIP] is Word.UNDETERMINED


def test_a_dg14_that_makes_no_sense_is_passed_over_for_active_authentication() -> None:
    contents = contents_of("cccd-2021")
    nonsense = tlv.encode(Ef.DG14.tag, b"\x31\x02\x30\x05")
    groups = {ef: raw for ef, raw in contents.files.items() if ef.number is not None}
    sod = AUTHORITY.signer().sign({**groups, Ef.DG14: nonsense})
    talk, _ = conversation(with_files(contents, {Ef.DG14: nonsense, Ef.SOD: sod}))
    assert reasons(talk.identify(key_of("cccd-2021")))[CheckName.CHIP] == "why.aa"


def test_data_proven_false_need_not_be_readable_to_be_called_so() -> None:
    broken = contents_of("cccd-2021").files[Ef.DG13].replace(b"003090123450", b"00309012345X")
    talk, _ = conversation(with_files(contents_of("cccd-2021"), {Ef.DG13: broken}))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.HASHES] is Word.FAILED
    assert reading.person == Person(DataSource.CHIP)


# Bad moments ---------------------------------------------------------------------------------------------------------


def whole_read(talk: ChipConversation, key: ChipAccess) -> None:
    talk.identify(key)
    talk.read_photo()
    talk.read_rest()


@pytest.mark.parametrize("profile", ["cccd-2021", "bac-only", "altered"])
def test_a_card_lost_at_any_apdu_is_a_lost_card_and_nothing_else(profile: str) -> None:
    talk, field = conversation(contents_of(profile), block=1024)
    whole_read(talk, key_of(profile))
    assert len(field.commands) > 20
    for lost_at in range(len(field.commands)):
        talk, _ = conversation(contents_of(profile), block=1024, lost_at=lost_at)
        with pytest.raises(CardLostError):
            whole_read(talk, key_of(profile))


def test_a_clone_lost_at_any_apdu_is_never_called_a_clone() -> None:
    contents = contents_of("cccd-2021", ChipFault.CLONED)
    talk, field = conversation(contents)
    talk.identify(key_of("cccd-2021"))
    for lost_at in range(len(field.commands)):
        talk, _ = conversation(contents, lost_at=lost_at)
        with pytest.raises(CardLostError):
            talk.identify(key_of("cccd-2021"))


def test_an_answer_that_was_changed_on_the_way_breaks_the_messaging() -> None:
    field = Field(contents_of("cccd-2021"))

    def changed(command: bytes) -> bytes:
        answer = field.transceive(command)
        protected_read = command[0] & 0x0C == 0x0C and command[1] == READ_BINARY
        return answer[:3] + bytes([answer[3] ^ 1]) + answer[4:] if protected_read else answer

    with pytest.raises(MessagingBrokenError):
        ChipConversation(changed, tools(), 65_000).identify(key_of("cccd-2021"))


def test_a_chip_with_short_buffers_is_read_all_the_same() -> None:
    field = Field(contents_of("cccd-2021"), limits=Limits(extended=False, response=256))
    talk = ChipConversation(field.transceive, tools(), 65_000)
    assert words(talk.identify(key_of("cccd-2021"))) == GENUINE
    assert talk.read_photo() == contents_of("cccd-2021").files[Ef.DG2]


def test_neither_fingerprints_nor_iris_are_ever_asked_for() -> None:
    talk, _ = conversation(contents_of("cccd-2021"))
    asked: list[Ef] = []
    original = talk._reader.read

    def read(ef: Ef, **more: object) -> bytes:
        asked.append(ef)
        return original(ef, **more)  # type: ignore[arg-type]

    talk._reader.read = read  # type: ignore[method-assign, assignment]
    whole_read(talk, key_of("cccd-2021"))
    assert asked == [Ef.SOD, Ef.DG13, Ef.DG1, Ef.DG14, Ef.DG15, Ef.DG2, Ef.COM]


# What it cost --------------------------------------------------------------------------------------------------------


def test_the_metrics_count_every_apdu_and_byte_and_file() -> None:
    contents = contents_of("cccd-2021")
    field = Field(contents)
    carried: list[int] = []

    def counted(command: bytes) -> bytes:
        answer = field.transceive(command)
        carried.append(len(command) + len(answer))
        return answer

    talk = ChipConversation(counted, tools(), 65_000)
    assert talk.metrics.access == "none"
    whole_read(talk, key_of("cccd-2021"))
    metrics = talk.metrics
    assert (metrics.apdus, metrics.bytes, metrics.access) == (len(carried), sum(carried), "PACE-CAN")
    order = (Ef.CARD_ACCESS, Ef.SOD, Ef.DG13, Ef.DG1, Ef.DG14, Ef.DG15, Ef.DG2, Ef.COM)
    assert metrics.files == tuple((ef.name, len(contents.files[ef])) for ef in order)


def test_a_step_that_fails_is_timed_too() -> None:
    talk, _ = conversation(contents_of("cccd-2021"))
    with pytest.raises(AccessRefusedError):
        talk.identify(ChipAccess("000000"))
    assert [name for name, _ in talk.metrics.ms] == ["connect", "unlock"]


def test_the_photo_that_was_read_is_the_one_that_was_signed() -> None:
    talk, _ = conversation(contents_of("cccd-2021"))
    talk.identify(key_of("cccd-2021"))
    photo = talk.read_photo()
    assert photo is not None
    SecurityObject.parse(talk.files[Ef.SOD]).verify_file(2, photo)


def test_every_suite_of_ciphers_is_spoken() -> None:
    for suite in Suite:
        contents = personalise(person_of("insured"), Make(suite=suite), AUTHORITY)
        talk, _ = conversation(contents)
        assert words(talk.identify(key_of("insured"))) == GENUINE


def test_an_expired_card_is_told_apart_from_a_false_one() -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC)
    field = Field(contents_of("insured"))
    talk = ChipConversation(field.transceive, tools(accepted(), later), 65_000)
    reading = talk.identify(key_of("insured"))
    assert words(reading)[CheckName.VALIDITY] is Word.FAILED
    assert words(reading)[CheckName.SIGNATURE] is Word.SUCCESSFUL
    assert later > NOW
