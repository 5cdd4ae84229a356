"""Very many rows, as the driver gives them: no row object, no column type's conversion, in half the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

_AT_ONCE = 10_000


def bare_rows(db: sa.Connection, statement: sa.Select[Any], values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT with values for its bound parameters, read piece by piece.

    A date is what the engine keeps: text on SQLite. What the driver raises comes out as it is.
    """
    compiled = statement.compile(dialect=db.dialect)
    bound = compiled.construct_params(dict(values))
    raw: Any = db.connection.driver_connection
    if compiled.positiontup is not None:
        cursor = raw.cursor()
        cursor.execute(str(compiled), [bound[name] for name in compiled.positiontup])
    else:
        # A named cursor is read from the server in pieces; any other would hold all rows at once.
        cursor = raw.cursor(name="tram_stream")
        cursor.execute(str(compiled), bound)
    try:
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
    finally:
        cursor.close()
