from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.tickets import snapshot
from crypto.tickets.record import (
    EXTRA,
    FIXED,
    PAIR,
    HolderRecord,
    TicketRecord,
    encode_change,
    row_of,
    state_of,
)
from crypto.tickets.snapshot import Head, OtherEventError, Snapshot, prove, write
from tests.unit.crypto.tickets.tickets import (
    BEGIN,
    EVENT,
    MARKS,
    PRODUCTS,
    STATE,
    holders,
    records,
)

# secret key of RFC 8032 §7.1, test 1
SECRET = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
PUBLIC = SECRET.public_key().public_bytes_raw()
HEAD = Head(EVENT, datetime(2026, 11, 22, 1, tzinfo=UTC), 42)


def written(tickets: Sequence[TicketRecord], bound: Sequence[HolderRecord] = ()) -> bytes:
    file = io.BytesIO()
    assert write(file, HEAD, PRODUCTS.values(), map(row_of, tickets), iter(bound), SECRET) == len(tickets)
    return file.getvalue()


def contents(raw: bytes) -> tuple[Snapshot, list[TicketRecord], list[HolderRecord]]:
    file = io.BytesIO(raw)
    found = prove(file, EVENT, PUBLIC)
    extras = {raw[:16]: raw for raw in _cut(found.extra_blocks(file, 3), EXTRA.size)}
    tickets = []
    for row in _cut(found.ticket_blocks(file, 3), FIXED.size):
        kind = found.kinds[FIXED.unpack(row)[3]]
        tickets.append(TicketRecord(row[:16], kind.product, state_of(row, kind, extras.get(row[:16]))))
    pairs = [HolderRecord(pair[:16], pair[16:]) for pair in _cut(found.holder_blocks(file, 3), PAIR.size)]
    return found, tickets, pairs


def _cut(blocks: Iterable[bytes], size: int) -> list[bytes]:
    raw = b"".join(blocks)
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def resigned(head: object, body: bytes, magic: bytes = b"TRAMSNP1", length: int | None = None) -> bytes:
    """A file with any contents and a right signature, made apart from the code under test."""
    import hashlib

    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    raw = magic + struct.pack(">I", len(text) if length is None else length) + text + body
    return raw + SECRET.sign(b"tram ticket snapshot\n" + hashlib.sha256(raw).digest())


def plain_head(**changed: object) -> dict[str, object]:
    return {
        "event": EVENT,
        "created_at": "2026-11-22T01:00:00+00:00",
        "cursor": 42,
        "products": [],
        "kinds": [],
        "tickets": 0,
        "extras": 0,
        "holders": 0,
    } | changed


@settings(max_examples=60)
@given(
    st.lists(records(), unique_by=lambda record: record.mark, max_size=20), st.lists(holders, unique=True, max_size=9)
)
def test_what_was_written_is_read_whatever_its_order(tickets: list[TicketRecord], bound: list[HolderRecord]) -> None:
    found, read, pairs = contents(written(tickets, bound))
    assert found.head == HEAD
    assert dict(found.products) == PRODUCTS
    assert read == sorted(tickets, key=lambda record: record.mark)
    assert pairs == sorted(bound, key=lambda pair: pair.holder + pair.mark)


def test_the_order_of_the_stream_does_not_change_a_byte() -> None:
    tickets = [TicketRecord(MARKS.ticket(f"T{number}"), "ve-ngay", STATE) for number in range(300)]
    assert written(tickets) == written(tickets[::-1])


def test_a_million_tickets_fit_into_32_megabytes() -> None:
    few = len(written([TicketRecord(bytes(16), "ve-ngay", STATE)]))
    assert few + 999_999 * FIXED.size <= 32_000_000


def test_neither_numbers_nor_holders_stand_in_the_file() -> None:
    raw = written(
        [TicketRecord(MARKS.ticket("T7Q2M9XK4B"), "ve-ngay", STATE)],
        [HolderRecord(MARKS.holder("003090123450"), MARKS.ticket("T7Q2M9XK4B"))],
    )
    assert b"T7Q2M9XK4B" not in raw
    assert b"003090123450" not in raw


