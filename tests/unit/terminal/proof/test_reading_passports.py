"""Every profile of the simulated chip, read and proven to its end by the terminal, in each way that it opens."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from crypto.curves import by_parameter_id
from crypto.emrtd.cms import SignedData
from crypto.emrtd.lds import Ef
from crypto.emrtd.security_infos import parse_dg14
from crypto.errors import MessagingBrokenError
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.certificate import Certificate
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority, DocumentSigner, SignerKind
from drivers.simulator.issuer.root_files import encode_card_security
from drivers.simulator.profiles import CITIZEN_CARDS, PROFILES
from terminal.model import CheckName, ChipReading, Message, Word
from terminal.proof.access import ChipAccess
from terminal.proof.chip_proof import prove_by_mapping
from terminal.proof.reading import ChipConversation
from tests.chips import (
    AUTHORITY,
    NOW,
    Field,
    accepted,
    contents_of,
    conversation,
    tools,
    with_files,
    without,
    words,
)

PASSPORTS = [name for name in PROFILES if name not in CITIZEN_CARDS]
PROVEN = (CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP)
BESIDE_THE_APPLICATION = {Ef.ATR_INFO, Ef.DIR}
NEVER = {Ef.DG3, Ef.DG4}
GERMAN = Authority(b"german chips", country="DE")
LISTS = AUTHORITY.master_list_signer()


def read(name: str, access: ChipAccess | None = None) -> tuple[ChipConversation, ChipReading]:
    contents = contents_of(name)
    talk, _ = conversation(contents)
    reading = talk.identify(access or ChipAccess(mrz_information=(contents.mrz_information,)))
    talk.read_photo()
    talk.read_rest()
    return talk, reading


@pytest.mark.parametrize("name", PASSPORTS)
def test_every_passport_is_read_whole_and_proven(name: str) -> None:
    talk, reading = read(name)
    said = words(reading)
    assert {check: said[check] for check in PROVEN} == dict.fromkeys(PROVEN, Word.SUCCESSFUL)
    expected = {ef: raw for ef, raw in contents_of(name).files.items() if ef not in BESIDE_THE_APPLICATION | NEVER}
    if talk.opened.mapping is None:
        expected.pop(Ef.CARD_SECURITY, None)
    assert talk.files == expected
    assert talk.prove_files().signature is Word.SUCCESSFUL


def test_the_mapping_that_opened_the_chip_proves_it_without_another_command() -> None:
    talk, reading = read("icao-cam")
    assert reading.chip_proof == "PACE-CAM"
    assert reading.metrics.variant.startswith("ECDH-CAM")
    other, again = read("icao-gm-ecdh")
    assert again.chip_proof.startswith("CA ")
    assert other.opened.mapping is None
    assert talk.opened.mapping is not None


def test_an_old_passport_says_why_it_was_opened_as_it_was() -> None:
    _, reading = read("icao-bac-only")
    assert (reading.metrics.access, reading.chip_proof[:6]) == ("BAC", "AA RSA")
    assert reading.metrics.why_bac is not None


def test_a_pin_opens_too() -> None:
    pin = contents_of("icao-pin").pin
    assert pin is not None
    talk, reading = read("icao-pin", ChipAccess(pin=pin))
    assert talk.opened.protocol == "PACE-PIN"
    assert words(reading)[CheckName.CHIP] is Word.SUCCESSFUL


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", b"nonsense"], ids=["empty", "hollow", "nonsense"])
def test_a_card_security_that_proves_nothing_leaves_the_proof_to_chip_authentication(raw: bytes) -> None:
    contents = with_files(contents_of("icao-cam"), {Ef.CARD_SECURITY: raw})
    talk, _ = conversation(contents)
    reading = talk.identify(ChipAccess(mrz_information=(contents.mrz_information,)))
    assert reading.chip_proof.startswith("CA ")
    assert words(reading)[CheckName.CHIP] is Word.SUCCESSFUL


def test_a_card_security_of_an_issuer_that_nobody_accepted_proves_nothing() -> None:
    contents = contents_of("icao-cam", ChipFault.UNKNOWN_ISSUER)
    talk, _ = conversation(contents)
    reading = talk.identify(ChipAccess(mrz_information=(contents.mrz_information,)))
    assert talk.opened.mapping is not None
    assert reading.chip_proof.startswith("CA ")
    assert words(reading)[CheckName.ISSUER] is Word.UNDETERMINED


def test_a_copy_without_the_key_of_card_security_is_a_clone() -> None:
    contents = contents_of("icao-cam", ChipFault.CLONED)
    talk, _ = conversation(contents)
    reading = talk.identify(ChipAccess(mrz_information=(contents.mrz_information,)))
    assert (reading.chip_proof, words(reading)[CheckName.CHIP]) == ("PACE-CAM", Word.FAILED)


def test_a_key_of_other_parameters_in_card_security_says_nothing() -> None:
    data = read("icao-cam")[0].opened.mapping
    assert data is not None
    other = by_parameter_id(12)
    elsewhere = replace(data, curve=other, mapping_key=other.generator)
    signed = contents_of("icao-cam").files[Ef.CARD_SECURITY]
    assert prove_by_mapping(elsewhere, signed, frozenset({"VN"}), accepted(), NOW) is None


@pytest.mark.parametrize("signer", [LISTS, GERMAN.signer()], ids=["who signs lists", "another state"])
def test_a_card_security_of_who_may_not_speak_for_the_document_proves_nothing(signer: DocumentSigner) -> None:
    """However well a foreign issuer is accepted: else any of them could make chips that pass for another state's."""
    original = contents_of("icao-cam")
    infos = SignedData.parse(original.files[Ef.CARD_SECURITY]).content
    forged = encode_card_security(infos, signer)
    store = accepted().with_anchors([Anchor(Certificate.parse(GERMAN.root), Provenance(Way.NAMED, "test", None))])
    talk, _ = conversation(with_files(original, {Ef.CARD_SECURITY: forged}), store=store)
    reading = talk.identify(ChipAccess(mrz_information=(original.mrz_information,)))
    assert words(reading)[CheckName.ISSUER] is Word.SUCCESSFUL
    assert reading.chip_proof.startswith("CA ")


