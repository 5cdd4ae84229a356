"""Transactions that meet, on a real server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from backend.engine.errors import BusyError, FullError
from backend.engine.opening import open_store
from backend.engine.sql import insert
from backend.engine.store import Store
from backend.insured.tables import PLAN


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[Store, Store]]:
    """As two workers, or two servers, have the database open."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(closing(open_store(postgres_url))) for _ in range(2))
        with first.transaction() as db:
            db.execute(insert(PLAN), [{"plan": name, "benefit": "0"} for name in ("a", "b")])
        yield first, second


def _both(two: tuple[Store, Store], works: list[Callable[[sa.Connection], Any]]) -> list[Any]:
    async def ask() -> list[Any]:
        return list(await asyncio.gather(*(store.write(work) for store, work in zip(two, works, strict=True))))

    return asyncio.run(ask())


def _benefits(store: Store) -> dict[str, str]:
    with store.transaction() as db:
        return {row.plan: row.benefit for row in db.execute(sa.select(PLAN))}


class _Meeting:
    """Lets the first tries of both works meet, and no later ones."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2, timeout=20)
        self.tries = 0
        self._seen: set[str] = set()

    def __call__(self, name: str) -> None:
        self.tries += 1
        if name not in self._seen:
            self._seen.add(name)
            self._barrier.wait()


def _count(db: sa.Connection, plan: str) -> None:
    row = sa.select(PLAN.c.benefit).where(PLAN.c.plan == plan)
    raised = str(int(db.execute(row).scalar_one()) + 1)
    db.execute(sa.update(PLAN).where(PLAN.c.plan == plan).values(benefit=raised))


def test_works_that_wait_for_each_other_in_a_ring_are_both_done(two: tuple[Store, Store]) -> None:
    meet = _Meeting()

    def lock(first: str, second: str) -> Callable[[sa.Connection], None]:
        def work(db: sa.Connection) -> None:
            _count(db, first)
            meet(first)
            _count(db, second)

        return work

    _both(two, [lock("a", "b"), lock("b", "a")])
    assert _benefits(two[0]) == {"a": "2", "b": "2"}
    assert meet.tries > 2


def test_a_serialization_failure_is_done_again(two: tuple[Store, Store]) -> None:
    meet = _Meeting()

    def count(name: str) -> Callable[[sa.Connection], None]:
        def work(db: sa.Connection) -> None:
            db.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            db.execute(sa.select(PLAN)).all()
            meet(name)
            _count(db, "a")

        return work

    _both(two, [count("first"), count("second")])
    assert (_benefits(two[0])["a"], meet.tries) == ("2", 3)


def test_who_was_second_to_insert_a_key_finds_what_the_first_left(two: tuple[Store, Store]) -> None:
    meet = _Meeting()

    def first_or_stored(name: str) -> Callable[[sa.Connection], str]:
        def work(db: sa.Connection) -> str:
            found = db.execute(sa.select(PLAN.c.benefit).where(PLAN.c.plan == "new")).scalar_one_or_none()
            meet(name)
            if found is None:
                db.execute(insert(PLAN), {"plan": "new", "benefit": name})
            return found or name

        return work

    told = _both(two, [first_or_stored("one"), first_or_stored("two")])
    assert told == [_benefits(two[0])["new"]] * 2


def test_a_key_that_is_the_works_own_mistake_is_told(two: tuple[Store, Store]) -> None:
    tries = []

    def twice(db: sa.Connection) -> None:
        tries.append(1)
        db.execute(insert(PLAN), {"plan": "a", "benefit": "003090123450"})

    async def ask() -> None:
        await two[0].write(twice)

    with pytest.raises(sa.exc.IntegrityError) as raised:
        asyncio.run(ask())
    assert len(tries) == 2
    assert "DETAIL" not in str(raised.value)


def test_a_server_that_went_away_is_busy_and_comes_back(two: tuple[Store, Store], postgres_url: str) -> None:
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tram'"

    def cut(db: sa.Connection) -> None:
        with psycopg.connect(postgres_url) as other:
            other.execute(ending)
        _count(db, "a")

    async def ask() -> None:
        with pytest.raises(BusyError):
            await two[0].write(cut)
        await two[0].write(lambda db: _count(db, "b"))

    asyncio.run(ask())
    assert _benefits(two[0]) == {"a": "0", "b": "1"}


def test_a_server_without_space_is_told_as_such(two: tuple[Store, Store]) -> None:
    def too_much(db: sa.Connection) -> None:
        db.exec_driver_sql("SET LOCAL temp_file_limit = '64kB'; SET LOCAL work_mem = '64kB'")
        db.exec_driver_sql("SELECT count(*) FROM (SELECT g FROM generate_series(1, 300000) g ORDER BY -g) t").all()

    async def ask() -> None:
        with pytest.raises(FullError):
            await two[0].write(too_much)

    asyncio.run(ask())
    assert _benefits(two[0]) == {"a": "0", "b": "0"}


def test_text_of_any_language_comes_back_as_it_was(two: tuple[Store, Store]) -> None:
    with two[0].transaction() as db:
        db.execute(sa.update(PLAN).values(benefit="Đặng Thị Nhấc 100 %"))
    assert set(_benefits(two[1]).values()) == {"Đặng Thị Nhấc 100 %"}
