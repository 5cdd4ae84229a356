from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.emrtd import keys
from crypto.emrtd.keys import Purpose, Suite
from crypto.errors import MalformedError
from tests.unit.crypto.emrtd.cards import constants


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("123450", "125e3fcc2c1366c0e5c39ade1cedc727"), ("000029", "6c0aa90efdc711ad4848b571b4a3dfbf")],
)
def test_card_access_numbers_of_invented_people_give_the_known_password_keys(digits: str, expected: str) -> None:
    assert keys.derive(Suite.AES_128, digits.encode(), Purpose.PASSWORD).hex() == expected


@pytest.mark.parametrize(
    ("information", "seed", "encryption", "mac"),
    [
        (
            "090123450690112073011205",
            "33f704d871a6173cfa7ca87b547130f6",
            "e6b6c8d5f8d3b9a86749b070ec4cf17a",
            "e58aa14c61e362233d7051bfef0749f4",
        ),
        (
            "185000029185030574503059",
            "32de71c3a9c302429f47b9136924ebef",
            "7ad91504fb5715f1e03485f4895ea89e",
            "b69843b3d0d0c1986b3d3b85d52c80e9",
        ),
        (
            "060000031860010109912315",
            "b9d6db6aa566693e89f6434e2c1c85ad",
            "a837f40868102602dccdb6a231086454",
            "cbfd68f48af48c2cd9617af704a2d36d",
        ),
    ],
    ids=["insured", "expired", "uninsured"],
)
def test_mrz_of_invented_people_gives_the_known_access_keys(
    information: str, seed: str, encryption: str, mac: str
) -> None:
    found = keys.document_seed(information)[:16]
    session = keys.derive_session(Suite.TRIPLE_DES, found)
    assert (found.hex(), session.encryption.hex(), session.mac.hex()) == (seed, encryption, mac)


def test_worked_example_of_bac_keys() -> None:
    # ICAO 9303-11 appendix D.2: MRZ of document L898902C.
    seed, encryption, mac = constants("BACTest")[:3]
    assert keys.document_seed("L898902C<369080619406236")[:16] == seed
    session = keys.derive_session(Suite.TRIPLE_DES, seed)
    assert (session.encryption, session.mac) == (encryption, mac)


def test_worked_example_of_pace_keys() -> None:
    # ICAO 9303-11 appendix G.1.
    values = constants("PACE_ECDH_GMTest")
    assert keys.document_seed("T22000129364081251010318") == values[0]
    assert keys.derive(Suite.AES_128, values[0], Purpose.PASSWORD) == values[1]


@pytest.mark.parametrize(("suite", "size"), [(Suite.AES_192, 24), (Suite.AES_256, 32)])
def test_long_keys_come_from_sha256(suite: Suite, size: int) -> None:
    expected = hashlib.sha256(b"secret\x00\x00\x00\x02").digest()[:size]
    assert keys.derive(suite, b"secret", Purpose.MAC) == expected


@given(st.binary(min_size=1, max_size=24))
def test_every_byte_gets_odd_parity_and_keeps_its_upper_bits(key: bytes) -> None:
    adjusted = keys.with_odd_parity(key)
    assert all(byte.bit_count() % 2 for byte in adjusted)
    assert [byte >> 1 for byte in adjusted] == [byte >> 1 for byte in key]


@pytest.mark.parametrize("text", ["", "lower", "ĐẶNG", "A B", "A\n"])
def test_text_that_no_mrz_has_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        keys.document_seed(text)


def test_session_keys_hide_themselves() -> None:
    shown = repr(keys.derive_session(Suite.AES_128, b"secret"))
    assert shown == "SessionKeys(suite=<Suite.AES_128: 2>)"
