from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate, Sex
from crypto.codes.bhyt import InsuranceWarning, is_insurance_code, looks_like_insurance, parse_insurance
from crypto.errors import MalformedError
from tests.unit.crypto.codes.samples import INSURANCE_NEW, INSURANCE_OLD


def test_a_new_card_gives_its_fields() -> None:
    card = parse_insurance(INSURANCE_NEW)
    assert (card.code, card.number, card.name) == ("0123456789", "0123456789", "Nguyễn Văn Thử")
    assert (card.born, card.sex) == (PartialDate(1990, 11, 20), Sex.MALE)
    assert (card.address, card.issued_at) == ("Phường Giả Định, Hà Nội", "Thành phố Hà Nội")
    assert (card.facility, card.benefit) == ("01000", "4")
    assert (card.valid_from, card.valid_to, card.issued, card.five_years_from) == (
        date(2026, 1, 1),
        date(2026, 12, 31),
        date(2025, 12, 15),
        date(2027, 1, 1),
    )
    assert card.warnings == ()


def test_an_old_card_gives_its_fields() -> None:
    card = parse_insurance(INSURANCE_OLD)
    assert (card.code, card.number, card.name) == ("DN4010123456789", "0123456789", "Trần Thị Đo")
    assert (card.born, card.sex, card.address) == (PartialDate(1985), Sex.FEMALE, "Xã Giả Định")
    assert (card.valid_from, card.valid_to, card.benefit, card.issued_at) == (date(2020, 1, 1), None, "4", None)
    assert card.warnings == ()


def test_a_facility_code_may_hold_letters() -> None:
    assert parse_insurance(INSURANCE_OLD.replace("01 - 000", "01 - c54")).facility == "01C54"


def test_upper_case_hexadecimal_is_read() -> None:
    name = INSURANCE_NEW.split("|")[1]
    assert parse_insurance(INSURANCE_NEW.replace(name, name.upper())).name == "Nguyễn Văn Thử"


@pytest.mark.parametrize(
    ("cut", "name"),
    [
        ("5472e1baa76e205468e1bb8b20c490", "Trần Thị Đ"),
        ("5472e1baa76e205468e1bb8b20c4", "Trần Thị \N{REPLACEMENT CHARACTER}"),
        ("5472e1baa76e205", "Trần"),
        ("Tran Thi Do", None),
        ("5472zz", None),
    ],
)
def test_a_cut_name_keeps_what_is_whole_and_invents_nothing(cut: str, name: str | None) -> None:
    whole = INSURANCE_OLD.split("|")[1]
    card = parse_insurance(INSURANCE_OLD.replace(whole, cut))
    assert card.name == name
    assert (InsuranceWarning.TEXT_DAMAGED in card.warnings) == (cut != "5472e1baa76e205468e1bb8b20c490")


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("DN4", "DN9", InsuranceWarning.CODE_ODD),
        ("|1985|", "|31/02/1985|", InsuranceWarning.DATE_UNREADABLE),
        ("|01/01/2020|", "|2020|", InsuranceWarning.DATE_UNREADABLE),
        ("|1985|2|", "|1985|3|", InsuranceWarning.SEX_UNREADABLE),
        ("|01 - 000|", "|01000|", InsuranceWarning.FACILITY_UNREADABLE),
        ("|01000123456789|$", "|$", InsuranceWarning.FIELD_MISSING),
    ],
)
def test_what_does_not_fit_is_a_warning_and_the_code_stays(old: str, new: str, warning: InsuranceWarning) -> None:
    card = parse_insurance(INSURANCE_OLD.replace(old, new, 1))
    assert card.warnings == (warning,)
    assert card.number == "0123456789"


@pytest.mark.parametrize(
    ("text", "valid"),
    [("0123456789", True), ("DN4010123456789", True), ("DN6010123456789", False), ("012345678", False), ("", False)],
)
def test_card_codes_have_two_forms(text: str, valid: bool) -> None:
    assert is_insurance_code(text) is valid


@pytest.mark.parametrize("text", ["", "$", "0123456789|a|b", "x|$", INSURANCE_OLD[:-1], "0123456789|" + "|" * 50 + "$"])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_insurance(text)


@given(st.text(max_size=200) | st.from_regex(r"[0-9]{10}(\|[0-9a-f/\- ]{0,12}){0,18}\|\$", fullmatch=True))
def test_any_text_is_a_card_or_malformed(text: str) -> None:
    try:
        card = parse_insurance(text)
    except MalformedError:
        assert not looks_like_insurance(text) or text.count("|") > 30
    else:
        assert text.startswith(card.code)


def test_nothing_personal_is_in_the_repr() -> None:
    shown = repr(parse_insurance(INSURANCE_NEW))
    assert not [part for part in ("0123456789", "Nguyễn", "1990", "Phường", "Thành") if part in shown]
