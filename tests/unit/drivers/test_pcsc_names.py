"""Readers by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pcsc_names import chosen, contact, simulated

READERS = [
    "ACS ACR1252 1S CL Reader PICC 0",
    "ACS ACR1252 1S CL Reader SAM 0",
    "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] 01 00",
    "Identiv uTrust 4701 F, Dual Interface Reader 00 00",
]
PICC, SAM, OMNIKEY, COMMA = READERS


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("*", [PICC, OMNIKEY, COMMA]),
        ("ACS*", [PICC]),
        ("No such*", []),
        ("No such*, HID*", [OMNIKEY]),
        ("HID*, ACS*", [OMNIKEY]),
        ("ACS*,*", [PICC]),
        ("*SAM*", [SAM]),
        (SAM, [SAM]),
        (OMNIKEY, [OMNIKEY]),
        (COMMA, [COMMA]),
        (f"No such*, {OMNIKEY}", [OMNIKEY]),
        (" , ", []),
    ],
)
def test_the_first_pattern_that_fits_any_reader_decides(wanted: str, found: list[str]) -> None:
    assert chosen(READERS, wanted) == found


@given(st.lists(st.text(max_size=30), max_size=5), st.text(max_size=60))
def test_any_pattern_chooses_among_the_readers_there_are(names: list[str], wanted: str) -> None:
    assert set(chosen(names, wanted)) <= set(names)


LAID = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
PLUGGED = bytes.fromhex("3B7F960000803180655412030201")


@pytest.mark.parametrize(
    ("name", "atr", "plugged"),
    [
        ("ACS ACR122U PICC Interface 00 00", b"", False),
        ("ACS ACR1252 1S CL Reader PICC 0", PLUGGED, False),
        ("HID Global OMNIKEY 5022 Smart Card Reader 0", b"", False),
        ("HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] 01 00", b"", False),
        ("Identiv CLOUD 4700 F Dual Interface Reader [CLOUD 4700 F Contactless Reader] 01 00", PLUGGED, False),
        ("Identiv CLOUD 4700 F Dual Interface Reader [CLOUD 4700 F Contact Reader] 00 00", LAID, True),
        ("Gemalto Prox-DU Contact_12345 0", b"", True),
        ("Gemalto Prox-DU Contactless_12345 0", b"", False),
        ("ACS ACR1281 1S Dual Reader ICC 0", b"", True),
        ("ACS ACR39U ICC Reader 00 00", b"", True),
        ("Some Reader 0", b"", False),
        ("Some Reader 0", LAID, False),
        ("Some Reader 0", PLUGGED, True),
    ],
)
def test_name_and_answer_to_reset_tell_whether_a_card_is_plugged_in_or_laid_on(
    name: str, atr: bytes, plugged: bool
) -> None:
    assert contact(name, atr) is plugged


def test_only_the_virtual_driver_s_readers_are_doubles() -> None:
    assert simulated("Virtual PCD 00 00")
    assert not simulated("ACS Virtual PCD")
