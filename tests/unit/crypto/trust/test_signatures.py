"""Algorithm identifiers and keys; signatures themselves are tested against openssl with the security objects."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust.findings import Finding
from crypto.trust.signatures import (
    Scheme,
    SignatureAlgorithm,
    algorithm_of,
    describe,
    digest_of,
    findings,
    verify,
)
from tests.unit.crypto.openssl_issuer import DIGEST_OIDS, PSS, RSA, ec, make_csca, openssl

PSS_OID = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"
RSA_OID = "1.2.840.113549.1.1.1"
RSA_SHA256 = SignatureAlgorithm(Scheme.RSA_PKCS1, "sha256")
ECDSA_SHA256 = SignatureAlgorithm(Scheme.ECDSA, "sha256")


def identifier(oid: str, parameters: bytes = b"") -> bytes:
    return tlv.encode(0x30, tlv.encode(0x06, der.encode_identifier(oid)) + parameters)


def pss(*members: bytes) -> bytes:
    return identifier(PSS_OID, tlv.encode(0x30, b"".join(members)))


def rsa_spki(modulus: int, exponent: int = 65537, oid: str = RSA_OID) -> bytes:
    key = tlv.encode(0x30, der.encode_unsigned(modulus) + der.encode_unsigned(exponent))
    return tlv.encode(0x30, identifier(oid, b"\x05\x00") + tlv.encode(0x03, b"\0" + key))


def test_pss_parameters_left_out_have_their_published_defaults() -> None:
    expected = SignatureAlgorithm(Scheme.RSA_PSS, "sha1", "sha1", 20)
    assert algorithm_of(pss()) == expected
    assert algorithm_of(identifier(PSS_OID)) == expected


def test_pss_parameters_are_taken_as_written() -> None:
    sha384, sha512 = identifier(DIGEST_OIDS["sha384"]), identifier(DIGEST_OIDS["sha512"], b"\x05\x00")
    found = algorithm_of(
        pss(
            tlv.encode(0xA0, sha384),
            tlv.encode(0xA1, identifier(MGF1, sha512)),
            tlv.encode(0xA2, der.encode_unsigned(48)),
            tlv.encode(0xA3, der.encode_unsigned(1)),
        )
    )
    assert found == SignatureAlgorithm(Scheme.RSA_PSS, "sha384", "sha512", 48)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (pss(tlv.encode(0xA3, der.encode_unsigned(2))), NotSupportedError),
        (pss(tlv.encode(0xA1, identifier("1.2.3"))), NotSupportedError),
        (pss(tlv.encode(0xA1, identifier(MGF1))), NotSupportedError),
        (pss(tlv.encode(0xA0, identifier("1.2.3"))), NotSupportedError),
        (pss(tlv.encode(0xA2, der.encode_unsigned(1025))), MalformedError),
        (identifier("1.2.3"), NotSupportedError),
        (identifier(RSA_OID), NotSupportedError),
        (identifier("1.2.3", b"\x05\x00\x05\x00"), MalformedError),
        (b"\x30\x00", MalformedError),
        (b"\x31\x00", MalformedError),
    ],
)
def test_other_algorithms_are_refused(raw: bytes, expected: type[ProofError]) -> None:
    with pytest.raises(expected):
        algorithm_of(raw)


def test_a_mask_of_sha1_is_a_finding() -> None:
    spki = rsa_spki((1 << 2047) + 1)
    assert findings(spki, SignatureAlgorithm(Scheme.RSA_PSS, "sha256", "sha1", 32)) == (Finding.SHA1,)
    assert findings(spki, SignatureAlgorithm(Scheme.RSA_PSS, "sha256", "sha256", 32)) == ()


def test_a_key_says_its_length() -> None:
    assert describe(rsa_spki((1 << 3071) + 1), RSA_SHA256) == "RSA 3072 SHA-256"


@pytest.mark.parametrize(
    ("spki", "algorithm", "expected"),
    [
        (rsa_spki((1 << 511) + 1), RSA_SHA256, NotSupportedError),
        (rsa_spki((1 << 9000) + 1), RSA_SHA256, MalformedError),
        (rsa_spki((1 << 8183) + 1), RSA_SHA256, SignatureWrongError),
        (rsa_spki(1 << 2047), RSA_SHA256, NotSupportedError),
        (rsa_spki((1 << 2047) + 1, 1), RSA_SHA256, NotSupportedError),
        (rsa_spki((1 << 2047) + 1, 4), RSA_SHA256, NotSupportedError),
        (rsa_spki((1 << 2047) + 1, (1 << 256) + 1), RSA_SHA256, NotSupportedError),
        (rsa_spki((1 << 2047) + 1, oid="1.2.3"), RSA_SHA256, NotSupportedError),
        (rsa_spki((1 << 2047) + 1), ECDSA_SHA256, MalformedError),
        (rsa_spki((1 << 2047) + 1), RSA_SHA256, SignatureWrongError),
        (tlv.encode(0x30, identifier(RSA_OID)), RSA_SHA256, MalformedError),
        (tlv.encode(0x30, identifier(RSA_OID) + b"\x03\x05\x00\x30\x02\x02\x00"), RSA_SHA256, MalformedError),
        (tlv.encode(0x30, identifier(RSA_OID) + b"\x03\x06\x00\x30\x03\x02\x01\x05"), RSA_SHA256, MalformedError),
    ],
)
def test_unusable_keys_are_refused(spki: bytes, algorithm: SignatureAlgorithm, expected: type[ProofError]) -> None:
    with pytest.raises(expected):
        verify(spki, algorithm, bytes(256), b"content")


EC_WITHOUT_CURVE = tlv.encode(0x30, identifier("1.2.840.10045.2.1") + b"\x03\x02\0\x04")
P256 = tlv.encode(0x30, identifier("1.2.840.10045.2.1", bytes.fromhex("06082a8648ce3d030107")) + b"\x03\x02\0\x04")


@pytest.mark.parametrize(
    ("spki", "algorithm", "reason"),
    [
        (EC_WITHOUT_CURVE, ECDSA_SHA256, "with parameters"),
        (P256, ECDSA_SHA256, "uncompressed"),
        (P256, RSA_SHA256, "an RSA key is required"),
        (rsa_spki((1 << 2047) + 1), SignatureAlgorithm(Scheme.ECDSA_PLAIN, "sha256"), "an EC key is required"),
        (rsa_spki((1 << 2047) + 1, oid=PSS_OID), RSA_SHA256, "PSS only"),
    ],
)
def test_a_key_that_does_not_fit_the_algorithm_is_malformed(
    spki: bytes, algorithm: SignatureAlgorithm, reason: str
) -> None:
    with pytest.raises(MalformedError, match=reason):
        verify(spki, algorithm, b"\x30\x06\x02\x01\x01\x02\x01\x01", b"content")


def test_a_key_for_pss_without_restrictions_takes_every_hash() -> None:
    without = tlv.encode(0x30, identifier(PSS_OID) + tlv.parse_one(rsa_spki((1 << 2047) + 1)).children()[1].encode())
    with pytest.raises(SignatureWrongError):
        verify(without, SignatureAlgorithm(Scheme.RSA_PSS, "sha384", "sha224", 7), bytes(256), b"content")


def test_a_number_that_fits_the_key_but_not_the_message_is_wrong() -> None:
    """PSS with a modulus of 8 k + 1 bits has an encoded message that is a byte shorter than the signature."""
    modulus = (1 << 2049) - 1
    signature = (modulus - 1).to_bytes(257, "big")
    with pytest.raises(SignatureWrongError):
        verify(rsa_spki(modulus), SignatureAlgorithm(Scheme.RSA_PSS, "sha256", "sha256", 32), signature, b"content")


@pytest.mark.parametrize(
    "signature", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", bytes(64), b"\x30\x06\x02\x01\x01\x02\x01\xff"]
)
def test_a_signature_that_is_no_pair_of_numbers_is_wrong(tmp_path: Path, signature: bytes) -> None:
    spki = make_csca(tmp_path, "csca", ec("P-256")).certificate.spki

    with pytest.raises(SignatureWrongError):
        verify(spki, ECDSA_SHA256, signature, b"content")


def test_pss_with_another_salt_length_is_wrong(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", RSA)
    source = tmp_path / "content"
    source.write_bytes(b"content")
    signature = openssl("dgst", "-sha256", "-sign", csca.key, *PSS, source)
    spki = csca.certificate.spki

    verify(spki, SignatureAlgorithm(Scheme.RSA_PSS, "sha256", "sha256", 32), signature, b"content")
    for salt, mask in ((20, "sha256"), (32, "sha384"), (512, "sha256")):
        with pytest.raises(SignatureWrongError):
            verify(spki, SignatureAlgorithm(Scheme.RSA_PSS, "sha256", mask, salt), signature, b"content")


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_an_algorithm_or_a_proof_error(raw: bytes) -> None:
    for content in (raw, tlv.encode(0x30, raw), pss(raw)):
        with suppress(ProofError):
            algorithm_of(content)
        with suppress(ProofError):
            digest_of(content)
        with suppress(ProofError):
            verify(content, RSA_SHA256, b"", b"")
