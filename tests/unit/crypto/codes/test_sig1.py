"""Signed secrets of pretix: what it made (tests/vectors), and everything that it would not make."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import sig1
from crypto.codes.ticket import TicketExpiredError, TicketKey, TicketNotYetError, public_half
from crypto.errors import MalformedError, SignatureWrongError

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "pretix_sig1.json").read_text("utf-8"))
TICKETS = VECTORS["tickets"]
KEY = sig1.key_of(VECTORS["key"])
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
OWN = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OWN_KEY = public_half(OWN)
PAYLOAD = b"\x0a\x09abcdefghi\x10\x07"  # seed "abcdefghi", item 7


def written(payload: bytes, *, head: bytes | None = None, signature: bytes | None = None) -> str:
    """As pretix writes it, with a key of this test."""
    signed = OWN.sign(payload) if signature is None else signature
    start = b"\x01" + len(payload).to_bytes(2, "big") + len(signed).to_bytes(2, "big") if head is None else head
    return base64.b64encode(start + payload + signed).decode()[::-1]


@pytest.mark.parametrize("word", ["plain", "variation", "from", "until", "window", "revoked", "blocked"])
def test_what_pretix_signed_is_proven(word: str) -> None:
    claims = sig1.verify(TICKETS[word], [OWN_KEY, KEY], NOW)
    assert claims.item == VECTORS["item"]
    assert claims.variation == (VECTORS["variation"] if word == "variation" else 0)
    assert claims.subevent == 0
    assert claims.key_id == KEY.key_id
    assert len(claims.seed) == 9
    assert claims.seed not in repr(claims)


def test_the_window_is_what_pretix_was_told() -> None:
    claims = sig1.verify(TICKETS["window"], [KEY], NOW)
    begins, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
    assert (claims.valid_from, claims.valid_until) == (begins, ends)
    for moment in (begins, ends):
        sig1.verify(TICKETS["window"], [KEY], moment)
    with pytest.raises(TicketNotYetError):
        sig1.verify(TICKETS["window"], [KEY], begins - timedelta(seconds=1))
    with pytest.raises(TicketExpiredError):
        sig1.verify(TICKETS["window"], [KEY], ends + timedelta(seconds=1))
    unlimited = sig1.verify(TICKETS["plain"], [KEY], NOW)
    assert (unlimited.valid_from, unlimited.valid_until) == (None, None)


@pytest.mark.parametrize("keys", [[], [OWN_KEY]], ids=["no key", "another key"])
def test_a_ticket_of_nobody_known_is_not_proven(keys: list[TicketKey]) -> None:
    with pytest.raises(SignatureWrongError):
        sig1.verify(TICKETS["plain"], keys, NOW)


@pytest.mark.parametrize("at", [6, 20, 25, 60, -1])
def test_one_changed_bit_is_found(at: int) -> None:
    raw = bytearray(base64.b64decode(TICKETS["plain"][::-1]))
    raw[at] ^= 1
    with pytest.raises((SignatureWrongError, MalformedError)):
        sig1.verify(base64.b64encode(raw).decode()[::-1], [KEY], NOW)


def test_own_spelling_is_pretix_s() -> None:
    raw = base64.b64decode(TICKETS["plain"][::-1])
    length = int.from_bytes(raw[1:3], "big")
    again = written(raw[5 : 5 + length], signature=raw[5 + length :])
    assert again == TICKETS["plain"]
    assert sig1.verify(written(PAYLOAD), [OWN_KEY], NOW).item == 7


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x10\x07",
        b"\x0a\x09abcdefghi",
        b"\x0a\x09abcdefghi\x10\x00",
        b"\x0a\x00\x10\x07",
        b"\x0a\x03a b\x10\x07",
        b"\x0a\x03\xc3\xa9a\x10\x07",
        b"\x0a\x41" + b"a" * 65 + b"\x10\x07",
        b"\x0a\x7fabc",
        PAYLOAD + b"\x10\x08",
        PAYLOAD + b"\x38\x01",
        PAYLOAD + b"\x1a\x01a",
        PAYLOAD + b"\x00\x01",
        PAYLOAD + b"\x18\x80",
        PAYLOAD + b"\x18\x80\x00",
        PAYLOAD + b"\x18" + b"\xff" * 9 + b"\x01",
        PAYLOAD + b"\x18" + b"\xff" * 11,
        PAYLOAD + b"\x28" + b"\xff\xff\xff\xff\xff\x7f",
        PAYLOAD + b"\x18",
    ],
    ids=["empty", "no seed", "no item", "item 0", "empty seed", "space", "not ASCII", "long seed", "seed cut", "twice",
         "unknown field", "wrong type", "field 0", "number cut", "padded number", "negative", "endless", "far year",
         "value missing"],
)  # fmt: skip
def test_a_payload_that_pretix_does_not_make_is_malformed_though_signed(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        sig1.verify(written(payload), [OWN_KEY], NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k3mz9x2qv7wnp4rt6ybh8cdfgjsa5eu2",
        written(PAYLOAD)[::-1],
        written(PAYLOAD) + "=",
        written(PAYLOAD)[1:],
        written(PAYLOAD, head=b"\x02\x00\x0d\x00\x40"),
        written(PAYLOAD, head=b"\x01\x00\x0e\x00\x40"),
        written(PAYLOAD, head=b"\x01\x00\x0d\x00\x41"),
        written(PAYLOAD, signature=bytes(63)),
        written(PAYLOAD + b"\x18" * 150),
        written(PAYLOAD) + "\n",
        "é" * 40,
    ],
    ids=["empty", "random secret", "forwards", "padding", "cut", "version", "length", "signature length",
         "short signature", "too long", "line end", "not ASCII"],
)  # fmt: skip
def test_a_text_of_another_form_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        sig1.parse(text)


def test_loose_bits_are_not_another_ticket() -> None:
    """One ticket has one spelling, or one secret could be used under several."""
    text = written(PAYLOAD)
    assert text.startswith("=")
    last = next(at for at, letter in enumerate(text) if letter != "=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = alphabet[alphabet.index(text[last]) ^ 1]
    with pytest.raises(MalformedError):
        sig1.parse(text[:last] + loose + text[last + 1 :])


@pytest.mark.parametrize("text", ["", "no base64", base64.b64encode(b"no key").decode()])
def test_a_key_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        sig1.key_of(text)


@given(st.one_of(st.text(max_size=300), st.text("ABCabc019+/=", max_size=260)))
def test_any_text_is_a_ticket_or_malformed(text: str) -> None:
    with pytest.raises((MalformedError, SignatureWrongError)):
        sig1.verify(text, [KEY], NOW)


@given(st.binary(max_size=120))
def test_any_signed_payload_is_a_ticket_or_malformed(payload: bytes) -> None:
    try:
        claims = sig1.parse(written(payload, signature=bytes(64))).claims
    except MalformedError:
        return
    assert claims.item > 0
    assert claims.seed


@given(
    st.text("abcdefghijkmnpqrstuvwxyzABC23456789", min_size=1, max_size=40),
    st.integers(1, 2**40),
    st.integers(0, 2**40),
    st.integers(0, 253_402_300_799),
)
def test_numbers_of_every_size_are_read(seed: str, item: int, variation: int, until: int) -> None:
    payload = b"\x0a" + bytes([len(seed)]) + seed.encode() + b"\x10" + varint(item)
    payload += b"\x18" + varint(variation) + b"\x30" + varint(until)
    claims = sig1.parse(written(payload, signature=bytes(64))).claims
    assert (claims.seed, claims.item, claims.variation) == (seed, item, variation)
    assert claims.valid_until == (datetime.fromtimestamp(until, UTC) if until else None)


def varint(number: int) -> bytes:
    """By the protobuf encoding guide."""
    out = []
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
