from __future__ import annotations

import os
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import der, dh, tlv
from crypto.dh import DhGroup, Residue
from crypto.errors import MalformedError, NotSupportedError, ProofError

GROUP = dh.by_parameter_id(0)
# RFC 2409 §6.2 (second Oakley group), whose order nobody names in PKCS #3.
SAFE_PRIME = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff",
    16,
)


def sequence(*numbers: int) -> bytes:
    return tlv.encode(der.SEQUENCE, b"".join(der.encode_unsigned(number) for number in numbers))


@pytest.mark.parametrize(("parameter_id", "bits"), [(0, (1024, 160)), (1, (2048, 224)), (2, (2048, 256))])
def test_the_groups_of_rfc_5114_are_what_their_names_say(parameter_id: int, bits: tuple[int, int]) -> None:
    group = dh.by_parameter_id(parameter_id)
    assert group.order is not None
    assert (group.p.bit_length(), group.order.bit_length()) == bits
    assert group.name == f"MODP {bits[0]}/{bits[1]}"
    assert pow(group.base, group.order, group.p) == 1
    replace(group, parameter_id=None).require_sound(os.urandom)


@pytest.mark.parametrize("parameter_id", [3, 7, 8, -1])
def test_other_numbers_are_not_supported(parameter_id: int) -> None:
    with pytest.raises(NotSupportedError):
        dh.by_parameter_id(parameter_id)


def test_public_keys_go_without_leading_zeros_and_come_with_or_without() -> None:
    """ICAO 9303-11 §9.4.3, note."""
    private = next(k for k in range(2, 5000) if GROUP.public(k).y >> 1016 == 0)
    element = GROUP.public(private)
    raw = GROUP.encode(element)
    assert len(raw) == 127
    assert GROUP.decode(raw) == GROUP.decode(b"\x00" + raw) == element


def test_shared_secrets_keep_their_leading_zeros() -> None:
    private = next(k for k in range(2, 5000) if GROUP.public(k).y >> 1016 == 0)
    secret = GROUP.agree(private, GROUP.generator)
    assert len(secret) == GROUP.size == 128
    assert secret[0] == 0


@pytest.mark.parametrize(
    "raw", [b"", bytes(128), b"\x01", (GROUP.p - 1).to_bytes(128, "big"), GROUP.p.to_bytes(128, "big"), b"\x02"]
)
def test_numbers_outside_the_subgroup_are_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        GROUP.decode(raw)


def test_numbers_longer_than_the_prime_are_refused() -> None:
    with pytest.raises(MalformedError, match="size"):
        GROUP.decode(b"\x00" + GROUP.encode(GROUP.generator).rjust(128, b"\x00"))


def test_the_neutral_element_is_refused_wherever_it_turns_up() -> None:
    assert GROUP.order is not None
    inverse = Residue(pow(GROUP.base, -1, GROUP.p))
    for reach in (
        lambda: GROUP.combine(GROUP.generator, inverse),
        lambda: GROUP.multiply(0, GROUP.generator),
        lambda: GROUP.agree(GROUP.order or 0, GROUP.generator),
    ):
        with pytest.raises(MalformedError, match="neutral"):
            reach()


def test_residues_hide_themselves() -> None:
    assert repr(GROUP.generator) == "Residue()"
    assert str(GROUP.p) not in repr(GROUP)


@pytest.mark.parametrize("parameter_id", [0, 1, 2])
def test_parameters_of_a_known_group_are_that_group(parameter_id: int) -> None:
    group = dh.by_parameter_id(parameter_id)
    assert group.order is not None
    factor = (group.p - 1) // group.order
    assert dh.group_of_x942(sequence(group.p, group.base, group.order)) is group
    assert dh.group_of_x942(sequence(group.p, group.base, group.order, factor)) is group
    assert dh.group_of_pkcs3(sequence(group.p, group.base)) is group
    assert dh.group_of_pkcs3(sequence(group.p, group.base, 256)) is group


def test_parameters_of_an_unknown_group_with_order() -> None:
    order = (SAFE_PRIME - 1) // 2
    group = dh.group_of_x942(sequence(SAFE_PRIME, 4, order))
    assert (group.parameter_id, group.name, group.order) == (None, "explicit MODP 1024", order)
    assert 0 < group.scalar(os.urandom) < order
    group.require_sound(os.urandom)
    assert group.agree(77, group.public(99)) == group.agree(99, group.public(77))


def test_parameters_of_an_unknown_group_without_order() -> None:
    group = dh.group_of_pkcs3(sequence(SAFE_PRIME, 2, 225))
    assert group.order is None
    assert group.scalar(os.urandom).bit_length() == 225
    assert group.decode(b"\x02") == Residue(2)
    assert group.agree(77, group.public(99)) == group.agree(99, group.public(77))
    assert dh.group_of_pkcs3(sequence(SAFE_PRIME, 2)).scalar(os.urandom).bit_length() == 1023


