"""Dates of expiry of the citizen card by the two laws."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.emrtd.validity import candidates, expiry
from crypto.errors import MalformedError
from tests.unit.crypto.emrtd.people import PEOPLE


@pytest.mark.parametrize("who", PEOPLE)
def test_the_table_of_the_law(who: str) -> None:
    person = PEOPLE[who]
    assert expiry(person.born, person.issued) == person.expires


@pytest.mark.parametrize("who", PEOPLE)
def test_the_likeliest_candidate_is_what_the_zone_says(who: str) -> None:
    person = PEOPLE[who]
    assert candidates(person.born, person.issued)[0] == person.zone[38:44]


@pytest.mark.parametrize(
    ("born", "issued", "expected"),
    [
        (date(2000, 5, 5), date(2023, 5, 4), date(2025, 5, 5)),
        (date(2000, 5, 5), date(2023, 5, 5), date(2040, 5, 5)),
        (date(1983, 5, 5), date(2023, 5, 5), date(2043, 5, 5)),
        (date(1963, 5, 5), date(2021, 5, 4), date(2023, 5, 5)),
        (date(1963, 5, 5), date(2021, 5, 5), None),
        (date(2010, 8, 1), date(2024, 6, 30), date(2035, 8, 1)),
        (date(2013, 8, 1), date(2024, 7, 1), date(2027, 8, 1)),
        (date(2013, 8, 1), date(2024, 6, 30), date(2038, 8, 1)),
    ],
    ids=[
        "a day more than two years",
        "exactly two years",
        "on the birthday itself",
        "before the last age",
        "within two years of the last age",
        "the old law knew no 14",
        "first day of the new law",
        "last day of the old law",
    ],
)
def test_edges(born: date, issued: date, expected: date | None) -> None:
    assert expiry(born, issued) == expected


def test_exactly_two_years_before_also_tries_the_nearer_age() -> None:
    assert candidates(date(2000, 5, 5), date(2023, 5, 5)) == ("400505", "600505", "250505")


def test_29_february_counts_as_the_28th_and_tries_1_march() -> None:
    assert expiry(date(2000, 2, 29), date(2021, 3, 1)) == date(2025, 2, 28)
    assert candidates(date(2000, 2, 29), date(2021, 3, 1)) == ("250228", "250301", "400229")


def test_29_february_stays_in_a_leap_year() -> None:
    assert expiry(date(2000, 2, 29), date(2026, 1, 1)) == date(2040, 2, 29)


def test_after_the_last_age_there_is_one_candidate() -> None:
    assert candidates(date(1960, 1, 1), date(2022, 5, 4)) == ("991231",)


def test_near_the_last_age_both_are_tried() -> None:
    assert candidates(date(1963, 5, 5), date(2021, 5, 5)) == ("991231", "230505")


@pytest.mark.parametrize(
    ("born", "issued"), [(date(2024, 1, 2), date(2024, 1, 1)), (date(9980, 2, 29), date(9999, 1, 1))]
)
def test_impossible_dates_are_malformed(born: date, issued: date) -> None:
    with pytest.raises(MalformedError):
        candidates(born, issued)


@given(born=st.dates(date(1900, 1, 1), date(2050, 1, 1)), issued=st.dates(date(2016, 1, 1), date(2050, 1, 1)))
def test_the_likeliest_comes_first_and_the_list_is_short(born: date, issued: date) -> None:
    if issued < born:
        return
    found = candidates(born, issued)
    likely = expiry(born, issued)
    assert found[0] == (likely.strftime("%y%m%d") if likely else "991231")
    assert len(set(found)) == len(found) <= 5
    assert likely is None or likely > issued
