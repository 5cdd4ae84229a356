from __future__ import annotations

import hmac
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import MalformedError
from crypto.tickets.record import (
    Change,
    Marks,
    TicketRecord,
    decode_change,
    encode_change,
    holder_mark,
    mark_in_name,
    named_by_mark,
    ticket_mark,
)
from tests.unit.crypto.tickets.tickets import (
    DAY,
    EVENT,
    KEY,
    MARKS,
    PRODUCTS,
    STATE,
    holders,
    records,
)


def test_marks_are_keyed_and_a_ticket_is_no_holder() -> None:
    assert MARKS.ticket("003090123450") != MARKS.holder("003090123450")
    assert MARKS.ticket("T1") != Marks(bytes(32)).ticket("T1")


@given(st.binary(min_size=16, max_size=64), st.text(st.characters(codec="utf-8")))
def test_a_mark_is_an_hmac(key: bytes, text: str) -> None:
    assert Marks(key).ticket(text) == hmac.digest(key, b"ticket\n" + text.encode(), "sha256")[:16]
    assert Marks(key).holder(text) == hmac.digest(key, b"holder\n" + text.encode(), "sha256")[:16]


def test_one_mark_is_that_of_many() -> None:
    assert ticket_mark(KEY, "T1") == MARKS.ticket("T1")
    assert holder_mark(KEY, "003090123450") == MARKS.holder("003090123450")


@given(st.binary(min_size=16, max_size=16))
def test_a_line_may_name_a_ticket_by_its_mark(mark: bytes) -> None:
    assert mark_in_name(named_by_mark(mark)) == mark
    assert len(named_by_mark(mark)) <= 64


@pytest.mark.parametrize("name", ["T7Q2M9XK4B", "mark.", "mark.00", "mark." + "0" * 33, "mark." + "G" * 32, ""])
def test_a_number_is_no_mark(name: str) -> None:
    assert mark_in_name(name) is None


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_key_of_another_size_makes_no_marks(size: int) -> None:
    with pytest.raises(ValueError, match="16 to 64"):
        Marks(bytes(size))


@settings(max_examples=60)
@given(records() | st.sampled_from(list(PRODUCTS.values())) | st.builds(replace, holders, bound=st.booleans()))
def test_a_change_is_read_as_it_was_written(change: Change) -> None:
    assert decode_change(encode_change(change, PRODUCTS), EVENT) == change


@given(st.binary(max_size=200) | st.binary(max_size=120).map(b"T".__add__) | st.binary(max_size=99).map(b"P".__add__))
def test_any_bytes_are_a_change_or_a_documented_refusal(raw: bytes) -> None:
    try:
        decode_change(raw, EVENT)
    except MalformedError:
        return


def test_a_change_that_is_too_long_is_refused() -> None:
    with pytest.raises(MalformedError):
        decode_change(encode_change(DAY, PRODUCTS) + b" " * 5000, EVENT)


def test_a_change_of_a_ticket_of_no_product_is_not_written() -> None:
    with pytest.raises(MalformedError):
        encode_change(TicketRecord(bytes(16), "khong-co", STATE), PRODUCTS)
