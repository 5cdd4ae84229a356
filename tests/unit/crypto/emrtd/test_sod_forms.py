"""Security objects in the forms that states write: BER, old content types, every algorithm, signers named oddly.

Made by openssl where it can write the form, else by the simulated issuer (its forms are ours, so they show less).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import der, tlv
from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust.certificate import Certificate
from crypto.trust.findings import Finding
from drivers.simulator.issuer.authority import Authority, SignerMake
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.signed_data import PLAIN, CmsForm, NamedBy
from drivers.simulator.issuer.signing import KeyMake, ecdsa, pkcs1, pss
from drivers.simulator.issuer.sod import USUAL, SodForm
from tests.unit.crypto.conftest import GROUPS, Issuer
from tests.unit.crypto.openssl_issuer import (
    PSS_CMS,
    RSA,
    Parts,
    ec,
    lds_security_object,
    make_csca,
    make_signer,
    make_sod,
    openssl,
    put_together,
    row,
    sign_again,
    take_apart,
)
from tests.unit.crypto.trust.odd_certificates import indefinite

FILES = {Ef.DG1: b"first", Ef.DG13: b"thirteenth"}
AUTHORITY = Authority(b"forms")


def proven(raw: bytes) -> SecurityObject:
    sod = SecurityObject.parse(raw)
    sod.verify_signature()
    return sod


# BER ------------------------------------------------------------------------------------------------------------------


def test_a_streamed_object_of_openssl_is_read_and_reported(issuer: Issuer, tmp_path: Path) -> None:
    raw = make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-indef"])
    assert b"\x30\x80" in raw
    assert b"\x24\x80" in raw
    sod = proven(raw)

    assert sod.findings == (Finding.INDEFINITE_LENGTH,)
    for number, content in GROUPS.items():
        sod.verify_file(number, content)


def test_even_certificates_and_attributes_may_be_ber(issuer: Issuer) -> None:
    content_info = tlv.parse_one(issuer.sod, 0x77).value
    sod = proven(tlv.encode(0x77, indefinite(content_info)))

    assert sod.findings == (Finding.INDEFINITE_LENGTH,)
    assert sod.signer == issuer.signer.certificate


def test_the_hashes_may_be_ber_and_are_checked_as_they_were_signed(issuer: Issuer, tmp_path: Path) -> None:
    sod = proven(make_sod(tmp_path, issuer.signer, indefinite(lds_security_object(GROUPS))))
    sod.verify_file(13, GROUPS[13])


@pytest.mark.parametrize("lengths", [Lengths.FRAMES, Lengths.EVERYWHERE])
def test_the_simulated_forms_of_ber_are_read(lengths: Lengths) -> None:
    raw = AUTHORITY.signer().sign(FILES, form=replace(USUAL, cms=CmsForm(lengths=lengths)))
    assert proven(raw).findings == (Finding.INDEFINITE_LENGTH,)


# Content types and versions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["1.2.528.1.1006.1.20.1", "1.3.27.1.1.1", "1.2.840.113549.1.7.1"])
def test_older_content_types_are_taken_and_reported(issuer: Issuer, tmp_path: Path, kind: str) -> None:
    sod = proven(make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), content_type=kind))
    assert sod.findings == (Finding.LEGACY_CONTENT_TYPE,)


def test_the_card_s_own_content_type_is_no_security_object(issuer: Issuer, tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="no LDS security object"):
        SecurityObject.parse(
            make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), content_type="0.4.0.127.0.7.3.2.1")
        )


@pytest.mark.parametrize("version", [0, 1, 4, 5])
def test_the_versions_of_signed_data_and_signer_count_little(issuer: Issuer, version: int) -> None:
    parts = take_apart(issuer.sod)
    number = tlv.Tlv(0x02, bytes([version]))
    proven(put_together((number, *parts.head[1:]), (number, *parts.signer_info[1:])))


@pytest.mark.parametrize("where", ["signed data", "signer info"])
def test_a_newer_version_is_not_supported(issuer: Issuer, where: str) -> None:
    parts = take_apart(issuer.sod)
    number = tlv.Tlv(0x02, b"\x06")
    head = (number, *parts.head[1:]) if where == "signed data" else parts.head
    info = (number, *parts.signer_info[1:]) if where == "signer info" else parts.signer_info

    with pytest.raises(NotSupportedError, match=where):
        SecurityObject.parse(put_together(head, info))


def test_version_1_of_the_hashes_says_the_lds_version() -> None:
    sod = proven(AUTHORITY.signer().sign(FILES, form=SodForm(digest="sha512", version=1)))
    assert (sod.lds_version, sod.hash_algorithm) == ("0108", "sha512")


# Algorithms -----------------------------------------------------------------------------------------------------------

MAKES = {
    "P-192": (ecdsa("P-192", "sha224"), "ECDSA P-192 SHA-224", (Finding.SHORT_EC_KEY,)),
    "brainpoolP192r1": (ecdsa("brainpoolP192r1"), "ECDSA brainpoolP192r1 SHA-256", (Finding.SHORT_EC_KEY,)),
    "P-224": (ecdsa("P-224", "sha224"), "ECDSA P-224 SHA-224", ()),
    "brainpoolP224r1": (ecdsa("brainpoolP224r1", "sha224"), "ECDSA brainpoolP224r1 SHA-224", ()),
    "P-256": (ecdsa("P-256", "sha1"), "ECDSA P-256 SHA-1", (Finding.SHA1,)),
    "brainpoolP256r1": (ecdsa("brainpoolP256r1", explicit=True), "ECDSA brainpoolP256r1 SHA-256", ()),
    "brainpoolP320r1": (ecdsa("brainpoolP320r1", explicit=True), "ECDSA brainpoolP320r1 SHA-256", ()),
    "P-384": (ecdsa("P-384", "sha384", explicit=True), "ECDSA P-384 SHA-384", ()),
    "brainpoolP384r1": (ecdsa("brainpoolP384r1", "sha384"), "ECDSA brainpoolP384r1 SHA-384", ()),
    "brainpoolP512r1": (ecdsa("brainpoolP512r1", "sha512"), "ECDSA brainpoolP512r1 SHA-512", ()),
    "P-521": (ecdsa("P-521", "sha512", explicit=True), "ECDSA P-521 SHA-512", ()),
    "RSA SHA-1": (pkcs1(digest="sha1"), "RSA 2048 SHA-1", (Finding.SHA1,)),
    "RSA SHA-224": (pkcs1(digest="sha224"), "RSA 2048 SHA-224", ()),
    "PSS": (pss(digest="sha384"), "RSA-PSS 2048 SHA-384", ()),
    "PSS with another mask": (pss(digest="sha512", mask="sha256"), "RSA-PSS 2048 SHA-512", ()),
    "PSS with a mask of SHA-1": (pss(mask="sha1", salt=20), "RSA-PSS 2048 SHA-256", (Finding.SHA1,)),
    "PSS without salt": (pss(salt=0), "RSA-PSS 2048 SHA-256", ()),
    "PSS by default": (pss(digest="sha1", mask="sha1", salt=20), "RSA-PSS 2048 SHA-1", (Finding.SHA1,)),
}


@pytest.mark.parametrize("name", MAKES)
def test_every_signature_of_9303_verifies(name: str) -> None:
    make, described, findings = MAKES[name]
    raw = AUTHORITY.signer(make).sign(FILES)
    sod = proven(raw)

    assert sod.signature_algorithm == described
    assert sod.findings == findings
    sod.signer.verify_signed_by(Certificate.parse(AUTHORITY.root))
    with pytest.raises(SignatureWrongError):
        proven(AUTHORITY.signer(make).sign(FILES, signed={Ef.DG1: b"another"}))


@pytest.mark.parametrize("make", [pkcs1(), ecdsa("P-256")], ids=["rsaEncryption", "id-ecPublicKey"])
def test_the_key_alone_as_algorithm_takes_the_digest_s_hash(make: KeyMake) -> None:
    sod = proven(AUTHORITY.signer(make).sign(FILES, form=replace(USUAL, cms=CmsForm(bare=True))))
    assert sod.signature_algorithm.endswith("SHA-256")


def test_the_signer_info_s_parameters_count_and_not_the_certificate_s(tmp_path: Path) -> None:
    """Documents with a certificate signed by PSS sign themselves by PKCS #1, and the other way round."""
    csca = make_csca(tmp_path, "csca", RSA, digest="sha512", options=["-sigopt", "rsa_padding_mode:pss"])
    signer = make_signer(tmp_path, "signer", csca, RSA, digest="sha512", options=["-sigopt", "rsa_padding_mode:pss"])

    plain = proven(make_sod(tmp_path, signer, lds_security_object(GROUPS)))
    padded = proven(make_sod(tmp_path, signer, lds_security_object(GROUPS), digest="sha384", options=PSS_CMS))

    assert plain.signer.algorithm.digest == "sha512"
    assert (plain.signature_algorithm, padded.signature_algorithm) == ("RSA 2048 SHA-256", "RSA-PSS 2048 SHA-384")
    plain.signer.verify_signed_by(csca.certificate)


