"""Tickets for the tests of snapshots and change feeds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from crypto.tickets.record import EPOCH, HolderRecord, Marks, TicketRecord
from crypto.tickets.rules import Product, Standing, TicketState

KEY = bytes(range(32))
MARKS = Marks(KEY)
EVENT = "trang-an-mau"
DAY = Product(EVENT, "ve-ngay", "người lớn")
PASS = Product(EVENT, "the-nam", "người lớn", frozenset({"cong-1", "cong-2"}), 2, reentry=True, attention="Xem ảnh")
GROUP = Product(EVENT, "doan", "học sinh", splits=True)
PRODUCTS = {product.product: product for product in (DAY, PASS, GROUP)}
BEGIN = datetime(2026, 11, 21, 17, tzinfo=UTC)
STATE = TicketState(BEGIN, BEGIN + timedelta(days=1))

names = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
counts = st.integers(0, 65_535)
seconds = st.integers(0, 2**32 - 1).map(lambda count: EPOCH + timedelta(seconds=count))
days = st.dates(date(2020, 1, 2), date(2199, 1, 1))


@st.composite
def records(draw: st.DrawFn) -> TicketRecord:
    product = draw(st.sampled_from(list(PRODUCTS.values())))
    counted = product.per_day is not None
    day = draw(st.none() | days) if counted else None
    state = TicketState(
        draw(seconds),
        draw(seconds),
        draw(st.sampled_from(Standing)),
        paid=draw(st.booleans()),
        gate=draw(st.none() | names),
        admits=draw(st.integers(1, 65_535)),
        max_uses=draw(st.integers(1, 65_535)),
        uses=draw(counts),
        day=day,
        day_uses=draw(counts) if day else 0,
        inside=draw(counts),
        outside=draw(counts),
    )
    return TicketRecord(draw(st.binary(min_size=16, max_size=16)), product.product, state)


holders = st.builds(HolderRecord, st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
