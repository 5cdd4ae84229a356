from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import MalformedError
from crypto.id_number import IdNumber

numbers = st.from_regex(r"003[0-9]{9}", fullmatch=True).map(IdNumber)


def test_the_parts_of_an_invented_number() -> None:
    number = IdNumber("003090123450")
    assert number.masked == "003 090 ••••••"
    assert number.document_number == "090123450"
    assert number.can == "123450"


@given(numbers)
def test_the_last_six_digits_are_never_shown(number: IdNumber) -> None:
    shown = "".join(character for character in str(number) + repr(number) + f"{number}" if character.isdigit())
    assert shown == number.digits[:6] * 2
    assert number.digits == number.digits[:6] + number.can


def test_leading_zeros_of_the_access_number_are_kept() -> None:
    assert IdNumber("003185000029").can == "000029"


@given(st.text(max_size=14))
def test_only_twelve_digits_are_an_id_number(text: str) -> None:
    if len(text) == 12 and all(character in "0123456789" for character in text):
        assert IdNumber(text).digits == text
        return
    with pytest.raises(MalformedError) as caught:
        IdNumber(text)
    assert not text.strip() or text not in str(caught.value) or len(text) < 3


@pytest.mark.parametrize(
    "text",
    ["", "00309012345", "0030901234500", "00309012345x", "003090123450\n", " 03090123450", "００３０９０１２３４５０"],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        IdNumber(text)


def test_equal_numbers_are_equal() -> None:
    assert len({IdNumber("003090123450"), IdNumber("003090123450"), IdNumber("003185000029")}) == 2
