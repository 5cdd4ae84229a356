from __future__ import annotations

import hashlib

import ecdsa
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import curves, der, tlv
from crypto.curves import Curve
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError

ALL_IDS = range(8, 19)

# RFC 5639 §3.4 (brainpoolP256r1) and ICAO 9303-11 table 9.
BRAINPOOL_256_P = int("A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377", 16)
BRAINPOOL_256_ORDER = int("A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7", 16)


def numbers(curve: Curve) -> ecdsa.curves.Curve:
    return next(known for known in ecdsa.curves.curves if known.order == curve.order)


def explicit(curve: Curve, **changed: int | bytes) -> bytes:
    known = numbers(curve)
    size = curve.field_size
    values: dict[str, int | bytes] = {
        "p": curve.p,
        "a": int(known.curve.a()) % curve.p,
        "b": int(known.curve.b()),
        "base": curve.encode(curve.generator),
        "order": curve.order,
        "cofactor": 1,
    } | changed
    field = der.encode_unsigned(int(values["p"]))
    prime_field = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier("1.2.840.10045.1.1"))
    coefficients = b"".join(
        tlv.encode(der.OCTET_STRING, int(values[name]).to_bytes(size + 1, "big").lstrip(b"\x00")) for name in "ab"
    )
    base = values["base"]
    assert isinstance(base, bytes)
    return tlv.encode(
        der.SEQUENCE,
        der.encode_unsigned(1)
        + tlv.encode(der.SEQUENCE, prime_field + field)
        + tlv.encode(der.SEQUENCE, coefficients)
        + tlv.encode(der.OCTET_STRING, base)
        + der.encode_unsigned(int(values["order"]))
        + (der.encode_unsigned(int(values["cofactor"])) if values["cofactor"] else b""),
    )


def repeat(filler: bytes) -> curves.Random:
    return lambda size: (filler * size)[:size]


def test_parameter_13_is_brainpool_256_of_rfc_5639() -> None:
    curve = curves.by_parameter_id(13)
    assert (curve.name, curve.p, curve.order) == ("brainpoolP256r1", BRAINPOOL_256_P, BRAINPOOL_256_ORDER)


@pytest.mark.parametrize("parameter_id", ALL_IDS)
def test_every_way_to_name_a_curve_leads_to_the_same_one(parameter_id: int) -> None:
    curve = curves.by_parameter_id(parameter_id)
    named = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(curve.oid))
    assert curve.parameter_id == parameter_id
    assert curve.oid == ".".join(map(str, numbers(curve).oid))
    assert curves.by_oid(curve.oid) is curve
    assert curves.curve_of(named) is curve
    assert curves.curve_of(explicit(curve)) is curve
    assert curves.curve_of(explicit(curve, cofactor=0)) is curve


@pytest.mark.parametrize("parameter_id", ALL_IDS)
def test_native_arithmetic_agrees_with_generic_arithmetic(parameter_id: int) -> None:
    curve = curves.by_parameter_id(parameter_id)
    ours, theirs = 0x1234567890ABCDEF, curve.order - 77
    public = curve.public(ours)
    assert public == curve.multiply(ours, curve.generator)
    assert curve.decode(curve.encode(public)) == public
    peer = curve.public(theirs)
    assert curve.agree(ours, peer) == curve.agree(theirs, public) == curve.encode_x(curve.multiply(ours, peer))
    assert curve.combine(public, peer) == curve.multiply(ours - 77, curve.generator)


@pytest.mark.parametrize("changed", ["p", "a", "b", "order", "cofactor"])
def test_explicit_parameters_that_differ_in_one_number_are_no_known_curve(changed: str) -> None:
    curve = curves.by_parameter_id(13)
    known = numbers(curve)
    right = {"p": curve.p, "a": known.curve.a(), "b": known.curve.b(), "order": curve.order, "cofactor": 1}
    with pytest.raises(NotSupportedError):
        curves.curve_of(explicit(curve, **{changed: int(right[changed]) + 1}))


def test_explicit_parameters_with_another_generator_are_no_known_curve() -> None:
    curve = curves.by_parameter_id(12)
    crafted = curve.encode(curve.public(2))
    with pytest.raises(NotSupportedError):
        curves.curve_of(explicit(curve, base=crafted))


def test_explicit_parameters_may_compress_the_generator() -> None:
    curve = curves.by_parameter_id(12)
    base = bytes([2 + curve.generator.y % 2]) + curve.encode_x(curve.generator)
    assert curves.curve_of(explicit(curve, base=base)) is curve


def test_explicit_parameters_as_openssl_writes_them_are_understood() -> None:
    key = ecdsa.SigningKey.generate(curve=ecdsa.BRAINPOOLP320r1).get_verifying_key()
    spki = key.to_der(curve_parameters_encoding="explicit")
    algorithm = der.parts(der.parts(tlv.parse_one(spki))[0])
    assert curves.curve_of(algorithm[1].encode()).name == "brainpoolP320r1"


def test_fields_of_characteristic_two_are_not_supported() -> None:
    raw = explicit(curves.by_parameter_id(12)).replace(
        der.encode_identifier("1.2.840.10045.1.1"), der.encode_identifier("1.2.840.10045.1.2")
    )
    with pytest.raises(NotSupportedError):
        curves.curve_of(raw)


@pytest.mark.parametrize(
    "members",
    [
        b"",
        b"\x02\x01\x01",
        b"\x02\x01\x01\x30\x00\x30\x00\x04\x00\x02\x01\x07",
        b"\x02\x01\x01\x30\x0c\x06\x07\x2a\x86\x48\xce\x3d\x01\x01\x02\x01\x07\x30\x00\x04\x00\x02\x01\x07",
    ],
)
def test_parameters_with_members_missing_are_malformed(members: bytes) -> None:
    with pytest.raises(MalformedError):
        curves.curve_of(tlv.encode(der.SEQUENCE, members))


