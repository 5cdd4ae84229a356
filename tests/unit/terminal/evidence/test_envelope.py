"""The envelope: only its recipient opens it, and no byte of it can be changed unnoticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import cbor
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from terminal.evidence.envelope import OtherRecipientError, seal, unseal
from terminal.evidence.keys import Owner, load_owner, make_key
from tests.unit.terminal.evidence.material import owner, p256_owner

SECRET = b"what a chip said" * 8
ALTERED = (SignatureWrongError, OtherRecipientError, MalformedError, NotSupportedError)


@pytest.mark.parametrize("who", [owner, p256_owner], ids=["X25519", "P-256"])
def test_its_recipient_opens_it_and_nobody_else(who: object) -> None:
    recipient = who()  # type: ignore[operator]
    sealed = seal(SECRET, recipient.recipient)
    assert unseal(sealed, recipient) == SECRET
    assert SECRET not in sealed
    with pytest.raises(OtherRecipientError):
        unseal(sealed, load_owner(make_key(None)[0]))


def test_the_same_content_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(SECRET, owner().recipient) != seal(SECRET, owner().recipient)


def test_every_changed_byte_is_noticed() -> None:
    sealed = seal(SECRET, owner().recipient)
    for at in range(len(sealed)):
        with pytest.raises(ALTERED):
            unseal(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], owner())


def test_every_changed_byte_of_the_content_is_called_changed() -> None:
    sealed = seal(SECRET, owner().recipient)
    for at in range(len(sealed) - len(SECRET) - 48, len(sealed)):
        with pytest.raises(SignatureWrongError):
            unseal(sealed[:at] + bytes([sealed[at] ^ 0x80]) + sealed[at + 1 :], owner())


def test_every_truncation_is_refused() -> None:
    sealed = seal(SECRET, owner().recipient)
    for size in range(len(sealed)):
        with pytest.raises(MalformedError):
            unseal(sealed[:size], owner())


def test_a_key_id_that_was_exchanged_is_noticed() -> None:
    """Whoever re-addresses an envelope cannot make its content fit."""
    other = load_owner(make_key(None)[0])
    parts = cbor.decode(seal(SECRET, other.recipient), limit=4096)
    assert isinstance(parts, list)
    parts[4] = owner().recipient.key_id
    with pytest.raises(SignatureWrongError):
        unseal(cbor.encode(parts), owner())


def changed(at: int, value: object) -> bytes:
    parts = cbor.decode(seal(SECRET, owner().recipient), limit=4096)
    assert isinstance(parts, list)
    parts[at] = value
    return cbor.encode(parts)


REFUSED = {
    "format": (0, "tram-evidence-2", NotSupportedError),
    "format's type": (0, 1, MalformedError),
    "kem": (1, 0x0011, NotSupportedError),
    "kdf": (2, 3, NotSupportedError),
    "aead": (3, 1, NotSupportedError),
    "key id": (4, b"short", MalformedError),
    "key id's type": (4, "text", MalformedError),
    "content's type": (5, "text", MalformedError),
    "no content": (5, b"", SignatureWrongError),
}


@pytest.mark.parametrize(("at", "value", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_another_header_is_refused(at: int, value: object, error: type[ProofError]) -> None:
    with pytest.raises(error):
        unseal(changed(at, value), owner())


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x80", cbor.encode({}), cbor.encode(["tram-evidence-1"])])
def test_what_is_no_envelope_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        unseal(raw, owner())


@given(st.binary(max_size=300))
def test_nothing_but_the_documented_errors_comes_out(raw: bytes) -> None:
    with pytest.raises(ALTERED):
        unseal(raw, owner())


def test_an_owner_is_what_opens() -> None:
    assert isinstance(owner(), Owner)
