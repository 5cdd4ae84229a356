"""From a database URL to its store."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from backend.engine.errors import BusyError
from backend.engine.store import WAIT, Store
from backend.engine.upgrading import bring_up_to_date
from backend.engine.urls import is_postgres, parsed

_TRIES = 3


def open_store(url: str, wait: float = WAIT) -> Store:
    """The store of ``url``, its tables of today. Raises UrlError, BusyError, NewerDatabaseError, SQLAlchemyError."""
    found = parsed(url)
    store: Store
    if is_postgres(found):
        from backend.engine.postgres import PostgresStore

        store = PostgresStore(found, wait)
    else:
        from backend.engine.sqlite import SqliteStore

        store = SqliteStore(Path(found.database or ""), wait)
    try:
        _upgrade(store)
    except BaseException:
        store.close()
        raise
    return store


def _upgrade(store: Store) -> None:
    # Where another process upgrades the same server, ours fails as soon as the other is done: then nothing is left.
    for left in reversed(range(_TRIES)):
        try:
            with store.transaction() as db:
                bring_up_to_date(db)
        except (BusyError, sa.exc.DBAPIError):
            if not left:
                raise
        else:
            return
