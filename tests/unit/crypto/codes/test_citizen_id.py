from __future__ import annotations

import hashlib
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate, Sex
from crypto.codes.citizen_id import CitizenQr, QrWarning, fold_name, looks_like_card, parse_citizen
from crypto.codes.repair import Damage
from crypto.errors import MalformedError
from tests.unit.crypto.codes.samples import CARD_A, CARD_B, CARD_C, CARD_D

_TYPED_BYTES = "".join(c if c.isascii() else "".join(f"{b:04}" for b in c.encode()) for c in CARD_B)


@pytest.mark.parametrize(
    ("text", "size", "digest"),
    [
        (CARD_A, 146, "bede437a68897b53af0595bb2df8d729678d005de0d400408f50a18909046959"),
        (CARD_B, 121, "126085ebba691db0bd010d97012147eb21b194ad81f671cf8a2c5228d285f64e"),
        (CARD_C, 79, "87cc651fe4336f93b0207661547ebfdcbda319305e75dbdf87723f7488e9a4d7"),
        (CARD_D, 105, "3a126fc57a25c41d75d2bc3952c5e37be74f306ba974f4c27259e716fe869d86"),
    ],
    ids="ABCD",
)
def test_the_samples_are_the_published_ones(text: str, size: int, digest: str) -> None:
    assert (len(text.encode()), hashlib.sha256(text.encode()).hexdigest()) == (size, digest)


def test_a_2021_card_gives_its_seven_fields() -> None:
    card = parse_citizen(CARD_A)
    assert card.id_number.digits == "003090123450"
    assert card.old_number == "012345678"
    assert card.name == "NGUYỄN VĂN THỬ NGHIỆM"
    assert card.born == PartialDate(1990, 11, 20)
    assert card.sex is Sex.MALE
    assert card.address == "Số 1 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội"
    assert card.issued == date(2021, 7, 15)
    assert (card.extra, card.field_count, card.damaged, card.warnings) == ((), 7, False, ())


@pytest.mark.parametrize("text", [CARD_B, CARD_D], ids="BD")
def test_a_2024_card_gives_eleven_fields_with_four_empty_extras(text: str) -> None:
    card = parse_citizen(text)
    assert (card.field_count, card.extra, card.old_number, card.sex) == (11, ("",) * 4, None, Sex.FEMALE)
    assert (card.damaged, card.warnings) == (False, ())


def test_an_apostrophe_in_a_name_stays() -> None:
    assert parse_citizen(CARD_C).name == "Y THỬ HƠ'MẪU"


def test_nine_fields_are_read_too() -> None:
    card = parse_citizen(CARD_A + "|x|y")
    assert (card.extra, card.damaged) == (("x", "y"), False)


@pytest.mark.parametrize(("written", "read"), [("nam", Sex.MALE), ("NỮ", Sex.FEMALE), ("Nu", Sex.FEMALE), ("?", None)])
def test_sex_is_read_as_people_write_it(written: str, read: Sex | None) -> None:
    assert parse_citizen(CARD_B.replace("|Nữ|", f"|{written}|")).sex is read


def test_unknown_day_and_month_of_birth_are_zeros() -> None:
    card = parse_citizen(CARD_A.replace("20111990", "00001990"))
    assert (card.born, card.warnings) == (PartialDate(1990), ())


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("012345678", "01234567", QrWarning.OLD_NUMBER_ODD),
        ("20111990", "31021990", QrWarning.BORN_UNREADABLE),
        ("|Nam|", "|Khác|", QrWarning.SEX_UNREADABLE),
        ("15072021", "99992021", QrWarning.ISSUED_UNREADABLE),
        ("15072021", "15072020", QrWarning.ISSUED_BEFORE_CHIP_CARDS),
        ("20111990", "20112022", QrWarning.ISSUED_BEFORE_BORN),
        ("|Nam|", "|Nữ|", QrWarning.NUMBER_DISAGREES),
        ("20111990", "20111991", QrWarning.NUMBER_DISAGREES),
    ],
)
def test_what_does_not_fit_is_a_warning_and_the_number_stays(old: str, new: str, warning: QrWarning) -> None:
    card = parse_citizen(CARD_A.replace(old, new, 1))
    assert warning in card.warnings
    assert card.id_number.digits == "003090123450"
    assert not card.damaged


