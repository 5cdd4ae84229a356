"""PACE in every group, mapping and cipher against our own half of a chip, and numbers that begin with a zero byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crypto import curves, der, dh, tlv
from crypto.apdu import EXTENDED_MAX, SHORT_MAX, Command, Response
from crypto.emrtd import pace, public_keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.security_infos import PaceInfo
from crypto.errors import MalformedError, NotSupportedError
from tests.unit.crypto.emrtd.cards import (
    CAN,
    ZERO_LED,
    PaceCard,
    counted,
    numbers,
    pace_card,
    pace_opens,
    plain,
    scripted,
    secret_of,
)

INFO = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)
BRAINPOOL = curves.by_parameter_id(13)
# RFC 2409 §6.2, a safe prime of 1024 bits with generator 2, as PKCS #3 parameters.
SAFE_PRIME = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff",
    16,
)
SAFE_PRIME_PKCS3 = tlv.encode(der.SEQUENCE, der.encode_unsigned(SAFE_PRIME) + der.encode_unsigned(2))


def pace_info(arcs: str, parameter_id: int | None = 13) -> PaceInfo:
    return PaceInfo(f"0.4.0.127.0.7.2.2.4.{arcs}", 2, parameter_id)


@pytest.mark.parametrize(
    "info",
    [
        pace_info("6.1"),
        pace_info("5.2"),
        pace_info("2.9"),
        pace_info("4.2", 10),
        pace_info("1.2", 13),
        pace_info("2.2", 2),
        pace_info("2.2", None),
        pace_info("2.2", 32),
        pace_info("2.2", 3),
        pace_info("2.2", 19),
        PaceInfo("1.2.3", 2, 13),
        replace(pace_info("3.2", 32), own_parameters=dh.group_of_pkcs3(SAFE_PRIME_PKCS3)),
    ],
)
def test_other_variants_are_not_supported_and_not_usable(info: PaceInfo) -> None:
    with pytest.raises(NotSupportedError):
        pace.establish(scripted(), info, CAN, numbers())
    assert pace.usable((info, INFO)) == (INFO,)
    assert pace.usable((info,)) == ()


def test_the_order_of_several_variants() -> None:
    """CAM first, then AES before 3DES, curves before primes, generic before integrated mapping, long keys first."""
    wanted = ["6.4", "6.2", "2.4", "2.2", "4.4", "4.2", "1.4", "1.2", "3.2", "2.1", "4.1", "1.1", "3.1"]
    infos = [pace_info(arcs, 13 if arcs[0] in "246" else 1) for arcs in wanted]
    assert list(pace.usable(reversed(infos))) == infos


def test_equals_stay_in_the_order_of_the_chip() -> None:
    infos = tuple(pace_info("2.2", number) for number in (16, 12, 13))
    assert pace.usable(infos) == infos


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("mapping", [1, 3])
def test_every_cipher_opens_in_a_group_modulo_a_prime(suite: Suite, mapping: int) -> None:
    assert pace_opens(*pace_card(dh.by_parameter_id(0), suite, mapping=mapping))


@pytest.mark.parametrize("parameter_id", [1, 2])
def test_keys_of_2048_bits_travel_at_extended_length(parameter_id: int) -> None:
    card, info = pace_card(dh.by_parameter_id(parameter_id), Suite.AES_256, mapping=1)
    assert pace_opens(card, info)
    assert [command.le for command in card.seen[1:]] == [SHORT_MAX, EXTENDED_MAX, EXTENDED_MAX, SHORT_MAX]


@pytest.mark.parametrize("parameter_id", [8, 9, 11, 12, 13, 14, 15, 16, 17, 18])
def test_every_curve_but_one_opens_by_integrated_mapping(parameter_id: int) -> None:
    assert pace_opens(*pace_card(curves.by_parameter_id(parameter_id), Suite.AES_192, mapping=4))


@pytest.mark.parametrize("suite", Suite)
def test_every_cipher_opens_by_integrated_mapping(suite: Suite) -> None:
    assert pace_opens(*pace_card(BRAINPOOL, suite, mapping=4))


@pytest.mark.parametrize("answer", ["7c0282009000", "7c009000"])
def test_the_answer_to_the_terminals_nonce_is_empty(answer: str) -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128, mapping=4)
    plain_answer = card.answer

    def bare(command: Command) -> Response:
        response = plain_answer(command)
        return Response.decode(bytes.fromhex(answer)) if b"\x81\x10" in command.data[:4] else response

    result = pace.establish(plain(bare), info, CAN, counted)
    assert result.messaging.suite is Suite.AES_128


def test_integrated_mapping_wants_a_nonce_as_long_as_the_key() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_256, mapping=4)
    card.nonce = bytes(range(16))
    with pytest.raises(MalformedError, match="nonce of another size"):
        pace_opens(card, info)


def test_explicit_parameters_of_a_prime_are_tested_before_use() -> None:
    group = dh.group_of_pkcs3(SAFE_PRIME_PKCS3)
    card, info = pace_card(group, Suite.AES_128, mapping=1)
    assert pace_opens(card, replace(info, parameter_id=32, own_parameters=group))
    composite = replace(group, p=group.p + 2)
    with pytest.raises(MalformedError, match="not a prime"):
        pace.establish(scripted(), replace(info, own_parameters=composite), CAN, counted)


def test_the_parameter_reference_of_own_parameters_is_sent() -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128)
    own = replace(info, parameter_id=0x1FF, own_parameters=BRAINPOOL, ambiguous=True)
    assert pace_opens(card, own)
    assert b"\x84\x02\x01\xff" in card.seen[0].data


def zero_led(card: PaceCard, other: Any) -> int:
    return next(k for k in range(3, 5000) if secret_of(card.group, card.group.multiply(k, other))[0] == 0)


@pytest.mark.parametrize(("parameter_id", "mapping"), [(13, 2), (13, 4), (12, 6), (0, 1), (0, 3)])
def test_a_shared_secret_with_a_leading_zero_byte_still_opens(parameter_id: int, mapping: int) -> None:
    card, info = pace_card(public_keys.standardised(parameter_id), Suite.AES_128, mapping=mapping)
    card.choose_second = lambda other: zero_led(card, other)
    assert pace_opens(card, info)


@pytest.mark.parametrize("mapping", [2, 4])
@pytest.mark.parametrize("first", [b"\x00", b"\x00\x00\x00"])
def test_a_nonce_with_leading_zero_bytes_still_opens(mapping: int, first: bytes) -> None:
    card, info = pace_card(BRAINPOOL, Suite.AES_128, mapping=mapping)
    card.nonce = first + card.nonce[len(first) :]
    assert pace_opens(card, info)


@pytest.mark.parametrize("parameter_id", [0, 13])
def test_a_terminals_key_with_a_leading_zero_byte_still_opens(parameter_id: int) -> None:
    group: Any = public_keys.standardised(parameter_id)
    size = len(secret_of(group, group.generator))
    private = ZERO_LED[parameter_id]
    assert secret_of(group, group.public(private))[0] == 0
    card, info = pace_card(group, Suite.AES_128, mapping=1 if parameter_id < 8 else 2)
    order_size = (group.order.bit_length() + 7) // 8
    pace.establish(card.channel(), info, CAN, numbers(private.to_bytes(order_size, "big"), counted(order_size)))
    sent = tlv.find(tlv.parse_one(card.seen[2].data, 0x7C).children(), 0x81)
    # Points keep their size; a number goes without its leading zeros (ICAO 9303-11 §9.4.3, note).
    assert len(sent) == (size - 1 if parameter_id < 8 else 1 + 2 * size)


@pytest.mark.parametrize("padded", [False, True])
def test_a_chips_key_with_a_leading_zero_byte_still_opens(padded: bool) -> None:
    group = dh.by_parameter_id(0)
    card, info = pace_card(group, Suite.AES_128, mapping=1)
    card.private[0] = ZERO_LED[0]
    if padded:
        card.tamper = lambda tag, value: value.rjust(128, b"\x00") if tag == 0x82 else value
    assert pace_opens(card, info)


@pytest.mark.parametrize("y", [0, 1, dh.by_parameter_id(0).p - 1, 2])
def test_a_number_outside_the_subgroup_is_refused(y: int) -> None:
    card, info = pace_card(dh.by_parameter_id(0), Suite.AES_128, mapping=1)
    card.tamper = lambda tag, value: y.to_bytes(128, "big") if tag == 0x84 else value
    with pytest.raises(MalformedError):
        pace_opens(card, info)
