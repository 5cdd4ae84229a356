"""The four worked examples of ICAO 9303-11 appendices G and H, number by number, and both mappings at their edges."""

from __future__ import annotations

from typing import Any

import pytest

from crypto import curves, der, dh, tlv
from crypto.agreement import Random
from crypto.apdu import Channel, Command, Response
from crypto.emrtd import ciphers, keys, pace, pace_mapping
from crypto.emrtd.keys import Purpose, SessionKeys, Suite
from crypto.emrtd.security_infos import PaceInfo
from crypto.errors import MalformedError, NotSupportedError
from tests.unit.crypto.emrtd.cards import ZERO_LED, ProtectedCard, constants, numbers, scripted, secret_of

MRZ_GENERIC = "T22000129364081251010318"
ECDH_GM, ECDH_IM = constants("PACE_ECDH_GMTest"), constants("PACE_ECDH_IMTest")
DH_GM, DH_IM = constants("PACE_DH_GMTest"), constants("PACE_DH_IMTest")
BRAINPOOL, MODP_1024 = curves.by_parameter_id(13), dh.by_parameter_id(0)


def number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def test_group_of_the_dh_examples_is_parameter_0() -> None:
    p, base, order = (number(raw) for raw in DH_GM[:3])
    assert (MODP_1024.p, MODP_1024.base, MODP_1024.order) == (p, base, order)
    assert [number(raw) for raw in DH_IM[:3]] == [p, base, order]


@pytest.mark.parametrize(
    ("key", "encrypted", "nonce"),
    [
        (ECDH_GM[4], ECDH_GM[3], ECDH_GM[5]),
        (ECDH_IM[1], ECDH_IM[0], ECDH_IM[2]),
        (DH_GM[4], DH_GM[3], DH_GM[5]),
        (DH_IM[4], DH_IM[3], DH_IM[5]),
    ],
)
def test_nonces_of_the_examples(key: bytes, encrypted: bytes, nonce: bytes) -> None:
    assert ciphers.decrypt(Suite.AES_128, key, encrypted) == nonce


def test_password_key_of_the_generic_examples() -> None:
    seed = keys.document_seed(MRZ_GENERIC)
    assert seed == ECDH_GM[0]
    assert keys.derive(Suite.AES_128, seed, Purpose.PASSWORD) == ECDH_GM[1] == DH_GM[4]


def test_generic_mapping_on_a_curve() -> None:
    """Appendix G.1: H, then the mapped generator."""
    chip = BRAINPOOL.decode(ECDH_GM[9][4:])
    shared = BRAINPOOL.multiply(number(ECDH_GM[7]), chip)
    assert BRAINPOOL.encode(BRAINPOOL.public(number(ECDH_GM[7]))) == ECDH_GM[8][4:]
    assert BRAINPOOL.encode(shared) == ECDH_GM[10]
    assert BRAINPOOL.encode(pace_mapping.generic(BRAINPOOL, ECDH_GM[5], shared)) == ECDH_GM[11] == ECDH_GM[13]


def test_generic_mapping_modulo_a_prime() -> None:
    """Appendix G.2: both mapping keys, h, then the mapped generator."""
    private = number(DH_GM[7])
    assert MODP_1024.encode(MODP_1024.public(private)) == DH_GM[8]
    shared = MODP_1024.multiply(private, MODP_1024.decode(DH_GM[9]))
    assert MODP_1024.encode(shared) == DH_GM[10]
    assert MODP_1024.encode(pace_mapping.generic(MODP_1024, DH_GM[5], shared)) == DH_GM[11]


def test_integrated_mapping_on_a_curve() -> None:
    """Appendix H.1: R(s,t) as a stream and modulo p is checked by its one right outcome, the mapped generator."""
    field = pace_mapping.pseudo_random(Suite.AES_128, ECDH_IM[7], ECDH_IM[8], BRAINPOOL.p)
    assert number(ECDH_IM[9]) % BRAINPOOL.p == field == number(ECDH_IM[10])
    generator = pace_mapping.integrated(BRAINPOOL, Suite.AES_128, ECDH_IM[7], ECDH_IM[8])
    assert (generator.x, generator.y) == (number(ECDH_IM[11]), number(ECDH_IM[12]))
    assert BRAINPOOL.encode(generator) == ECDH_IM[13]