def test_nfd_text_becomes_nfc_without_a_warning() -> None:
    assert parse_citizen(unicodedata.normalize("NFD", CARD_A)) == parse_citizen(CARD_A)


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        (_TYPED_BYTES, Damage.DECIMAL_BYTES),
        (CARD_B.encode().decode("latin-1"), Damage.MOJIBAKE),
        (CARD_B.encode().decode("cp437"), Damage.MOJIBAKE),
        (CARD_B.encode("ascii", "xmlcharrefreplace").decode(), Damage.ESCAPED),
        ("".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in CARD_B), Damage.ESCAPED),
    ],
    ids=["typed bytes", "latin-1", "cp437", "entities", "percent"],
)
def test_damage_with_one_origin_is_undone(text: str, damage: Damage) -> None:
    card = parse_citizen(text)
    assert (card.name, card.sex, card.address) == (
        "Trần Thị Đo Lường",
        Sex.FEMALE,
        "Thôn Mẫu, Xã Giả Định, Huyện Thử, Gia Lai",
    )
    assert (card.damage, card.damaged, card.warnings) == (damage, False, (QrWarning.REPAIRED,))


@pytest.mark.parametrize(
    "text",
    [
        "".join(c for c in CARD_B if c.isascii()),
        CARD_B.encode("ascii", "replace").decode(),
        "".join(c if c.isascii() else str(ord(c)) for c in CARD_B),
        CARD_B.encode().decode("latin-1").replace("\x8b", ""),
    ],
    ids=["swallowed", "question marks", "code points", "mojibake with a byte missing"],
)
def test_lost_letters_are_never_guessed_and_the_numbers_survive(text: str) -> None:
    card = parse_citizen(text)
    assert (card.name, card.address, card.damaged) == (None, None, True)
    assert QrWarning.LETTERS_LOST in card.warnings
    assert (card.id_number.digits, card.born, card.issued) == (
        "003185000029",
        PartialDate(1985, 3, 5),
        date(2024, 9, 10),
    )


def test_a_swallowed_bar_is_found_by_the_forms_of_its_neighbours() -> None:
    card = parse_citizen(CARD_A.replace("|012345678|", "|"))
    assert (card.name, card.born, card.issued) == (
        "NGUYỄN VĂN THỬ NGHIỆM",
        PartialDate(1990, 11, 20),
        date(2021, 7, 15),
    )
    assert (card.old_number, card.damaged, card.warnings) == (None, True, (QrWarning.FIELDS_SHIFTED,))


def test_doubled_bars_are_found_by_the_forms_of_their_neighbours() -> None:
    card = parse_citizen(CARD_A.replace("|", "||"))
    assert (card.old_number, card.address, card.damaged) == (
        "012345678",
        "Số 1 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội",
        True,
    )


def test_a_card_cut_before_its_issue_date_keeps_what_is_there() -> None:
    card = parse_citizen(CARD_A.rpartition("|")[0])
    assert (card.issued, card.address, card.damaged) == (
        None,
        "Số 1 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội",
        True,
    )


def test_other_separators_leave_only_the_number() -> None:
    card = parse_citizen(CARD_A.replace("|", "~"))
    assert card == CitizenQr(
        card.id_number,
        field_count=1,
        damaged=True,
        warnings=(QrWarning.FIELDS_SHIFTED, QrWarning.LETTERS_LOST),
    )
    assert card.id_number.digits == "003090123450"


@pytest.mark.parametrize(
    "text", ["", "003090123450", "00309012345|" + CARD_A, "003090123450 20111990", CARD_A[1:], CARD_A + "|" * 40]
)
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_citizen(text)


@given(st.text(max_size=300) | st.from_regex(r"[0-9]{12}(\|[^|]{0,9}){0,12}", fullmatch=True))
def test_any_text_is_a_card_or_malformed(text: str) -> None:
    try:
        card = parse_citizen(text)
    except MalformedError:
        assert not looks_like_card(text) or text.count("|") > 30
    else:
        assert card.id_number.digits == text[:12]


def test_nothing_personal_is_in_the_repr() -> None:
    shown = repr(parse_citizen(CARD_A))
    assert not [part for part in (*CARD_A.split("|"), "1990", "2021") if part in shown]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Nguyễn  Văn Thử ", "NGUYEN VAN THU"),
        ("Y THỬ HƠ'MẪU", "Y THU HOMAU"),
        ("Y Thử Hơ’Mẫu", "Y THU HOMAU"),
        ("đặng thị-nhấc", "DANG THINHAC"),
        (unicodedata.normalize("NFD", "Trần Thị Đo Lường"), "TRAN THI DO LUONG"),
    ],
)
def test_names_fold_to_a_key(name: str, key: str) -> None:
    assert fold_name(name) == key


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)
