"""A database of an earlier version becomes one of today, in one transaction; one of a later version is left alone."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import sqlalchemy as sa

from backend.engine.errors import NewerDatabaseError

_MIGRATIONS = Path(__file__).parent / "migrations"
_STEP = re.compile(r"(\d{4})_\w+\.py")

_ONE = threading.Lock()
"""Alembic keeps what it is doing in its modules, so one upgrade a process."""

_REVISION = sa.table("alembic_version", sa.column("version_num"))


def revisions() -> tuple[str, ...]:
    """All steps that this version of the program knows, the first one first."""
    names = (_STEP.fullmatch(file.name) for file in (_MIGRATIONS / "versions").iterdir())
    return tuple(sorted(name[1] for name in names if name))


def bring_up_to_date(db: sa.Connection) -> None:
    """Take the steps that are missing, from an empty database too. Raises NewerDatabaseError."""
    known, found = revisions(), revision(db)
    if found == known[-1]:
        return
    if found is not None and found not in known:
        raise NewerDatabaseError(
            f"the database was used by a newer version of tram (revision {found}, this one knows {known[-1]}):"
            " install that version, or name another database with --db"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = db
    with _ONE:
        command.upgrade(config, "head")


def revision(db: sa.Connection) -> str | None:
    """The last step that the database has taken, None where nobody counted yet."""
    if not sa.inspect(db).has_table(_REVISION.name):
        return None
    return db.execute(sa.select(_REVISION.c.version_num)).scalar_one_or_none()
