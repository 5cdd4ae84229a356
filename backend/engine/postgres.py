"""PostgreSQL, and servers that speak its language: several workers, repeated where they met.

A batch is one transaction. Where anything in it fails, all of it is undone and each job gets a transaction of its own,
repeated with a random pause while it meets others: a savepoint for each job would cost two more round trips each.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from backend.engine.errors import BusyError, FullError, TryAgainError
from backend.engine.lane import Job, Lane
from backend.engine.shortage import Shortage
from backend.engine.store import WAIT, Store

_MOST = 32
_READERS = 2
_TRIES = 12
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.1

_MET_OTHERS = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock time-out."""

_KEY_TAKEN = "23505"

_CONNECTION_CLASS = ("08", "57P")
_NO_SPACE_CLASS = "53"
_LOST = (sa.exc.OperationalError, psycopg.OperationalError)

# A batch that waits for a row longer than this goes apart into single jobs, well before the server looks for deadlocks.
_LANE_LOCKS, _COMMAND_LOCKS = "200ms", "60s"


class PostgresStore(Store):
    """See Store. ``pause`` waits so many seconds between two tries."""

    def __init__(self, url: sa.URL, wait: float = WAIT, pause: Callable[[float], None] = time.sleep) -> None:
        # It warns of each pipeline that a refused statement ended; the transaction is tried again, or says why not.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        self._pause = pause
        self._writer = _engine(url, wait, 1, _LANE_LOCKS)
        self._engine = _engine(url, wait, _READERS, _COMMAND_LOCKS)
        self._pictures = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._shortage = Shortage()
        self._writing = Lane("db-write", self._write, most=_MOST, wait=wait)
        self._reading = Lane("db-read", self._read, most=1, wait=wait, threads=_READERS)

    def close(self) -> None:
        """Finish what waits and close the connections."""
        self._end_lanes()
        self._writer.dispose()
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All or nothing, and on the disk at the end. Raises BusyError, also where it met others; FullError."""
        try:
            with _told(), self._engine.begin() as db:
                yield db
        except TryAgainError as error:
            raise BusyError from error

    def _write(self, jobs: list[Job]) -> None:
        if len(jobs) > 1:
            try:
                with _told(), self._writer.begin() as db:
                    for job in jobs:
                        job.value = job.work(db)
            except Exception:  # noqa: BLE001 - told below to whom it concerns
                self._pause(_jittered(_FIRST_PAUSE))
            else:
                self._shortage.note(full=False)
                return
        for job in jobs:
            self._until_alone(job)
        self._shortage.note(full=any(isinstance(job.error, FullError) for job in jobs))

    def _until_alone(self, job: Job) -> None:
        """Do the job until it met nobody, or has been tried too often."""
        pause, seen = _FIRST_PAUSE, False
        for _ in range(_TRIES):
            try:
                with _told(), self._writer.begin() as db:
                    job.value = job.work(db)
            except TryAgainError:
                job.error = BusyError()
            except (sa.exc.IntegrityError, psycopg.IntegrityError) as error:
                # Another transaction was quicker to insert this key: done again, the work finds what the other left.
                # If it does not, the key is the job's own mistake.
                job.error = error
                if seen or _state(error) != _KEY_TAKEN:
                    return
                seen = True
            except Exception as error:  # noqa: BLE001 - the asker is told, and the thread goes on
                job.error = error
                return
            else:
                job.error = None
                return
            self._pause(_jittered(pause))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _read(self, jobs: list[Job]) -> None:
        for job in jobs:
            try:
                with _told(), self._pictures.begin() as db:
                    job.value = job.work(db)
            except TryAgainError:
                job.error = BusyError()
            except Exception as error:  # noqa: BLE001 - the asker is told, and the thread goes on
                job.error = error


def _jittered(pause: float) -> float:
    return random.uniform(pause / 2, pause)  # noqa: S311 - no secret


@contextmanager
def _told() -> Iterator[None]:
    """The server's own failures as ours; TryAgainError where the transaction met another."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise BusyError from error
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        state = _state(error)
        _without_detail(error)
        if state in _MET_OTHERS:
            raise TryAgainError from error
        if state.startswith(_NO_SPACE_CLASS):
            raise FullError from error
        if (not state and isinstance(error, _LOST)) or state.startswith(_CONNECTION_CLASS):
            raise BusyError from error
        raise


def _state(error: sa.exc.DBAPIError | psycopg.Error) -> str:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def _without_detail(raised: sa.exc.DBAPIError | psycopg.Error) -> None:
    """Leave the server's DETAIL out of error texts: it repeats whole rows."""
    for error in (raised, getattr(raised, "orig", None)):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


def _engine(url: sa.URL, wait: float, connections: int, locks: str) -> sa.Engine:
    # Parameters stay out of error texts, because they are personal.
    engine = sa.create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=connections,
        max_overflow=1,
        pool_pre_ping=locks == _COMMAND_LOCKS,  # answers are too many for a question more; theirs is 503 once
        pool_timeout=wait,
        hide_parameters=True,
        connect_args={"application_name": "tram", "connect_timeout": max(2, int(wait))},
    )

    def configure(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{locks}'; SET synchronous_commit = on; SET timezone = 'UTC'")
        connection.commit()

    sa.event.listen(engine, "connect", configure)
    return engine
