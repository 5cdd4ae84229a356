"""Signed data taken apart and put together differently: what an attacker, or a careless issuer, could do."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from crypto import der, tlv
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError, SignerMissingError
from crypto.trust.findings import Finding
from tests.unit.crypto.conftest import GROUPS, Issuer
from tests.unit.crypto.openssl_issuer import (
    RSA,
    Parts,
    attribute,
    lds_security_object,
    make_csca,
    make_sod,
    put_together,
    row,
    sign_again,
    take_apart,
)

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"


def test_no_flipped_byte_changes_what_is_believed(issuer: Issuer) -> None:
    original = SecurityObject.parse(issuer.sod)
    refused = 0
    for at in range(len(issuer.sod)):
        altered = bytearray(issuer.sod)
        altered[at] ^= 0x04
        try:
            sod = SecurityObject.parse(bytes(altered))
            sod.verify_signature()
            sod.signer.verify_signed_by(issuer.csca.certificate)
        except ProofError:
            refused += 1
        else:
            assert sod.hashes == original.hashes
            assert sod.hash_algorithm == original.hash_algorithm
            assert sod.signer == original.signer
    # What is not signed (version numbers, the list of digests, the signer's name) is under a tenth of the object.
    assert refused > 0.9 * len(issuer.sod)


def test_another_signers_signature_is_wrong(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    sod = sign_again(tmp_path, parts, parts.attributes, issuer.csca.key)

    with pytest.raises(SignatureWrongError):
        SecurityObject.parse(sod).verify_signature()


def test_attributes_signed_again_by_the_signer_verify(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    sod = sign_again(tmp_path, parts, parts.attributes, issuer.signer.key)

    SecurityObject.parse(sod).verify_signature()


def test_attributes_signed_in_the_order_in_which_they_were_sent_verify(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    sent = sorted(parts.attributes, key=lambda item: item.encode(), reverse=True)
    sod = sign_again(tmp_path, parts, sent, issuer.signer.key)

    SecurityObject.parse(sod).verify_signature()


@pytest.mark.parametrize("missing", [CONTENT_TYPE, MESSAGE_DIGEST])
def test_a_missing_attribute_is_malformed(issuer: Issuer, tmp_path: Path, missing: str) -> None:
    parts = take_apart(issuer.sod)
    kept = [item for item in parts.attributes if der.identifier(item.children()[0]) != missing]
    assert len(kept) == len(parts.attributes) - 1

    with pytest.raises(MalformedError, match="attributes"):
        SecurityObject.parse(sign_again(tmp_path, parts, kept, issuer.signer.key))


def test_a_doubled_attribute_is_malformed(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    doubled = [*parts.attributes, attribute(MESSAGE_DIGEST, tlv.Tlv(0x04, bytes(32)))]

    with pytest.raises(MalformedError, match="once each"):
        SecurityObject.parse(sign_again(tmp_path, parts, doubled, issuer.signer.key))


def test_a_wrong_message_digest_rightly_signed_is_wrong(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    changed = [item for item in parts.attributes if der.identifier(item.children()[0]) != MESSAGE_DIGEST]
    changed.append(attribute(MESSAGE_DIGEST, tlv.Tlv(0x04, bytes(32))))

    with pytest.raises(SignatureWrongError, match="content is not"):
        SecurityObject.parse(sign_again(tmp_path, parts, changed, issuer.signer.key)).verify_signature()


def test_a_content_type_attribute_of_something_else_is_wrong(issuer: Issuer, tmp_path: Path) -> None:
    parts = take_apart(issuer.sod)
    changed = [item for item in parts.attributes if der.identifier(item.children()[0]) != CONTENT_TYPE]
    changed.append(attribute(CONTENT_TYPE, tlv.Tlv(0x06, der.encode_identifier("2.23.136.1.1.2"))))

    with pytest.raises(SignatureWrongError, match="content type"):
        SecurityObject.parse(sign_again(tmp_path, parts, changed, issuer.signer.key)).verify_signature()


def test_signed_content_of_another_type_is_no_security_object(issuer: Issuer, tmp_path: Path) -> None:
    master_list = make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), content_type="2.23.136.1.1.2")

    with pytest.raises(MalformedError, match="no LDS security object"):
        SecurityObject.parse(master_list)


def test_without_signed_attributes_the_content_itself_is_signed(issuer: Issuer, tmp_path: Path) -> None:
    sod = SecurityObject.parse(make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-noattr"]))

    sod.verify_signature()
    assert sod.findings == (Finding.NO_SIGNED_ATTRIBUTES,)


def test_without_signed_attributes_other_content_is_wrong(issuer: Issuer, tmp_path: Path) -> None:
    raw = make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-noattr"])
    changed = bytearray(raw)
    changed[raw.index(sha256(GROUPS[13]).digest())] ^= 1

    with pytest.raises(SignatureWrongError):
        SecurityObject.parse(bytes(changed)).verify_signature()


def test_signed_attributes_never_pass_as_content(issuer: Issuer) -> None:
    """What a forger gets who hands out the attributes, which were signed, as content without attributes."""
    parts = take_apart(issuer.sod)
    kind = parts.head[2].children()[0]
    content = tlv.encode(0xA0, tlv.encode(0x04, tlv.encode(0x31, row(parts.attributes))))
    head = (*parts.head[:2], tlv.Tlv(0x30, kind.encode() + content), parts.head[3])

    with pytest.raises(MalformedError):
        SecurityObject.parse(put_together(head, (*parts.signer_info[:3], *parts.signer_info[4:])))


def test_replaced_content_is_wrong(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    forged = lds_security_object({**GROUPS, 13: b"altered group"})
    kind = parts.head[2].children()[0]
    content = tlv.Tlv(0x30, kind.encode() + tlv.encode(0xA0, tlv.encode(0x04, forged)))
    sod = SecurityObject.parse(put_together((*parts.head[:2], content, parts.head[3]), parts.signer_info))

    sod.verify_file(13, b"altered group")
    with pytest.raises(SignatureWrongError, match="content is not"):
        sod.verify_signature()


def test_without_the_signers_certificate_it_is_not_supported(issuer: Issuer, tmp_path: Path) -> None:
    sod = make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-nocerts"])

    with pytest.raises(SignerMissingError, match="certificate"):
        SecurityObject.parse(sod)


def test_of_two_signers_one_is_checked(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    sod = SecurityObject.parse(put_together(parts.head, parts.signer_info, parts.signer_info))

    sod.verify_signature()
    assert sod.findings == (Finding.SEVERAL_SIGNERS,)


def test_a_signer_of_another_form_does_not_hide_the_one_beside_it(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    sod = SecurityObject.parse(put_together(parts.head, parts.signer_info[:2], parts.signer_info))

    sod.verify_signature()
    assert sod.findings == (Finding.SEVERAL_SIGNERS, Finding.CERTIFICATE_UNREADABLE)


def test_an_object_that_nobody_signed_is_malformed(issuer: Issuer) -> None:
    with pytest.raises(MalformedError, match="nobody signed"):
        SecurityObject.parse(put_together(take_apart(issuer.sod).head))


def test_a_misnamed_sole_signer_is_taken_and_reported(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    name, _ = parts.signer_info[1].children()
    other = tlv.Tlv(0x30, name.encode() + der.encode_unsigned(99))
    sod = SecurityObject.parse(put_together(parts.head, (parts.signer_info[0], other, *parts.signer_info[2:])))

    sod.verify_signature()
    assert sod.findings == (Finding.SIGNER_MISNAMED,)


def misnamed(parts: Parts) -> tuple[tlv.Tlv, ...]:
    name, _ = parts.signer_info[1].children()
    other = tlv.Tlv(0x30, name.encode() + der.encode_unsigned(99))
    return (parts.signer_info[0], other, *parts.signer_info[2:])


def test_a_misnamed_signer_among_several_is_found_by_its_key(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    two = tlv.Tlv(0xA0, issuer.csca.certificate.der + parts.head[3].value)
    sod = SecurityObject.parse(put_together((*parts.head[:3], two), misnamed(parts)))

    sod.verify_signature()
    assert sod.signer == issuer.signer.certificate
    assert sod.findings == (Finding.SIGNER_MISNAMED,)


def test_several_certificates_none_of_them_the_signers_leave_the_signer_missing(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    two = tlv.Tlv(0xA0, issuer.csca.certificate.der * 2)

    with pytest.raises(SignerMissingError):
        SecurityObject.parse(put_together((*parts.head[:3], two), misnamed(parts)))


def test_the_signer_may_be_supplied(issuer: Issuer, tmp_path: Path) -> None:
    raw = make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-nocerts"])
    sod = SecurityObject.parse(raw, [issuer.csca.certificate, issuer.signer.certificate])

    sod.verify_signature()
    assert sod.signer == issuer.signer.certificate
    assert sod.findings == (Finding.SIGNER_NOT_INSIDE,)


def test_a_supplied_certificate_of_another_name_is_never_tried(issuer: Issuer, tmp_path: Path) -> None:
    raw = make_sod(tmp_path, issuer.signer, lds_security_object(GROUPS), options=["-nocerts"])

    with pytest.raises(SignerMissingError):
        SecurityObject.parse(raw, [issuer.csca.certificate])


def test_revocation_lists_and_unsigned_attributes_are_left_aside(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    unsigned = tlv.Tlv(0xA1, attribute("1.2.3", tlv.Tlv(0x05, b"")).encode())
    sod = put_together((*parts.head, tlv.Tlv(0xA1, b"")), (*parts.signer_info, unsigned))

    SecurityObject.parse(sod).verify_signature()


def test_more_certificates_than_any_document_has_are_malformed(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    many = tlv.Tlv(0xA0, parts.head[3].value * 9)

    with pytest.raises(MalformedError, match="too many certificates"):
        SecurityObject.parse(put_together((*parts.head[:3], many), parts.signer_info))


def test_the_key_alone_as_signature_algorithm_takes_the_digests_hash(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", RSA)
    parts = take_apart(make_sod(tmp_path, csca, lds_security_object(GROUPS)))
    rsa_key = tlv.Tlv(0x30, tlv.encode(0x06, der.encode_identifier("1.2.840.113549.1.1.1")) + b"\x05\x00")
    info = (*parts.signer_info[:4], rsa_key, parts.signer_info[5])

    sod = SecurityObject.parse(put_together(parts.head, info))

    sod.verify_signature()
    assert sod.signature_algorithm == "RSA 2048 SHA-256"


def test_other_cms_than_signed_data_is_malformed() -> None:
    kind = tlv.encode(0x06, der.encode_identifier("1.2.840.113549.1.7.1"))
    data = tlv.encode(0x30, kind + tlv.encode(0xA0, tlv.encode(0x04, b"data")))

    with pytest.raises(MalformedError, match="not signed data"):
        SecurityObject.parse(tlv.encode(0x77, data))


# Limits --------------------------------------------------------------------------------------------------------------


def test_a_signer_info_of_three_members_is_malformed(issuer: Issuer) -> None:
    parts = take_apart(issuer.sod)
    with pytest.raises(MalformedError, match="another form"):
        SecurityObject.parse(put_together(parts.head, parts.signer_info[:3]))


@pytest.mark.parametrize(("version", "taken"), [(5, True), (6, False)])
def test_the_newest_version_of_a_signer_info(issuer: Issuer, version: int, taken: bool) -> None:
    parts = take_apart(issuer.sod)
    sod = put_together(parts.head, (tlv.Tlv(0x02, bytes([version])), *parts.signer_info[1:]))
    if taken:
        SecurityObject.parse(sod).verify_signature()
    else:
        with pytest.raises(NotSupportedError, match="newer version"):
            SecurityObject.parse(sod)


@pytest.mark.parametrize(("version", "taken"), [(5, True), (6, False)])
def test_the_newest_version_of_signed_data(issuer: Issuer, version: int, taken: bool) -> None:
    parts = take_apart(issuer.sod)
    sod = put_together((tlv.Tlv(0x02, bytes([version])), *parts.head[1:]), parts.signer_info)
    if taken:
        SecurityObject.parse(sod).verify_signature()
    else:
        with pytest.raises(NotSupportedError, match="newer version"):
            SecurityObject.parse(sod)


@pytest.mark.parametrize(("count", "taken"), [(32, True), (33, False)])
def test_the_most_signed_attributes(issuer: Issuer, tmp_path: Path, count: int, taken: bool) -> None:
    parts = take_apart(issuer.sod)
    more = [attribute(f"1.2.3.{at}", tlv.Tlv(0x05, b"")) for at in range(count - len(parts.attributes))]
    sod = sign_again(tmp_path, parts, [*parts.attributes, *more], issuer.signer.key)
    if taken:
        SecurityObject.parse(sod).verify_signature()
    else:
        with pytest.raises(MalformedError, match="too many signed attributes"):
            SecurityObject.parse(sod)


@pytest.mark.parametrize(("count", "taken"), [(8, True), (9, False)])
def test_the_most_signers(issuer: Issuer, count: int, taken: bool) -> None:
    parts = take_apart(issuer.sod)
    sod = put_together(parts.head, *[parts.signer_info] * count)
    if taken:
        SecurityObject.parse(sod).verify_signature()
    else:
        with pytest.raises(MalformedError, match="too many"):
            SecurityObject.parse(sod)