def test_a_ticket_is_never_valid_for_longer_than_it_was_sold() -> None:
    half = timedelta(milliseconds=500)
    state = replace(STATE, valid_from=BEGIN + half, valid_to=BEGIN + timedelta(hours=1) + half)
    _, [read], _ = contents(written([TicketRecord(bytes(16), "ve-ngay", state)]))
    assert read.state.valid_from == BEGIN + timedelta(seconds=1)
    assert read.state.valid_to == BEGIN + timedelta(hours=1)


@pytest.mark.parametrize(
    "changed",
    [{"uses": 65_536}, {"uses": -1}, {"inside": 70_000}, {"outside": 70_000}, {"admits": 0}, {"max_uses": 65_536}],
    ids=str,
)
def test_a_number_that_no_record_holds_is_refused(changed: dict[str, int]) -> None:
    record = TicketRecord(bytes(16), "ve-ngay", replace(STATE, **changed))  # type: ignore[arg-type]  # any of them
    with pytest.raises(MalformedError):
        written([record])
    with pytest.raises(MalformedError):
        encode_change(record, PRODUCTS)


@pytest.mark.parametrize(
    "tickets",
    [
        [TicketRecord(bytes(16), "ve-ngay", STATE), TicketRecord(bytes(16), "the-nam", STATE)],
        [TicketRecord(bytes(16), "khong-co", STATE)],
        [TicketRecord(bytes(15), "ve-ngay", STATE)],
    ],
    ids=["one mark twice", "no product", "a short mark"],
)
def test_tickets_that_cannot_be_told_apart_are_not_written(tickets: list[TicketRecord]) -> None:
    with pytest.raises(MalformedError):
        written(tickets)


def test_more_than_a_file_takes_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_FILE", 1000)
    with pytest.raises(MalformedError):
        written([TicketRecord(bytes([number] * 16), "ve-ngay", STATE) for number in range(30)])


SMALL = written(
    [TicketRecord(MARKS.ticket(f"T{number}"), "the-nam", replace(STATE, outside=1)) for number in range(3)],
    [HolderRecord(MARKS.holder("003090123450"), MARKS.ticket("T1"))],
)


@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found_wherever_it_is(place: int, flip: int) -> None:
    raw = bytearray(SMALL)
    raw[place] ^= flip
    with pytest.raises(ProofError):
        prove(io.BytesIO(raw), EVENT, PUBLIC)


@given(st.integers(0, len(SMALL) - 1))
def test_a_file_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(ProofError):
        prove(io.BytesIO(SMALL[:length]), EVENT, PUBLIC)


@given(st.binary(max_size=400) | st.binary(max_size=200).map(b"TRAMSNP1\0\0\0\x10".__add__))
def test_any_bytes_meet_a_documented_refusal(raw: bytes) -> None:
    with pytest.raises(ProofError):
        prove(io.BytesIO(raw), EVENT, PUBLIC)


def test_bytes_behind_the_signature_are_refused() -> None:
    with pytest.raises(ProofError):
        prove(io.BytesIO(SMALL + b"\0"), EVENT, PUBLIC)


def test_another_server_s_snapshot_is_refused() -> None:
    with pytest.raises(SignatureWrongError):
        prove(io.BytesIO(SMALL), EVENT, bytes(32))


def test_another_event_s_snapshot_is_refused() -> None:
    with pytest.raises(OtherEventError):
        prove(io.BytesIO(SMALL), "dem-hoi-an", PUBLIC)


def test_another_version_is_told_apart_from_garbage() -> None:
    with pytest.raises(NotSupportedError):
        prove(io.BytesIO(b"TRAMSNP2" + SMALL[8:]), EVENT, PUBLIC)


class Counting(io.BytesIO):
    """A file that tells how much was asked for at once."""

    most = 0

    def read(self, size: int | None = -1) -> bytes:
        self.most = max(self.most, 1 << 40 if size is None or size < 0 else size)
        return super().read(size)


@pytest.mark.parametrize("length", [2**32 - 1, 2**31, 5_000_000])
def test_a_hostile_size_is_refused_before_so_much_is_read(length: int) -> None:
    file = Counting(b"TRAMSNP1" + struct.pack(">I", length) + bytes(200))
    with pytest.raises(MalformedError):
        prove(file, EVENT, PUBLIC)
    assert file.most <= 65_536


