from __future__ import annotations

import json

import ecdsa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import curves, der, dh, tlv
from crypto.emrtd import public_keys, security_infos
from crypto.emrtd.keys import Suite
from crypto.emrtd.public_keys import DhKey, EcKey, RsaKey
from crypto.emrtd.security_infos import (
    ActiveAuthInfo,
    Agreement,
    ChipAuthInfo,
    ChipAuthKey,
    Mapping,
    PaceInfo,
    SecurityInfos,
    parse_dg14,
    parse_security_infos,
)
from crypto.errors import MalformedError, NotSupportedError, ProofError
from tests.unit.crypto.emrtd.cards import VECTORS

CARD_ACCESS = bytes.fromhex(json.loads((VECTORS / "ef_cardaccess_cccd.json").read_text("utf-8"))["hex"])
ECDH_KEY = "0.4.0.127.0.7.2.2.1.2"
EC = "1.2.840.10045.2.1"
STANDARDISED = "0.4.0.127.0.7.1.2"
RSA = "1.2.840.113549.1.1.1"
CURVE = curves.by_parameter_id(13)
POINT = CURVE.public(77)


def oid(dotted: str) -> bytes:
    return tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(dotted))


def info(dotted: str, *members: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, oid(dotted) + b"".join(members))


def infos(*members: bytes) -> bytes:
    return tlv.encode(der.SET, b"".join(members))


def spki(algorithm: str, parameters: bytes, raw: bytes) -> bytes:
    return tlv.encode(
        der.SEQUENCE,
        tlv.encode(der.SEQUENCE, oid(algorithm) + parameters) + tlv.encode(der.BIT_STRING, b"\x00" + raw),
    )


def rsa(modulus: int, exponent: int = 65537) -> bytes:
    numbers = tlv.encode(der.SEQUENCE, der.encode_unsigned(modulus) + der.encode_unsigned(exponent))
    return spki(RSA, b"\x05\x00", numbers)


EC_SPKI = spki(EC, oid(CURVE.oid), CURVE.encode(POINT))


def test_card_access_of_the_vietnamese_card() -> None:
    parsed = parse_security_infos(CARD_ACCESS)
    assert parsed == SecurityInfos(
        pace=(PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),),
        chip_auth=(ChipAuthInfo("0.4.0.127.0.7.2.2.3.2.2", 1, None),),
        unknown=("0.4.0.127.0.7.2.2.2",),
    )
    assert (parsed.pace[0].mapping, parsed.pace[0].suite) == (Mapping.ECDH_GENERIC, Suite.AES_128)
    assert parsed.pace[0].label == "ECDH-GM AES-128 brainpoolP256r1"
    assert parsed.chip_auth[0].suite is Suite.AES_128


def test_several_parameter_sets_make_pace_ambiguous() -> None:
    def pace(mapping: int, number: int) -> bytes:
        return info(f"0.4.0.127.0.7.2.2.4.{mapping}.2", der.encode_unsigned(2), der.encode_unsigned(number))

    assert [found.ambiguous for found in parse_security_infos(infos(pace(2, 13), pace(4, 13))).pace] == [False, False]
    assert [found.ambiguous for found in parse_security_infos(infos(pace(2, 13), pace(2, 12))).pace] == [True, True]


def test_dg14_wraps_the_infos_and_keeps_key_numbers() -> None:
    key = info(ECDH_KEY, EC_SPKI, der.encode_unsigned(195))
    chip_auth = info("0.4.0.127.0.7.2.2.3.2.4", der.encode_unsigned(1), der.encode_unsigned(195))
    active = info("2.23.136.1.1.5", der.encode_unsigned(1), oid("0.4.0.127.0.7.1.1.4.1.3"))
    parsed = parse_dg14(tlv.encode(0x6E, infos(key, chip_auth, active)))
    (found,) = parsed.chip_auth_keys
    assert found == ChipAuthKey(EcKey(CURVE, POINT), 195)
    assert found.agreement is Agreement.ECDH
    assert parsed.chip_auth == (ChipAuthInfo("0.4.0.127.0.7.2.2.3.2.4", 1, 195),)
    assert parsed.active_auth == ActiveAuthInfo("0.4.0.127.0.7.1.1.4.1.3")


