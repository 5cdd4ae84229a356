"""The interface that both engines offer, and the contract of work that is done on them.

Work is a function of one connection. It sees all that was kept before it, is kept whole or not at all, and is answered
only when it is on the disk. It may be done more than once (an engine undoes the first try), so it changes nothing but
the database. On SQLite works take turns. On PostgreSQL several are under way at once, in READ COMMITTED: each
statement sees what is committed when it begins. So work that decides by a row changes or locks that row first
(``with_for_update()``, which SQLite leaves out), reads what depends on it afterwards, and raises TryAgainError where it
finds the ground moved. Text is ordered by bytes on one engine and by language on the other: order that matters is made
in Python or over numbers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar, cast

import sqlalchemy as sa

from backend.engine.lane import Lane

T = TypeVar("T")

WAIT = 5.0
"""Seconds that work may wait for its turn."""


class Answers(Protocol):
    """What the server's endpoints need of a store; see Store."""

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """The result of ``work``, kept."""

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """The result of ``work``, which changes nothing."""


class Store(ABC):
    """The database behind the answers. Any thread and any event loop may use it."""

    _writing: Lane
    _reading: Lane

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """The result of ``work`` once it is on the disk, or what it raised, undone. Raises BusyError, FullError."""
        return cast("T", await self._writing.do(work))

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """The result of ``work`` on one unmoving picture of the data; it waits for no writer. Raises BusyError."""
        return cast("T", await self._reading.do(work))

    @abstractmethod
    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """For commands: all or nothing, and on the disk at the end. Raises BusyError, FullError."""

    @abstractmethod
    def close(self) -> None:
        """Finish what waits and release the database."""

    def _end_lanes(self) -> None:
        self._writing.close()
        self._reading.close()