def test_a_file_beyond_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_FILE", len(SMALL) - 1)
    with pytest.raises(MalformedError):
        prove(io.BytesIO(SMALL), EVENT, PUBLIC)


PRODUCT_ROW: dict[str, object] = {
    "product": "p",
    "audience": "a",
    "gates": [],
    "per_day": None,
    "reentry": False,
    "splits": False,
    "attention": None,
}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b"\xff",
        plain_head(more=1),
        plain_head(event="a b"),
        plain_head(event=None),
        plain_head(created_at="yesterday"),
        plain_head(created_at="2026-11-22T01:00:00"),
        plain_head(created_at=1),
        plain_head(cursor=-1),
        plain_head(cursor=2**63),
        plain_head(cursor=True),
        plain_head(tickets=10**12),
        plain_head(tickets=1),
        plain_head(holders=1.0),
        plain_head(products={}),
        plain_head(products=[PRODUCT_ROW, PRODUCT_ROW]),
        plain_head(products=[PRODUCT_ROW | {"per_day": 0}]),
        plain_head(products=[PRODUCT_ROW | {"gates": ["b", "a"]}]),
        plain_head(products=[PRODUCT_ROW | {"gates": "a"}]),
        plain_head(products=[PRODUCT_ROW | {"reentry": 1}]),
        plain_head(products=[PRODUCT_ROW | {"attention": "a\nb"}]),
        plain_head(products=[PRODUCT_ROW | {"audience": "a" * 201}]),
        plain_head(products=[PRODUCT_ROW | {"more": 1}]),
        plain_head(kinds=[["p", 1, 1, None]]),
        plain_head(kinds=[["p", 1, 1]], products=[PRODUCT_ROW]),
        plain_head(kinds=[["p", 0, 1, None]], products=[PRODUCT_ROW]),
        plain_head(kinds=[["p", 1, 1, 2]], products=[PRODUCT_ROW]),
    ],
)
def test_a_signed_head_is_not_believed_either(head: object) -> None:
    with pytest.raises(MalformedError):
        prove(io.BytesIO(resigned(head, b"")), EVENT, PUBLIC)


def _row(mark: bytes, kind: int = 0, flags: int = 0) -> bytes:
    return FIXED.pack(mark, 0, 1, kind, 0, 0, flags)


@pytest.mark.parametrize(
    "rows",
    [
        [_row(b"b" * 16), _row(b"a" * 16)],
        [_row(b"a" * 16), _row(b"a" * 16)],
        [_row(b"a" * 16), _row(b"c" * 16), _row(b"b" * 16)],
        [_row(b"a" * 16, kind=1)],
        [_row(b"a" * 16, flags=4)],
    ],
    ids=["out of order", "twice", "out of order between blocks", "no kind", "unknown flags"],
)
def test_signed_records_are_checked_too(rows: list[bytes]) -> None:
    head = plain_head(products=[PRODUCT_ROW], kinds=[["p", 1, 1, None]], tickets=len(rows))
    file = io.BytesIO(resigned(head, b"".join(rows)))
    found = prove(file, EVENT, PUBLIC)
    with pytest.raises(MalformedError):
        list(found.ticket_blocks(file, 2))


def test_extras_and_holders_out_of_order_are_refused() -> None:
    extras = EXTRA.pack(b"b" * 16, 1, 1, 1) + EXTRA.pack(b"a" * 16, 1, 1, 1)
    pairs = PAIR.pack(b"b" * 16, b"a" * 16) + PAIR.pack(b"a" * 16, b"b" * 16)
    file = io.BytesIO(resigned(plain_head(extras=2, holders=2), extras + pairs))
    found = prove(file, EVENT, PUBLIC)
    with pytest.raises(MalformedError):
        list(found.extra_blocks(file))
    with pytest.raises(MalformedError):
        list(found.holder_blocks(file))


def test_a_file_that_shrinks_under_the_reader_is_refused() -> None:
    file = io.BytesIO(SMALL)
    found = prove(file, EVENT, PUBLIC)
    file.truncate(found.begins + 40)
    with pytest.raises(MalformedError):
        list(found.ticket_blocks(file))
