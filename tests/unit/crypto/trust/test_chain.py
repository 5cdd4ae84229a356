"""From a document signer to the accepted issuer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crypto.errors import IssuerExpiredError, IssuerRevokedError, IssuerUnknownError, SignatureWrongError
from crypto.trust.certificate import Certificate
from crypto.trust.chain import Revoked, issuer_of
from crypto.trust.store import Anchor, TrustStore
from tests.unit.crypto.conftest import Issuer
from tests.unit.crypto.openssl_issuer import RSA, Signer, ec, make_csca, make_signer, openssl

SECOND = timedelta(seconds=1)


def store_of(*signers: Signer) -> TrustStore:
    return TrustStore(Anchor(signer.certificate, "test", None) for signer in signers)


def test_the_issuer_is_found_by_its_key(issuer: Issuer, tmp_path: Path) -> None:
    other = make_csca(tmp_path, "other", RSA)
    signer = issuer.signer.certificate

    assert issuer_of(signer, store_of(other, issuer.csca), signer.not_before).certificate == issuer.csca.certificate


def test_an_issuer_that_nobody_accepted_is_unknown(issuer: Issuer) -> None:
    signer = issuer.signer.certificate
    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, store_of(), signer.not_before)


def test_another_root_of_the_same_name_is_not_the_issuer(issuer: Issuer, tmp_path: Path) -> None:
    successor = make_csca(tmp_path, "successor", ec("P-256"))
    signer = issuer.signer.certificate
    assert successor.certificate.subject_key == signer.issuer_key

    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, store_of(successor), signer.not_before)


def test_a_certificate_that_only_claims_the_issuers_key_is_forged(issuer: Issuer) -> None:
    genuine = issuer.signer.certificate
    forged = Certificate.parse(genuine.der[:-1] + bytes([genuine.der[-1] ^ 1]))

    with pytest.raises(SignatureWrongError):
        issuer_of(forged, store_of(issuer.csca), genuine.not_before)


def test_without_key_identifiers_the_name_finds_the_issuer(issuer: Issuer, tmp_path: Path) -> None:
    other = make_csca(tmp_path, "other", ec("P-256"))
    bare = make_signer(
        tmp_path, "bare", issuer.csca, ec("P-256"), extensions="authorityKeyIdentifier=none\n"
    ).certificate
    assert bare.authority_key_id is None

    found = issuer_of(bare, store_of(other, issuer.csca), bare.not_before)
    assert found.certificate == issuer.csca.certificate


def test_a_key_identifier_finds_an_issuer_of_another_name(issuer: Issuer, tmp_path: Path) -> None:
    signer = issuer.signer.certificate
    renamed = Signer(issuer.csca.key, tmp_path / "renamed.pem")
    openssl(
        *("req", "-x509", "-new", "-key", renamed.key, "-subj", "/CN=Renamed root", "-days", "4000"),
        *("-config", issuer.folder / "csca.cnf", "-out", renamed.pem),
    )
    at = renamed.certificate.not_before + SECOND

    assert issuer_of(signer, store_of(renamed), at).certificate.subject == "CN=Renamed root"


def test_only_a_certificate_that_may_sign_others_is_an_issuer(tmp_path: Path) -> None:
    no_ca = make_csca(tmp_path, "no-ca", ec("P-256"), ca="FALSE")
    signer = make_signer(tmp_path, "signer", no_ca, ec("P-256")).certificate

    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, store_of(no_ca), signer.not_before)


def test_the_signer_must_be_valid_at_the_time(issuer: Issuer, tmp_path: Path) -> None:
    short = make_signer(tmp_path, "short", issuer.csca, ec("P-256"), days=10).certificate
    store = store_of(issuer.csca)

    issuer_of(short, store, short.not_after)
    for at in (short.not_after + SECOND, short.not_before - SECOND):
        with pytest.raises(IssuerExpiredError, match="document signer"):
            issuer_of(short, store, at)


def test_the_issuer_must_be_valid_at_the_time(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", ec("P-256"), days=10)
    signer = make_signer(tmp_path, "signer", csca, ec("P-256"), days=100).certificate

    issuer_of(signer, store_of(csca), csca.certificate.not_after)
    with pytest.raises(IssuerExpiredError, match="issuer"):
        issuer_of(signer, store_of(csca), csca.certificate.not_after + SECOND)


def test_a_root_issued_again_around_the_same_key_takes_over(tmp_path: Path) -> None:
    old = make_csca(tmp_path, "old", ec("P-256"), days=10)
    signer = make_signer(tmp_path, "signer", old, ec("P-256"), days=100).certificate
    new = Signer(old.key, tmp_path / "new.pem")
    openssl(
        *("req", "-x509", "-new", "-key", old.key, "-subj", "/C=VN/O=Invented/CN=CSCA", "-days", "200"),
        *("-config", tmp_path / "old.cnf", "-out", new.pem),
    )
    at = old.certificate.not_after + SECOND

    assert issuer_of(signer, store_of(old, new), at).certificate == new.certificate


def test_a_revoked_signer_is_refused(issuer: Issuer) -> None:
    signer = issuer.signer.certificate
    store = store_of(issuer.csca)

    issuer_of(signer, store, signer.not_before, frozenset({Revoked(signer.issuer_key, signer.serial + 1)}))
    with pytest.raises(IssuerRevokedError):
        issuer_of(signer, store, signer.not_before, frozenset({Revoked(signer.issuer_key, signer.serial)}))
