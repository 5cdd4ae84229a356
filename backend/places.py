"""Where the server keeps its files when nobody says otherwise."""

from __future__ import annotations

from pathlib import Path


def default_url() -> str:
    """The database URL in the user's own data folder."""
    import platformdirs

    return f"sqlite:///{platformdirs.user_data_path('tram-backend', appauthor=False) / 'backend.sqlite'}"


def beside(url: str, name: str) -> Path:
    """A file in the database's folder, so that the server and the issuing tool find the same one; for a database on a
    server, in the user's own data folder. Raises UrlError."""
    from backend.engine.urls import database_file

    file = database_file(url) or database_file(default_url())
    if file is None:
        raise RuntimeError("the default database is a file")
    return file.absolute().parent / name
