"""Which database a URL names. Passwords never stand in a URL: command lines and logs are read by others."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from backend.engine.errors import UrlError

_FORMS = "a database URL has the form sqlite:///FILE or postgresql://USER@HOST/DATABASE"


def parsed(url: str) -> sa.URL:
    """The parts of ``url``. Raises UrlError for any other kind of database and for a password."""
    try:
        found = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise UrlError(_FORMS) from None
    if found.password is not None or "password" in found.query:
        raise UrlError("no password in a database URL: put it into the file that PGPASSFILE names (default ~/.pgpass)")
    if is_postgres(found):
        if not found.database:
            raise UrlError(_FORMS)
        return found.set(drivername="postgresql+psycopg")
    if found.drivername != "sqlite" or not found.database or found.database == ":memory:":
        raise UrlError(_FORMS)
    return found


def is_postgres(url: sa.URL) -> bool:
    """Whether this is a server and not a file."""
    return url.drivername in ("postgresql", "postgresql+psycopg")


def database_file(url: str) -> Path | None:
    """The file of a ``sqlite:///FILE`` URL, None for a server. Raises UrlError."""
    found = parsed(url)
    return None if is_postgres(found) else Path(found.database or "")
