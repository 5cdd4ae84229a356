"""Expected texts: facts/vietnam §1.4 and §3, repeated in the project's own test data by their hashes."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest

from drivers.simulator.people import PEOPLE


@pytest.mark.parametrize(
    ("code", "length", "digest"),
    [
        ("insured", 146, "bede437a68897b53af0595bb2df8d729678d005de0d400408f50a18909046959"),
        ("expired", 121, "126085ebba691db0bd010d97012147eb21b194ad81f671cf8a2c5228d285f64e"),
        ("uninsured", 79, "87cc651fe4336f93b0207661547ebfdcbda319305e75dbdf87723f7488e9a4d7"),
    ],
)
def test_card_qr_is_the_known_text_byte_for_byte(code: str, length: int, digest: str) -> None:
    payload = PEOPLE[code].card_qr()
    assert len(payload) == length
    assert hashlib.sha256(payload).hexdigest() == digest


def test_nobody_has_an_id_number_that_could_be_real() -> None:
    assert all(person.id_number.digits.startswith("003") for person in PEOPLE.values())


def test_id_numbers_are_different() -> None:
    assert len({person.id_number for person in PEOPLE.values()}) == 9


def test_id_number_agrees_with_sex_century_and_year() -> None:
    for person in PEOPLE.values():
        century = 2 * (person.born.year // 100 - 19)
        assert person.id_number.digits[3] == str(century + (person.sex_word == "Nữ"))
        assert person.id_number.digits[4:6] == f"{person.born:%y}"


def test_texts_are_composed_unicode() -> None:
    for person in PEOPLE.values():
        text = person.card_qr().decode()
        assert text == unicodedata.normalize("NFC", text)


def test_only_cards_of_the_2024_series_have_eleven_fields() -> None:
    fields = {code: person.card_qr().decode().count("|") + 1 for code, person in PEOPLE.items()}
    assert {code for code, count in fields.items() if count == 11} == {"expired", "unknown-issuer", "offline"}
    assert set(fields.values()) == {7, 11}


def test_a_person_does_not_show_in_a_log() -> None:
    shown = repr(PEOPLE["insured"])
    assert "Thử Nghiệm" not in shown
    assert "123450" not in shown