class Exchanged(Field):
    """A chip that ends its session once its security object was read, and another one that answers from then on."""

    after: ChipConversation

    def __init__(self, first: Contents, second: Contents) -> None:
        super().__init__(first)
        self._second = Chip(second)

    def transceive(self, command: bytes) -> bytes:
        if self._chip is self._second or Ef.SOD not in self.after.files:
            return super().transceive(command)
        self._chip = self._second
        return bytes.fromhex("6988")


def test_a_mapping_proves_only_the_chip_whose_files_were_read() -> None:
    """The files of a copy, then a broken session, then a genuine passport that opens with the same password."""
    genuine = contents_of("icao-cam")
    groups = {ef: raw for ef, raw in genuine.files.items() if ef.number is not None}
    for sod in (AUTHORITY.signer(SignerKind.P256).sign(groups), genuine.files[Ef.SOD]):
        copy = with_files(contents_of("icao-cam", ChipFault.CLONED), {**groups, Ef.SOD: sod})
        field = Exchanged(copy, genuine)
        talk = ChipConversation(field.transceive, tools(), 65_000)
        field.after = talk
        same = sod == genuine.files[Ef.SOD]
        with nullcontext() if same else pytest.raises(MessagingBrokenError, match="another document"):
            reading = talk.identify(ChipAccess(mrz_information=(genuine.mrz_information,)))
            assert reading.chip_proof == "PACE-CAM"


def test_a_chip_that_hides_its_security_object_after_a_break_is_given_up() -> None:
    genuine = contents_of("icao-cam")
    field = Exchanged(genuine, without(genuine, Ef.SOD))
    talk = ChipConversation(field.transceive, tools(), 65_000)
    field.after = talk
    with pytest.raises(MessagingBrokenError, match="another document"):
        talk.identify(ChipAccess(mrz_information=(genuine.mrz_information,)))


def test_a_chip_that_names_fewer_ways_to_open_than_its_issuer_signed_is_noticed() -> None:
    contents = contents_of("icao-gm-ecdh")
    signed = parse_dg14(contents.files[Ef.DG14]).pace
    way = Message("finding.access_differs")
    talk, _ = conversation(contents)
    access = ChipAccess(mrz_information=(contents.mrz_information,))
    assert way not in talk.identify(access).findings
    talk, _ = conversation(without(contents, Ef.CARD_ACCESS))
    assert (way in talk.identify(access).findings) is bool(signed)
