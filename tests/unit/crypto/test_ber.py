"""BER of other hands brought to definite form; what is definite already is not touched."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import ber, tlv
from crypto.errors import MalformedError, ProofError

END = b"\0\0"


def open_(tag: int, *rows: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(rows) + END


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # ITU-T X.690 §8.14.3, the name "Jones" as VisibleString: primitive and in pieces.
        ("1a054a6f6e6573", "1a054a6f6e6573"),
        ("3a0904034a6f6e04026573", "1a054a6f6e6573"),
        # ITU-T X.690 §8.6.4.2: 44 bits, whole and in pieces.
        ("0307040a3b5f291cd0", "0307040a3b5f291cd0"),
        ("23800303000a3b0305045f291cd00000", "0307040a3b5f291cd0"),
        # Pieces of pieces; none at all.
        ("2480240404020102040103" + "0000", "0403010203"),
        ("24800000", "0400"),
        ("23800000", "030100"),
        ("2400", "0400"),
        # Open inside closed, closed inside open, both without content.
        ("3004a0800000", "3002a000"),
        ("3080a0020500" + "0000", "3004a0020500"),
        ("30800000", "3000"),
        # Tags of several bytes are left as they are.
        ("7f61800201050000", "7f6103020105"),
        ("7f6103020105", "7f6103020105"),
    ],
)
def test_lengths_become_definite_and_strings_whole(raw: str, expected: str) -> None:
    assert ber.definite(bytes.fromhex(raw)).hex() == expected


def test_a_subtree_that_is_definite_keeps_even_lengths_that_der_forbids() -> None:
    """Whoever signed those bytes signed them so."""
    long_length = bytes.fromhex("30820002" + "0500")
    assert ber.definite(long_length) == long_length
    assert ber.definite(open_(0x30, long_length)) == tlv.encode(0x30, long_length)


def test_a_long_content_gets_the_length_that_it_needs() -> None:
    pieces = [tlv.encode(0x04, bytes(1000))] * 90
    assert ber.definite(open_(0x24, *pieces)) == tlv.encode(0x04, bytes(90_000))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "tag missing"),
        ("30", "length missing"),
        ("3080", "end mark"),
        ("30800000" + "00", "bytes after"),
        ("308000", "length missing"),
        ("0480" + "0000", "primitive"),
        ("3005020101", "cut short"),
        ("30050480" + "000000", "primitive"),
        ("3003300401", "cut short"),
        ("2480020101" + "0000", "another type"),
        ("2380" + "04010000" + "00", "another form"),
        ("2380" + "0300" + "0000", "another form"),
        ("2380030201800302000f0000", "unused bits"),
        ("3084ffffffff", "oversized"),
    ],
)
def test_other_bytes_are_malformed(raw: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        ber.definite(bytes.fromhex(raw))


def test_an_end_mark_of_the_frame_around_is_not_taken() -> None:
    """The inner object is open, the closed one around it ends first."""
    with pytest.raises(MalformedError, match="end mark"):
        ber.definite(bytes.fromhex("3080" + "30023080" + "0000" + "0000"))


def test_what_is_deep_or_endless_is_refused_within_bounds() -> None:
    with pytest.raises(MalformedError, match="deeply"):
        ber.definite(b"\x30\x80" * 5000 + END * 5000)
    with pytest.raises(MalformedError, match="many"):
        ber.definite(open_(0x30, b"\x05\x00" * 300_000))
    with pytest.raises(MalformedError, match="too long"):
        ber.definite(bytes(ber.MAX_BYTES + 1))


def test_memory_stays_near_the_size_of_the_input() -> None:
    raw = b"\x30\x80" * 20 + tlv.encode(0x04, bytes(1 << 20)) + END * 20
    tracemalloc.start()
    try:
        ber.definite(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(raw)


TREES = st.recursive(
    st.binary(max_size=6).map(lambda raw: tlv.encode(0x04, raw)),
    lambda inner: st.lists(inner).map(lambda rows: open_(0x30, *rows)),
    max_leaves=12,
)


@given(TREES)
def test_an_open_tree_becomes_one_that_the_strict_parser_takes(raw: bytes) -> None:
    found = ber.definite(raw)
    assert all(item.tag in (0x04, 0x30) for item in tlv.walk(found))
    assert ber.definite(found) == found


@given(st.binary(max_size=80))
def test_any_bytes_are_definite_or_malformed(raw: bytes) -> None:
    for content in (raw, b"\x30\x80" + raw, b"\x24\x80" + raw + END, b"\x23\x80" + raw + END):
        try:
            found = ber.definite(content)
        except ProofError:
            continue
        assert tlv.parse_one(found).encode() != b""
