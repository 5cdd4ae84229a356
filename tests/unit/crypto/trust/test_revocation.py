"""Revocation lists: built by ``cryptography`` (an implementation that is not ours), taken apart and hurt by hand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust.certificate import Certificate
from crypto.trust.revocation import MAX_CRL, Crl, Revocation, RevocationState, RevokedEntry

AT = datetime(2026, 2, 1, 3, 4, 5, tzinfo=UTC)
NEXT = AT + timedelta(days=90)
NAME = x509.Name(
    [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, "CSCA Invented")]
)
KEY = ec.generate_private_key(ec.SECP384R1())

Builder = x509.CertificateRevocationListBuilder
Change = Callable[[Builder], Builder]


def revoked(serial: int, *extensions: tuple[x509.ExtensionType, bool]) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(AT - timedelta(days=1))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.build()


def build(
    *entries: x509.RevokedCertificate, change: Change = lambda builder: builder, next_update: datetime = NEXT
) -> bytes:
    builder = Builder().issuer_name(NAME).last_update(AT).next_update(next_update)
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    return change(builder).sign(KEY, hashes.SHA384()).public_bytes(Encoding.DER)


def root(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = KEY) -> Certificate:
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    built = builder.serial_number(1).not_valid_before(AT).not_valid_after(NEXT).sign(key, hashes.SHA256())
    return Certificate.parse(built.public_bytes(Encoding.DER))


def test_a_list_says_who_was_revoked_when_and_why() -> None:
    compromised = revoked(0xABCDEF0123456789, (x509.CRLReason(x509.ReasonFlags.key_compromise), False))
    extensions = [
        (x509.CRLNumber(7), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key()), False),
        (x509.IssuerAlternativeName([x509.DNSName("example.org")]), False),
    ]

    def with_extensions(builder: Builder) -> Builder:
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder

    crl = Crl.parse(build(compromised, revoked(5), change=with_extensions))

    assert (crl.issuer, crl.issuer_key) == ("C=VN, CN=CSCA Invented", root().subject_key)
    assert (crl.this_update, crl.next_update, crl.number) == (AT, NEXT, 7)
    assert crl.authority_key_id == x509.SubjectKeyIdentifier.from_public_key(KEY.public_key()).digest
    since = AT - timedelta(days=1)
    assert dict(crl.entries) == {
        0xABCDEF0123456789: RevokedEntry(since, "key_compromise"),
        5: RevokedEntry(since, "unspecified"),
    }
    crl.verify_signed_by(root())


def test_a_list_without_entries_and_extensions_is_whole() -> None:
    crl = Crl.parse(build())
    assert (dict(crl.entries), crl.number, crl.authority_key_id) == ({}, None, None)
    crl.verify_signed_by(root())


@pytest.mark.parametrize("flag", [flag for flag in x509.ReasonFlags if flag is not x509.ReasonFlags.unspecified])
def test_every_reason_has_its_name(flag: x509.ReasonFlags) -> None:
    entry = Crl.parse(build(revoked(5, (x509.CRLReason(flag), False)))).entries[5]
    assert entry.reason == flag.name


def test_a_list_of_another_key_is_not_the_issuers() -> None:
    crl = Crl.parse(build())
    with pytest.raises(SignatureWrongError):
        crl.verify_signed_by(root(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(MalformedError):
        crl.verify_signed_by(root(rsa.generate_private_key(65537, 2048)))


def test_dates_after_2050_are_read() -> None:
    late = datetime(2061, 1, 1, tzinfo=UTC)
    assert Crl.parse(build(next_update=late)).next_update == late


def indirect(builder: Builder) -> Builder:
    point = x509.IssuingDistributionPoint(
        None, None, False, False, None, indirect_crl=True, only_contains_attribute_certs=False
    )
    return builder.add_extension(point, True)


def user_certificates_only(builder: Builder) -> Builder:
    point = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    return builder.add_extension(point, True)


def delta(builder: Builder) -> Builder:
    return builder.add_extension(x509.DeltaCRLIndicator(1), True)


def unheard_of(builder: Builder) -> Builder:
    return builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)


@pytest.mark.parametrize("change", [indirect, user_certificates_only, delta, unheard_of])
def test_a_list_of_another_scope_is_not_supported(change: Change) -> None:
    with pytest.raises(NotSupportedError):
        Crl.parse(build(change=change))


def test_a_list_that_only_says_where_it_lies_is_taken() -> None:
    where = [x509.UniformResourceIdentifier("http://example.org/csca.crl")]
    point = x509.IssuingDistributionPoint(where, None, False, False, None, False, False)
    assert Crl.parse(build(change=lambda builder: builder.add_extension(point, True))).number is None


def test_an_entry_of_another_issuer_is_not_supported() -> None:
    other = x509.CertificateIssuer([x509.DirectoryName(NAME)])
    with pytest.raises(NotSupportedError, match=r"2\.5\.29\.29"):
        Crl.parse(build(revoked(5, (other, True))))


# Lists hurt by hand --------------------------------------------------------------------------------------------------


def put_together(*, tbs: list[tlv.Tlv] | None = None, outer: list[tlv.Tlv] | None = None) -> bytes:
    """The list with other members; nothing is signed anew."""
    body, algorithm, signature = tlv.parse_one(build(revoked(5))).children()
    body = body if tbs is None else tlv.Tlv(0x30, b"".join(item.encode() for item in tbs))
    return tlv.encode(0x30, b"".join(item.encode() for item in outer or [body, algorithm, signature]))


def members() -> list[tlv.Tlv]:
    return list(tlv.parse_one(build(revoked(5))).children()[0].children())


def with_extension(*parts: bytes, count: int = 1) -> bytes:
    row = tlv.encode(0x30, b"".join(parts)) * count
    return put_together(tbs=[*members(), tlv.Tlv(0xA0, tlv.encode(0x30, row))])


NUMBER = tlv.encode(0x06, der.encode_identifier("2.5.29.20"))
VALUE = tlv.encode(0x04, der.encode_unsigned(1))
ENTRY = tlv.encode(0x02, b"\5") + tlv.encode(0x17, b"260101000000Z")


def with_entry(content: bytes) -> bytes:
    tbs = members()
    tbs[5] = tlv.Tlv(0x30, tlv.encode(0x30, content))
    return put_together(tbs=tbs)


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", MalformedError),
        (bytes(MAX_CRL + 1), MalformedError),
        (put_together(outer=members()[:2]), MalformedError),
        (put_together(tbs=members()[1:]), NotSupportedError),
        (put_together(tbs=[tlv.Tlv(2, b"\0"), *members()[1:]]), NotSupportedError),
        (put_together(tbs=members()[:3]), NotSupportedError),
        (put_together(tbs=[*members()[:3], tlv.Tlv(0x17, b"soon")]), MalformedError),
        (put_together(tbs=[*members(), tlv.Tlv(0x05, b"")]), MalformedError),
        (put_together(tbs=[members()[0], tlv.Tlv(0x30, b""), *members()[2:]]), MalformedError),
        (put_together(tbs=[*members()[:2], tlv.Tlv(0x04, b""), *members()[3:]]), MalformedError),
        (with_entry(b""), MalformedError),
        (with_entry(ENTRY + tlv.encode(0x30, b"") * 2), MalformedError),
        (with_entry(ENTRY + tlv.encode(0x30, tlv.encode(0x30, b""))), MalformedError),
        (with_extension(NUMBER), MalformedError),
        (with_extension(NUMBER, tlv.encode(1, b"\xff"), tlv.encode(1, b"\xff"), VALUE), MalformedError),
        (with_extension(tlv.encode(0x06, b"\x2a"), tlv.encode(4, b"\xff"), VALUE), MalformedError),
        (with_extension(NUMBER, VALUE, count=2), MalformedError),
        (with_extension(NUMBER, VALUE, count=17), MalformedError),
        (with_extension(NUMBER, tlv.encode(0x04, tlv.encode(0x02, b"\xff"))), MalformedError),
    ],
)
def test_what_is_no_list_is_refused(raw: bytes, refusal: type[ProofError]) -> None:
    with pytest.raises(refusal):
        Crl.parse(raw)


def test_a_list_need_not_say_when_the_next_one_comes() -> None:
    """RFC 5280 §5.1.2.5 demands it, X.509 does not."""
    tbs = members()
    del tbs[4]
    assert Crl.parse(put_together(tbs=tbs)).next_update is None


def test_an_unknown_reason_is_refused() -> None:
    reason = tlv.encode(0x06, der.encode_identifier("2.5.29.21")) + tlv.encode(0x04, tlv.encode(0x0A, b"\x0b"))
    with pytest.raises(MalformedError, match="reason"):
        Crl.parse(with_entry(ENTRY + tlv.encode(0x30, tlv.encode(0x30, reason))))


def test_an_algorithm_that_differs_outside_is_refused() -> None:
    body, _, signature = tlv.parse_one(build()).children()
    other = tlv.Tlv(0x30, tlv.encode(0x06, der.encode_identifier("1.2.840.10045.4.3.2")))
    with pytest.raises(MalformedError, match="differs"):
        Crl.parse(put_together(outer=[body, other, signature]))


def test_the_number_of_entries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crypto.trust.revocation._MAX_ENTRIES", 1)
    Crl.parse(build(revoked(5)))
    with pytest.raises(MalformedError, match="too many"):
        Crl.parse(build(revoked(5), revoked(6)))


WHOLE = build(revoked(5, (x509.CRLReason(x509.ReasonFlags.superseded), False)))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_keeps_the_signature(at: int, bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] ^= 1 << bit
    with pytest.raises(ProofError):
        Crl.parse(bytes(changed)).verify_signed_by(root())


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_list_or_a_proof_error(raw: bytes) -> None:
    with suppress(ProofError):
        assert not Crl.parse(raw).entries


def test_a_newer_list_is_told_by_time_and_number() -> None:
    def numbered(number: int | None, days: int) -> Crl:
        builder = Builder().issuer_name(NAME).last_update(AT + timedelta(days=days)).next_update(NEXT)
        if number is not None:
            builder = builder.add_extension(x509.CRLNumber(number), False)
        return Crl.parse(builder.sign(KEY, hashes.SHA384()).public_bytes(Encoding.DER))

    present = numbered(5, 0)
    assert numbered(6, 1).newer_than(present)
    assert numbered(None, 1).newer_than(present)
    assert not numbered(6, 0).newer_than(present)
    assert not numbered(4, 1).newer_than(present)


def test_a_lists_age_is_whole_days() -> None:
    known = Revocation(RevocationState.GOOD, AT, NEXT)
    assert [known.age_days(AT + timedelta(hours=hours)) for hours in (-1, 0, 23, 49)] == [0, 0, 0, 2]
    assert Revocation(RevocationState.NO_LIST).age_days(AT) is None
