"""What both engines promise of work."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from backend.engine.errors import BusyError, FullError, TryAgainError
from backend.engine.lane import Job, Lane
from backend.engine.opening import open_store
from backend.engine.prepared import Prepared
from backend.engine.sql import insert
from backend.engine.store import Store
from backend.insured.tables import PLAN

_ADD = insert(PLAN)
_NAMES = sa.select(PLAN.c.plan).order_by(PLAN.c.plan)


def _add(name: str, benefit: str = "x") -> Callable[[sa.Connection], str]:
    def work(db: sa.Connection) -> str:
        db.execute(_ADD, {"plan": name, "benefit": benefit})
        return name

    return work


def _names(store: Store) -> list[str]:
    with store.transaction() as db:
        return sorted(db.execute(_NAMES).scalars())


async def _all(store: Store, works: list[Callable[[sa.Connection], Any]]) -> list[Any]:
    return await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)


def test_work_that_fails_undoes_itself_and_nobody_else(empty_store: Store) -> None:
    def failing(db: sa.Connection) -> None:
        _add("lost")(db)
        raise ZeroDivisionError

    names = [f"p{number:02}" for number in range(20)]
    works: list[Callable[[sa.Connection], Any]] = [_add(name) for name in names]
    works.insert(7, failing)
    told = asyncio.run(_all(empty_store, works))
    assert isinstance(told.pop(7), ZeroDivisionError)
    assert (told, _names(empty_store)) == (names, names)


def test_what_came_while_one_was_written_is_written_together(empty_store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()
    transactions: list[Any] = []

    def first(_db: sa.Connection) -> None:
        began.set()
        assert go_on.wait(20)

    def note(db: sa.Connection) -> None:
        transactions.append(db.get_transaction())

    async def ask() -> None:
        slow = asyncio.ensure_future(empty_store.write(first))
        await asyncio.to_thread(began.wait, 20)
        others = [asyncio.ensure_future(empty_store.write(note)) for _ in range(10)]
        await asyncio.sleep(0)  # let them ask
        go_on.set()
        await asyncio.gather(slow, *others)

    asyncio.run(ask())
    assert (len(transactions), len({id(each) for each in transactions})) == (10, 1)


def test_an_answer_comes_when_everybody_can_see_what_it_says(empty_store: Store, database_url: str) -> None:
    other = open_store(database_url)

    async def ask() -> list[str]:
        await empty_store.write(_add("kept"))
        return list(await other.read(lambda db: db.execute(_NAMES).scalars().all()))

    assert asyncio.run(ask()) == ["kept"]
    other.close()


def test_a_picture_does_not_move_and_waits_for_no_writer(empty_store: Store) -> None:
    def look_twice(db: sa.Connection) -> tuple[int, int]:
        before = len(db.execute(_NAMES).all())
        with empty_store.transaction() as writer:
            _add("new")(writer)
        return before, len(db.execute(_NAMES).all())

    async def ask() -> tuple[int, int]:
        return await empty_store.read(look_twice)

    assert asyncio.run(ask()) == (0, 0)
    assert _names(empty_store) == ["new"]


def test_what_is_read_is_not_changed(empty_store: Store) -> None:
    async def ask() -> None:
        await empty_store.read(_add("never"))

    with pytest.raises(Exception, match="read"):  # each engine has an error of its own
        asyncio.run(ask())
    assert _names(empty_store) == []


def test_work_that_never_finds_firm_ground_is_busy(empty_store: Store) -> None:
    tries = []

    def moved(db: sa.Connection) -> None:
        tries.append(_add("moved")(db))
        raise TryAgainError

    with pytest.raises(BusyError):
        asyncio.run(_only(empty_store, moved))
    assert _names(empty_store) == []
    assert len(tries) == (1 if "sqlite" in type(empty_store).__module__ else 12)


async def _only(store: Store, work: Callable[[sa.Connection], Any]) -> Any:
    return await store.write(work)


def test_a_store_answers_what_waits_before_it_ends(database_url: str) -> None:
    store = open_store(database_url)

    async def ask() -> list[Any]:
        asked = [asyncio.ensure_future(store.write(_add(f"p{number}"))) for number in range(5)]
        await asyncio.sleep(0)  # let them ask
        await asyncio.to_thread(store.close)
        return list(await asyncio.gather(*asked))

    assert asyncio.run(ask()) == [f"p{number}" for number in range(5)]
    again = open_store(database_url)
    assert len(_names(again)) == 5
    again.close()


def test_what_waited_too_long_is_not_begun_any_more() -> None:
    go_on, done = threading.Event(), []

    def perform(jobs: list[Job]) -> None:
        assert go_on.wait(20)
        done.extend(jobs)

    lane = Lane("t", perform, most=1, wait=0.05)

    async def ask() -> list[Any]:
        first = asyncio.ensure_future(lane.do(len))
        second = asyncio.ensure_future(lane.do(len))
        await asyncio.sleep(0.2)  # longer than the lane's patience
        go_on.set()
        return list(await asyncio.gather(first, second, return_exceptions=True))

    told = asyncio.run(ask())
    lane.close()
    assert (told[0], type(told[1]), len(done)) == (None, BusyError, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_prepared_statements_give_and_take_the_columns_own_types(empty_store: Store, count: int) -> None:
    adding, finding = Prepared(_ADD), Prepared(_NAMES.where(PLAN.c.benefit == sa.bindparam("its")))
    rows = [{"plan": f"p{number}", "benefit": "y"} for number in range(count)]
    with empty_store.transaction() as db:
        adding.run_each(db, rows)
        assert [row.plan for row in finding.rows(db, {"its": "y"})] == [row["plan"] for row in rows]
        assert finding.first(db, {"its": "z"}) is None
        deleting = Prepared(sa.delete(PLAN).where(PLAN.c.plan != sa.bindparam("its")))
        assert deleting.run(db, {"its": "p0"}) == count - 1
        with pytest.raises(KeyError):
            finding.rows(db, {})


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[Store]:
    """A file that may not grow by more than a few pages."""
    store = open_store(f"sqlite:///{tmp_path / 'b.sqlite'}")
    with store.transaction() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    yield store
    store.close()


async def _until_full(store: Store) -> list[str]:
    kept: list[str] = []
    for number in range(1000):
        try:
            kept.append(await store.write(_add(f"p{number:03}", "x" * 500)))
        except FullError:
            break
    return kept


def test_a_full_disk_refuses_loses_nothing_and_heals(cramped: Store, caplog: pytest.LogCaptureFixture) -> None:
    kept = asyncio.run(_until_full(cramped))
    with pytest.raises(FullError):
        asyncio.run(_only(cramped, _add("more", "x" * 5000)))
    assert (_names(cramped), len(kept) < 1000) == (kept, True)
    with cramped.transaction() as db:
        db.exec_driver_sql("PRAGMA max_page_count = 100000")
    assert asyncio.run(_only(cramped, _add("space", "x" * 5000))) == "space"
    assert [(record.levelno, record.name) for record in caplog.records] == [
        (logging.ERROR, "tram.backend"),
        (logging.WARNING, "tram.backend"),
    ]