@pytest.mark.parametrize(
    ("numbers", "error"),
    [
        ((GROUP.p, GROUP.base), MalformedError),
        ((GROUP.p, GROUP.base, GROUP.order, 1, 1, 1), MalformedError),
        ((GROUP.p, GROUP.base, 1 << 158), NotSupportedError),
        ((GROUP.p, GROUP.base, (GROUP.order or 0) + 2), MalformedError),
        ((SAFE_PRIME - 1, 2, (SAFE_PRIME - 1) // 2), MalformedError),
        ((SAFE_PRIME, 1, (SAFE_PRIME - 1) // 2), MalformedError),
        ((SAFE_PRIME, SAFE_PRIME - 1, (SAFE_PRIME - 1) // 2), MalformedError),
        (((1 << 1023) - 1, 2, (1 << 200) + 1), NotSupportedError),
        (((1 << 3073) - 1, 2, (1 << 200) + 1), NotSupportedError),
    ],
)
def test_other_x942_parameters_are_refused(numbers: tuple[int, ...], error: type[ProofError]) -> None:
    with pytest.raises(error):
        dh.group_of_x942(sequence(*numbers))


@pytest.mark.parametrize(
    ("numbers", "error"),
    [
        ((SAFE_PRIME,), MalformedError),
        ((SAFE_PRIME, 2, 200, 1), MalformedError),
        ((SAFE_PRIME, 2, 159), NotSupportedError),
        ((SAFE_PRIME, 2, 1024), NotSupportedError),
        ((7, 2), NotSupportedError),
        (((1 << 4096) - 1, 2, 200), NotSupportedError),
    ],
)
def test_other_pkcs3_parameters_are_refused(numbers: tuple[int, ...], error: type[ProofError]) -> None:
    with pytest.raises(error):
        dh.group_of_pkcs3(sequence(*numbers))


@given(st.binary(max_size=200))
def test_any_bytes_as_parameters_give_the_documented_errors(raw: bytes) -> None:
    for read in (dh.group_of_x942, dh.group_of_pkcs3):
        for data in (raw, tlv.encode(der.SEQUENCE, raw)):
            with pytest.raises(ProofError):
                read(data)


@given(st.binary(max_size=140))
@settings(max_examples=100)
def test_any_bytes_as_key_give_an_element_or_malformed(raw: bytes) -> None:
    try:
        element = GROUP.decode(raw)
    except MalformedError:
        return
    assert pow(element.y, GROUP.order or 0, GROUP.p) == 1


@pytest.mark.parametrize("number", [561, 1105, 2047, 3215031751, 3825123056546413051, GROUP.p - 2, 15, 9])
def test_composites_do_not_pass_for_primes(number: int) -> None:
    """Carmichael numbers and strong pseudoprimes to the first bases (OEIS A002997, A014233)."""
    with pytest.raises(MalformedError, match="not a prime"):
        DhGroup("made up", None, number, 2, None, 200).require_sound(os.urandom)


@pytest.mark.parametrize("order", [3, 13, 17, 257, 65537, (1 << 127) - 1])
def test_primes_pass(order: int) -> None:
    p, base = subgroup(order)
    DhGroup("made up", None, p, base, order, 200).require_sound(os.urandom)


def subgroup(order: int) -> tuple[int, int]:
    """The least prime with a subgroup of ``order`` elements, and a generator of it."""
    p = next(n for n in count(2 * order + 1, 2 * order) if pow(2, n - 1, n) == pow(3, n - 1, n) == 1)
    powers = (pow(base, (p - 1) // order, p) for base in count(2))
    return p, next(power for power in powers if power != 1)


def test_a_group_that_may_fall_into_small_parts_is_refused() -> None:
    """Without an order the prime must be a safe one: else a false chip could take logarithms piece by piece."""
    DhGroup("made up", None, SAFE_PRIME, 2, None, 225).require_sound(os.urandom)
    with pytest.raises(MalformedError, match="not a prime"):
        DhGroup("made up", None, GROUP.p, GROUP.base, None, 225).require_sound(os.urandom)


def test_a_generator_of_another_order_is_found() -> None:
    order = (SAFE_PRIME - 1) // 2
    other = next(base for base in range(2, 50) if pow(base, order, SAFE_PRIME) != 1)
    with pytest.raises(MalformedError, match="another order"):
        dh.group_of_x942(sequence(SAFE_PRIME, other, order)).require_sound(os.urandom)


def test_a_composite_order_is_found() -> None:
    with pytest.raises(MalformedError, match="not a prime"):
        DhGroup("made up", None, SAFE_PRIME, 2, SAFE_PRIME - 1, 0).require_sound(os.urandom)
