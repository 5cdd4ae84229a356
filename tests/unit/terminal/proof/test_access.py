"""What opens a chip, from what a code or a person told. People A to D: the published examples of the citizen card."""

from __future__ import annotations

from datetime import date

import pytest

from crypto.civil import PartialDate
from crypto.emrtd.mrz import parse_mrz
from crypto.errors import MalformedError
from crypto.id_number import IdNumber
from terminal.model import DataSource, Person
from terminal.proof.access import ChipAccess, access_for, typed_access

ZONES = {
    "A": "IDVNM0901234506003090123450<<99011207M3011205VNM<<<<<<<<<<<0NGUYEN<<VAN<THU<NGHIEM<<<<<<<<",
    "B": "IDVNM1850000291003185000029<<48503057F4503059VNM<<<<<<<<<<<8TRAN<<THI<DO<LUONG<<<<<<<<<<<<",
    "C": "IDVNM0600000318003060000031<<16001010M9912315VNM<<<<<<<<<<<2Y<<THU<HOMAU<<<<<<<<<<<<<<<<<<",
    "D": "IDVNM3200000454003320000045<<72009096F3409095VNM<<<<<<<<<<<8LE<<THI<BE<MAU<<<<<<<<<<<<<<<<",
}
PEOPLE = {
    "A": ("003090123450", date(1990, 11, 20), date(2021, 7, 15)),
    "B": ("003185000029", date(1985, 3, 5), date(2024, 9, 10)),
    "C": ("003060000031", date(1960, 1, 1), date(2022, 5, 4)),
    "D": ("003320000045", date(2020, 9, 9), date(2024, 10, 15)),
}


def person(letter: str) -> Person:
    number, born, issued = PEOPLE[letter]
    return Person(
        DataSource.CARD_QR, IdNumber(number), born=PartialDate(born.year, born.month, born.day), issued=issued
    )


@pytest.mark.parametrize("letter", PEOPLE)
def test_the_card_s_code_gives_the_can_and_first_of_all_the_very_text_that_the_card_s_mrz_gives(letter: str) -> None:
    found = access_for(person(letter))
    assert found is not None
    assert found.can == PEOPLE[letter][0][-6:]
    assert found.mrz_information[0] == parse_mrz(ZONES[letter]).information
    assert not found.typed


def test_the_published_key_text_of_bac() -> None:
    found = access_for(person("A"))
    assert found is not None
    assert found.mrz_information[0] == "090123450690112073011205"


def test_neighbouring_ages_follow_the_likeliest() -> None:
    found = access_for(person("B"))
    assert found is not None
    assert [text[-7:-1] for text in found.mrz_information] == ["450305", "991231", "250305"]


@pytest.mark.parametrize(
    ("born", "issued"),
    [
        (None, date(2021, 7, 15)),
        (PartialDate(1990), date(2021, 7, 15)),
        (PartialDate(1990, 11), date(2021, 7, 15)),
        (PartialDate(1990, 11, 20), None),
        (PartialDate(2022, 1, 1), date(2021, 7, 15)),
    ],
    ids=["no birth", "year only", "no day", "no issue", "issued before birth"],
)
def test_dates_that_are_not_whole_or_contradict_each_other_leave_the_number(
    born: PartialDate | None, issued: date | None
) -> None:
    who = Person(DataSource.CARD_QR, IdNumber("003090123450"), born=born, issued=issued)
    assert access_for(who) == ChipAccess("123450", ())


def test_a_person_without_number_opens_nothing() -> None:
    assert access_for(Person(DataSource.INSURANCE_QR, insurance_code="0030000001")) is None


def test_a_typed_number_is_marked_as_typed() -> None:
    assert access_for(Person(DataSource.TYPED, IdNumber("003090123450")), typed=True) == ChipAccess("123450", (), True)


def test_typed_dates_open_by_the_mrz_alone() -> None:
    who = Person(DataSource.TYPED, IdNumber("003090123450"))
    assert typed_access(who, "901120", "301120") == ChipAccess(None, ("090123450690112073011205",), typed=True)


@pytest.mark.parametrize("dates", [("1990", "301120"), ("901120", ""), ("9O1120", "301120")])
def test_typed_dates_that_no_mrz_has_are_refused(dates: tuple[str, str]) -> None:
    with pytest.raises(MalformedError):
        typed_access(Person(DataSource.TYPED, IdNumber("003090123450")), *dates)


def test_typed_dates_without_a_number_are_refused() -> None:
    with pytest.raises(MalformedError):
        typed_access(Person(DataSource.TYPED), "901120", "301120")


def test_no_key_shows_itself() -> None:
    found = access_for(person("A"))
    assert "123450" not in repr(found)