def test_what_nobody_knows_is_listed_and_hides_nothing() -> None:
    unknown = [
        info("1.2.3.4", der.encode_unsigned(1)),
        info("0.4.0.127.0.7.2.2.4.2", b"\x30\x00"),
        info("0.4.0.127.0.7.2.2.3.2", b"\x30\x00"),
        info("2.23.136.1.1.5", der.encode_unsigned(1)),
        info("0.4.0.127.0.7.2.2.1.1", spki("1.2.840.113549.1.3.1", b"", b"\x02\x01\x05")),
        info(ECDH_KEY, rsa((1 << 1023) + 1)),
        info(ECDH_KEY, spki(EC, oid("1.3.132.0.10"), b"\x04")),
    ]
    parsed = parse_security_infos(infos(*unknown, info(ECDH_KEY, EC_SPKI)))
    assert len(parsed.unknown) == len(unknown)
    assert len(parsed.chip_auth_keys) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x30\x00",
        infos(b"\x30\x00"),
        infos(b"\x02\x01\x01"),
        infos(info("1.2.3")),
        infos(info("1.2.3", *[der.encode_unsigned(1)] * 3)),
        infos(info("0.4.0.127.0.7.2.2.4.2.2", b"\x04\x01\x02")),
        infos(info("0.4.0.127.0.7.2.2.4.2.2", der.encode_unsigned(2), b"\x04\x01\x02")),
        infos(info(ECDH_KEY, spki(EC, oid(CURVE.oid), b"\x04" + bytes(64)))),
        infos(*[info("1.2.3", der.encode_unsigned(1))] * 65),
        infos(*[info(ECDH_KEY, EC_SPKI)] * 9),
        infos(info(ECDH_KEY, b"\x04\x00")),
        infos() + b"\x00",
    ],
)
def test_other_forms_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_security_infos(raw)


@given(st.binary(max_size=120))
def test_any_bytes_give_infos_or_the_documented_error(raw: bytes) -> None:
    try:
        parse_security_infos(raw)
    except MalformedError:
        return


@given(st.integers(0, len(CARD_ACCESS) - 1), st.integers(0, 255))
@settings(max_examples=300)
def test_card_access_with_one_byte_changed_never_crashes(at: int, byte: int) -> None:
    raw = bytearray(CARD_ACCESS)
    raw[at] = byte
    try:
        parse_security_infos(bytes(raw))
    except MalformedError:
        return


def rich_infos() -> bytes:
    """Explicit parameters and keys of every kind."""
    return infos(
        offer("2.2", 32),
        offer("1.2", 33),
        own("2", EXPLICIT_CURVE, 32),
        own("1", algorithm(DH_X942, X942), 33),
        info("0.4.0.127.0.7.2.2.1.1", spki(DH_PKCS3, PKCS3, der.encode_unsigned(PRIME.base)), der.encode_unsigned(1)),
        info(ECDH_KEY, EC_SPKI, der.encode_unsigned(2)),
    )


@given(st.integers(0, 4000), st.integers(0, 255))
@settings(max_examples=300)
def test_infos_with_one_byte_changed_give_infos_or_the_documented_error(at: int, byte: int) -> None:
    raw = bytearray(rich_infos())
    raw[at % len(raw)] = byte
    try:
        parse_security_infos(bytes(raw))
    except MalformedError:
        return


def test_eight_keys_are_not_too_many() -> None:
    assert len(parse_security_infos(infos(*[info(ECDH_KEY, EC_SPKI)] * 8)).chip_auth_keys) == 8


