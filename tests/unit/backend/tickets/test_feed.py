"""The change feed."""

from __future__ import annotations

from typing import Any

from backend.engine.store import Store
from backend.tickets import changes, selling
from crypto.tickets.record import HolderRecord, Marks, TicketRecord, decode_change
from crypto.tickets.rules import Product, Standing
from tests.unit.backend.calls import KEYS, NOW
from tests.unit.backend.tickets.ledgers import EVENT, MINUTE, do, sell

_MARKS = Marks(KEYS.marks)
_CARD = "003090123450"
_LATER = NOW + MINUTE


def _page(store: Store, since: int = 0, limit: int = 100) -> changes.Page:
    return do(store, lambda db: changes.page(db, EVENT, since, limit, _LATER, KEYS.marks))


def _told(page: changes.Page) -> list[Any]:
    return [decode_change(record, EVENT) for record in page.records]


def test_the_feed_tells_what_became_of_a_ticket_once(empty_store: Store) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", per_day=2))
    do(empty_store, lambda db: selling.stand(db, EVENT, "t", Standing.BLOCKED, NOW))
    page = _page(empty_store)
    product, ticket = _told(page)
    assert (product.per_day, isinstance(ticket, TicketRecord)) == (2, True)
    assert (ticket.mark, ticket.state.standing) == (_MARKS.ticket("t"), Standing.BLOCKED)
    assert (page.cursor.more, _page(empty_store, page.cursor.no).records) == (False, ())


def test_the_feed_goes_on_where_it_was(empty_store: Store) -> None:
    sell(empty_store, *(f"t-{number}" for number in range(7)))
    found, cursor, more = [], 0, True
    while more:
        page = _page(empty_store, cursor, limit=3)
        found += [each.mark for each in _told(page) if isinstance(each, TicketRecord)]
        cursor, more = page.cursor.no, page.cursor.more
    assert sorted(found) == sorted(_MARKS.ticket(f"t-{number}") for number in range(7))
    do(empty_store, lambda db: selling.pay(db, EVENT, "t-3", NOW))
    assert [each.mark for each in _told(_page(empty_store, cursor))] == [_MARKS.ticket("t-3")]


def test_the_feed_tells_of_cards_by_marks(empty_store: Store) -> None:
    sell(empty_store, "t")
    cursor = _page(empty_store).cursor.no
    do(empty_store, lambda db: selling.bind(db, EVENT, "t", _CARD, _MARKS, NOW))
    bound = HolderRecord(_MARKS.holder(_CARD), _MARKS.ticket("t"))
    assert _told(_page(empty_store, cursor)) == [bound]
    do(empty_store, lambda db: selling.unbind(db, EVENT, "t", NOW))
    assert _told(_page(empty_store, cursor)) == [HolderRecord(bound.holder, bound.mark, bound=False)]


def test_a_ticket_of_a_product_that_nobody_described_is_told_with_one(empty_store: Store) -> None:
    sell(empty_store, "t", product=Product(EVENT, "other", "x"))
    names = [each.product for each in _told(_page(empty_store))]
    assert names == ["other", "ve", "ve"]
