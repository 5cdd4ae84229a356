"""The machine-readable zone: published specimens of ICAO Doc 9303 and the invented card holders."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate
from crypto.emrtd.dg1 import encode_dg1, parse_dg1
from crypto.emrtd.mrz import CheckDigit, MrzForm, check_digit, compose_td1, information, parse_mrz
from crypto.emrtd.vietnam import card_mrz
from crypto.errors import MalformedError
from crypto.id_number import IdNumber
from tests.unit.crypto.emrtd.people import PEOPLE

VECTORS = Path(__file__).parents[3] / "vectors"

# Doc 9303-5 Appendix B, 9303-6 Appendix B, 9303-4 Appendix B; the long numbers: Doc 9303-11 Appendix D.2.
TD1 = """I<UTOD231458907<<<<<<<<<<<<<<<
7408122F1204159UTO<<<<<<<<<<<6
ERIKSSON<<ANNA<MARIA<<<<<<<<<<"""
TD2 = """I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<
D231458907UTO7408122F1204159<<<<<<<6"""
TD3 = """P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L898902C36UTO7408122F1204159ZE184226B<<<<<10"""
TD1_LONG = """I<UTOD23145890<7349<<<<<<<<<<<
3407127M9507122UTO<<<<<<<<<<<2
STEVENSON<<PETER<JOHN<<<<<<<<<"""
TD2_LONG = """I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<
D23145890<UTO3407127M95071227349<<<8"""


def vector(name: str, label: str) -> str:
    (fields,) = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return str(next(row["hex"] for row in fields["constants"] if row["label"] == label))


def test_the_published_check_digit() -> None:
    assert check_digit(vector("CheckDigitTest.json", "")) == "3"  # Doc 9303-3 §4.9, example 1
    assert check_digit("AB2134<<<") == "5"  # example 2


def test_the_published_bac_seed_comes_from_the_mrz_information() -> None:
    text = information("L898902C<", "690806", "940623")  # Doc 9303-11 Appendix D.2
    assert text == "L898902C<369080619406236"
    assert hashlib.sha1(text.encode(), usedforsecurity=False).digest()[:16].hex() == vector("BACTest.json", "")


@pytest.mark.parametrize(("text", "form"), [(TD1, MrzForm.TD1), (TD2, MrzForm.TD2), (TD3, MrzForm.TD3)])
def test_the_published_specimens_parse(text: str, form: MrzForm) -> None:
    mrz = parse_mrz(text)

    assert mrz.form is form
    assert (mrz.surname, mrz.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (mrz.state, mrz.nationality, mrz.sex) == ("UTO", "UTO", "F")
    assert (mrz.born, mrz.expires) == ("740812", "120415")
    assert mrz.document_number == ("L898902C3" if form is MrzForm.TD3 else "D23145890")
    assert mrz.document_code == ("P" if form is MrzForm.TD3 else "I")
    assert mrz.id_number is None


def test_optional_data_of_a_passport() -> None:
    assert parse_mrz(TD3).optional.strip("<") == "ZE184226B"


@pytest.mark.parametrize("text", [TD1_LONG, TD2_LONG], ids=["TD1", "TD2"])
def test_a_long_document_number_goes_on_in_the_optional_data(text: str) -> None:
    mrz = parse_mrz(text)

    assert mrz.document_number == "D23145890734"
    assert mrz.information == "D23145890734934071279507122"
    assert (mrz.surname, mrz.given_names) == ("STEVENSON", "PETER JOHN")


def test_a_long_document_number_without_its_end_is_malformed() -> None:
    with pytest.raises(MalformedError, match="document number"):
        parse_mrz(TD1_LONG.replace("7349", "<<<<"))


def test_a_passport_without_optional_data_may_leave_their_check_digit_out() -> None:
    first, second = TD3.split()
    for digit in "0<":
        line = second[:28] + "<" * 14 + digit
        line += check_digit(line[:10] + line[13:20] + line[21:43])
        assert parse_mrz(first + line).optional == "<" * 14


@pytest.mark.parametrize("who", PEOPLE)
def test_the_zone_of_a_citizen_card_reads_and_composes(who: str) -> None:
    person = PEOPLE[who]
    mrz = parse_mrz(person.zone)

    assert mrz.information == person.information
    assert mrz.id_number == IdNumber(person.id_number)
    assert mrz.document_number == IdNumber(person.id_number).document_number
    assert mrz.born_on(date(2026, 11, 22)) == person.born
    composed = card_mrz(
        id_number=IdNumber(person.id_number),
        name=person.name,
        born=PartialDate(person.born.year, person.born.month, person.born.day),
        sex=person.sex,
        expires=person.expires,
    )
    assert composed == person.zone


def test_data_group_1_of_a() -> None:
    raw = bytes.fromhex("615d5f1f5a") + PEOPLE["A"].zone.encode()

    assert encode_dg1(PEOPLE["A"].zone) == raw
    assert parse_dg1(raw) == parse_mrz(PEOPLE["A"].zone)


@pytest.mark.parametrize(
    ("text", "at", "wrong"),
    [
        (TD1, 14, {CheckDigit.DOCUMENT_NUMBER, CheckDigit.COMPOSITE}),
        (TD1, 37, {CheckDigit.BIRTH, CheckDigit.COMPOSITE}),
        (TD1, 45, {CheckDigit.EXPIRY, CheckDigit.COMPOSITE}),
        (TD1, 60, {CheckDigit.COMPOSITE}),
        (TD1_LONG, 18, {CheckDigit.DOCUMENT_NUMBER, CheckDigit.COMPOSITE}),
        (TD2, 72, {CheckDigit.COMPOSITE}),
        (TD3, 54, {CheckDigit.DOCUMENT_NUMBER, CheckDigit.COMPOSITE}),
        (TD3, 87, {CheckDigit.OPTIONAL, CheckDigit.COMPOSITE}),
        (TD3, 88, {CheckDigit.COMPOSITE}),
    ],
)
def test_a_wrong_check_digit_in_a_chip_is_a_finding_and_when_typed_a_refusal(
    text: str, at: int, wrong: set[CheckDigit]
) -> None:
    changed = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
    zone = parse_dg1(encode_dg1(changed.replace("\n", "")))

    assert set(zone.wrong) == wrong
    assert zone.surname == parse_mrz(text).surname
    with pytest.raises(MalformedError, match="check digit"):
        parse_mrz(changed)


@pytest.mark.parametrize("text", [TD1, TD2, TD3, TD1_LONG, TD2_LONG])
def test_line_ends_small_letters_spaces_and_padding_in_a_chip_are_taken(text: str) -> None:
    odd = text.lower().replace("<", " ").replace("\n", "\r\n")
    assert parse_dg1(encode_dg1(odd + "\r\n\0\0") + b"\0") == parse_mrz(text)


def test_a_long_document_number_without_its_end_is_a_finding_in_a_chip() -> None:
    zone = parse_dg1(encode_dg1(TD1_LONG.replace("7349", "<<<<").replace("\n", "")))
    assert zone.document_number == "D23145890"
    assert CheckDigit.DOCUMENT_NUMBER in zone.wrong


def test_an_unknown_date_may_leave_its_check_digit_out() -> None:
    first, second, third = TD1.split()
    line = "<<<<<<<" + second[7:29]
    line += check_digit(first[5:30] + line[:7] + line[8:15] + line[18:29])
    zone = parse_mrz(first + line + third)
    assert (zone.born, zone.born_on(date(2026, 11, 22))) == ("<<<<<<", None)


@pytest.mark.parametrize("raw", [encode_dg1(TD1) + b"x", b"\x62" + encode_dg1(TD1)[1:], b"\x61\x00"])
def test_another_file_is_no_data_group_1(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_dg1(raw)


def test_data_group_1_must_be_ascii() -> None:
    with pytest.raises(MalformedError, match="ASCII"):
        parse_dg1(bytes.fromhex("615d5f1f5a") + b"\xff" * 90)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("at", [5, 14, 15, 30, 36, 38, 44, 59])
def test_a_digit_read_wrongly_is_noticed(who: str, at: int) -> None:
    zone = PEOPLE[who].zone
    wrong = zone[:at] + str((int(zone[at]) + 1) % 10) + zone[at + 1 :]

    with pytest.raises(MalformedError, match="check digit"):
        parse_mrz(wrong)


def test_names_longer_than_the_zone_are_cut() -> None:
    zone = card_mrz(
        id_number=IdNumber("003090123450"),
        name="Nguyễn Thử Nghiệm Tên Rất Dài Không Vừa Dòng",
        born=PartialDate(1990, 11, 20),
        sex="F",
        expires=None,
    )
    assert zone[60:] == "NGUYEN<<THU<NGHIEM<TEN<RAT<DAI"


def test_a_holder_without_given_names_has_the_surname_alone() -> None:
    zone = card_mrz(id_number=IdNumber("003090123450"), name="Mẫu", born=PartialDate(1990), sex="F", expires=None)
    mrz = parse_mrz(zone)

    assert (mrz.surname, mrz.given_names) == ("MAU", "")
    assert mrz.born == "90<<<<"
    assert mrz.born_on(date(2026, 11, 22)) is None


def test_a_document_number_must_fit() -> None:
    with pytest.raises(MalformedError, match="longer than its field"):
        compose_td1(
            document_code="ID",
            state="VNM",
            document_number="1234567890",
            optional="",
            born="900101",
            sex="M",
            expires="300101",
            nationality="VNM",
            surname="MAU",
            given_names="",
        )


def test_the_number_is_only_taken_from_vietnamese_cards_that_hold_one() -> None:
    zone = compose_td1(
        document_code="ID",
        state="VNM",
        document_number="090123450",
        optional="12345",
        born="900101",
        sex="M",
        expires="300101",
        nationality="VNM",
        surname="MAU",
        given_names="THU",
    )
    assert parse_mrz(zone).id_number is None


def test_a_birth_after_today_was_in_the_century_before() -> None:
    mrz = parse_mrz(PEOPLE["D"].zone)

    assert mrz.born_on(date(2020, 9, 9)) == date(2020, 9, 9)
    assert mrz.born_on(date(2020, 9, 8)) == date(1920, 9, 9)


@pytest.mark.parametrize("text", ["", "A" * 89, "a" * 90, "A" * 129, "É" * 90])
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_mrz(text)


@pytest.mark.parametrize(("number", "born"), [("09012345", "1"), ("é", "900101")])
def test_information_takes_only_what_a_zone_can_hold(number: str, born: str) -> None:
    with pytest.raises(MalformedError):
        information(number, born, "300101")


def test_a_date_with_letters_is_malformed_even_with_right_check_digits() -> None:
    zone = list(PEOPLE["A"].zone)
    zone[30:36] = "ABCDEF"
    zone[36] = check_digit("ABCDEF")
    text = "".join(zone)
    text = text[:59] + check_digit(text[5:30] + text[30:37] + text[38:45] + text[48:59]) + text[60:]

    with pytest.raises(MalformedError, match="date"):
        parse_mrz(text)


def test_nothing_personal_is_in_the_repr() -> None:
    shown = repr(parse_mrz(PEOPLE["A"].zone))
    assert not any(text in shown for text in ("090123450", "901120", "NGUYEN", "THU"))


@given(text=st.text(alphabet="0123456789ABCXYZ<", min_size=72, max_size=90))
def test_any_text_parses_or_is_malformed(text: str) -> None:
    with suppress(MalformedError):
        parse_mrz(text)


@given(raw=st.binary(max_size=120))
def test_any_bytes_as_data_group_1_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_dg1(raw)
