"""Every passport profile in conversation with the terminal's half, which other hands wrote from the same document."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from crypto.apdu import Channel, Command
from crypto.emrtd import active_auth, bac, chip_auth, pace
from crypto.emrtd.atr_info import parse_atr_info
from crypto.emrtd.card_security import CardSecurity
from crypto.emrtd.dg1 import parse_dg1
from crypto.emrtd.dg7 import parse_dg7
from crypto.emrtd.dg11 import parse_dg11
from crypto.emrtd.dg12 import parse_dg12
from crypto.emrtd.dg16 import parse_dg16
from crypto.emrtd.face import FaceRecord, parse_dg2
from crypto.emrtd.files import FileReader, read_atr_info, read_card_access, select_application
from crypto.emrtd.image import ImageKind
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from crypto.emrtd.mrz import MrzForm
from crypto.emrtd.pace_chip_mapping import verify_chip_mapping
from crypto.emrtd.passive_auth import SecurityObject
from crypto.emrtd.security_infos import PaceInfo, parse_dg14, parse_security_infos
from crypto.emrtd.vietnam import parse_dg13
from crypto.errors import AccessRefusedError
from drivers.simulator.card.contents import Contents, Mapping
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.make import CaMake, PaceWay
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import mrz_zone, personalise
from drivers.simulator.profiles import CITIZEN_CARDS, PROFILES

AUTHORITY = Authority(b"passports")
PASSPORTS = [name for name in PROFILES if name not in CITIZEN_CARDS]
IN_ROOT = {Ef.CARD_ACCESS, Ef.CARD_SECURITY, Ef.ATR_INFO, Ef.DIR}


def contents_of(name: str) -> Contents:
    profile = PROFILES[name]
    return personalise(profile.person, profile.make, AUTHORITY)


def opened(contents: Contents, info: PaceInfo | None) -> tuple[Channel, pace.PaceResult | None]:
    """A channel to the open application; by Basic Access Control when there is no way of PACE."""
    channel = Channel(Chip(contents).transmit)
    if info is None:
        select_application(channel)
        channel.secure(bac.establish(channel, contents.mrz_information, secrets.token_bytes))
        return channel, None
    password = pace.Password.mrz(contents.mrz_information)
    result = pace.establish(channel, info, password, secrets.token_bytes)
    channel.secure(result.messaging)
    if Ef.CARD_SECURITY in contents.files:
        raw = FileReader(channel, 223).read(Ef.CARD_SECURITY)
        assert raw == contents.files[Ef.CARD_SECURITY]
    select_application(channel)
    return channel, result


def ways(contents: Contents) -> list[PaceInfo | None]:
    if Ef.CARD_ACCESS not in contents.files:
        return [None]
    return list(parse_security_infos(contents.files[Ef.CARD_ACCESS]).pace)


@pytest.mark.parametrize("name", PASSPORTS)
def test_passport_opens_in_every_way_that_it_offers_and_proves_itself(name: str) -> None:
    contents = contents_of(name)
    for info in ways(contents):
        channel, _ = opened(contents, info)
        reader = FileReader(channel, 1_000, short_ids=contents.traits.by_short_name)
        assert parse_dg1(reader.read(Ef.DG1)).surname
    expected = {ef: raw for ef, raw in contents.files.items() if ef not in IN_ROOT}
    files = {ef: reader.read(ef) for ef in expected}
    assert files == expected
    sod = SecurityObject.parse(files[Ef.SOD])
    sod.verify_signature()
    for ef in files:
        if ef.number is not None:
            sod.verify_file(ef.number, files[ef])
    infos = parse_dg14(files[Ef.DG14]) if Ef.DG14 in files else None
    active_auth.authenticate(channel, files[Ef.DG15], infos, secrets.token_bytes)
    if infos is not None:
        assert chip_auth.authenticate(channel, infos, secrets.token_bytes).proven
        assert reader.read(Ef.COM) == files[Ef.COM]


def test_every_profile_has_its_line() -> None:
    assert all(profile.what for profile in PROFILES.values())
    assert len({profile.what for profile in PROFILES.values()}) == len(PROFILES)


def test_chip_authentication_mapping_proves_the_key_of_card_security() -> None:
    contents = contents_of("icao-cam")
    _, result = opened(contents, ways(contents)[0])
    assert result is not None
    assert result.chip_authentication is not None
    security = CardSecurity.parse(contents.files[Ef.CARD_SECURITY])
    security.verify_signature()
    by_number = {key.key_id: key for key in security.infos.chip_auth_keys}
    verify_chip_mapping(result.chip_authentication, by_number[13])
    assert parse_dg14(contents.files[Ef.DG14]).chip_auth_keys == security.infos.chip_auth_keys
    _, generic = opened(contents, ways(contents)[1])
    assert generic is not None
    assert generic.chip_authentication is None


def test_a_copied_chip_fails_the_mapping_too() -> None:
    profile = PROFILES["icao-cam"].with_fault(ChipFault.CLONED)
    contents = personalise(profile.person, profile.make, AUTHORITY)
    _, result = opened(contents, ways(contents)[0])
    assert result is not None
    assert result.chip_authentication is not None
    key = next(key for key in parse_dg14(contents.files[Ef.DG14]).chip_auth_keys if key.key_id == 13)
    with pytest.raises(Exception, match="does not hold this private key"):
        verify_chip_mapping(result.chip_authentication, key)


# Files beside the application, and how they are reached.


def status(chip: Chip, command: str) -> str:
    return chip.transmit(bytes.fromhex(command)).hex()[-4:]


def test_atr_info_announces_the_buffers() -> None:
    contents = contents_of("icao-gm-ecdh")
    raw = read_atr_info(Channel(Chip(contents).transmit))
    assert raw == contents.files[Ef.ATR_INFO]
    said = parse_atr_info(raw)
    assert (said.command, said.answer, said.extended) == (1_280, 1_280, True)


def test_chip_keeps_to_its_buffers() -> None:
    contents = contents_of("icao-gm-ecdh")
    chip = Chip(contents)
    assert status(chip, "00A4040C" + "000501" + "00" * 1_281) == "6700"
    channel, _ = opened(contents, ways(contents)[0])
    before = channel.apdus
    # More than fits the buffer comes in parts.
    assert len(channel.send(Command(0, 0xB0, 0x80 | Ef.DG2.sfi, 0, le=2_000)).data) < 2_000
    assert channel.apdus == before + 1


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("vn-2021", {"00A4000C023F00": "6d00", "00A4020C02011C": "9000", "00B09C0000": "9000"}),
        ("vn-2024", {"00A4000C023F00": "6982", "00A4020C02011C": "9000"}),
        ("icao-gm-ecdh", {"00A4000C023F00": "9000", "00A4000C": "9000", "00A4000C023F01": "6a82"}),
        ("icao-gm-ecdh", {"00A4020C022F01": "9000", "00A4020C022F00": "9000", "00B0810000": "9000"}),
        ("icao-cam", {"00A4020C02011D": "6982", "00B09D0000": "6982"}),
        ("by-short-name", {"00A4000C023F00": "6a86", "00A4020C02011C": "6a86", "00B09C0000": "9000"}),
        ("by-short-name", {"00B1011C0354010000": "6a86", "00B1001C0354010000": "9000"}),
        ("by-name", {"00B09C0000": "6a86", "00A4020C02011C": "9000", "00B0000000": "9000"}),
        ("icao-pace-only", {"00A4040C07A0000002471001": "9000", "0084000008": "6d00"}),
        ("short-only", {"00A4020C02011C": "9000", "00B00000000100": "6700"}),
    ],
)
def test_status_words_of_files_before_access(name: str, commands: dict[str, str]) -> None:
    chip = Chip(contents_of(name))
    assert {command: status(chip, command) for command in commands} == commands


def test_root_is_reached_again_from_the_application() -> None:
    chip = Chip(contents_of("icao-gm-ecdh"))
    assert status(chip, "00A4040C07A0000002471001") == "9000"
    assert status(chip, "00A4020C02011C") == "6a82"
    assert status(chip, "00A4000C023F00") == "9000"
    assert status(chip, "00A4020C02011C") == "9000"


# Passwords.


def try_pin(chip: Chip, pin: str) -> None:
    channel = Channel(chip.transmit)
    info = parse_security_infos(read_card_access(channel)[0]).pace[0]
    pace.establish(channel, info, pace.Password.pin(pin), secrets.token_bytes)


def set_pin(chip: Chip) -> str:
    return status(chip, "0022C1A40F800A04007F00070202040202830103")


def test_pin_is_suspended_before_its_last_try_and_blocked_after_it() -> None:
    contents = contents_of("icao-pin")
    chip = Chip(contents)
    assert contents.pin is not None
    assert set_pin(chip) == "9000"
    for left in ("63c2", "63c1"):
        with pytest.raises(AccessRefusedError):
            try_pin(chip, "000000")
        chip.reset()
        assert set_pin(chip) == left
    # Suspended: the first step is refused until the CAN was shown.
    assert status(chip, "10860000027C0000") == "6985"
    channel = Channel(chip.transmit)
    info = parse_security_infos(read_card_access(channel)[0]).pace[0]
    pace.establish(channel, info, pace.Password.can(contents.can), secrets.token_bytes)
    assert set_pin(chip) == "63c1"
    assert status(chip, "10860000027C0000") == "9000"
    assert status(chip, "10860000117C0F8108" + "00" * 8 + "00") == "6700"


def test_pin_is_blocked_after_its_last_try() -> None:
    contents = contents_of("icao-pin")
    chip = Chip(contents)
    channel = Channel(chip.transmit)
    info = parse_security_infos(read_card_access(channel)[0]).pace[0]
    for _ in range(2):
        with pytest.raises(AccessRefusedError):
            pace.establish(channel, info, pace.Password.pin("000000"), secrets.token_bytes)
    # The terminal's half would not spend the last try on a guess, so it does not get to see the warning 63C1.
    pace.establish(channel, info, pace.Password.can(contents.can), secrets.token_bytes)
    guess = pace.Password(3, b"000000")
    channel = Channel(lambda raw: b"\x90\x00" if raw[1] == 0x22 and chip.transmit(raw) else chip.transmit(raw))
    with pytest.raises(AccessRefusedError):
        pace.establish(channel, info, guess, secrets.token_bytes)
    assert set_pin(chip) == "63c0"
    assert status(chip, "10860000027C0000") == "6983"


def test_right_pin_gives_all_tries_back() -> None:
    contents = contents_of("icao-pin")
    chip = Chip(contents)
    with pytest.raises(AccessRefusedError):
        try_pin(chip, "000000")
    try_pin(chip, contents.pin or "")
    chip.reset()
    assert set_pin(chip) == "9000"


def test_wrong_can_never_blocks() -> None:
    contents = contents_of("icao-pin")
    chip = Chip(contents)
    channel = Channel(chip.transmit)
    info = parse_security_infos(contents.files[Ef.CARD_ACCESS]).pace[0]
    for _ in range(4):
        with pytest.raises(AccessRefusedError):
            pace.establish(channel, info, pace.Password.can("000000"), secrets.token_bytes)
    pace.establish(channel, info, pace.Password.can(contents.can), secrets.token_bytes)


def test_chip_without_a_pin_knows_no_such_reference() -> None:
    assert set_pin(Chip(contents_of("icao-gm-ecdh"))) == "6a88"


def test_same_protocol_on_two_curves_needs_the_number() -> None:
    chip = Chip(contents_of("icao-several"))
    generic = "0022C1A4{length}800A04007F00070202040202830101{number}"
    assert status(chip, generic.format(length="0F", number="")) == "6a88"
    assert status(chip, generic.format(length="12", number="840110")) == "9000"
    assert status(chip, generic.format(length="12", number="84010D")) == "6a88"


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.name)
@pytest.mark.parametrize("mapping", Mapping, ids=lambda mapping: mapping.name)
@pytest.mark.parametrize("parameters", [0, 8, 9, 14, 18], ids=["DH-0", "P-192", "bp192", "bp320", "P-521"])
def test_every_mapping_with_every_suite(mapping: Mapping, suite: Suite, parameters: int) -> None:
    if mapping is Mapping.CHIP_AUTHENTICATION and (parameters == 0 or suite is Suite.TRIPLE_DES):
        return  # Doc 9303-11 §9.2.1 has no such protocol
    make = replace(PROFILES["icao-gm-ecdh"].make, pace=(PaceWay(mapping, parameters, suite),))
    contents = personalise(PEOPLE["insured"], make, AUTHORITY)
    channel, _ = opened(contents, ways(contents)[0])
    assert FileReader(channel, 223).read(Ef.DG1) == contents.files[Ef.DG1]


def test_integrated_mapping_needs_a_nonce_of_the_key_s_size() -> None:
    chip = Chip(contents_of("icao-im"))
    assert status(chip, "0022C1A40F800A04007F00070202040404830101") == "9000"
    assert status(chip, "10860000027C0000") == "9000"
    assert status(chip, "10860000067C048102111100") == "6a80"


def test_integrated_mapping_is_not_for_p_224() -> None:
    make = replace(PROFILES["icao-im"].make, pace=(PaceWay(Mapping.INTEGRATED, 10, Suite.AES_128),))
    chip = Chip(personalise(PEOPLE["insured"], make, AUTHORITY))
    assert status(chip, "0022C1A40F800A04007F00070202040402830101") == "9000"
    assert status(chip, "10860000027C0000") == "9000"
    assert status(chip, "10860000147C128110" + "11" * 16 + "00") == "6a80"


def test_chip_authentication_with_several_keys_of_one_kind_needs_the_number() -> None:
    keys = (CaMake("P-256", key_id=7), CaMake("P-384", key_id=8))
    make = replace(PROFILES["icao-gm-ecdh"].make, chip=keys)
    contents = personalise(PEOPLE["insured"], make, AUTHORITY)
    channel, _ = opened(contents, ways(contents)[0])
    oid = "800A04007F00070202030202"
    for number, sw in (("", 0x6A88), ("840109", 0x6A88), ("840108", 0x9000)):
        data = bytes.fromhex(oid + number)
        assert channel.send(Command(0, 0x22, 0x41, 0xA4, data)).sw == sw


# Contents.


@pytest.mark.parametrize(
    ("name", "form", "lines"),
    [("icao-gm-ecdh", MrzForm.TD3, 2), ("icao-td2", MrzForm.TD2, 2), ("vn-2021", MrzForm.TD1, 3)],
)
def test_zone_of_every_form_has_right_digits(name: str, form: MrzForm, lines: int) -> None:
    profile = PROFILES[name]
    zone = parse_dg1(contents_of(name).files[Ef.DG1])
    assert (zone.form, zone.wrong) == (form, ())
    assert zone.born == f"{profile.person.born:%y%m%d}"
    assert len(mrz_zone(profile.person, profile.make)) == form.value
    assert form.value % lines == 0


@pytest.mark.parametrize(
    ("name", "kind", "record"),
    [
        ("icao-gm-ecdh", ImageKind.JPEG, FaceRecord.ISO_19794_5),
        ("face-39794", ImageKind.JPEG, FaceRecord.ISO_39794_5),
        ("face-jp2", ImageKind.JP2, FaceRecord.ISO_19794_5),
        ("face-j2k", ImageKind.J2K, FaceRecord.ISO_19794_5),
        ("vn-2024", ImageKind.JP2, FaceRecord.ISO_19794_5),
    ],
)
def test_faces_are_pictures_of_their_kind(name: str, kind: ImageKind, record: FaceRecord) -> None:
    import io

    from PIL import Image

    face = parse_dg2(contents_of(name).files[Ef.DG2])
    assert (face.kind, face.record) == (kind, record)
    with Image.open(io.BytesIO(face.data)) as picture:
        picture.load()
        assert picture.size == (336, 448)


def test_details_are_those_of_the_person() -> None:
    files, person = contents_of("icao-gm-ecdh").files, PEOPLE["insured"]
    details, document = parse_dg11(files[Ef.DG11]), parse_dg12(files[Ef.DG12])
    assert details.personal_number == person.id_number.digits
    assert details.born is not None
    assert (details.born.year, details.born.month, details.born.day) == (1990, 11, 20)
    assert details.address[0] == "Số 1 Đường Thử"
    assert details.name is not None
    assert document.authority is not None
    assert document.personalised == f"{person.issued:%Y-%m-%d}T08:30:00"
    assert len(parse_dg16(files[Ef.DG16])) == 2
    assert parse_dg7(files[Ef.DG7])[0].kind is ImageKind.JPEG


def test_data_group_13_of_2024_differs_in_form_not_in_facts() -> None:
    older, newer = (parse_dg13(contents_of(name).files[Ef.DG13]) for name in ("cccd-2024", "vn-2024"))
    assert (older.name, older.born, older.residence, older.parents) == (
        newer.name,
        newer.born,
        newer.residence,
        newer.parents,
    )
    assert older.marks is not None
    assert newer.marks is None
    numbers = [field.number for field in newer.fields]
    assert numbers != sorted(numbers)


def test_com_lists_what_is_there_but_for_the_unlisted() -> None:
    assert contents_of("bench").files[Ef.COM].hex().endswith("5c0461756e6f")
