"""Threads that do waiting work in batches: whoever comes while one batch is under way is in the next."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from backend.engine.errors import BusyError

Work = Callable[[sa.Connection], Any]
"""What is asked of the database: statements on the given connection, then a result. It may be done more than once."""


class Job:
    """One piece of work and what became of it. Whoever asked waits on the event loop."""

    __slots__ = ("_future", "_loop", "_since", "error", "value", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.value: Any = None
        self.error: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Any] = self._loop.create_future()
        self._since = time.monotonic()

    def older_than(self, seconds: float) -> bool:
        """Whether it was asked longer ago."""
        return time.monotonic() - self._since > seconds

    async def outcome(self) -> Any:
        """The work's result, or what it raised."""
        return await self._future

    @staticmethod
    def tell(jobs: Sequence[Job]) -> None:
        """Wake whoever waits, one call for each event loop."""
        for loop in {job._loop for job in jobs}:
            mine = [job for job in jobs if job._loop is loop]
            # A loop that has ended has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, mine)

    def settle(self) -> None:
        """Give the outcome to whoever still waits; on the event loop."""
        if self._future.done():
            return
        if self.error is None:
            self._future.set_result(self.value)
        else:
            self._future.set_exception(self.error)


def _settle(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.settle()


class Lane:
    """``threads`` threads that hand waiting jobs to ``perform``, at most ``most`` at a time.

    ``perform`` must leave in every job its value or its error. A job that waited longer than ``wait`` seconds is not
    begun any more (BusyError): whoever asked has long given up.
    """

    def __init__(
        self, name: str, perform: Callable[[list[Job]], None], *, most: int, wait: float, threads: int = 1
    ) -> None:
        self._perform, self._most, self._wait = perform, most, wait
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(1, threads + 1)
        ]
        for thread in self._threads:
            thread.start()

    async def do(self, work: Work) -> Any:
        """The result of ``work`` once it is kept, or what it raised."""
        job = Job(work)
        self._waiting.put(job)
        return await job.outcome()

    def close(self) -> None:
        """Finish what waits, then end the threads."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        going_on = True
        while going_on:
            jobs, going_on = self._batch()
            late = [job for job in jobs if job.older_than(self._wait)]
            for job in late:
                job.error = BusyError()
            in_time = [job for job in jobs if job.error is None]
            if in_time:
                self._perform(in_time)
            Job.tell(jobs)

    def _batch(self) -> tuple[list[Job], bool]:
        """All that waits, and whether more may come."""
        jobs: list[Job] = []
        item = self._waiting.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) == self._most:
                return jobs, True
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return jobs, True
        return jobs, False