def test_another_hash_of_the_content_than_of_the_signature_is_taken() -> None:
    raw = AUTHORITY.signer(ecdsa("P-256")).sign(FILES, form=SodForm("sha1", cms=CmsForm(digest="sha512")))
    assert proven(raw).findings == (Finding.SHA1,)


def with_algorithm(parts: Parts, oid: str, parameters: bytes, signature: bytes) -> bytes:
    algorithm = tlv.Tlv(0x30, tlv.encode(0x06, der.encode_identifier(oid)) + parameters)
    return put_together(parts.head, (*parts.signer_info[:4], algorithm, tlv.Tlv(0x04, signature)))


def test_plain_signatures_verify_as_their_identifier_says(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    numbers = decode_dss_signature(parts.signer_info[5].value)
    plain = b"".join(number.to_bytes(48, "big") for number in numbers)
    sod = proven(with_algorithm(parts, "0.4.0.127.0.7.1.1.4.1.3", b"", plain))

    assert sod.signature_algorithm == "ECDSA-plain brainpoolP384r1 SHA-256"
    for wrong in (plain[:-1], b"\0" + plain, parts.signer_info[5].value, bytes(96)):
        with pytest.raises(SignatureWrongError):
            proven(with_algorithm(parts, "0.4.0.127.0.7.1.1.4.1.3", b"", wrong))


def test_ecdsa_with_specified_says_its_hash_in_the_parameters(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    sha256 = tlv.encode(0x30, tlv.encode(0x06, der.encode_identifier("2.16.840.1.101.3.4.2.1")))
    proven(with_algorithm(parts, "1.2.840.10045.4.3", sha256, parts.signer_info[5].value))
    with pytest.raises(NotSupportedError):
        proven(with_algorithm(parts, "1.2.840.10045.4.3", b"", parts.signer_info[5].value))


def test_a_key_for_pss_alone_signs_nothing_else(tmp_path: Path) -> None:
    options = (
        "rsa_keygen_bits:2048",
        "rsa_pss_keygen_md:sha256",
        "rsa_pss_keygen_mgf1_md:sha256",
        "rsa_pss_keygen_saltlen:32",
    )
    kind = [word for option in options for word in ("-pkeyopt", option)]
    csca = make_csca(tmp_path, "csca", ["-algorithm", "RSA-PSS", *kind])
    parts = take_apart(make_sod(tmp_path, csca, lds_security_object(GROUPS), options=PSS_CMS))
    signature = parts.signer_info[5].value

    proven(put_together(parts.head, parts.signer_info))
    with pytest.raises(MalformedError, match="PSS only"):
        proven(with_algorithm(parts, "1.2.840.113549.1.1.11", b"\x05\0", signature))
    with pytest.raises(MalformedError, match="own parameters"):
        proven(with_algorithm(parts, "1.2.840.113549.1.1.10", tlv.encode(0x30, b""), signature))


# Attributes and signers -----------------------------------------------------------------------------------------------


def test_unsorted_attributes_verify_in_the_order_that_was_signed(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    backwards = parts.attributes[::-1]
    as_sent = sign_again(tmp_path, parts, backwards, issuer.signer.key)
    sorted_ = put_together(parts.head, (*parts.signer_info[:3], tlv.Tlv(0xA0, row(backwards)), *parts.signer_info[4:]))

    assert proven(as_sent).findings == proven(sorted_).findings == (Finding.UNSORTED_ATTRIBUTES,)
    with pytest.raises(SignatureWrongError):
        proven(as_sent[:-1] + bytes([as_sent[-1] ^ 1]))


@pytest.mark.parametrize(
    ("form", "findings"),
    [
        (CmsForm(named_by=NamedBy.KEY_ID), ()),
        (CmsForm(named_by=NamedBy.ANOTHER_ISSUER), (Finding.SIGNER_MISNAMED,)),
        (CmsForm(named_by=NamedBy.ANOTHER_KEY_ID), (Finding.SIGNER_MISNAMED,)),
        (CmsForm(attributes=False), (Finding.NO_SIGNED_ATTRIBUTES,)),
    ],
)
def test_signers_are_found_however_they_are_named(form: CmsForm, findings: tuple[Finding, ...]) -> None:
    assert proven(AUTHORITY.signer().sign(FILES, form=replace(USUAL, cms=form))).findings == findings


def test_the_name_may_be_written_in_another_string_type_than_the_certificate_s(issuer: Issuer) -> None:
    """The names are the same by RFC 5280 §7.1, so this is no finding."""
    parts = take_apart(issuer.sod)
    name, serial = parts.signer_info[1].children()
    printable = tlv.parse_one(name.encode().replace(b"\x0c\x08Invented", b"\x13\x08INVENTED"))
    assert printable != name
    other = tlv.Tlv(0x30, printable.encode() + serial.encode())

    assert proven(put_together(parts.head, (parts.signer_info[0], other, *parts.signer_info[2:]))).findings == ()


def test_a_certificate_that_nobody_can_read_does_not_hide_the_signer_s(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    other_form = tlv.encode(0xA1, b"")
    head = (*parts.head[:3], tlv.Tlv(0xA0, b"\x30\x00" + other_form + parts.head[3].value))

    assert proven(put_together(head, parts.signer_info)).findings == (Finding.CERTIFICATE_UNREADABLE,)
    with pytest.raises(MalformedError, match="certificate"):
        SecurityObject.parse(put_together((*parts.head[:3], tlv.Tlv(0xA0, b"\x30\x00")), parts.signer_info))


def test_what_is_odd_about_the_signer_s_certificate_is_reported(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", ec("P-256"))
    extra = "1.2.3.4=critical,DER:05:00\n"
    signer = make_signer(tmp_path, "signer", csca, ec("P-256"), digest="sha1", extensions=extra)

    sod = proven(make_sod(tmp_path, signer, lds_security_object(GROUPS)))
    assert sod.findings == (Finding.SHA1, Finding.UNKNOWN_CRITICAL)
    assert sod.signer.extensions.unknown_critical == ("1.2.3.4",)


def test_what_another_signer_of_the_same_state_signed_is_wrong() -> None:
    first, second = AUTHORITY.signer(ecdsa("P-256")), AUTHORITY.signer(SignerMake(ecdsa("P-256", "sha224")))
    raw = replace(second, certificate=first.certificate).sign(FILES, form=replace(USUAL, cms=PLAIN))
    with pytest.raises(SignatureWrongError):
        proven(raw)


def test_a_signer_s_name_of_another_form_is_malformed(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    name = tlv.Tlv(0x30, parts.signer_info[1].value + b"\x05\0")
    with pytest.raises(MalformedError, match="not named"):
        SecurityObject.parse(put_together(parts.head, (parts.signer_info[0], name, *parts.signer_info[2:])))


def test_an_attribute_of_another_form_is_malformed(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    attributes = tlv.Tlv(0xA0, row(parts.attributes) + b"\x30\0")
    with pytest.raises(MalformedError, match="type and values"):
        SecurityObject.parse(put_together(parts.head, (*parts.signer_info[:3], attributes, *parts.signer_info[4:])))


# Bounds ---------------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_streamed_object_parses_or_ends_in_a_proof_error(issuer: Issuer, data: st.DataObject) -> None:
    raw = tlv.encode(0x77, indefinite(tlv.parse_one(issuer.sod, 0x77).value))
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:at] + data.draw(st.binary(max_size=8)) + raw[at + data.draw(st.integers(0, 8)) :]
    try:
        sod = proven(damaged)
    except ProofError:
        return
    assert sod.hashes == SecurityObject.parse(issuer.sod).hashes


def test_openssl_agrees_that_its_streamed_object_is_right(issuer: Issuer, tmp_path: Path) -> None:
    """The judge of these tests would notice a wrong object."""
    make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-indef"])
    verified = openssl(
        *("cms", "-verify", "-inform", "DER", "-in", tmp_path / "signed.der", "-CAfile", issuer.csca.pem),
        *("-purpose", "any", "-binary"),
    )
    assert verified == lds_security_object(GROUPS)
