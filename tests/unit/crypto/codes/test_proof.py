"""Proof records against an independent COSE library, and against everything that is not one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import base45, proof, ticket
from crypto.codes.proof import Proof, issue, verify
from crypto.codes.sign1 import key_id_of
from crypto.errors import IssuerUnknownError, MalformedError, ProofError, SignatureWrongError

# secret key of RFC 8032 §7.1, test 1
SECRET = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
PUBLIC = SECRET.public_key().public_bytes_raw()
WHOLE = Proof(
    device="quay-3",
    scan_id="0123456789ab-7",
    at=datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
    state="degraded_eligible",
    method="CHIP_CCCD",
    checks="signature=successful,chip=not_supported",
    policy="9f3c5a",
    source="cache",
    subject=bytes(range(16)),
    asked=bytes(range(32)),
    answered=bytes(32),
    reference="E-5F2K7Q3MX4TB6ZNA",
    as_of=datetime(2026, 11, 19, 1, 2, 3, tzinfo=UTC),
    until=date(2026, 12, 31),
    key_id=key_id_of(PUBLIC),
)
LEAST = Proof("quay-3", "v-1", WHOLE.at, "technical_error", "TYPED", "", "9f3c5a", key_id=key_id_of(PUBLIC))


@pytest.mark.parametrize("record", [WHOLE, LEAST])
def test_an_issued_record_verifies(record: Proof) -> None:
    assert verify(issue(replace(record, key_id=b""), SECRET), [PUBLIC]) == record


def test_it_fits_the_alphanumeric_mode_of_a_qr_code_and_is_no_ticket() -> None:
    text = issue(WHOLE, SECRET)
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert len(text) < 700
    assert not ticket.is_ticket_text(text)
    assert proof.is_proof_text(text)


def test_the_cwt_library_verifies_what_is_issued() -> None:
    raw = base45.decode(issue(WHOLE, SECRET).removeprefix("TRAMP:"))
    key = cwt.COSEKey.new({1: 1, -1: 6, 3: -19, 2: WHOLE.key_id, -2: PUBLIC})
    claims = cwt.decode(raw, key)
    assert (claims[1], claims[7], claims[-65540]) == (WHOLE.device, WHOLE.scan_id.encode(), WHOLE.state)


def test_another_key_did_not_sign_it() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(IssuerUnknownError):
        verify(issue(WHOLE, other), [PUBLIC])


def test_one_changed_bit_anywhere_is_noticed() -> None:
    raw = base45.decode(issue(LEAST, SECRET).removeprefix("TRAMP:"))
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(ProofError):
            verify("TRAMP:" + base45.encode(changed), [PUBLIC])


def test_a_changed_claim_has_a_wrong_signature() -> None:
    raw = cbor2.loads(base45.decode(issue(LEAST, SECRET).removeprefix("TRAMP:")))
    head, _, body, signature = raw.value
    claims = cbor2.loads(body) | {-65540: "eligible"}
    forged = cbor2.CBORTag(18, [head, {}, cbor2.dumps(claims, canonical=True), signature])
    with pytest.raises(SignatureWrongError):
        verify("TRAMP:" + base45.encode(cbor2.dumps(forged, canonical=True)), [PUBLIC])


@pytest.mark.parametrize(
    "change",
    [
        {"device": "quầy 3"},
        {"scan_id": ""},
        {"state": "x" * 65},
        {"checks": "signature successful"},
        {"reference": "a\nb"},
        {"reference": "đ"},
        {"subject": b"short"},
        {"asked": bytes(31)},
        {"policy": ""},
    ],
)
def test_what_is_out_of_form_is_not_signed(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        issue(replace(WHOLE, **change), SECRET)  # type: ignore[arg-type]


@pytest.mark.parametrize("claims", [{}, {1: "a"}, [1], "text", {**{n: "x" for n in (1, 6, 7)}}])
def test_what_is_signed_and_no_record_is_refused(claims: object) -> None:
    head = cbor2.dumps({1: -19, 4: key_id_of(PUBLIC)}, canonical=True)
    body = cbor2.dumps(claims, canonical=True)
    signature = SECRET.sign(cbor2.dumps(["Signature1", head, b"", body]))
    raw = cbor2.dumps(cbor2.CBORTag(18, [head, {}, body, signature]), canonical=True)
    with pytest.raises(MalformedError):
        verify("TRAMP:" + base45.encode(raw), [PUBLIC])


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", max_size=200) | st.text(max_size=40))
def test_any_text_verifies_or_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        verify("TRAMP:" + text, [PUBLIC])


def test_a_text_of_another_kind_or_without_an_end_is_refused_unread() -> None:
    for text in ("", "TRAM:" + issue(WHOLE, SECRET).removeprefix("TRAMP:"), "TRAMP:" + "A" * 2000):
        with pytest.raises(MalformedError, match="prefix"):
            verify(text, [PUBLIC])
