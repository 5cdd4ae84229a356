from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import base45, ticket
from crypto.codes.ticket import Form, Ticket, TicketKey, issue, parse, public_half, verify
from crypto.errors import IssuerUnknownError, MalformedError, NotSupportedError, ProofError, SignatureWrongError

# secret key of RFC 8032 §7.1, test 1
_SECRET = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
_KEY = public_half(_SECRET)
_BEGIN = datetime(2026, 11, 21, 17, tzinfo=UTC)
_END = _BEGIN + timedelta(days=1)
_DURING = _BEGIN + timedelta(hours=9)
_TICKET = Ticket("tram-mau", "T7Q2M9XK4B", "trang-an-mau", "ve-ngay-nguoi-lon", 2, _BEGIN, _END, _KEY.key_id)
_CLAIMS = {
    1: "tram-mau",
    3: "trang-an-mau",
    4: int(_END.timestamp()),
    5: int(_BEGIN.timestamp()),
    7: b"T7Q2M9XK4B",
    -65537: "ve-ngay-nguoi-lon",
    -65538: 2,
}


def _sign(
    claims: object = _CLAIMS,
    protected: object = None,
    unprotected: object = None,
    key: Ed25519PrivateKey = _SECRET,
) -> str:
    """A COSE_Sign1 with any contents, made apart from the code under test."""
    head = cbor2.dumps({1: -19, 4: _KEY.key_id} if protected is None else protected, canonical=True)
    body = cbor2.dumps(claims, canonical=True)
    signature = key.sign(cbor2.dumps(["Signature1", head, b"", body]))
    return _written(cbor2.CBORTag(18, [head, unprotected or {}, body, signature]))


def _written(value: object) -> str:
    return "TRAM:" + base45.encode(cbor2.dumps(value, canonical=True))


@pytest.mark.parametrize("form", Form)
def test_an_issued_ticket_verifies(form: Form) -> None:
    assert verify(issue(_TICKET, _SECRET, form), [_KEY], _DURING) == _TICKET


def test_issuing_is_deterministic_and_fills_in_the_key_id() -> None:
    assert issue(replace(_TICKET, key_id=b""), _SECRET) == issue(_TICKET, _SECRET)


def test_a_ticket_fits_the_alphanumeric_mode_of_a_qr_code() -> None:
    alphabet = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    texts = [issue(_TICKET, _SECRET, form) for form in Form]
    assert all(set(text) <= alphabet for text in texts)
    assert [len(text) < 290 for text in texts] == [True, True]
    assert set(texts[1]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_a_ticket_typed_with_caps_lock_is_read() -> None:
    assert verify(issue(_TICKET, _SECRET, Form.BASE32).swapcase(), [_KEY], _DURING) == _TICKET


def test_the_cwt_library_verifies_what_is_issued() -> None:
    raw = base45.decode(issue(_TICKET, _SECRET).removeprefix("TRAM:"))
    key = cwt.COSEKey.new({1: 1, -1: 6, 3: -19, 2: _KEY.key_id, -2: _KEY.public})
    # cwt checks exp and nbf against the machine's clock, so only the COSE layer is its part here
    assert cbor2.loads(cwt.COSE.new().decode(raw, key)) == _CLAIMS


@pytest.mark.parametrize("algorithm", [-19, -8])
def test_what_the_cwt_library_signs_is_verified(algorithm: int) -> None:
    secret = {1: 1, -1: 6, 3: algorithm, 2: _KEY.key_id, -2: _KEY.public, -4: _SECRET.private_bytes_raw()}
    payload = cbor2.dumps(_CLAIMS, canonical=True)
    raw = cwt.COSE.new().encode_and_sign(
        payload, cwt.COSEKey.new(secret), protected={1: algorithm}, unprotected={4: _KEY.key_id}
    )
    assert verify("TRAM:" + base45.encode(raw), [_KEY], _DURING) == _TICKET


def test_a_cwt_tag_around_the_signature_is_accepted() -> None:
    inner = cbor2.loads(base45.decode(_sign().removeprefix("TRAM:")))
    assert verify(_written(cbor2.CBORTag(61, inner)), [_KEY], _DURING) == _TICKET


def test_a_parsed_ticket_can_be_verified_later() -> None:
    assert verify(parse(_sign()), [_KEY], _DURING) == _TICKET


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        (_BEGIN - timedelta(seconds=1), ticket.TicketNotYetError),
        (_BEGIN, None),
        (_END - timedelta(seconds=1), None),
        (_END, ticket.TicketExpiredError),
    ],
)
def test_a_ticket_is_valid_from_its_begin_until_just_before_its_end(
    moment: datetime, error: type[ProofError] | None
) -> None:
    if error is None:
        assert verify(_sign(), [_KEY], moment) == _TICKET
    else:
        with pytest.raises(error):
            verify(_sign(), [_KEY], moment)


def test_another_key_with_the_same_id_does_not_verify() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(SignatureWrongError):
        verify(_sign(key=other), [_KEY], _DURING)


def test_an_unknown_key_id_is_an_unknown_issuer() -> None:
    with pytest.raises(IssuerUnknownError):
        verify(_sign(), [public_half(Ed25519PrivateKey.from_private_bytes(bytes(32)))], _DURING)
    with pytest.raises(IssuerUnknownError):
        verify(_sign(), [], _DURING)


