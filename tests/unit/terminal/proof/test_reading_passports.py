"""Every profile of the simulated chip, read and proven to its end by the terminal, in each way that it opens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crypto.curves import by_parameter_id
from crypto.emrtd.lds import Ef
from drivers.simulator.faults import ChipFault
from drivers.simulator.profiles import CITIZEN_CARDS, PROFILES
from terminal.model import CheckName, ChipReading, Word
from terminal.proof.access import ChipAccess
from terminal.proof.chip_proof import prove_by_mapping
from terminal.proof.reading import ChipConversation
from tests.chips import NOW, accepted, contents_of, conversation, with_files, words

PASSPORTS = [name for name in PROFILES if name not in CITIZEN_CARDS]
PROVEN = (CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP)
BESIDE_THE_APPLICATION = {Ef.ATR_INFO, Ef.DIR}
NEVER = {Ef.DG3, Ef.DG4}


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
    assert prove_by_mapping(elsewhere, contents_of("icao-cam").files[Ef.CARD_SECURITY], accepted(), NOW) is None
