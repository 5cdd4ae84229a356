from __future__ import annotations

import pytest

from crypto.emrtd.pace import Password
from crypto.errors import MalformedError


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "12345\n", "１２３４５６"])
def test_a_card_access_number_is_six_digits(digits: str) -> None:
    with pytest.raises(MalformedError):
        Password.can(digits)


@pytest.mark.parametrize("characters", ["", "123", "1" * 17, "1234\n", "12345\x00", "１２３４", "12\x9034"])
def test_a_pin_is_4_to_16_printable_characters(characters: str) -> None:
    with pytest.raises(MalformedError):
        Password.pin(characters)


def test_passwords_are_encoded_in_latin_1() -> None:
    """ICAO 9303-11 table 14, BSI TR-03110-3 §D.2.1.4."""
    assert Password.can("123450").secret == b"123450"
    assert Password.pin("gr\u00fcn").secret == b"gr\xfcn"


def test_each_kind_has_its_reference() -> None:
    made = [Password.mrz("T22000129364081251010318"), Password.can("123450"), Password.pin("12345")]
    assert [password.reference for password in made] == [1, 2, 3]


def test_passwords_hide_themselves() -> None:
    assert repr(Password.can("123450")) == "Password(reference=2)"
    assert "482915" not in repr(Password.pin("482915"))
