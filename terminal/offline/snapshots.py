"""The event's tickets as the server told them, in an encrypted file of their own: a snapshot, and what changed since.

They are replaced in one transaction, so that a terminal killed at any moment has the old ones or the new ones; who asks
meanwhile gets the old ones. The file is not the outbox's, whose lines must not wait for a million tickets.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import apsw

from crypto.errors import MalformedError, ProofError
from crypto.tickets.record import (
    EXTRA,
    FIXED,
    MARK,
    PAIR,
    HolderRecord,
    Kind,
    TicketRecord,
    decode_change,
    from_json,
    kind_from,
    kind_row,
    product_from,
    product_row,
    state_of,
    to_json,
)
from crypto.tickets.rules import Product, TicketState
from crypto.tickets.snapshot import Snapshot, prove
from terminal.faults import FaultError
from terminal.records.sealed import SealedKey, open_sealed
from terminal.syncing import Changes

BLOCK = 128
"""Records a row: they fill one page of 4096 bytes, less what the cipher keeps of it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    made INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    count INTEGER NOT NULL,
    products BLOB NOT NULL,
    kinds BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS block (no INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fence (first BLOB PRIMARY KEY, no INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS extra (mark BLOB PRIMARY KEY, raw BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changed (mark BLOB PRIMARY KEY, raw BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holder (holder BLOB, mark BLOB, PRIMARY KEY (holder, mark)) STRICT, WITHOUT ROWID;
"""
_CLEAR = "DELETE FROM block; DELETE FROM fence; DELETE FROM extra; DELETE FROM changed; DELETE FROM holder"

# ``made`` counts the times that products and kinds became others. ``settled`` is the last cursor with which a server
# said that nothing more was to come: it never goes back, while a cursor in between may (docs/protocol.md).
_FIND = """
SELECT made,
    (SELECT raw FROM changed WHERE mark = ?1),
    (SELECT rows FROM block WHERE no = (SELECT no FROM fence WHERE first <= ?1 ORDER BY first DESC LIMIT 1)),
    (SELECT raw FROM extra WHERE mark = ?1)
FROM told
"""


@dataclass(frozen=True, slots=True)
class Told:
    """How far the server has told: up to ``cursor``; as everything was at ``as_of``, by the server's clock."""

    cursor: int
    as_of: datetime
    tickets: int


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket as the server last told it."""

    product: Product
    state: TicketState


@dataclass(frozen=True, slots=True)
class _Tables:
    made: int
    products: MappingProxyType[str, Product]
    kinds: tuple[Kind, ...]


class TicketData:
    """The tickets of ``event``. Any thread may ask, one may write. Every method raises FaultError ``offline.write`` or
    ``offline.damaged``, and nothing else unless it says so."""

    def __init__(self, path: Path, key: SealedKey, event: str, server_key: bytes) -> None:
        self.event = event
        self._server_key = server_key
        self._tables = _Tables(0, MappingProxyType({}), ())
        self._reader = open_sealed(path, key)
        try:
            self._writer = open_sealed(path, key)
        except FaultError:
            self._reader.close()
            raise
        try:
            with self._writer.writing() as db:
                db.execute(_SCHEMA)
        except FaultError:
            self.close()
            raise

    def told(self) -> Told | None:
        """How far; None before the first snapshot."""
        with self._reader.reading() as db:
            row = db.execute("SELECT cursor, as_of, count FROM told").fetchone()
        return None if row is None else Told(row[0], _moment(row[1]), row[2])

    def product(self, name: str) -> Product | None:
        """A product of the event; None for one of which the server did not tell."""
        with self._reader.reading() as db, db:
            made = db.execute("SELECT made FROM told").get
            products = {} if made is None else self._of(db, made).products
        return products.get(name)

    def find(self, mark: bytes) -> KnownTicket | None:
        """The ticket of that mark; None when the server told of no such."""
        with self._reader.reading() as db, db:
            made, changed, rows, more = db.execute(_FIND, (mark,)).fetchone() or (0, None, None, None)
            tables = self._of(db, made) if made else self._tables
        with _proofs("offline.damaged"):
            if changed is not None:
                return _changed(changed, self.event, tables)
            raw = None if rows is None else _in_block(rows, mark)
            return None if raw is None else _listed(raw, more, tables)

    def of_holder(self, holder: bytes) -> tuple[bytes, ...]:
        """The marks of the tickets that are bound to a card."""
        with self._reader.reading() as db:
            return tuple(mark for (mark,) in db.execute("SELECT mark FROM holder WHERE holder = ?", (holder,)))

    def take(self, file: Path) -> Told:
        """Make the snapshot in ``file`` the tickets from now on, all or nothing.

        Raises ``offline.snapshot`` for one that was tampered with, is another event's or server's, or is older than
        what is known already; ``file.unusable`` when it cannot be read.
        """
        try:
            with file.open("rb") as stream, _proofs("offline.snapshot"):
                snapshot = prove(stream, self.event, self._server_key)
                with self._writer.writing() as db:
                    _store(db, snapshot, stream)
        except OSError as error:
            raise FaultError("file.unusable", f"snapshot: {type(error).__name__}") from error
        with self._writer.reading() as db:
            # The write-ahead log holds as much again; a reader in between only puts that off.
            db.pragma("wal_checkpoint", "TRUNCATE")
        return Told(snapshot.head.cursor, snapshot.head.created_at, snapshot.tickets)

    def apply(self, changes: Changes, as_of: datetime) -> None:
        """Take over what changed since the cursor, all or nothing. ``as_of``: when it was asked for, by the server's
        clock; it counts once nothing more is to come. Raises ``offline.snapshot`` for records that are none."""
        with _proofs("offline.snapshot"):
            records = [(raw, decode_change(raw, self.event)) for raw in changes.records]
            with self._writer.writing() as db:
                row = db.execute("SELECT settled, as_of, products, made FROM told").fetchone()
                if row is None or changes.cursor < row[0]:
                    raise FaultError("offline.snapshot", "changes of what is not known")
                products = dict(_products(row[2], self.event))
                for raw, change in records:
                    _apply(db, raw, change, products)
                db.execute(
                    "UPDATE told SET cursor = ?, settled = ?, as_of = ?, products = ?, made = ?",
                    (
                        changes.cursor,
                        row[0] if changes.more else changes.cursor,
                        row[1] if changes.more else max(row[1], _micros(as_of)),
                        to_json([product_row(product) for product in products.values()]),
                        row[3] + any(isinstance(change, Product) for _, change in records),
                    ),
                )

    def close(self) -> None:
        """Release the file."""
        self._writer.close()
        self._reader.close()

    def _of(self, db: apsw.Connection, made: int) -> _Tables:
        """Products and kinds of that making, within the transaction that found it."""
        if self._tables.made != made:
            products, kinds = db.execute("SELECT products, kinds FROM told").get
            with _proofs("offline.damaged"):
                self._tables = _Tables(made, _products(products, self.event), _kinds(kinds))
        return self._tables


@contextlib.contextmanager
def _proofs(code: str) -> Iterator[None]:
    """Within: what does not prove or read comes out as a FaultError."""
    try:
        yield
    except ProofError as error:
        raise FaultError(code, str(error)) from error


def _changed(raw: bytes, event: str, tables: _Tables) -> KnownTicket:
    change = decode_change(raw, event)
    if not isinstance(change, TicketRecord) or change.product not in tables.products:
        raise MalformedError("changed: a ticket of a product")
    return KnownTicket(tables.products[change.product], change.state)


def _listed(raw: bytes, more: bytes | None, tables: _Tables) -> KnownTicket:
    number = FIXED.unpack(raw)[3]
    if number >= len(tables.kinds):
        raise MalformedError("a ticket of no kind")
    kind = tables.kinds[number]
    return KnownTicket(tables.products[kind.product], state_of(raw, kind, more))


def _store(db: apsw.Connection, snapshot: Snapshot, file: BinaryIO) -> None:
    known = db.execute("SELECT made, settled FROM told").fetchone() or (0, 0)
    if snapshot.head.cursor < known[1]:
        raise FaultError("offline.snapshot", "older than what is known")
    db.execute(_CLEAR)
    for no, rows in enumerate(snapshot.ticket_blocks(file, BLOCK)):
        db.execute("INSERT INTO block VALUES (?, ?)", (no, rows))
        db.execute("INSERT INTO fence VALUES (?, ?)", (rows[:MARK], no))
    for rows in snapshot.extra_blocks(file):
        db.executemany("INSERT INTO extra VALUES (?, ?)", ((raw[:MARK], raw) for raw in _cut(rows, EXTRA.size)))
    for rows in snapshot.holder_blocks(file):
        db.executemany("INSERT INTO holder VALUES (?, ?)", ((raw[:MARK], raw[MARK:]) for raw in _cut(rows, PAIR.size)))
    head = snapshot.head
    products = to_json([product_row(product) for product in snapshot.products.values()])
    kinds = to_json([kind_row(kind) for kind in snapshot.kinds])
    db.execute(
        "INSERT OR REPLACE INTO told VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
        (known[0] + 1, head.cursor, head.cursor, _micros(head.created_at), snapshot.tickets, products, kinds),
    )


def _apply(
    db: apsw.Connection, raw: bytes, change: Product | TicketRecord | HolderRecord, products: dict[str, Product]
) -> None:
    if isinstance(change, Product):
        products[change.product] = change
    elif isinstance(change, TicketRecord):
        if change.product not in products:
            raise MalformedError("change: a ticket of no product")
        db.execute("INSERT OR REPLACE INTO changed VALUES (?, ?)", (change.mark, raw))
    elif change.bound:
        db.execute("INSERT OR IGNORE INTO holder VALUES (?, ?)", (change.holder, change.mark))
    else:
        db.execute("DELETE FROM holder WHERE holder = ? AND mark = ?", (change.holder, change.mark))


def _products(raw: bytes, event: str) -> MappingProxyType[str, Product]:
    rows = from_json(raw)
    if not isinstance(rows, list):
        raise MalformedError("products: a list")
    found: Sequence[Product] = [product_from(row, event) for row in rows]
    return MappingProxyType({product.product: product for product in found})


def _kinds(raw: bytes) -> tuple[Kind, ...]:
    rows = from_json(raw)
    if not isinstance(rows, list):
        raise MalformedError("kinds: a list")
    return tuple(kind_from(row) for row in rows)


def _in_block(rows: bytes, mark: bytes) -> bytes | None:
    """The record of that mark among the sorted records of a block."""
    count = len(rows) // FIXED.size
    at = bisect_left(range(count), mark, key=lambda no: rows[no * FIXED.size : no * FIXED.size + MARK])
    raw = rows[at * FIXED.size : (at + 1) * FIXED.size]
    return raw if raw[:MARK] == mark else None


def _cut(rows: bytes, size: int) -> Iterator[bytes]:
    return (rows[at : at + size] for at in range(0, len(rows), size))


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
