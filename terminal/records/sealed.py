"""The encrypted SQLite file: what a terminal keeps in order to decide by itself (SQLite3 Multiple Ciphers, ChaCha20).

Each page is encrypted and authenticated under a key of its own file (utelle.github.io/SQLite3MultipleCiphers,
"sqleet: ChaCha20"), so that a changed or foreign file is noticed. Whoever has both files can read them: the cipher is
for copies, backups and disks that leave the house without the key.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import apsw

from terminal.faults import FaultError
from terminal.records.key_file import ExposedError, read_or_make

APPLICATION_ID = 0x5452414F
"""``TRAO``: tells our file from any other (sqlite.org/pragma.html#pragma_application_id)."""

_VERSION = 1
_BUSY_MS = 1000
_SIZE = 32

_UNAVAILABLE = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.CantOpenError,
    apsw.ConnectionClosedError,
    apsw.FullError,
    apsw.IOError,
    apsw.NoMemError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """32 random bytes."""

    key: bytes = field(repr=False)


def sealed_key(path: Path, random: Callable[[int], bytes] = secrets.token_bytes) -> SealedKey:
    """The key in ``path`` (32 bytes, readable by its owner alone), made on first use.

    Raises FaultError ``offline.write`` when it cannot be read or made, ``offline.damaged`` when it is not a key,
    ``secrets.exposed`` when other users may read it.
    """
    try:
        key = read_or_make(path, lambda: random(_SIZE), _SIZE)
    except OSError as error:
        raise FaultError("offline.write", f"key: {type(error).__name__}") from error
    except ExposedError as error:
        raise FaultError("secrets.exposed", "key of the offline store") from error
    if len(key) != _SIZE:
        raise FaultError("offline.damaged", "key: not 32 bytes")
    return SealedKey(key)


class Sealed:
    """An open store. Any thread may use it; one at a time does. Nothing but FaultError comes out of its blocks,
    whatever SQLite says (``offline.write``, ``offline.damaged``), besides what the block itself raises."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._afterwards: list[Callable[[], None]] = []

    @contextlib.contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Within: the connection, for queries. Fetch within the block."""
        with self._lock, faults():
            yield self._connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """Within: one transaction, on the disk when the block has ended, undone when anything is raised in it.
        A block within a block belongs to the outer one's transaction."""
        with self._lock, faults():
            if self._within():
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._afterwards.clear()
                raise
            finally:
                # A full disk can make COMMIT itself fail and leave the transaction open.
                if self._within():
                    self._connection.execute("ROLLBACK")
            while self._afterwards:
                self._afterwards.pop(0)()

    def after_commit(self, work: Callable[[], None]) -> None:
        """Within ``writing``: do ``work``, which must not raise, once the transaction is on the disk; never when it is
        undone."""
        self._afterwards.append(work)

    def _within(self) -> bool:
        return self._connection.in_transaction

    def check(self) -> None:
        """Nothing, when every page is as it was written; raises ``offline.damaged``. Reads the whole file."""
        with self.reading() as db:
            if db.pragma("integrity_check") != "ok":
                raise FaultError("offline.damaged", "a page of the store was changed")

    def close(self) -> None:
        """Release the file."""
        with self._lock, faults():
            self._connection.close()

    def __enter__(self) -> Sealed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_sealed(path: Path, key: SealedKey) -> Sealed:
    """The store in ``path``, made when absent; its tables belong to whoever keeps something in it. A commit is on the
    disk when it returns (WAL, synchronous=FULL).

    Raises FaultError ``offline.write`` (no place, no right, locked) or ``offline.damaged`` (not our file, another key).
    """
    with faults():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path, key)
        connection = _connect(path, key)
        try:
            _check(connection)
        except BaseException:
            connection.close()
            raise
        return Sealed(path, connection)


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Within: what the file system and SQLite raise comes out as ``offline.write`` or ``offline.damaged``; of the words
    that they use only the kind of the error is kept."""
    try:
        yield
    except (OSError, *_UNAVAILABLE) as error:
        raise FaultError("offline.write", type(error).__name__) from error
    except apsw.Error as error:
        # What is left: a page that was changed, another key, not a database, a constraint, a table that is missing.
        raise FaultError("offline.damaged", type(error).__name__) from error


def _make(path: Path, key: SealedKey) -> None:
    """A new store that appears whole: two programs that start at once end up with the same one."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600; side files follow it
    os.close(handle)
    try:
        connection = _connect(Path(draft), key)
        try:
            connection.pragma("journal_mode", "WAL")
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", _VERSION)
        finally:
            connection.close()
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def _connect(path: Path, key: SealedKey) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(_BUSY_MS)
        connection.pragma("cipher", "chacha20")
        # "raw:" spares the derivation from a passphrase: there is none.
        connection.pragma("hexkey", (b"raw:" + key.key).hex())
        connection.pragma("synchronous", "FULL")
        # What does not fit into memory while sorting must not reach the disk in the clear.
        connection.pragma("temp_store", "MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: apsw.Connection) -> None:
    if (connection.pragma("application_id"), connection.pragma("user_version")) != (APPLICATION_ID, _VERSION):
        raise FaultError("offline.damaged", "not a store of this version")
    if connection.pragma("journal_mode") != "wal":
        raise FaultError("offline.write", "the store cannot keep a write-ahead log here")
