"""One SQLite file: write-ahead log, one writer thread, many answers in one commit, on the disk before they are told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backend.engine.errors import BusyError, FullError, TryAgainError
from backend.engine.lane import Job, Lane
from backend.engine.shortage import Shortage
from backend.engine.store import WAIT, Store

_MOST = 256
_READERS = 2

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_SPACE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_OWN_FAULT = frozenset({sqlite3.SQLITE_OK, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH})
"""What concerns one job only; everything else (a full disk, a damaged file) concerns the transaction it is in."""


class SqliteStore(Store):
    """See Store. Transactions take turns, waiting ``wait`` seconds, also with other processes."""

    def __init__(self, file: Path, wait: float = WAIT) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Readable by the owner only; SQLite gives its side files the same rights.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        # One connection: the pool's queue is the turn that writers take, fairer than SQLite's own polling.
        self._writer = _engine(file, wait, connections=1)
        sa.event.listen(self._writer, "begin", _begin_writing)
        self._reader = _engine(file, wait, connections=_READERS)
        sa.event.listen(self._reader, "begin", _begin_reading)
        sa.event.listen(self._reader, "connect", _never_write)
        self._shortage = Shortage()
        self._writing = Lane("db-write", self._write, most=_MOST, wait=wait)
        self._reading = Lane("db-read", self._read, most=1, wait=wait, threads=_READERS)

    def close(self) -> None:
        """Finish what waits and release the file."""
        self._end_lanes()
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All or nothing, and on the disk at the end (WAL, synchronous FULL). Raises BusyError, FullError."""
        with _told(), self._writer.begin() as db:
            yield db

    def _write(self, jobs: list[Job]) -> None:
        try:
            with self.transaction() as db:
                for job in jobs:
                    _in_savepoint(db, job)
        except Exception as error:  # noqa: BLE001 - every asker is told, and the thread goes on
            self._shortage.note(full=isinstance(error, FullError))
            for job in jobs:
                job.error = error
        else:
            self._shortage.note(full=False)

    def _read(self, jobs: list[Job]) -> None:
        for job in jobs:
            try:
                with _told(), self._reader.begin() as db:
                    job.value = job.work(db)
            except Exception as error:  # noqa: BLE001 - the asker is told, and the thread goes on
                job.error = error


def _in_savepoint(db: sa.Connection, job: Job) -> None:
    """The job's result, or its error with all that it did undone. Raises what concerns the whole transaction."""
    raw: Any = db.connection.driver_connection
    raw.execute("SAVEPOINT job")
    try:
        job.value = job.work(db)
    except Exception as error:
        if _code(error) not in _OWN_FAULT:
            raise
        # Here nothing moves while work is done, so that doing it again would end the same.
        job.error = BusyError() if isinstance(error, TryAgainError) else error
        raw.execute("ROLLBACK TO job")
    raw.execute("RELEASE job")


@contextmanager
def _told() -> Iterator[None]:
    """SQLite's own failures as ours."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise BusyError from error
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
        code = _code(error)
        if code in _BUSY:
            raise BusyError from error
        if code in _NO_SPACE:
            raise FullError from error
        raise


def _code(error: Exception) -> int:
    """SQLite's primary result code, SQLITE_OK for what is no error of SQLite."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return int(getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_OK)) & 0xFF


def _engine(file: Path, wait: float, connections: int) -> sa.Engine:
    # Parameters stay out of error texts, because they are personal.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)),
        poolclass=sa.QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=wait,
        hide_parameters=True,
        connect_args={"timeout": wait, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions by itself; "begin" does
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _never_write(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def _begin_writing(db: sa.Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(db: sa.Connection) -> None:
    db.exec_driver_sql("BEGIN")
