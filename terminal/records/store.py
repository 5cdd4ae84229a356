"""The journal's SQLite file: opened durable, append-only, owned by one user; every trouble becomes a FaultError."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from terminal.faults import FaultError

APPLICATION_ID = 0x5452414D
"""``TRAM``: tells our file from any other SQLite file (sqlite.org/pragma.html#pragma_application_id)."""

_VERSION = 1
_BUSY_SECONDS = 1.0

# AUTOINCREMENT remembers the highest number ever given, so that entries cut off at the end are missed.
# The insert guard stops INSERT OR REPLACE, which deletes without asking the delete guard.
_SCHEMA = """
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    entry TEXT NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
PRAGMA application_id = 0x5452414D;
PRAGMA user_version = 1;
COMMIT;
"""

_OBJECTS = {"journal", "journal_no_update", "journal_no_delete", "journal_in_order"}


def open_store(path: Path) -> sqlite3.Connection:
    """The journal's file, made when absent. A commit is on the disk when it returns (WAL, synchronous=FULL).

    Raises FaultError ``journal.write`` (no place, no right, locked) or ``journal.damaged`` (not our file).
    """
    with faults():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        connection = _connect(path)
        try:
            _check(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Within: what the file system and SQLite raise comes out as ``journal.write`` or ``journal.damaged``."""
    try:
        yield
    except (OSError, sqlite3.OperationalError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
        raise FaultError("journal.write", _cause(error)) from error
    except sqlite3.Error as error:
        # What is left of SQLite's errors: corrupt page, not a database, a trigger or constraint that refused.
        raise FaultError("journal.damaged", _cause(error)) from error


def _cause(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, OSError) else str(error)


def _make(path: Path) -> None:
    """A new journal that appears whole: two programs that start at once end up with the same one."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600; side files follow it
    os.close(handle)
    try:
        connection = _connect(Path(draft))
        try:
            connection.executescript(_SCHEMA)
        finally:
            connection.close()
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # Our entries are ASCII; text that is not even UTF-8 must come out as something that breaks the chain.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    identity = (_pragma(connection, "application_id"), _pragma(connection, "user_version"))
    if identity != (APPLICATION_ID, _VERSION):
        raise FaultError("journal.damaged", "not a journal of this version")
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if _OBJECTS - found:
        raise FaultError("journal.damaged", "the journal's table or guards are missing")
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        raise FaultError("journal.write", "the journal's file cannot keep a write-ahead log here")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