def test_integrated_mapping_modulo_a_prime() -> None:
    """Appendix H.2."""
    field = pace_mapping.pseudo_random(Suite.AES_128, DH_IM[10], DH_IM[11], MODP_1024.p)
    assert number(DH_IM[12]) % MODP_1024.p == field == number(DH_IM[13])
    assert MODP_1024.encode(pace_mapping.integrated(MODP_1024, Suite.AES_128, DH_IM[10], DH_IM[11])) == DH_IM[14]


def exchange(tag: int, sent: bytes, answer_tag: int, received: bytes, *, last: bool = False) -> tuple[str, str]:
    data = tlv.encode(0x7C, tlv.encode(tag, sent) if tag else b"")
    command = Command(0x00 if last else 0x10, 0x86, 0, 0, data, 256)
    return command.encode().hex(), tlv.encode(0x7C, tlv.encode(answer_tag, received)).hex() + "9000"


def conversation(oid: str, *steps: tuple[str, str]) -> Channel:
    data = tlv.encode(0x80, der.encode_identifier(oid)) + tlv.encode(0x83, b"\x01")
    return scripted((Command(0x00, 0x22, 0xC1, 0xA4, data).encode().hex(), "9000"), *steps)


def drawn(group: Any, *privates: bytes) -> list[bytes]:
    size = (group.order.bit_length() + 7) // 8
    # One of the examples draws a private key as long as the prime; only its rest modulo the order has any effect.
    return [(number(private) % group.order).to_bytes(size, "big") for private in privates]


