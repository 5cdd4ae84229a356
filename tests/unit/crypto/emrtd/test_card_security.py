"""EF.CardSecurity: signed by openssl, and taken apart as a forger would."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import der, tlv
from crypto.emrtd.card_security import MAX_CARD_SECURITY, CardSecurity
from crypto.errors import MalformedError, ProofError, SignatureWrongError, SignerMissingError
from crypto.trust.findings import Finding
from tests.unit.crypto.conftest import Issuer
from tests.unit.crypto.openssl_issuer import LDS_SECURITY_OBJECT, make_sod
from tests.unit.crypto.trust.odd_certificates import indefinite

SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"
# id-PACE-ECDH-CAM-AES-CBC-CMAC-128 with brainpoolP256r1, as BSI TR-03110-3 §A.1.1.1 writes it.
PACE_CAM = bytes.fromhex("31143012060a04007f0007020204060202010202010d")


def make(folder: Path, issuer: Issuer, content: bytes = PACE_CAM, kind: str = SECURITY_OBJECT, *options: str) -> bytes:
    return tlv.parse_one(make_sod(folder, issuer.signer, content, content_type=kind, options=options), 0x77).value


def test_what_openssl_signed_is_read_and_verifies(issuer: Issuer, tmp_path: Path) -> None:
    found = CardSecurity.parse(make(tmp_path, issuer))

    found.verify_signature()
    assert [info.parameter_id for info in found.infos.pace] == [13]
    assert found.signer == issuer.signer.certificate
    assert found.signature_algorithm == "ECDSA brainpoolP384r1 SHA-256"
    assert found.findings == ()


def test_ber_is_taken_and_reported(issuer: Issuer, tmp_path: Path) -> None:
    found = CardSecurity.parse(make(tmp_path, issuer, indefinite(PACE_CAM), SECURITY_OBJECT, "-indef"))

    found.verify_signature()
    assert len(found.infos.pace) == 1
    assert found.findings == (Finding.INDEFINITE_LENGTH,)


def test_altered_infos_are_wrong(issuer: Issuer, tmp_path: Path) -> None:
    raw = make(tmp_path, issuer)
    altered = raw.replace(PACE_CAM, PACE_CAM[:-1] + b"\x0e")
    assert altered != raw

    with pytest.raises(SignatureWrongError):
        CardSecurity.parse(altered).verify_signature()


def test_a_security_object_of_files_is_no_card_security(issuer: Issuer, tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="no security object"):
        CardSecurity.parse(make(tmp_path, issuer, PACE_CAM, LDS_SECURITY_OBJECT))


def test_content_that_is_no_infos_is_malformed(issuer: Issuer, tmp_path: Path) -> None:
    with pytest.raises(MalformedError):
        CardSecurity.parse(make(tmp_path, issuer, tlv.encode(der.SEQUENCE, b"")))


def test_the_signer_may_be_supplied(issuer: Issuer, tmp_path: Path) -> None:
    raw = make(tmp_path, issuer, PACE_CAM, SECURITY_OBJECT, "-nocerts")
    with pytest.raises(SignerMissingError):
        CardSecurity.parse(raw)

    found = CardSecurity.parse(raw, [issuer.signer.certificate])
    found.verify_signature()
    assert found.findings == (Finding.SIGNER_NOT_INSIDE,)


def test_an_oversized_file_is_refused_unread() -> None:
    with pytest.raises(MalformedError, match="too long"):
        CardSecurity.parse(bytes(MAX_CARD_SECURITY + 1))


@given(raw=st.binary(max_size=150))
def test_random_bytes_end_in_a_proof_error(raw: bytes) -> None:
    for content in (raw, tlv.encode(0x30, raw), b"\x30\x80" + raw):
        with pytest.raises(ProofError):
            CardSecurity.parse(content)
