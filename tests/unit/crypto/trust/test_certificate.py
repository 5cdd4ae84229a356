"""Certificates made by openssl, and the published Vietnamese root."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust import signatures
from crypto.trust.bundle import read_certificates
from crypto.trust.certificate import MAX_CERTIFICATE, Certificate
from crypto.trust.findings import Finding
from tests.unit.crypto.conftest import Issuer
from tests.unit.crypto.openssl_issuer import RSA, ec, make_csca, make_signer, openssl, row

CANDIDATES = Path(config.__file__).parent / "trust" / "candidates"


def test_the_candidate_root_is_the_one_that_its_readme_names() -> None:
    (root,) = read_certificates((CANDIDATES / "csca-vietnam-2021.pem").read_bytes())

    assert root.fingerprint == "6f0a20d63a43fc589eaf0d8c52113a2a8bfa341c6f2fab04121238aa0c22b1a9"
    assert root.fingerprint.upper() in (CANDIDATES / "README.md").read_text(encoding="utf-8").replace(" ", "")
    assert root.subject == (
        "C=VN, O=Vietnam Government Information Security Commission, serialNumber=001, CN=CSCA Vietnam"
    )
    assert root.self_issued
    assert root.is_ca
    assert root.serial == 0x043E4658E0BA6CAE891FBCC9EADFCF6C6BCBA55F
    assert root.subject_key_id == bytes.fromhex("57AB7508224483F049CC635B2C95C4E446A58808")
    assert root.authority_key_id == root.subject_key_id
    assert root.not_before == datetime(2021, 1, 19, 18, 11, 36, tzinfo=UTC)
    assert root.not_after == datetime(2046, 4, 13, 18, 11, 36, tzinfo=UTC)
    assert root.private_key_from == datetime(2021, 1, 19, 18, 11, 36, tzinfo=UTC)
    assert root.private_key_until == datetime(2026, 1, 21, 18, 11, 36, tzinfo=UTC)
    assert signatures.describe(root.spki, root.algorithm) == "ECDSA P-384 SHA-384"
    root.verify_signed_by(root)


def test_what_openssl_wrote_is_what_is_read(issuer: Issuer) -> None:
    signer, csca = issuer.signer.certificate, issuer.csca.certificate
    shown = openssl("x509", "-in", issuer.signer.pem, "-noout", "-serial", "-fingerprint", "-sha256").decode()

    assert signer.subject == "C=VN, O=Invented, CN=Document signer"
    assert signer.issuer == csca.subject == "C=VN, O=Invented, CN=CSCA"
    assert signer.issuer_key == csca.subject_key
    assert signer.serial == 0x1234
    assert "serial=1234" in shown
    assert signer.fingerprint.upper() in shown.replace(":", "")
    assert signer.authority_key_id == csca.subject_key_id
    assert not signer.is_ca
    assert not signer.self_issued
    assert (signer.private_key_from, signer.private_key_until) == (None, None)
    assert signer.findings == ()


def test_a_signature_of_another_key_is_wrong(issuer: Issuer) -> None:
    signer, csca = issuer.signer.certificate, issuer.csca.certificate

    signer.verify_signed_by(csca)
    with pytest.raises(SignatureWrongError):
        signer.verify_signed_by(signer)


def test_the_period_includes_both_ends(issuer: Issuer) -> None:
    certificate, second = issuer.csca.certificate, timedelta(seconds=1)

    assert certificate.valid_at(certificate.not_before)
    assert certificate.valid_at(certificate.not_after)
    assert not certificate.valid_at(certificate.not_before - second)
    assert not certificate.valid_at(certificate.not_after + second)


@pytest.mark.parametrize(
    ("extensions", "is_ca"),
    [
        ("basicConstraints=CA:TRUE\n", False),
        ("basicConstraints=CA:FALSE\n", False),
    ],
)
def test_a_key_that_may_not_sign_certificates_makes_no_issuer(
    issuer: Issuer, tmp_path: Path, extensions: str, is_ca: bool
) -> None:
    signer = make_signer(tmp_path, "signer", issuer.csca, ec("P-256"), extensions=extensions)
    assert signer.certificate.is_ca is is_ca


def test_a_bare_self_issued_certificate_may_sign(tmp_path: Path) -> None:
    key, pem, config_file = tmp_path / "key", tmp_path / "pem", tmp_path / "cnf"
    openssl("genpkey", *ec("P-256"), "-out", key)
    config_file.write_text("[req]\ndistinguished_name=dn\n[dn]\n", encoding="ascii")
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=Old root", "-config", config_file, "-out", pem)
    (root,) = read_certificates(pem.read_bytes())

    assert root.is_ca
    assert (root.subject_key_id, root.authority_key_id) == (None, None)


def test_sha1_is_reported(tmp_path: Path) -> None:
    assert make_csca(tmp_path, "csca", RSA, digest="sha1").certificate.findings == (Finding.SHA1,)


def test_unprintable_characters_of_a_name_never_reach_a_screen(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", ec("P-256"), subject="/CN=Root\x1b[2J")
    assert csca.certificate.subject == "CN=Root?[2J"


def test_unusual_name_parts_keep_their_number(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", ec("P-256"), subject="/OU=Unit/L=Town/CN=Root")
    assert csca.certificate.subject == "OU=Unit, 2.5.4.7=Town, CN=Root"


def test_the_private_key_period_is_read(tmp_path: Path, issuer: Issuer) -> None:
    period = "2.5.29.16=DER:30:11:81:0f:" + ":".join(f"{byte:02x}" for byte in b"20300102030405Z") + "\n"
    signer = make_signer(tmp_path, "signer", issuer.csca, ec("P-256"), extensions=period).certificate

    assert signer.private_key_from is None
    assert signer.private_key_until == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_private_key_period_without_time_zone_is_taken_as_utc_and_reported(tmp_path: Path, issuer: Issuer) -> None:
    period = "2.5.29.16=DER:30:10:81:0e:" + ":".join(f"{byte:02x}" for byte in b"20300102030405") + "\n"
    signer = make_signer(tmp_path, "signer", issuer.csca, ec("P-256"), extensions=period).certificate

    assert signer.private_key_until == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert signer.findings == (Finding.IRREGULAR_TIME,)


def test_an_algorithm_that_differs_inside_and_outside_verifies_nothing(issuer: Issuer) -> None:
    tbs, _, signature = tlv.parse_one(issuer.signer.certificate.der).children()
    other = tlv.Tlv(0x30, tlv.encode(0x06, der.encode_identifier("1.2.840.10045.4.3.2")))
    certificate = Certificate.parse(tlv.encode(0x30, row([tbs, other, signature])))

    with pytest.raises(MalformedError, match="inside and outside"):
        certificate.verify_signed_by(issuer.csca.certificate)


def test_an_unknown_algorithm_refuses_only_the_check_of_the_signature(issuer: Issuer) -> None:
    sha384 = der.encode_identifier("1.2.840.10045.4.3.3")
    raw = issuer.signer.certificate.der.replace(sha384, der.encode_identifier("1.2.840.10045.4.3.9"))
    certificate = Certificate.parse(raw)

    assert certificate.findings == ()
    with pytest.raises(NotSupportedError, match=r"1\.2\.840\.10045\.4\.3\.9"):
        certificate.verify_signed_by(issuer.csca.certificate)


def test_a_time_that_is_none_is_malformed(issuer: Issuer) -> None:
    raw = issuer.signer.certificate.der
    text = issuer.signer.certificate.not_before.strftime("%y%m%d%H%M%SZ").encode()
    with pytest.raises(MalformedError):
        Certificate.parse(raw.replace(text, text[:2] + b"99" + text[4:]))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x30\x00", b"\x30\x80\x00\x00", bytes(MAX_CERTIFICATE + 1), b"\x30\x84\x7f\xff\xff\xff"],
    ids=["empty", "empty sequence", "indefinite length", "too long", "length of two gigabytes"],
)
def test_other_bytes_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        Certificate.parse(raw)


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_certificate_parses_or_ends_in_a_proof_error(issuer: Issuer, data: st.DataObject) -> None:
    raw = issuer.signer.certificate.der
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:at] + data.draw(st.binary(max_size=6)) + raw[at + data.draw(st.integers(0, 6)) :]
    with suppress(ProofError):
        Certificate.parse(damaged).verify_signed_by(issuer.csca.certificate)
        assert damaged == raw


def test_no_flipped_byte_of_a_certificate_verifies(issuer: Issuer) -> None:
    raw = issuer.signer.certificate.der
    for at in range(len(raw)):
        altered = bytearray(raw)
        altered[at] ^= 0x01
        with pytest.raises(ProofError):
            Certificate.parse(bytes(altered)).verify_signed_by(issuer.csca.certificate)