@given(st.binary(max_size=200))
def test_any_bytes_as_parameters_give_a_curve_or_a_proof_error(raw: bytes) -> None:
    try:
        curves.curve_of(raw)
    except ProofError:
        return


@given(st.integers(0, 230), st.integers(0, 255))
@settings(max_examples=200)
def test_explicit_parameters_with_one_byte_changed_never_crash(at: int, byte: int) -> None:
    curve = curves.by_parameter_id(13)
    raw = bytearray(explicit(curve))
    raw[at % len(raw)] = byte
    try:
        assert curves.curve_of(bytes(raw)) is curve
    except ProofError:
        return


@pytest.mark.parametrize("parameter_id", [0, 1, 2, 7, 19])
def test_other_parameter_ids_are_not_supported(parameter_id: int) -> None:
    with pytest.raises(NotSupportedError):
        curves.by_parameter_id(parameter_id)


def test_points_that_are_not_on_the_curve_are_refused() -> None:
    curve = curves.by_parameter_id(13)
    good = curve.encode(curve.generator)
    size = curve.field_size
    too_big = b"\x04" + (curve.generator.x + curve.p).to_bytes(size + 1, "big")[-size:] + good[1 + size :]
    for bad in (
        b"",
        b"\x00",
        good[:-1],
        good + b"\x00",
        b"\x05" + good[1:],
        good[:-1] + bytes([good[-1] ^ 1]),
        too_big,
    ):
        with pytest.raises(MalformedError):
            curve.decode(bad)
    with pytest.raises(NotSupportedError):
        curve.decode(b"\x02" + good[1 : 1 + size])


def test_points_hide_their_coordinates() -> None:
    assert repr(curves.by_parameter_id(13).generator) == "Point()"


@pytest.mark.parametrize("parameter_id", [9, 13])
def test_sums_that_reach_infinity_are_refused(parameter_id: int) -> None:
    curve = curves.by_parameter_id(parameter_id)
    minus = curve.multiply(curve.order - 1, curve.generator)
    with pytest.raises(MalformedError):
        curve.combine(curve.generator, minus)
    with pytest.raises(MalformedError):
        curve.multiply(0, curve.generator)
    with pytest.raises(MalformedError):
        curve.multiply(curve.order, curve.generator)


def test_secrets_keep_their_leading_zero_byte() -> None:
    curve = curves.by_parameter_id(13)
    private = next(k for k in range(1, 5000) if curve.multiply(k, curve.generator).x >> 248 == 0)
    secret = curve.agree(private, curve.generator)
    assert len(secret) == 32
    assert secret[0] == 0
    assert curve.encode(curve.public(private))[1] == 0


def test_scalars_are_drawn_by_rejection() -> None:
    curve = curves.by_parameter_id(13)
    drawn = iter([b"\x00" * 32, b"\xff" * 32, curve.order.to_bytes(32, "big"), (5).to_bytes(32, "big")])
    assert curve.scalar(lambda size: next(drawn)) == 5


def test_scalars_of_p521_use_521_bits() -> None:
    curve = curves.by_parameter_id(18)
    assert curve.scalar(repeat(b"\x9a")) == int.from_bytes(b"\x9a" * 66, "big") % (1 << 521)


def test_a_stuck_random_source_is_reported() -> None:
    with pytest.raises(ValueError, match="stuck"):
        curves.by_parameter_id(13).scalar(repeat(b"\x00"))


@pytest.mark.parametrize("parameter_id", ALL_IDS)
@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha512"])
def test_signatures_verify_on_every_curve(parameter_id: int, hash_name: str) -> None:
    curve = curves.by_parameter_id(parameter_id)
    key = ecdsa.SigningKey.from_secret_exponent(0xC0FFEE, curve=numbers(curve))
    digest = hashlib.new(hash_name, b"message").digest()
    r, s = key.sign_digest_deterministic(
        digest, hashfunc=hashlib.sha256, sigencode=lambda r, s, order: (int(r), int(s)), allow_truncate=True
    )
    public = curve.encode(curve.public(0xC0FFEE))
    curves.verify_ecdsa(curve, public, digest, r, s)
    other = hashlib.new(hash_name, b"massage").digest()
    for bad in ((other, r, s), (digest, r, s ^ 1), (digest, s, r), (digest, 0, s), (digest, r, 0)):
        with pytest.raises(SignatureWrongError):
            curves.verify_ecdsa(curve, public, *bad)
    with pytest.raises(SignatureWrongError):
        curves.verify_ecdsa(curve, public, digest, r + curve.order, s)
    with pytest.raises(SignatureWrongError):
        curves.verify_ecdsa(curve, curve.encode(curve.public(0xC0FFEF)), digest, r, s)


def test_signatures_made_by_openssl_verify() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    private = ec.derive_private_key(99, ec.BrainpoolP512R1())
    r, s = decode_dss_signature(private.sign(b"text", ec.ECDSA(hashes.SHA384())))
    curve = curves.by_parameter_id(17)
    curves.verify_ecdsa(curve, curve.encode(curve.public(99)), hashlib.sha384(b"text").digest(), r, s)


def test_a_public_point_off_the_curve_is_malformed_not_a_wrong_signature() -> None:
    with pytest.raises(MalformedError):
        curves.verify_ecdsa(curves.by_parameter_id(13), b"\x04" + b"\x01" * 64, b"\x00" * 32, 1, 1)