EXAMPLES: dict[str, Any] = {
    "DH generic": (
        "0.4.0.127.0.7.2.2.4.1.2",
        (DH_GM[5], DH_GM[8], DH_GM[9], DH_GM[20], DH_GM[13], DH_GM[19], DH_GM[21]),
        drawn(MODP_1024, DH_GM[7], DH_GM[12]),
        (DH_GM[15], DH_GM[16]),
        MODP_1024,
    ),
    "ECDH integrated": (
        "0.4.0.127.0.7.2.2.4.4.2",
        (ECDH_IM[2], ECDH_IM[8], b"", ECDH_IM[15], ECDH_IM[16], ECDH_IM[22], ECDH_IM[24]),
        [ECDH_IM[8], *drawn(BRAINPOOL, ECDH_IM[14])],
        (ECDH_IM[18], ECDH_IM[19]),
        BRAINPOOL,
    ),
    "DH integrated": (
        "0.4.0.127.0.7.2.2.4.3.2",
        (DH_IM[5], DH_IM[11], b"", DH_IM[23], DH_IM[16], DH_IM[22], DH_IM[24]),
        [DH_IM[11], *drawn(MODP_1024, DH_IM[15])],
        (DH_IM[18], DH_IM[19]),
        MODP_1024,
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_worked_examples_as_conversations(name: str) -> None:
    """Commands put together from the numbers of the examples, byte by byte, up to the session of their keys."""
    oid, values, privates, session, group = EXAMPLES[name]
    nonce, mapping, chip_mapping, public, chip_public, token, chip_token = values
    # Appendix H does not print the MRZ that its password key comes from, so the nonces travel under that of appendix G.
    encrypted = ciphers.encrypt(Suite.AES_128, DH_GM[4], nonce)
    channel = conversation(
        oid,
        exchange(0, b"", 0x80, encrypted),
        exchange(0x81, mapping, 0x82, chip_mapping),
        exchange(0x83, public, 0x84, chip_public),
        exchange(0x85, token, 0x86, chip_token, last=True),
    )
    result = pace.establish(
        channel, PaceInfo(oid, 2, group.parameter_id), pace.Password.mrz(MRZ_GENERIC), numbers(*privates)
    )
    card = ProtectedCard(SessionKeys(Suite.AES_128, *session), lambda command: Response(b"yes", 0x9000)).channel()
    card.secure(result.messaging)
    assert card.send(Command(0x00, 0xB0, 0, 0, le=3)).data == b"yes"


@pytest.mark.parametrize(
    ("group", "private", "chip", "secret"),
    [
        (BRAINPOOL, ECDH_IM[14], ECDH_IM[16], ECDH_IM[17]),
        (MODP_1024, DH_GM[12], DH_GM[13], DH_GM[14]),
        (MODP_1024, DH_IM[15], DH_IM[16], DH_IM[17]),
    ],
)
def test_shared_secrets_of_the_examples(group: Any, private: bytes, chip: bytes, secret: bytes) -> None:
    assert group.agree(number(private) % group.order, group.decode(chip)) == secret


@pytest.mark.parametrize("suite", Suite)
def test_sizes_of_nonces(suite: Suite) -> None:
    """The smallest number of whole blocks that is no shorter than a key (§4.4.3.3)."""
    assert pace_mapping.nonce_size(suite) == {16: 16, 24: 32, 32: 32}[suite.key_size]


@pytest.mark.parametrize("suite", [Suite.AES_192, Suite.AES_256])
def test_the_pseudo_random_function_by_its_definition(suite: Suite) -> None:
    """Written out by the figure of §4.4.3.3.2: keys of 24 bytes are cut off 32, the constants are those of 256 bits."""
    nonce, own, size = bytes(range(32)), bytes(range(50, 50 + suite.key_size)), suite.key_size
    c0 = bytes.fromhex("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676")
    c1 = bytes.fromhex("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517")
    k0 = ciphers.encrypt(suite, own, nonce)[:size]
    k1 = ciphers.encrypt(suite, k0, c0)[:size]
    stream = ciphers.encrypt(suite, k0, c1) + ciphers.encrypt(suite, k1, c1)
    p = curves.by_parameter_id(15).p  # 384 + 64 bits: two blocks of 256
    assert pace_mapping.pseudo_random(suite, nonce, own, p) == number(stream) % p


def test_p224_cannot_do_integrated_mapping() -> None:
    curve = curves.by_parameter_id(10)
    assert not curve.embeds
    with pytest.raises(NotSupportedError):
        curve.embed(5)
    assert all(curves.by_parameter_id(number).embeds for number in range(8, 19) if number != 10)


@pytest.mark.parametrize("parameter_id", [8, 9, 11, 12, 13, 14, 15, 16, 17, 18])
def test_embedded_points_lie_on_their_curve_by_both_branches(parameter_id: int) -> None:
    curve = curves.by_parameter_id(parameter_id)
    found = {curve.decode(curve.encode(curve.embed(value))) for value in range(2, 12)}
    assert len(found) == 10
    taken = set()
    for value in range(2, 12):
        alpha = -value * value % curve.p
        x2 = -curve.b * pow(curve.a, -1, curve.p) * (1 + pow(alpha + alpha * alpha, -1, curve.p)) % curve.p
        taken.add(curve.embed(value).x == x2)
    assert taken == {True, False}


@pytest.mark.parametrize("value", [0, 1, -1])
def test_the_three_field_elements_without_a_point_are_refused(value: int) -> None:
    with pytest.raises(MalformedError):
        BRAINPOOL.embed(value % BRAINPOOL.p)


@pytest.mark.parametrize("value", [0, 1, MODP_1024.p - 1])
def test_the_numbers_without_an_element_are_refused(value: int) -> None:
    with pytest.raises(MalformedError):
        MODP_1024.embed(value)


def test_a_group_of_unknown_order_cannot_do_integrated_mapping() -> None:
    unknown = dh.DhGroup("unknown", None, MODP_1024.p, MODP_1024.base, None, 160)
    assert not unknown.embeds
    with pytest.raises(NotSupportedError):
        unknown.embed(5)


@pytest.mark.parametrize("group", [BRAINPOOL, MODP_1024])
def test_mapped_keys_keep_their_leading_zeros(group: Any) -> None:
    """An element whose first byte is zero goes into the mapping and out of it as the number that it is."""
    private = ZERO_LED[group.parameter_id]
    shared = group.public(private)
    assert secret_of(group, shared)[0] == 0
    assert pace_mapping.generic(group, (5).to_bytes(16, "big"), shared) == group.public(private + 5)
    assert pace_mapping.generic(group, bytes(16), shared) == shared


def stuck(size: int) -> bytes:
    return bytes(size)


def test_a_stuck_random_source_is_reported() -> None:
    source: Random = stuck
    with pytest.raises(ValueError, match="stuck"):
        MODP_1024.scalar(source)
