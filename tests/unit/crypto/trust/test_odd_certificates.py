"""Every certificate that openssl loads is usable here, or the reason is said: openssl is the judge of each case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from crypto import tlv
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust.certificate import Certificate
from crypto.trust.findings import Finding
from tests.unit.crypto.trust.odd_certificates import (
    CA,
    KEY_ID,
    NAME,
    PLAIN,
    RSA_KEY,
    RSA_SHA256,
    algorithm,
    explicit_spki,
    extension,
    extensions,
    indefinite,
    named,
    odd,
    openssl_loads,
    seq,
    sign_rsa,
    spki,
    times,
)

END = (0x17, b"461231235959Z")
MANY_SERIAL = tlv.encode(0x02, b"\x7f" * 300)
PART_CN, PART_O = (seq(tlv.encode(0x06, kind), tlv.encode(0x0C, b"x")) for kind in (b"\x55\x04\x03", b"\x55\x04\x0a"))
TWO_IN_A_LEVEL = seq(tlv.encode(0x31, PART_CN + PART_O))
NOT_CRITICAL = seq(tlv.encode(0x06, b"\x55\x1d\x0e"), b"\x01\x01\0", tlv.encode(0x04, KEY_ID))

USABLE = {
    "plain": (PLAIN.encode(), ()),
    "version 1": (odd(version=b"", extensions=b""), ()),
    "version 1 said": (odd(version=b"\xa0\x03\x02\x01\x00", extensions=b""), ()),
    "version 2 with unique ids": (odd(version=b"\xa0\x03\x02\x01\x01", unique_ids=b"\x81\x02\0\x01\x82\x02\0\x02"), ()),
    "version 1 with extensions": (odd(version=b""), ()),
    "negative serial": (odd(serial=b"\x02\x02\xff\x01"), ()),
    "serial zero": (odd(serial=b"\x02\x01\x00"), ()),
    "serial of 300 bytes": (odd(serial=MANY_SERIAL), ()),
    "Latin-1 in T61": (named(("2.5.4.3", 0x14, b"Caf\xe9")), ()),
    "BMPString": (named(("2.5.4.3", 0x1E, "Việt".encode("utf-16-be"))), ()),
    "UniversalString": (named(("2.5.4.3", 0x1C, "Việt".encode("utf-32-be"))), ()),
    "IA5String": (named(("2.5.4.3", 0x16, b"root@example.invalid")), ()),
    "letters that PrintableString lacks": (named(("2.5.4.3", 0x13, b"R&D \xe9_*")), ()),
    "country in small letters and too long": (named(("2.5.4.6", 0x13, b"vnm")), ()),
    "a bit string as name": (named(("2.5.4.45", 0x03, b"\0\x01")), ()),
    "no name": (odd(issuer=seq(), subject=seq()), ()),
    "two parts in a level": (odd(issuer=TWO_IN_A_LEVEL, subject=TWO_IN_A_LEVEL), ()),
    "no seconds": (odd(validity=times((0x17, b"2101010000Z"), END)), (Finding.IRREGULAR_TIME,)),
    "offset": (odd(validity=times((0x17, b"2101010700" + b"00+0700"), END)), (Finding.IRREGULAR_TIME,)),
    "no zone": (odd(validity=times((0x18, b"20210101000000"), END)), (Finding.IRREGULAR_TIME,)),
    "fractions": (odd(validity=times((0x18, b"20210101000000.5Z"), END)), (Finding.IRREGULAR_TIME,)),
    "GeneralizedTime before 2050": (odd(validity=times((0x18, b"20210101000000Z"), END)), ()),
    "no extensions": (odd(extensions=b""), ()),
    "an unknown critical extension": (
        odd(extensions=extensions(*CA, extension("1.2.3.4", b"\x05\x00", critical=True))),
        (Finding.UNKNOWN_CRITICAL,),
    ),
    "an unknown extension": (odd(extensions=extensions(*CA, extension("1.2.3.4", b"no DER"))), ()),
    "a doubled extension": (
        odd(extensions=extensions(*CA, extension("2.5.29.14", KEY_ID))),
        (Finding.EXTENSION_UNREADABLE,),
    ),
    "a key identifier that is none": (
        odd(extensions=extensions(*CA[:2], extension("2.5.29.14", b"\x05"))),
        (Finding.EXTENSION_UNREADABLE,),
    ),
    "criticality said although false": (
        odd(extensions=extensions(*CA[:2], NOT_CRITICAL)),
        (),
    ),
    "a private key period in the form of UTCTime": (
        odd(extensions=extensions(*CA, extension("2.5.29.16", seq(tlv.encode(0x80, b"2101010000Z"))))),
        (Finding.EXTENSION_UNREADABLE,),
    ),
    "explicit curve with seed": (odd(spki=explicit_spki(seed=True)), ()),
    "explicit curve without cofactor": (odd(spki=explicit_spki(cofactor=False)), ()),
    "explicit curve with a compressed base point": (odd(spki=explicit_spki(compressed_base=True)), ()),
    "RSA": (odd(inner=RSA_SHA256, spki=spki(RSA_KEY), sign=sign_rsa), ()),
    "NULL outside only": (
        odd(inner=algorithm("1.2.840.113549.1.1.11"), outer=RSA_SHA256, spki=spki(RSA_KEY), sign=sign_rsa),
        (),
    ),
    "BER": (indefinite(PLAIN.encode()), (Finding.INDEFINITE_LENGTH,)),
}


@pytest.mark.parametrize("case", USABLE)
def test_what_openssl_loads_is_usable(case: str) -> None:
    raw, findings = USABLE[case]
    assert openssl_loads(raw)
    certificate = Certificate.parse(raw)

    certificate.verify_signed_by(certificate)
    assert certificate.findings == findings
    assert certificate.is_ca
    assert certificate.subject == certificate.issuer
    assert certificate.key
    assert certificate.not_before == datetime(2021, 1, 1, tzinfo=UTC)
    assert certificate.not_after == datetime(2046, 12, 31, 23, 59, 59, tzinfo=UTC)


ED25519 = spki(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))
DSA = seq(algorithm("1.2.840.10040.4.1", b"\x05\0"), b"\x03\x04\0\x02\x01\x05")
SECP256K1 = spki(ec.derive_private_key(5, ec.SECP256K1()))
EVEN_EXPONENT = spki(RSA_KEY).replace(b"\x02\x03\x01\0\x01", b"\x02\x03\x01\0\x02")
MD5 = algorithm("1.2.840.113549.1.1.4", b"\x05\0")
ANOTHER = spki(ec.derive_private_key(5, ec.SECP256R1()))

REFUSED_IN_USE: dict[str, tuple[bytes, type[ProofError], str]] = {
    "Ed25519": (odd(spki=ED25519), NotSupportedError, r"1\.3\.101\.112"),
    "DSA": (odd(spki=DSA), NotSupportedError, r"1\.2\.840\.10040\.4\.1"),
    "a curve of other worlds": (odd(spki=SECP256K1), NotSupportedError, r"1\.3\.132\.0\.10"),
    "an exponent that makes no RSA": (odd(spki=EVEN_EXPONENT), NotSupportedError, "exponent"),
    "MD5": (odd(inner=MD5, spki=spki(RSA_KEY)), NotSupportedError, r"1\.2\.840\.113549\.1\.1\.4"),
    "another algorithm outside": (odd(outer=algorithm("1.2.840.10045.4.3.3")), MalformedError, "inside and outside"),
    "unused bits of the signature": (odd(unused_bits=b"\x04"), MalformedError, "whole bytes"),
    "another key's signature": (odd(spki=ANOTHER), SignatureWrongError, "verify"),
}


@pytest.mark.parametrize("case", REFUSED_IN_USE)
def test_what_nobody_here_can_check_is_loaded_and_refused_with_its_reason(case: str) -> None:
    raw, error, reason = REFUSED_IN_USE[case]
    assert openssl_loads(raw)
    certificate = Certificate.parse(raw)

    with pytest.raises(error, match=reason):
        certificate.verify_signed_by(certificate)


REFUSED = {
    "no such date": (odd(validity=times((0x17, b"211301000000Z"), END)), "no such date"),
    "not a date": (odd(validity=times((0x17, b"yesterday"), END)), "not a date"),
    "a time that is none": (odd(validity=times((0x04, b"210101000000Z"), END)), "UTCTime"),
    "one time": (odd(validity=seq(tlv.encode(*END))), "two times"),
    "no serial": (odd(serial=b"\x02\x00"), "serial number"),
    "endless serial": (odd(serial=tlv.encode(0x02, b"\x01" * 2000)), "serial number"),
    "a field of another kind": (odd(unique_ids=b"\x84\x01\0"), "another kind"),
    "fields missing": (seq(seq(b"\x02\x01\x05"), algorithm("1.2.3"), b"\x03\x01\0"), "lacks fields"),
    "two members": (seq(seq(), seq()), "not body"),
    "a name that is none": (odd(issuer=b"\x05\x00"), "tag"),
    "a name of one member": (odd(issuer=seq(tlv.encode(0x31, seq(b"\x05\x00")))), "type and value"),
    "a name without end": (odd(issuer=seq(*(tlv.encode(0x31, b"") for _ in range(100)))), "too many parts"),
    "extensions that are none": (odd(extensions=tlv.encode(0xA3, seq(b"\x05\x00"))), "tag"),
    "an extension of one member": (odd(extensions=extensions(seq(b"\x06\x01\x2a"))), "criticality"),
    "an extension of neither truth": (
        odd(extensions=extensions(seq(b"\x06\x01\x2a", b"\x01\x02\0\0", b"\x04\0"))),
        "truth",
    ),
    "extensions without end": (odd(extensions=extensions(*(CA[0] for _ in range(65)))), "too many"),
    "extensions twice": (odd(extensions=extensions(*CA) * 2), "where one belongs"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_rest_is_refused_with_its_reason(case: str) -> None:
    raw, reason = REFUSED[case]
    with pytest.raises(MalformedError, match=reason):
        Certificate.parse(raw)


@pytest.mark.parametrize(
    ("rows", "is_ca"),
    [
        ((), True),  # nothing said: an old root
        (CA, True),
        ((extension("2.5.29.19", seq()),), False),
        ((extension("2.5.29.19", seq(b"\x01\x01\0")),), False),
        ((extension("2.5.29.19", seq(b"\x01\x01\xff", b"\x02\x01\0")),), True),
        ((extension("2.5.29.19", seq(b"\x01\x01\xff", b"\x02\x01\0", b"\x05\0")),), False),
        ((extension("2.5.29.19", b"\x05\x00"),), False),
        ((*CA, CA[0]), False),
        ((CA[0], extension("2.5.29.15", b"\x03\x02\x07\x80", critical=True)), False),
        ((CA[0], extension("2.5.29.15", b"\x03\x03\x07\x06\x80", critical=True)), True),
        ((CA[0], extension("2.5.29.15", b"\x03\x00", critical=True)), False),
        ((CA[0], extension("2.5.29.15", b"\x05\x00", critical=True)), False),
        ((extension("2.5.29.15", b"\x03\x02\x01\x06", critical=True),), True),
    ],
)
def test_who_may_sign_is_what_readable_extensions_say(rows: tuple[bytes, ...], is_ca: bool) -> None:
    assert Certificate.parse(odd(extensions=extensions(*rows))).is_ca is is_ca


def test_a_certificate_of_another_issuer_without_extensions_may_not_sign() -> None:
    other = tlv.encode(0x30, NAME[2:] + NAME[2:])
    assert not Certificate.parse(odd(issuer=other, extensions=b"")).is_ca


def test_what_extensions_say_is_read() -> None:
    rows = (
        extension("2.5.29.35", seq(b"\x80\x02\x0a\x0b", b"\x82\x01\x05")),
        extension("2.5.29.37", seq(tlv.encode(0x06, bytes.fromhex("6781 0801 0103")))),
        extension("2.5.29.19", seq(b"\x01\x01\xff", b"\x02\x01\x00")),
    )
    found = Certificate.parse(odd(extensions=extensions(*rows))).extensions

    assert found.authority_key_id == b"\x0a\x0b"
    assert found.extended_use == ("2.23.136.1.1.3",)
    assert (found.ca, found.path_length) == (True, 0)
    assert found.unreadable == found.unknown_critical == ()


def test_too_many_extended_uses_are_unreadable() -> None:
    uses = extension("2.5.29.37", seq(*(tlv.encode(0x06, b"\x2a") for _ in range(65))))
    assert Certificate.parse(odd(extensions=extensions(uses))).extensions.unreadable == ("2.5.29.37",)


def test_a_critical_extension_that_cannot_be_read_is_as_good_as_unknown() -> None:
    """RFC 5280 §4.2 refuses both: neither tells what it restricts."""
    uses = extension("2.5.29.37", b"\x05\x00", critical=True)
    found = Certificate.parse(odd(extensions=extensions(uses)))
    assert found.extensions.unreadable == found.extensions.unknown_critical == ("2.5.29.37",)
    assert found.findings[-2:] == (Finding.EXTENSION_UNREADABLE, Finding.UNKNOWN_CRITICAL)


def test_a_private_key_period_that_is_none_is_unreadable() -> None:
    period = extension("2.5.29.16", seq(tlv.encode(0x80, b"yesterday")))
    certificate = Certificate.parse(odd(extensions=extensions(period)))
    assert certificate.private_key_from is None
    assert certificate.extensions.unreadable == ("2.5.29.16",)


def test_names_that_mean_the_same_compare_as_the_same() -> None:
    printable = Certificate.parse(named(("2.5.4.6", 0x13, b"VN"), ("2.5.4.3", 0x13, b"CSCA  Root ")))
    utf8 = Certificate.parse(named(("2.5.4.6", 0x0C, b"vn"), ("2.5.4.3", 0x0C, b"csca root")))
    other = Certificate.parse(named(("2.5.4.6", 0x0C, b"vn"), ("2.5.4.3", 0x0C, b"cscaroot")))

    assert printable.subject_key == utf8.subject_key != other.subject_key
    assert printable.subject_der != utf8.subject_der


def test_no_value_forges_the_border_between_parts() -> None:
    two = Certificate.parse(named(("2.5.4.3", 0x0C, b"a"), ("2.5.4.10", 0x0C, b"b")))
    for border in ("\x1e", "\x1f", ",", ", ", "+"):
        one = named(("2.5.4.3", 0x0C, f"a{border}55040a=b".encode()))
        assert Certificate.parse(one).subject_key != two.subject_key


def test_names_are_shown_as_they_are_meant() -> None:
    assert Certificate.parse(USABLE["BMPString"][0]).subject == "CN=Việt"
    assert Certificate.parse(USABLE["Latin-1 in T61"][0]).subject == "CN=Café"
    assert Certificate.parse(USABLE["a bit string as name"][0]).subject == "2.5.4.45=#03020001"
    assert Certificate.parse(USABLE["no name"][0]).subject == ""
    assert Certificate.parse(named(("2.5.4.3", 0x1E, b"odd"))).subject == "CN=#1e036f6464"
    assert len(Certificate.parse(named(("2.5.4.3", 0x0C, b"x" * 2000))).subject) == 512


def test_a_key_says_its_kind_and_size() -> None:
    assert Certificate.parse(odd(spki=spki(RSA_KEY))).key == "RSA 1024"
    assert Certificate.parse(PLAIN.encode()).key == "P-256"
