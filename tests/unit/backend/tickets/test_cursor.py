"""The change feed: whoever follows its cursor misses nothing, whatever is being written meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
import sqlalchemy as sa

from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.tickets import changes, selling, snapshots
from backend.tickets.changes import Changed
from backend.tickets.sold import SoldTicket
from tests.unit.backend.calls import KEYS, NOW
from tests.unit.backend.tickets.ledgers import EVENT, Device, conflicts, do, sell, upload, uses

T = TypeVar("T")

MINUTE = timedelta(minutes=1)


def _tell(store: Store, name: str, now: datetime) -> None:
    do(store, lambda db: changes.tell(db, EVENT, Changed.TICKET, [name], now))


def _look(store: Store, work: Callable[[sa.Connection], T]) -> T:
    return asyncio.run(store.read(work))


def _page(store: Store, cursor: int, now: datetime, limit: int = 100) -> changes.Page:
    return _look(store, lambda db: changes.page(db, EVENT, cursor, limit, now, KEYS.marks))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_cursor_waits_for_an_import_that_takes_minutes(empty_store: Store, database_url: str) -> None:
    begun = datetime.now(UTC)
    later = begun + MINUTE  # by then what another transaction tells meanwhile is old
    other = open_store(database_url)
    with other.transaction() as db:
        changes.tell(db, EVENT, Changed.TICKET, ["slow"], begun)
        _tell(empty_store, "quick", begun)
        found = _page(empty_store, 0, later)
        from_snapshot = _look(empty_store, lambda db: changes.cursor_now(db, EVENT, later))
    other.close()
    assert (found.cursor, from_snapshot) == (changes.Cursor(0, more=False), 0)
    assert _page(empty_store, 0, later).cursor.no > 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_full_page_does_not_step_over_what_may_still_come(empty_store: Store) -> None:
    now = datetime.now(UTC)
    for name in ("a", "b", "c"):
        _tell(empty_store, name, now)
    assert _page(empty_store, 0, now, limit=2).cursor == changes.Cursor(0, more=False)
    first = _page(empty_store, 0, now + MINUTE, limit=2).cursor
    assert first.more
    assert not _page(empty_store, first.no, now + MINUTE, limit=2).cursor.more


def test_page_by_page_everything_is_told_once(empty_store: Store) -> None:
    now = datetime.now(UTC)
    names = [f"t-{number}" for number in range(5)]
    sell(empty_store, *names, now=now)
    told, cursor = 0, changes.Cursor(0, more=True)
    while cursor.more:
        page = _page(empty_store, cursor.no, now + MINUTE, limit=2)
        told, cursor = told + len(page.records), page.cursor
    # The product, and once more with each page that has tickets of it: a record stands for itself.
    assert told >= len(names)
    assert _page(empty_store, cursor.no, now + MINUTE).records == ()
    assert _look(empty_store, lambda db: snapshots.changed_since(db, EVENT, cursor.no, now + MINUTE)).tickets == ()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_clock_that_was_set_back_holds_nothing_up(empty_store: Store) -> None:
    now = datetime.now(UTC)
    _tell(empty_store, "t", now)
    assert _page(empty_store, 0, now - MINUTE).cursor.no > 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_line_that_came_in_during_an_import_is_settled_behind_it(empty_store: Store, database_url: str) -> None:
    a = Device("a")
    a.write("t", "s-1")
    other = open_store(database_url)
    with other.transaction() as db:
        selling.add_tickets(db, [SoldTicket(EVENT, "t", "ve", 1, NOW - MINUTE, NOW + MINUTE)], NOW)
        assert upload(empty_store, a) == [("kept", None, "unknown_ticket")]
    other.close()
    do(empty_store, lambda db: selling.settle_sold(db, EVENT, NOW))
    assert (uses(empty_store, "t"), conflicts(empty_store)) == (1, [])
