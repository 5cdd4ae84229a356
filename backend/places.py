"""Where the server keeps its files when nobody says otherwise."""

from __future__ import annotations

from pathlib import Path


def default_url() -> str:
    """The database URL in the user's own data folder."""
    import platformdirs

    return f"sqlite:///{platformdirs.user_data_path('tram-backend', appauthor=False) / 'backend.sqlite'}"


def beside(database: Path, name: str) -> Path:
    """A file in the database's folder, so that the server and the issuing tool find the same one."""
    return database.absolute().parent / name
