"""What a file holds is told from its bytes, never from its name."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import MalformedError, NotSupportedError, ProofError
from crypto.trust.bundle import MAX_FILE, FileKind, read_certificates, read_file
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.signed_data import CmsForm
from tests.unit.crypto.conftest import Issuer

HOUSE = Authority(b"bundle")
LIST = HOUSE.master_list([HOUSE.root])
OPEN_LENGTHS = HOUSE.master_list([HOUSE.root], form=CmsForm(lengths=Lengths.EVERYWHERE))
CRL = HOUSE.crl({5: datetime(2026, 1, 1, tzinfo=UTC)})


def pem(label: str, der: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()


@pytest.mark.parametrize(
    ("raw", "kind", "parts"),
    [
        (HOUSE.root, FileKind.CERTIFICATES, (HOUSE.root,)),
        (pem("CERTIFICATE", HOUSE.root) * 2, FileKind.CERTIFICATES, (HOUSE.root, HOUSE.root)),
        (LIST, FileKind.SIGNED, (LIST,)),
        (OPEN_LENGTHS, FileKind.SIGNED, (OPEN_LENGTHS,)),
        (pem("CMS", LIST), FileKind.SIGNED, (LIST,)),
        (pem("PKCS7", LIST), FileKind.SIGNED, (LIST,)),
        (CRL, FileKind.CRL, (CRL,)),
        (pem("X509 CRL", CRL), FileKind.CRL, (CRL,)),
        (b"\x30\x00", FileKind.CERTIFICATES, (b"\x30\x00",)),
    ],
)
def test_every_kind_is_known_by_its_content(raw: bytes, kind: FileKind, parts: tuple[bytes, ...]) -> None:
    found = read_file(raw)
    assert (found.kind, found.parts, found.fingerprint) == (kind, parts, sha256(raw).hexdigest())


def test_files_of_openssl_are_known(issuer: Issuer) -> None:
    raw = issuer.csca.pem.read_bytes() + issuer.signer.pem.read_bytes()
    assert [one.fingerprint for one in read_certificates(raw)] == [
        issuer.csca.certificate.fingerprint,
        issuer.signer.certificate.fingerprint,
    ]


@pytest.mark.parametrize(
    "raw",
    [
        pem("CERTIFICATE", HOUSE.root) + pem("X509 CRL", CRL),
        pem("X509 CRL", CRL) * 2,
        pem("EC PRIVATE KEY", b"x"),
    ],
)
def test_a_mixed_file_is_not_half_taken(raw: bytes) -> None:
    with pytest.raises(NotSupportedError):
        read_file(raw)


@pytest.mark.parametrize("raw", [b"", b"\x04\x00", b"a text", pem("CERTIFICATE", b"")[:-30]])
def test_a_file_of_something_else_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        read_file(raw)


@pytest.mark.parametrize("raw", [LIST, CRL])
def test_lists_are_no_certificates(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        read_certificates(raw)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(MalformedError, match="too long"):
        read_file(bytes(MAX_FILE + 1))


@given(raw=st.binary(max_size=100))
def test_any_file_has_a_kind_or_is_refused(raw: bytes) -> None:
    with suppress(ProofError):
        assert read_file(raw).parts