@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    raw = bytearray(base45.decode(_sign().removeprefix("TRAM:")))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProofError):
        verify("TRAM:" + base45.encode(bytes(raw)), [_KEY], _DURING)


@pytest.mark.parametrize(
    "protected",
    [{1: -7, 4: _KEY.key_id}, {4: _KEY.key_id}, {1: -19, 2: [99], 4: _KEY.key_id}, {1: -19, 4: _KEY.key_id, 99: 1}],
    ids=["ES256", "no algorithm", "critical header", "unknown header"],
)
def test_other_algorithms_and_headers_are_not_supported(protected: dict[int, object]) -> None:
    with pytest.raises(NotSupportedError):
        parse(_sign(protected=protected))


@pytest.mark.parametrize(
    ("protected", "unprotected"),
    [({1: -19}, {}), ({1: -19, 4: "x"}, {}), ({1: -19, 4: b"short"}, {}), ({1: -19, 4: _KEY.key_id}, {4: _KEY.key_id})],
    ids=["none", "text", "short", "two"],
)
def test_exactly_one_key_id_is_required(protected: object, unprotected: object) -> None:
    with pytest.raises(MalformedError, match="key id"):
        parse(_sign(protected=protected, unprotected=unprotected))


def test_an_unprotected_header_of_another_kind_is_not_supported() -> None:
    with pytest.raises(NotSupportedError):
        parse(_sign(unprotected={5: b"x"}))


@pytest.mark.parametrize(
    "change",
    [
        {1: None},
        {3: None},
        {7: "T7Q2M9XK4B"},
        {7: b"\xff"},
        {7: b""},
        {1: ""},
        {1: "có dấu"},
        {3: "x" * 65},
        {3: 5},
        {-65537: "a b"},
        {-65538: 0},
        {-65538: 1000},
        {-65538: "2"},
        {4: -1},
        {4: int(_BEGIN.timestamp())},
        {4: 2**63},
        {5: b"x"},
        {6: 1},
        {169: {}},
    ],
    ids=str,
)
def test_claims_out_of_form_are_malformed(change: dict[int, object]) -> None:
    merged = {**_CLAIMS, **change}
    with pytest.raises(MalformedError):
        parse(_sign(claims={name: value for name, value in merged.items() if value is not None}))


@pytest.mark.parametrize(
    "value",
    [
        1,
        [],
        cbor2.CBORTag(18, {}),
        cbor2.CBORTag(18, [b"", {}, b""]),
        cbor2.CBORTag(18, ["", {}, b"", b""]),
        cbor2.CBORTag(18, [b"\xa0", {}, b"\xa0", bytes(63)]),
        cbor2.CBORTag(18, [b"\x80", {}, b"\xa0", bytes(64)]),
        cbor2.CBORTag(18, [b"\xa0", [], b"\xa0", bytes(64)]),
        cbor2.CBORTag(17, [b"\xa0", {}, b"\xa0", bytes(64)]),
    ],
)
def test_other_structures_are_refused(value: object) -> None:
    with pytest.raises((MalformedError, NotSupportedError)):
        parse(_written(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TRAM",
        "tram",
        "TRAMX1",
        "TRAMXA",
        "TRAMXAA======",
        "TRAMXAB",
        "TRAM:" + "0" * 3000,
        "TRAM:é",
        "TRAMXÀ",
    ],
)
def test_texts_that_carry_no_ticket_are_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        parse(text)


@pytest.mark.parametrize(
    "change",
    [{"ticket_id": "a b"}, {"ticket_id": "\udc80"}, {"event": ""}, {"admits": 0}, {"expires": _BEGIN}, {"issuer": "ễ"}],
    ids=str,
)
def test_a_ticket_out_of_form_is_not_issued(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        issue(replace(_TICKET, **change), _SECRET)


@given(st.binary(max_size=120))
def test_any_bytes_behind_the_prefix_are_a_ticket_or_refused(raw: bytes) -> None:
    for text in ("TRAM:" + base45.encode(raw), "TRAMX" + base64.b32encode(raw).decode().rstrip("=")):
        with pytest.raises((MalformedError, NotSupportedError)):
            parse(text)


_NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


@given(_NAMES, _NAMES, _NAMES, st.integers(1, 999), st.integers(0, 4_000_000_000), st.integers(1, 10**8))
def test_every_ticket_in_form_comes_back(name: str, event: str, product: str, admits: int, at: int, long: int) -> None:
    begin = datetime.fromtimestamp(at, UTC)
    sent = Ticket("mau", name, event, product, admits, begin, begin + timedelta(seconds=long), _KEY.key_id)
    for form in Form:
        assert verify(issue(sent, _SECRET, form), [_KEY], begin) == sent


def test_a_public_key_travels_as_pem() -> None:
    assert TicketKey.from_pem(_KEY.to_pem()) == _KEY
    # public key of RFC 8032 §7.1, test 1
    assert _KEY.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_other_keys_and_files_are_refused() -> None:
    other = X25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(NotSupportedError):
        TicketKey.from_pem(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(MalformedError):
        TicketKey.from_pem(b"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n")


def test_a_parsed_ticket_hides_its_signature_in_the_repr() -> None:
    assert "signature" not in repr(parse(_sign()))