@pytest.mark.parametrize("dotted", ["0.4.0.127.0.7.2.2.3.3.9", "0.4.0.127.0.7.2.2.3.2"])
def test_other_chip_authentication_is_not_supported(dotted: str) -> None:
    with pytest.raises(NotSupportedError):
        _ = ChipAuthInfo(dotted, 1, None).suite
    with pytest.raises(NotSupportedError):
        _ = ChipAuthInfo(dotted, 1, None).agreement


PRIME = dh.by_parameter_id(2)
X942 = tlv.encode(
    der.SEQUENCE, b"".join(der.encode_unsigned(number) for number in (PRIME.p, PRIME.base, PRIME.order or 0))
)
PKCS3 = tlv.encode(der.SEQUENCE, der.encode_unsigned(PRIME.p) + der.encode_unsigned(PRIME.base))
DH_X942, DH_PKCS3 = "1.2.840.10046.2.1", "1.2.840.113549.1.3.1"


@pytest.mark.parametrize(
    ("algorithm", "parameters"), [(DH_X942, X942), (DH_PKCS3, PKCS3), (STANDARDISED, der.encode_unsigned(2))]
)
def test_keys_modulo_a_prime_by_number_and_by_parameters_are_the_same(algorithm: str, parameters: bytes) -> None:
    element = PRIME.public(99)
    raw = spki(algorithm, parameters, der.encode_unsigned(element.y))
    assert public_keys.parse(tlv.parse_one(raw)) == DhKey(PRIME, element)
    (key,) = parse_security_infos(infos(info("0.4.0.127.0.7.2.2.1.1", raw))).chip_auth_keys
    assert (key.key, key.agreement) == (DhKey(PRIME, element), Agreement.DH)


@pytest.mark.parametrize("y", [0, 1, 2, PRIME.p - 1])
def test_a_key_modulo_a_prime_outside_its_group_is_malformed(y: int) -> None:
    with pytest.raises(MalformedError):
        public_keys.parse(tlv.parse_one(spki(DH_X942, X942, der.encode_unsigned(y))))


def algorithm(dotted: str, parameters: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, oid(dotted) + parameters)


def own(protocol: str, parameters: bytes, *number: int) -> bytes:
    return info(f"0.4.0.127.0.7.2.2.4.{protocol}", parameters, *map(der.encode_unsigned, number))


def offer(arcs: str, *number: int) -> bytes:
    return info(f"0.4.0.127.0.7.2.2.4.{arcs}", der.encode_unsigned(2), *map(der.encode_unsigned, number))


EXPLICIT_CURVE = algorithm(
    EC,
    der.parts(
        der.parts(
            tlv.parse_one(
                ecdsa.VerifyingKey.from_string(CURVE.encode(POINT), curve=ecdsa.BRAINPOOLP256r1).to_der(
                    curve_parameters_encoding="explicit"
                )
            )
        )[0]
    )[1].encode(),
)


def test_explicit_parameters_belong_to_the_info_of_their_number() -> None:
    parsed = parse_security_infos(
        infos(
            offer("2.2", 32),
            offer("1.2", 33),
            offer("2.4", 34),
            own("2", EXPLICIT_CURVE, 32),
            own("1", algorithm(DH_X942, X942), 33),
        )
    )
    by_curve, by_prime, without = parsed.pace
    assert (by_curve.group, by_prime.group) == (CURVE, PRIME)
    assert by_curve.ambiguous
    with pytest.raises(NotSupportedError):
        _ = without.group


def test_explicit_parameters_without_number_serve_the_infos_without_one() -> None:
    (found,) = parse_security_infos(infos(offer("2.2"), own("2", EXPLICIT_CURVE))).pace
    assert found.group == CURVE
    assert found.label == "ECDH-GM AES-128 brainpoolP256r1"


