from __future__ import annotations

from datetime import date

import pytest

from crypto.civil import PartialDate, Sex, read_packed, read_sex, read_slashed, read_written, read_year_first


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("20111990", PartialDate(1990, 11, 20)),
        (" 20111990 ", PartialDate(1990, 11, 20)),
        ("00111990", PartialDate(1990, 11)),
        ("00001990", PartialDate(1990)),
        ("29022000", PartialDate(2000, 2, 29)),
        ("29021900", None),
        ("20001990", None),
        ("00000000", None),
        ("2011199", None),
        ("٢٠١١١٩٩٠", None),
    ],
)
def test_packed_dates(text: str, read: PartialDate | None) -> None:
    assert read_packed(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("20/11/1990", PartialDate(1990, 11, 20)),
        ("1/2/1990", PartialDate(1990, 2, 1)),
        ("11/1990", PartialDate(1990, 11)),
        ("1990", PartialDate(1990)),
        ("31/02/1990", None),
        ("20-11-1990", None),
        ("", None),
    ],
)
def test_slashed_dates(text: str, read: PartialDate | None) -> None:
    assert read_slashed(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("20/11/1990", PartialDate(1990, 11, 20)),
        ("20-11-1990", PartialDate(1990, 11, 20)),
        ("00/00/1990", PartialDate(1990)),
        ("20/00/1990", PartialDate(1990)),
        ("1/2/1990", None),
        ("31/02/1990", None),
    ],
)
def test_written_dates(text: str, read: PartialDate | None) -> None:
    assert read_written(text) == read


@pytest.mark.parametrize(
    ("born", "text", "mrz", "exact"),
    [
        (PartialDate(1990, 11, 20), "20/11/1990", "901120", date(1990, 11, 20)),
        (PartialDate(1990, 11), "11/1990", "9011<<", None),
        (PartialDate(1990), "1990", "90<<<<", None),
    ],
)
def test_a_partial_date_is_written_as_far_as_it_is_known(
    born: PartialDate, text: str, mrz: str, exact: date | None
) -> None:
    assert (born.text(), born.mrz, born.exact) == (text, mrz, exact)
    assert "1990" not in repr(born)


@pytest.mark.parametrize(
    ("text", "sex"),
    [("Nam", Sex.MALE), ("NỮ", Sex.FEMALE), ("nu", Sex.FEMALE), ("Nu\u031b\u0303", Sex.FEMALE), ("N", None)],
)
def test_sexes(text: str, sex: Sex | None) -> None:
    assert read_sex(text) is sex


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("19901120", PartialDate(1990, 11, 20)),
        ("19901100", PartialDate(1990, 11)),
        ("19900020", PartialDate(1990)),
        ("19901320", None),
        ("00001120", None),
        ("1990112", None),
        ("1990112 ", None),
    ],
)
def test_dates_that_begin_with_the_year(text: str, read: PartialDate | None) -> None:
    assert read_year_first(text) == read
