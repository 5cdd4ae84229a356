"""The database file: one SQLite file, one writer at a time, every answer on the disk before it is given."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backend.rules import Member, SoldTicket
from backend.schema import METADATA

_WAIT = 5.0


class UrlError(ValueError):
    """The database URL is not ``sqlite:///FILE``."""


class BusyError(Exception):
    """Another writer held the database for too long; nothing was changed."""


def database_file(url: str) -> Path:
    """The file of a ``sqlite:///FILE`` URL. Raises UrlError."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise UrlError("a database URL has the form sqlite:///FILE") from None
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise UrlError("a database URL has the form sqlite:///FILE")
    return Path(parsed.database)


class Store:
    """The database behind the answers. Any thread may use it; transactions take turns, waiting ``wait`` seconds."""

    def __init__(self, url: str, wait: float = _WAIT) -> None:
        path = database_file(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Readable by the owner only; SQLite gives its side files the same rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # One connection: the pool's queue is the turn that writers take, fairer than SQLite's own polling.
        # Parameters stay out of error texts, because they are personal.
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            poolclass=sa.QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=wait,
            hide_parameters=True,
            connect_args={"timeout": wait, "check_same_thread": False},
        )
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        with self.transaction() as db:
            METADATA.create_all(db)

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All or nothing, and on the disk at the end (WAL, synchronous FULL). Raises BusyError."""
        try:
            with self._engine.begin() as db:
                yield db
        except sa.exc.TimeoutError as error:
            raise BusyError from error
        except sa.exc.OperationalError as error:
            if "locked" in str(error.orig):
                raise BusyError from error
            raise


def row_of(item: Member | SoldTicket) -> dict[str, object]:
    """The columns of a record, whose names are those of its fields."""
    return {each.name: getattr(item, each.name) for each in fields(item)}


def new_reference(kind: str) -> str:
    """A fresh number for an answer: ``kind``, a hyphen and 16 letters and figures."""
    return f"{kind}-{base64.b32encode(secrets.token_bytes(10)).decode('ascii')}"


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions by itself; _begin does
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(db: sa.Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE")
