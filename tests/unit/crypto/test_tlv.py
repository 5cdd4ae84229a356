from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.errors import MalformedError
from crypto.tlv import Tlv

# One-byte tags whose low five bits are not all ones, and two- and three-byte tags (ISO/IEC 7816-4 §6.3).
tags = st.integers(0, 255).filter(lambda tag: tag & 0x1F != 0x1F) | st.sampled_from(
    [0x5F01, 0x5F36, 0x7F49, 0x7F60, 0x5F2E, 0x7F61, 0x1F00, 0xDF8101, 0x7F8001]
)
objects = st.builds(Tlv, tags, st.binary(max_size=300))


@given(objects)
def test_an_object_comes_back_as_it_went(item: Tlv) -> None:
    assert tlv.parse_one(item.encode()) == item
    assert tlv.parse_one(item.encode(), item.tag) == item
    tag, length, header = tlv.read_header(item.encode())
    assert (tag, length, header) == (item.tag, len(item.value), len(item.encode()) - len(item.value))


@given(st.lists(objects, max_size=8))
def test_a_row_of_objects_comes_back_as_it_went(items: list[Tlv]) -> None:
    raw = b"".join(item.encode() for item in items)
    assert tlv.parse_all(raw) == tuple(items)
    assert Tlv(0x30, raw).children() == tuple(items)


@given(objects, st.binary(max_size=20))
def test_the_first_object_leaves_the_rest(item: Tlv, rest: bytes) -> None:
    assert tlv.parse_first(item.encode() + rest) == (item, rest)


@given(objects, st.data())
def test_an_object_cut_anywhere_is_malformed(item: Tlv, data: st.DataObject) -> None:
    raw = item.encode()
    with pytest.raises(MalformedError):
        tlv.parse_one(raw[: data.draw(st.integers(0, len(raw) - 1))])


@given(st.binary(max_size=200))
def test_any_bytes_give_objects_or_the_documented_error(raw: bytes) -> None:
    for parse in (tlv.parse_all, tlv.parse_one, tlv.parse_first, tlv.read_header, lambda data: list(tlv.walk(data))):
        try:
            parse(raw)
        except MalformedError:
            continue


@pytest.mark.parametrize(
    ("length", "field"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (0x10000, "83010000")]
)
def test_lengths_take_the_shortest_form(length: int, field: str) -> None:
    assert tlv.encode_length(length).hex() == field
    assert len(tlv.parse_one(tlv.encode(0x04, bytes(length))).value) == length


def test_longer_forms_of_a_length_are_understood() -> None:
    assert tlv.parse_one(b"\x04\x82\x00\x01\xaa") == Tlv(0x04, b"\xaa")


@pytest.mark.parametrize("raw", ["0480", "0484000000", "04", "", "1f", "1f81", "1f818100", "5f", "0482", "04820001"])
def test_other_headers_are_malformed(raw: str) -> None:
    with pytest.raises(MalformedError):
        tlv.read_header(bytes.fromhex(raw)[:3] if raw == "04820001" else bytes.fromhex(raw))


def test_values_beyond_three_length_bytes_cannot_be_encoded() -> None:
    assert tlv.encode_length(tlv.MAX_LENGTH).hex() == "83ffffff"
    with pytest.raises(MalformedError):
        tlv.encode_length(tlv.MAX_LENGTH + 1)


def test_the_only_object_must_be_alone_and_of_its_tag() -> None:
    with pytest.raises(MalformedError, match="after the object"):
        tlv.parse_one(b"\x04\x00\x04\x00")
    with pytest.raises(MalformedError, match="tag 4 where 30 belongs"):
        tlv.parse_one(b"\x04\x00", 0x30)


@pytest.mark.parametrize(
    ("tag", "constructed"), [(0x30, True), (0x7C, True), (0x04, False), (0x7F49, True), (0x5F01, False), (0, False)]
)
def test_the_first_byte_of_a_tag_says_whether_it_is_constructed(tag: int, constructed: bool) -> None:
    assert Tlv(tag, b"").constructed is constructed


def test_walking_visits_everything_depth_first() -> None:
    raw = tlv.encode(0x30, tlv.encode(0x31, tlv.encode(0x04, b"a")) + tlv.encode(0x04, b"b")) + tlv.encode(0x04, b"c")
    assert [item.tag for item in tlv.walk(raw)] == [0x30, 0x31, 0x04, 0x04, 0x04]


def test_deep_nesting_is_malformed() -> None:
    raw = b""
    for _ in range(40):
        raw = tlv.encode(0x30, raw)
    with pytest.raises(MalformedError, match="nested"):
        list(tlv.walk(raw))


def test_finding_wants_exactly_one() -> None:
    row = tlv.parse_all(b"\x04\x01a\x05\x01b\x05\x01c")
    assert tlv.find(row, 0x04) == b"a"
    assert tlv.find_optional(row, 0x04) == b"a"
    assert tlv.find_optional(row, 0x06) is None
    for find in (tlv.find, tlv.find_optional):
        with pytest.raises(MalformedError, match="2 objects"):
            find(row, 0x05)
    with pytest.raises(MalformedError, match="0 objects"):
        tlv.find(row, 0x06)


def test_objects_hide_their_content() -> None:
    assert repr(Tlv(4, b"secret")) == "Tlv(tag=4)"


def test_slices_are_the_objects_as_they_are_written() -> None:
    shortest, long_form = bytes.fromhex("0401aa"), bytes.fromhex("04820001bb")
    assert tlv.slices(shortest + long_form) == (shortest, long_form)
    assert tlv.slices(b"") == ()
    with pytest.raises(MalformedError, match="cut short"):
        tlv.slices(shortest + b"\x04\x02\x00")
