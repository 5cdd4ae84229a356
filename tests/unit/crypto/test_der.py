from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import der, tlv
from crypto.errors import MalformedError
from crypto.tlv import Tlv


@st.composite
def identifiers(draw: st.DrawFn) -> str:
    first = draw(st.integers(0, 2))
    second = draw(st.integers(0, 39) if first < 2 else st.integers(0, 1000))
    return ".".join(map(str, [first, second, *draw(st.lists(st.integers(0, 1 << 40), max_size=6))]))


@given(identifiers())
def test_identifiers_come_back_as_they_went(dotted: str) -> None:
    assert der.identifier(Tlv(der.OBJECT_IDENTIFIER, der.encode_identifier(dotted))) == dotted


@pytest.mark.parametrize(
    ("dotted", "content"),
    [
        ("0.4.0.127.0.7.2.2.4.2.2", "04007f00070202040202"),
        ("1.2.840.10045.2.1", "2a8648ce3d0201"),
        ("2.23.136.1.1.5", "678108010105"),
        ("1.0.10646.1.0.8", "28d316010008"),
        ("2.999.3", "883703"),
    ],
)
def test_identifiers_of_the_field_encode_as_published(dotted: str, content: str) -> None:
    assert der.encode_identifier(dotted).hex() == content


@pytest.mark.parametrize("dotted", ["", "1", "1.", "a.b", "3.1", "1.40", "-1.2", "1.-2", "2.1.-3"])
def test_other_texts_are_no_identifiers(dotted: str) -> None:
    with pytest.raises(MalformedError):
        der.encode_identifier(dotted)


@pytest.mark.parametrize("content", [b"", b"\x81", b"\x2a\x86", b"\x2a" * 65])
def test_other_bytes_are_no_identifiers(content: bytes) -> None:
    with pytest.raises(MalformedError):
        der.identifier(Tlv(der.OBJECT_IDENTIFIER, content))


@given(st.integers(0, 1 << 2000))
def test_unsigned_integers_come_back_as_they_went(number: int) -> None:
    assert der.unsigned(tlv.parse_one(der.encode_unsigned(number))) == number


@pytest.mark.parametrize("content", [b"", b"\x80", b"\xff\x00", bytes(1026)])
def test_negative_empty_and_giant_integers_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedError):
        der.unsigned(Tlv(der.INTEGER, content))


def test_bit_strings_are_whole_bytes() -> None:
    assert der.bits(Tlv(der.BIT_STRING, b"\x00ab")) == b"ab"
    for content in (b"", b"\x01ab"):
        with pytest.raises(MalformedError):
            der.bits(Tlv(der.BIT_STRING, content))


@pytest.mark.parametrize("read", [der.unsigned, der.bits, der.identifier, der.parts])
def test_every_reader_wants_its_own_tag(read: object) -> None:
    assert callable(read)
    with pytest.raises(MalformedError, match="tag 13"):
        read(Tlv(0x13, b"\x00"))


def test_sequences_and_sets_give_their_members() -> None:
    inner = der.encode_unsigned(1)
    assert der.parts(Tlv(der.SEQUENCE, inner)) == der.parts(Tlv(der.SET, inner), der.SET) == (Tlv(2, b"\x01"),)
