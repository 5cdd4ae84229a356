"""Every profile in conversation with the terminal's half, and every refusal that a card must give."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.apdu import Channel, Command
from crypto.emrtd import active_auth, bac, chip_auth, pace
from crypto.emrtd.dg1 import parse_dg1
from crypto.emrtd.face import parse_dg2
from crypto.emrtd.files import FileReader, read_card_access, select_application
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef, parse_com
from crypto.emrtd.passive_auth import SecurityObject
from crypto.emrtd.security_infos import parse_dg14, parse_security_infos
from crypto.emrtd.validity import expiry
from crypto.emrtd.vietnam import parse_dg13
from crypto.errors import (
    AccessRefusedError,
    CloneSuspectedError,
    HashMismatchError,
    SignatureWrongError,
    StatusError,
)
from drivers.simulator.card.contents import Contents, Limits
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.make import AaKey, Make, PaceWay
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import personalise
from drivers.simulator.profiles import CITIZEN_CARDS, PROFILES

AUTHORITY = Authority(b"tests")
INSURED = PEOPLE["insured"]
READABLE = (Ef.COM, Ef.SOD, Ef.DG1, Ef.DG2, Ef.DG13, Ef.DG14, Ef.DG15)


def chip(make: Make | None = None, limits: Limits | None = None) -> Chip:
    return Chip(personalise(INSURED, make or Make(), AUTHORITY), limits=limits)


def opened(card: Chip, can: str = INSURED.id_number.can) -> Channel:
    channel = Channel(card.transmit)
    info = pace.usable(parse_security_infos(read_card_access(channel)[0]).pace)[0]
    channel.secure(pace.establish(channel, info, pace.Password.can(can), secrets.token_bytes).messaging)
    select_application(channel)
    return channel


def opened_by_mrz(contents: Contents) -> Channel:
    channel = Channel(Chip(contents).transmit)
    select_application(channel)
    channel.secure(bac.establish(channel, contents.mrz_information, secrets.token_bytes))
    return channel


@pytest.mark.parametrize("name", CITIZEN_CARDS)
def test_profile_reads_and_proves_itself_but_for_its_own_fault(name: str) -> None:
    profile = PROFILES[name]
    contents = personalise(profile.person, profile.make, AUTHORITY)
    can = profile.person.id_number.can
    channel = opened(Chip(contents), can) if profile.make.pace else opened_by_mrz(contents)
    reader = FileReader(channel, 65_000)
    files = {ef: reader.read(ef) for ef in READABLE}
    assert files == {ef: contents.files[ef] for ef in READABLE}
    sod = SecurityObject.parse(files[Ef.SOD])
    sod.verify_signature()
    for ef in (Ef.DG1, Ef.DG2, Ef.DG14, Ef.DG15):
        sod.verify_file(ef.number or 0, files[ef])
    infos = parse_dg14(files[Ef.DG14])
    if profile.make.fault is ChipFault.CLONED:
        with pytest.raises(CloneSuspectedError):
            active_auth.authenticate(channel, files[Ef.DG15], infos, secrets.token_bytes)
        with pytest.raises(CloneSuspectedError):
            chip_auth.authenticate(channel, infos, secrets.token_bytes)
        return
    active_auth.authenticate(channel, files[Ef.DG15], infos, secrets.token_bytes)
    chip_auth.authenticate(channel, infos, secrets.token_bytes)
    assert FileReader(channel, 223).read(Ef.COM) == files[Ef.COM]


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.name)
@pytest.mark.parametrize("parameter_id", [12, 13, 16, 17])
def test_pace_and_chip_authentication_with_every_suite_and_curve(suite: Suite, parameter_id: int) -> None:
    channel = opened(chip(Make(suite=suite, pace=(PaceWay(parameters=parameter_id),))))
    infos = parse_dg14(FileReader(channel, 223).read(Ef.DG14))
    chip_auth.authenticate(channel, infos, secrets.token_bytes)
    assert parse_com(FileReader(channel, 223).read(Ef.COM)).groups


@pytest.mark.parametrize("active", AaKey, ids=lambda kind: kind.name)
@pytest.mark.parametrize("extended", [True, False], ids=["extended length", "short only"])
def test_active_authentication_with_every_key_and_length(active: AaKey, extended: bool) -> None:
    channel = opened(chip(Make(active=active), Limits(extended=extended)))
    reader = FileReader(channel, 223)
    infos = parse_dg14(reader.read(Ef.DG14))
    assert active_auth.authenticate(channel, reader.read(Ef.DG15), infos, secrets.token_bytes)


def test_mrz_opens_the_chip_by_pace_too() -> None:
    contents = personalise(INSURED, Make(), AUTHORITY)
    channel = Channel(Chip(contents).transmit)
    info = pace.usable(parse_security_infos(read_card_access(channel)[0]).pace)[0]
    password = pace.Password.mrz(contents.mrz_information)
    channel.secure(pace.establish(channel, info, password, secrets.token_bytes).messaging)
    select_application(channel)
    assert FileReader(channel, 223).read(Ef.DG1) == contents.files[Ef.DG1]


def test_another_can_is_refused_with_6300() -> None:
    with pytest.raises(AccessRefusedError):
        opened(chip(), "000000")


def test_another_mrz_is_refused_by_bac() -> None:
    channel = Channel(chip().transmit)
    select_application(channel)
    with pytest.raises(AccessRefusedError):
        bac.establish(channel, "090123451890112073011205", secrets.token_bytes)


def test_fault_wrong_can_refuses_the_can_of_the_id_number() -> None:
    with pytest.raises(AccessRefusedError):
        opened(chip(Make(fault=ChipFault.WRONG_CAN)))


def test_fault_altered_dg13_breaks_its_hash_and_nothing_else() -> None:
    files = personalise(INSURED, Make(fault=ChipFault.ALTERED_DG13), AUTHORITY).files
    sod = SecurityObject.parse(files[Ef.SOD])
    sod.verify_signature()
    with pytest.raises(HashMismatchError):
        sod.verify_file(13, files[Ef.DG13])
    assert parse_dg13(files[Ef.DG13]).id_number == INSURED.id_number


def test_fault_altered_sod_hides_the_change_but_breaks_the_signature() -> None:
    files = personalise(INSURED, Make(fault=ChipFault.ALTERED_SOD), AUTHORITY).files
    sod = SecurityObject.parse(files[Ef.SOD])
    sod.verify_file(13, files[Ef.DG13])
    with pytest.raises(SignatureWrongError):
        sod.verify_signature()


def test_fault_unknown_issuer_is_signed_soundly_by_somebody_else() -> None:
    files = personalise(INSURED, Make(fault=ChipFault.UNKNOWN_ISSUER), AUTHORITY).files
    stranger = SecurityObject.parse(files[Ef.SOD])
    stranger.verify_signature()
    stranger.verify_file(13, files[Ef.DG13])
    genuine = SecurityObject.parse(personalise(INSURED, Make(), AUTHORITY).files[Ef.SOD])
    assert stranger.signer.issuer != genuine.signer.issuer


def test_dg13_and_dg1_of_the_known_person_are_the_known_bytes() -> None:
    files = personalise(INSURED, Make(), AUTHORITY).files
    known = "1803c135d374a4d8e8c52372784d0f9c31281c3ee5b710ba945f1b1f80a11aa6"
    assert hashlib.sha256(files[Ef.DG13]).hexdigest() == known
    assert files[Ef.DG1][5:] == (
        b"IDVNM0901234506003090123450<<99011207M3011205VNM<<<<<<<<<<<0NGUYEN<<VAN<THU<NGHIEM<<<<<<<<"
    )


def test_card_access_is_the_constant_of_the_citizen_card() -> None:
    path = Path(__file__).parents[3] / "vectors" / "ef_cardaccess_cccd.json"
    constant = json.loads(path.read_text(encoding="utf-8"))["hex"]
    assert personalise(INSURED, Make(), AUTHORITY).files[Ef.CARD_ACCESS].hex() == constant


@pytest.mark.parametrize("code", PEOPLE)
def test_mrz_and_expiry_of_everybody_follow_the_rules(code: str) -> None:
    person = PEOPLE[code]
    files = personalise(person, Make(), AUTHORITY).files
    zone = parse_dg1(files[Ef.DG1])
    assert zone.id_number == person.id_number
    assert zone.expires == (f"{person.expires:%y%m%d}" if person.expires else "991231")
    assert expiry(person.born, person.issued) == person.expires
    assert parse_dg13(files[Ef.DG13]).name == person.name


@pytest.mark.parametrize("seed", [b"one", b"two", b"three"])
def test_sizes_of_the_comparison_card_are_exact_for_any_issuer(seed: bytes) -> None:
    profile = PROFILES["bench"]
    files = personalise(profile.person, profile.make, Authority(seed)).files
    assert {ef.name: len(content) for ef, content in files.items() if ef is not Ef.CARD_ACCESS} == {
        "COM": 24,
        "SOD": 889,
        "DG1": 95,
        "DG2": 16_489,
        "DG13": 460,
        "DG14": 147,
        "DG15": 165,
    }


def test_photo_is_a_jpeg_that_says_it_is_nobody() -> None:
    image = parse_dg2(personalise(INSURED, Make(), AUTHORITY).files[Ef.DG2])
    assert image.kind == "jpeg"
    assert b"SIMULATED PORTRAIT, NO REAL PERSON" in image.data


# What a card refuses.


def status(card: Chip, command: str) -> str:
    return card.transmit(bytes.fromhex(command)).hex()[-4:]


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00A4000C023F00", "6d00"),
        ("00A4020C02011C", "9000"),
        ("00A4020C022F01", "6a82"),
        ("00A4040C06A00000024710", "6a82"),
        ("00A4040C07A0000002471001", "9000"),
        ("00A4080C02011C", "6a86"),
        ("00B09C0000", "9000"),
        ("00B0000000", "6985"),
        ("00B0E00000", "6a86"),
        ("00B08100", "6700"),
        ("0084000008", "6985"),
        ("0086000000", "6985"),
        ("0088000008010203040506070800", "6982"),
        ("002241A40F800A04007F00070202030202840101", "6982"),
        ("002241B60483020102", "6a86"),
        ("0022C1A40F800A04007F00070202040201830102", "6a80"),
        ("0022C1A40F800A04007F00070202040202830103", "6a88"),
        ("0022C1A412800A04007F0007020204020283010284010C", "6a88"),
        ("0022C1A403800A04", "6a80"),
        ("0CB0810000", "6982"),
        ("80B0000000", "6e00"),
        ("00C0000000", "6985"),
        ("00CA000000", "6d00"),
        ("00A4", "6700"),
    ],
)
def test_status_before_anything_is_opened(command: str, sw: str) -> None:
    assert status(chip(), command) == sw


@pytest.mark.parametrize("command", ["00A4020C020101", "00B0810000", "00A4020C020103", "00A4020C02011E"])
def test_files_of_the_application_are_closed_before_access(command: str) -> None:
    card = chip()
    assert status(card, "00A4040C07A0000002471001") == "9000"
    assert status(card, command) == "6982"


def test_application_selection_can_return_a_template() -> None:
    assert chip().transmit(bytes.fromhex("00A4040007A000000247100100")).hex() == "6f098407a00000024710019000"


def test_fingerprints_stay_closed_and_absent_files_absent_after_access() -> None:
    channel = opened(chip())
    for ef, sw in ((Ef.DG3, 0x6982), (Ef.DG11, 0x6A82)):
        with pytest.raises(StatusError) as refusal:
            FileReader(channel, 223).read(ef)
        assert refusal.value.sw == sw


def test_bac_only_card_has_no_card_access_and_no_pace() -> None:
    card = chip(Make(pace=()))
    assert status(card, "00A4020C02011C") == "6a82"
    assert status(card, "0022C1A40F800A04007F00070202040202830102") == "6a86"


def test_reading_to_and_past_the_end() -> None:
    channel = opened(chip())
    whole = FileReader(channel, 223).read(Ef.DG1)

    def read(offset: int, le: int) -> tuple[bytes, int]:
        response = channel.send(Command(0, 0xB0, offset >> 8, offset & 0xFF, le=le))
        return response.data, response.sw

    assert read(0, 95) == (whole, 0x9000)
    assert read(90, 10) == (whole[90:], 0x6282)
    assert read(90, 256) == (whole[90:], 0x9000)
    assert read(95, 1) == (b"", 0x6B00)


def test_odd_read_binary_reaches_the_same_bytes() -> None:
    channel = opened(chip())
    expected = FileReader(channel, 223).read(Ef.DG2)
    by_name = channel.send(Command(0, 0xB1, 0x01, 0x02, bytes.fromhex("54021000"), 0x20))
    again = channel.send(Command(0, 0xB1, 0x00, 0x00, bytes.fromhex("54021000"), 0x20))
    by_short_name = channel.send(Command(0, 0xB1, 0x00, 0x02, bytes.fromhex("54021000"), 0x20))
    assert by_name.data == again.data == by_short_name.data
    assert by_name.data[:2] == b"\x53\x20"
    assert by_name.data[2:] == expected[0x1000:0x1020]


def test_short_answer_under_aes_carries_223_bytes_and_under_3des_231() -> None:
    for suite, capacity in ((Suite.AES_128, 223), (Suite.TRIPLE_DES, 231)):
        channel = opened(chip(Make(suite=suite), Limits(extended=False)))
        response = channel.send(Command(0, 0xB0, 0x82, 0, le=256, answer=200))
        assert (len(response.data), response.sw) == (capacity, 0x9000)


def test_whole_photo_in_one_extended_answer() -> None:
    channel = opened(chip())
    before = channel.apdus
    assert len(channel.send(Command(0, 0xB0, 0x82, 0, le=65_000)).data) == 16_489
    assert channel.apdus == before + 1


def test_card_without_extended_length_refuses_it() -> None:
    assert status(chip(limits=Limits(extended=False)), "00B09C00000000") == "6700"


def test_small_buffer_limits_what_comes_at_once() -> None:
    channel = opened(chip(limits=Limits(response=1_000)))
    assert 900 < len(channel.send(Command(0, 0xB0, 0x82, 0, le=65_000)).data) < 1_000


def test_plain_command_ends_the_session() -> None:
    card = chip()
    opened(card)
    assert status(card, "00B0810000") == "6982"
    assert status(card, "0CB081000D9701008E08000000000000000000") == "6982"


@pytest.mark.parametrize(
    ("objects", "sw"),
    [
        ("970100", "6987"),
        ("9701008E080000000000000000", "6988"),
        ("9702", "6988"),
        ("9701009701008E080000000000000000", "6988"),
        ("8001008E080000000000000000", "6988"),
    ],
)
def test_wrong_protection_ends_the_session(objects: str, sw: str) -> None:
    card = chip()
    opened(card)
    assert status(card, f"0CB08100{len(objects) // 2:02X}{objects}00") == sw
    assert status(card, "0CB081000D9701008E08000000000000000000") == "6982"


def test_general_authenticate_follows_the_last_template_only() -> None:
    card = chip()
    assert status(card, "0022C1A40F800A04007F00070202040202830102") == "9000"
    assert status(card, "10860000047C02810000") == "6985"
    assert status(card, "10860000027C0000") == "6985"


def test_point_off_the_curve_is_refused() -> None:
    card = chip()
    status(card, "0022C1A40F800A04007F00070202040202830102")
    status(card, "10860000027C0000")
    assert status(card, "10860000457C438141" + "04" + "11" * 64 + "00") == "6a80"


def secured_status(channel: Channel, command: str) -> int:
    return channel.send(Command.decode(bytes.fromhex(command))).sw


AES_OID = "800A04007F00070202030202"
"""id-CA-ECDH-AES-CBC-CMAC-128."""


@pytest.mark.parametrize(
    ("commands", "sw"),
    [
        (["002241A6 03 910104"], 0x6A80),
        (["002241A4 0C 800A04007F00070202030203"], 0x6A80),
        ([f"002241A4 0C {AES_OID}", "00860000 05 7C03800104 00"], 0x6A80),
        ([f"002241A4 0C {AES_OID}", "00860000 02 7C00 00"], 0x6A80),
        ([f"002241A4 0C {AES_OID}", "00860000 06 7C0480020404 00", "00860000 06 7C0480020404 00"], 0x6985),
        (["00860000 02 7C00 00"], 0x6985),
        (["00880000 04 01020304 00"], 0x6700),
        (["00880000 08 0102030405060708"], 0x6700),
        (["0084000008"], 0x6985),
        (["00220000"], 0x6A86),
        (["00B1010B 03 540100 00"], 0x6A82),
        (["00B1010203540100"], 0x6700),
        (["00B1010202540000"], 0x6A80),
    ],
)
def test_status_of_what_makes_no_sense_in_a_session(commands: list[str], sw: int) -> None:
    channel = opened(chip())
    statuses = [secured_status(channel, command.replace(" ", "")) for command in commands]
    assert statuses[-1] == sw
    assert FileReader(channel, 223).read(Ef.DG1)


def test_chip_without_keys_has_neither_chip_nor_active_authentication() -> None:
    contents = replace(personalise(INSURED, Make(), AUTHORITY), chip=(), active_key=None)
    channel = opened(Chip(contents))
    assert secured_status(channel, f"002241A40C{AES_OID}") == 0x6A86
    assert secured_status(channel, "0088000008010203040506070800") == 0x6982


def test_key_agreement_template_is_for_3des_only() -> None:
    channel = opened(chip(Make(suite=Suite.TRIPLE_DES)))
    assert secured_status(channel, "002241A4" + "0C" + "800A04007F00070202030201") == 0x9000
    assert secured_status(channel, "00860000" + "06" + "7C0480020404" + "00") == 0x6985


def test_challenge_length_and_missing_challenge() -> None:
    card = chip()
    status(card, "00A4040C07A0000002471001")
    assert status(card, "0084000004") == "6700"
    assert status(card, "00820000" + "28" + "00" * 40 + "28") == "6985"
    assert status(card, "0084000008") == "9000"
    assert status(card, "00820000" + "10" + "00" * 16 + "28") == "6700"


def test_answer_in_parts_ends_with_its_own_status() -> None:
    card = chip(limits=Limits(response=4))
    first = card.transmit(bytes.fromhex("00A4040007A000000247100100"))
    parts = [first]
    while parts[-1][-2] == 0x61:
        parts.append(card.transmit(bytes.fromhex("00C0000000")))
    assert b"".join(part[:-2] for part in parts).hex() == "6f098407a0000002471001"
    assert parts[0][-1] == 7
    assert parts[-1][-2:] == b"\x90\x00"


def test_reset_forgets_everything() -> None:
    card = chip()
    opened(card)
    card.reset()
    assert status(card, "0CB081000D9701008E08000000000000000000") == "6982"
    assert status(card, "00A4020C02011C") == "9000"


def test_a_person_has_the_same_card_each_time() -> None:
    first, second = (personalise(INSURED, Make(), AUTHORITY).files for _ in range(2))
    assert dict(first) == dict(second)


def test_profile_with_another_fault_keeps_everything_else() -> None:
    profile = PROFILES["pace-p256"].with_fault(ChipFault.CLONED)
    assert profile.make == replace(PROFILES["pace-p256"].make, fault=ChipFault.CLONED)


_COMMANDS = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda cla, ins, parameters, body: bytes([cla, ins]) + parameters + body,
        st.sampled_from([0x00, 0x0C, 0x10]),
        st.sampled_from([0xA4, 0xB0, 0xB1, 0x84, 0x82, 0x22, 0x86, 0x88, 0xC0]),
        st.sampled_from([b"\x04\x0c", b"\x02\x0c", b"\xc1\xa4", b"\x41\xa4", b"\x41\xa6", b"\x00\x00", b"\x9c\x00"]),
        st.binary(max_size=80).map(lambda data: bytes([len(data)]) + data + b"\0" if data else b"\0"),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_COMMANDS, max_size=6), st.booleans())
def test_any_bytes_get_a_status_word(commands: list[bytes], secured: bool) -> None:
    card = Chip(_FUZZED)
    if secured:
        opened(card)
    assert all(len(card.transmit(command)) >= 2 for command in commands)


_FUZZED = personalise(INSURED, Make(), AUTHORITY)
