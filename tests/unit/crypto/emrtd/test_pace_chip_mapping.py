"""The chip authentication mapping: the worked example of ICAO 9303-11 appendix I.1, then chips that are no original."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import curves, dh
from crypto.apdu import Command, Response
from crypto.emrtd import pace, pace_chip_mapping
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.emrtd.pace import ChipAuthenticationData, Password
from crypto.emrtd.public_keys import DhKey, EcKey
from crypto.emrtd.security_infos import ChipAuthKey, PaceInfo
from crypto.errors import CloneSuspectedError, MalformedError, NotSupportedError
from tests.unit.crypto.emrtd.cards import VECTORS, PaceCard, ProtectedCard, numbers, scripted

EXAMPLE = json.loads((VECTORS / "PACE_ECDH_CAMTest.json").read_text("utf-8"))
CURVE = curves.by_parameter_id(13)
OID = "0.4.0.127.0.7.2.2.4.6."
INFO = PaceInfo(OID + "2", 2, 13)
SESSION = SessionKeys(
    Suite.AES_128, bytes.fromhex(EXAMPLE["session_encryption"]), bytes.fromhex(EXAMPLE["session_mac"])
)
KEY = ChipAuthKey(EcKey(CURVE, CURVE.decode(bytes.fromhex(EXAMPLE["chip_static_public"]))), None)
MAPPING_KEY = CURVE.public(int(EXAMPLE["chip_mapping_private"], 16))


def run_example() -> ChipAuthenticationData:
    channel = scripted(*((command, answer) for command, answer in EXAMPLE["exchanges"]))
    random = numbers(*(bytes.fromhex(EXAMPLE[name]) for name in ("terminal_mapping_private", "terminal_private")))
    result = pace.establish(channel, INFO, Password.mrz(EXAMPLE["mrz_information"]), random)
    card = ProtectedCard(SESSION, lambda command: Response(b"yes", 0x9000)).channel()
    card.secure(result.messaging)
    assert card.send(Command(0x00, 0xB0, 0, 0, le=3)).data == b"yes"
    assert result.chip_authentication is not None
    return result.chip_authentication


def test_worked_example_of_icao_byte_by_byte() -> None:
    data = run_example()
    assert data.data.hex() == EXAMPLE["chip_authentication_data"]
    assert data.mapping_key == MAPPING_KEY
    pace.verify_chip_mapping(data, KEY)


def test_the_example_with_the_static_key_of_another_chip_is_a_suspected_clone() -> None:
    with pytest.raises(CloneSuspectedError):
        pace.verify_chip_mapping(run_example(), ChipAuthKey(EcKey(CURVE, MAPPING_KEY), None))


@pytest.mark.parametrize(
    "key",
    [
        ChipAuthKey(EcKey(curves.by_parameter_id(12), curves.by_parameter_id(12).generator), None),
        ChipAuthKey(DhKey(dh.by_parameter_id(0), dh.by_parameter_id(0).generator), None),
    ],
)
def test_a_key_of_other_parameters_says_nothing(key: ChipAuthKey) -> None:
    with pytest.raises(NotSupportedError):
        pace.verify_chip_mapping(run_example(), key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(32),
        CURVE.order.to_bytes(32, "big"),
        b"\xff" * 32,
        b"\x00" + bytes.fromhex(EXAMPLE["chip_authentication_data"]),
        bytes.fromhex(EXAMPLE["chip_authentication_data"])[:-1],
    ],
)
def test_data_that_are_no_factor_are_a_suspected_clone(data: bytes) -> None:
    with pytest.raises(CloneSuspectedError):
        pace.verify_chip_mapping(ChipAuthenticationData(CURVE, MAPPING_KEY, data), KEY)


@given(st.binary(max_size=40))
@settings(max_examples=100)
def test_no_data_of_a_stranger_verify(data: bytes) -> None:
    with pytest.raises(CloneSuspectedError):
        pace.verify_chip_mapping(ChipAuthenticationData(CURVE, MAPPING_KEY, data), KEY)


@pytest.mark.parametrize("encrypted", [b"", bytes(15), bytes(16), bytes(48), bytes(33)])
def test_garbage_instead_of_data_leaves_the_session_and_proves_nothing(encrypted: bytes) -> None:
    data = pace_chip_mapping.decrypt(SESSION, CURVE, MAPPING_KEY, encrypted)
    assert data.data == b""
    with pytest.raises(CloneSuspectedError):
        pace.verify_chip_mapping(data, KEY)


def counted(size: int) -> bytes:
    return (0x0123456789ABCDEF).to_bytes(size, "big")


def card_for(parameter_id: int, suite: Suite) -> tuple[PaceCard, PaceInfo, ChipAuthKey]:
    curve, password = curves.by_parameter_id(parameter_id), Password.can("123450")
    card = PaceCard(OID + str(suite.value), curve, suite, password.secret)
    key = ChipAuthKey(EcKey(curve, curve.public(card.static_private)), None)
    return card, PaceInfo(card.oid, 2, parameter_id), key


def data_of(card: PaceCard, info: PaceInfo) -> ChipAuthenticationData | None:
    return pace.establish(card.channel(), info, Password.can("123450"), counted).chip_authentication


@pytest.mark.parametrize("suite", [Suite.AES_128, Suite.AES_192, Suite.AES_256])
@pytest.mark.parametrize("parameter_id", [12, 13, 14, 18])
def test_an_original_chip_proves_itself(parameter_id: int, suite: Suite) -> None:
    """Against our own simulated half, not a published vector."""
    card, info, key = card_for(parameter_id, suite)
    data = data_of(card, info)
    assert data is not None
    pace.verify_chip_mapping(data, key)


def test_a_chip_with_another_private_key_is_a_suspected_clone() -> None:
    card, info, key = card_for(13, Suite.AES_128)
    card.static_private += 1
    data = data_of(card, info)
    assert data is not None
    with pytest.raises(CloneSuspectedError):
        pace.verify_chip_mapping(data, key)


def test_a_factor_with_a_leading_zero_byte_proves_the_chip() -> None:
    card, info, _ = card_for(13, Suite.AES_128)
    order = CURVE.order

    def leads(private: int) -> bool:
        return pow(private, -1, order) * card.private[0] % order >> 248 == 0

    card.static_private = next(private for private in range(2, 5000) if leads(private))
    data = data_of(card, info)
    assert data is not None
    assert data.data[0] == 0
    pace.verify_chip_mapping(data, ChipAuthKey(EcKey(CURVE, CURVE.public(card.static_private)), None))


def without_proof(card: PaceCard) -> Any:
    def answer(command: Command) -> Response:
        response = PaceCard.answer(card, command)
        at = response.data.find(b"\x8a\x30")
        return Response(b"\x7c\x0a" + response.data[2:12], 0x9000) if at > 0 else response

    return answer


def test_a_chip_that_leaves_its_proof_out_opens_and_is_not_proven() -> None:
    card, info, _ = card_for(13, Suite.AES_128)
    card.answer = without_proof(card)  # type: ignore[method-assign]
    assert data_of(card, info) is None


def test_two_proofs_are_malformed() -> None:
    card, info, _ = card_for(13, Suite.AES_128)
    inner = card.answer

    def doubled(command: Command) -> Response:
        response = inner(command)
        if b"\x8a\x30" not in response.data:
            return response
        return Response(b"\x7c\x0e" + response.data[2:12] + b"\x8a\x00\x8a\x00", 0x9000)

    card.answer = doubled  # type: ignore[method-assign]
    with pytest.raises(MalformedError):
        data_of(card, info)


def test_a_proof_under_another_mapping_is_not_looked_at() -> None:
    card, info, _ = card_for(13, Suite.AES_128)
    card.oid = card.oid.replace(".6.", ".2.")
    assert data_of(card, replace(info, oid=card.oid)) is None


def test_data_hide_themselves() -> None:
    assert EXAMPLE["chip_authentication_data"] not in repr(run_example())
