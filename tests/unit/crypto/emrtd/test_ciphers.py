from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.errors import MalformedError
from tests.unit.crypto.emrtd.cards import constants

KEY = {suite: bytes(range(1, suite.key_size + 1)) for suite in Suite}
each_suite = pytest.mark.parametrize("suite", Suite)


def test_worked_example_of_bac_cryptogram_and_mac() -> None:
    # ICAO 9303-11 appendix D.3: what the terminal sends in EXTERNAL AUTHENTICATE.
    values = constants("BACTest")
    encryption, mac = values[1], values[2]
    plain, cryptogram, checksum = values[15], values[16], values[17]
    assert ciphers.encrypt(Suite.TRIPLE_DES, encryption, plain) == cryptogram
    assert ciphers.decrypt(Suite.TRIPLE_DES, encryption, cryptogram) == plain
    assert ciphers.mac(Suite.TRIPLE_DES, mac, ciphers.pad(cryptogram, 8)) == checksum


def test_worked_example_of_a_short_retail_mac() -> None:
    # ICAO 9303-11 appendix D.4: READ BINARY of four bytes.
    values = constants("SMTest")
    assert ciphers.mac(Suite.TRIPLE_DES, values[1], values[11]) == values[12][2:]


def test_retail_mac_of_a_single_block_is_two_key_encryption() -> None:
    block = b"\x80" + bytes(7)
    expected = ciphers.encrypt(Suite.TRIPLE_DES, KEY[Suite.TRIPLE_DES], block)
    assert ciphers.mac(Suite.TRIPLE_DES, KEY[Suite.TRIPLE_DES], block) == expected


def test_worked_example_of_a_decrypted_nonce() -> None:
    # ICAO 9303-11 appendix G.1.
    values = constants("PACE_ECDH_GMTest")
    assert ciphers.decrypt(Suite.AES_128, values[4], values[3]) == values[5]


@pytest.mark.parametrize(
    ("suite", "key", "expected"),
    [
        (Suite.AES_128, "2b7e151628aed2a6abf7158809cf4f3c", "070a16b46b4d4144"),
        (Suite.AES_192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "9e99a7bf31e71090"),
        (Suite.AES_256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "28a7023f452e8f82"),
    ],
)
def test_cmac_agrees_with_the_examples_of_nist(suite: Suite, key: str, expected: str) -> None:
    # NIST SP 800-38B appendix D, the 16-byte messages, cut to eight bytes.
    message = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
    assert ciphers.mac(suite, bytes.fromhex(key), message).hex() == expected


@each_suite
def test_the_message_iv_is_zero_for_3des_and_the_encrypted_counter_for_aes(suite: Suite) -> None:
    counter = (7).to_bytes(suite.block, "big")
    iv = ciphers.message_iv(SessionKeys(suite, KEY[suite], KEY[suite]), counter)
    expected = bytes(8) if suite is Suite.TRIPLE_DES else ciphers.encrypt(suite, KEY[suite], counter)
    assert iv == expected


@each_suite
@given(st.binary(max_size=80), st.integers(0, 2**64 - 1))
def test_what_was_padded_and_encrypted_comes_back(suite: Suite, data: bytes, counter: int) -> None:
    iv = counter.to_bytes(suite.block, "big")
    padded = ciphers.pad(data, suite.block)
    assert len(padded) % suite.block == 0
    assert 1 <= len(padded) - len(data) <= suite.block
    encrypted = ciphers.encrypt(suite, KEY[suite], padded, iv)
    assert ciphers.unpad(ciphers.decrypt(suite, KEY[suite], encrypted, iv)) == data


@each_suite
def test_a_part_of_a_block_is_refused(suite: Suite) -> None:
    with pytest.raises(MalformedError):
        ciphers.decrypt(suite, KEY[suite], bytes(suite.block + 1))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x81\x00", b"text"])
def test_missing_padding_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        ciphers.unpad(data)