def test_numbers_below_32_mean_the_standard_whatever_stands_beside() -> None:
    """ICAO 9303-11 §9.5.1: explicit parameters must not use the numbers of standardised ones."""
    (found,) = parse_security_infos(infos(offer("2.2", 12), own("2", EXPLICIT_CURVE, 12))).pace
    assert found.group == curves.by_parameter_id(12)


@pytest.mark.parametrize(
    "beside",
    [
        own("4", EXPLICIT_CURVE, 32),
        own("2", EXPLICIT_CURVE, 33),
        own("2", EXPLICIT_CURVE, 32) + own("2", EXPLICIT_CURVE, 32),
        own("2", algorithm(EC, oid("1.3.132.0.10")), 32),
        own("2", algorithm(DH_X942, X942), 32),
    ],
)
def test_parameters_of_another_protocol_number_or_kind_do_not_count(beside: bytes) -> None:
    (found,) = parse_security_infos(infos(offer("2.2", 32), beside)).pace
    with pytest.raises(NotSupportedError):
        _ = found.group


@pytest.mark.parametrize(
    ("arcs", "label"),
    [
        ("1.1", "DH-GM 3DES MODP 2048/224"),
        ("3.2", "DH-IM AES-128 MODP 2048/224"),
        ("4.3", "ECDH-IM AES-192 P-256"),
        ("6.4", "ECDH-CAM AES-256 P-256"),
    ],
)
def test_variants_have_the_names_of_the_standard(arcs: str, label: str) -> None:
    assert PaceInfo(f"0.4.0.127.0.7.2.2.4.{arcs}", 2, 1 if arcs[0] in "13" else 12).label == label


def test_keys_by_name_by_number_and_by_parameters_are_the_same() -> None:
    by_number = spki(STANDARDISED, der.encode_unsigned(13), CURVE.encode(POINT))
    point = ecdsa.VerifyingKey.from_string(CURVE.encode(POINT), curve=ecdsa.BRAINPOOLP256r1)
    explicit = point.to_der(curve_parameters_encoding="explicit")
    for raw in (EC_SPKI, by_number, explicit):
        assert public_keys.parse(tlv.parse_one(raw)) == EcKey(CURVE, POINT)


def test_rsa_keys_give_modulus_exponent_and_size() -> None:
    modulus = (1 << 2047) + 1
    key = public_keys.parse(tlv.parse_one(rsa(modulus)))
    assert key == RsaKey(modulus, 65537)
    assert isinstance(key, RsaKey)
    assert key.size == 256


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (rsa((1 << 1022) + 1), NotSupportedError),
        (rsa((1 << 4096) + 1), NotSupportedError),
        (rsa((1 << 2047) + 1, 1), NotSupportedError),
        (rsa((1 << 2047) + 1, (1 << 64) + 1), NotSupportedError),
        (rsa(1 << 2047), MalformedError),
        (rsa((1 << 2047) + 1, 65536), MalformedError),
        (spki(RSA, b"", b"\x30\x00"), MalformedError),
        (spki(EC, b"", CURVE.encode(POINT)), NotSupportedError),
        (spki(STANDARDISED, der.encode_unsigned(3), CURVE.encode(POINT)), NotSupportedError),
        (spki(STANDARDISED, der.encode_unsigned(2), CURVE.encode(POINT)), MalformedError),
        (spki("1.2.840.10040.4.1", b"\x30\x00", b"\x02\x01\x05"), NotSupportedError),
        (b"\x30\x00", MalformedError),
        (b"\x30\x06\x30\x00\x03\x02\x00\x01", MalformedError),
    ],
)
def test_other_keys_are_refused(raw: bytes, error: type[ProofError]) -> None:
    with pytest.raises(error):
        public_keys.parse(tlv.parse_one(raw))


def test_parse_dg14_wants_its_own_tag() -> None:
    with pytest.raises(MalformedError):
        security_infos.parse_dg14(tlv.encode(0x6F, infos()))
