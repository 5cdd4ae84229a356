"""A gate that decides by itself, for tests: stores, snapshot and clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.codes.ticket import TicketKey
from crypto.id_number import IdNumber
from crypto.tickets.body import LineBody
from crypto.tickets.record import HolderRecord, Marks, TicketRecord, encode_change, row_of
from crypto.tickets.rules import Product, TicketState
from crypto.tickets.snapshot import Head, write
from terminal.model import Direction, RedeemAnswer
from terminal.offline.assembly import alone
from terminal.offline.budget import Budget
from terminal.offline.snapshots import TicketData
from terminal.ports import AnnulQuestion, RedeemQuestion
from terminal.syncing import Changes, LineAnswer
from tests.unit.terminal.offline.ledger import KEY, Ledger

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SECRET.public_key().public_bytes_raw()
SNAPSHOT_KEY = bytes(range(32))
MARKS = Marks(SNAPSHOT_KEY)
EVENT = "hoi-mau"
BEGIN = datetime(2026, 11, 21, 17, tzinfo=UTC)
MADE = datetime(2026, 11, 22, 8, tzinfo=UTC)
STATE = TicketState(BEGIN, BEGIN + timedelta(days=1))
DAY = Product(EVENT, "ve-ngay", "người lớn")
PASS = Product(EVENT, "the-nam", "người lớn", per_day=1, reentry=True, attention="Xem ảnh")
GROUP = Product(EVENT, "doan", "học sinh", splits=True)
PRODUCTS = {product.product: product for product in (DAY, PASS, GROUP)}
NUMBER = IdNumber("003090123450")


def ticket(number: str, product: Product = DAY, **changed: object) -> TicketRecord:
    return TicketRecord(MARKS.ticket(number), product.product, replace(STATE, **changed))  # type: ignore[arg-type]


def bound(number: str, holder: IdNumber = NUMBER) -> HolderRecord:
    return HolderRecord(MARKS.holder(holder.digits), MARKS.ticket(number))


def snapshot(
    path: Path,
    tickets: Iterable[TicketRecord] = (),
    holders: Iterable[HolderRecord] = (),
    head: Head = Head(EVENT, MADE, 10),  # noqa: B008 - frozen
    key: Ed25519PrivateKey = SECRET,
) -> Path:
    with path.open("wb") as file:
        write(file, head, [replace(p, event=head.event) for p in PRODUCTS.values()], map(row_of, tickets), holders, key)
    return path


def changes(cursor: int, *records: TicketRecord | HolderRecord | Product, more: bool = False) -> Changes:
    known = PRODUCTS | {record.product: record for record in records if isinstance(record, Product)}
    return Changes(cursor, more, tuple(encode_change(record, known) for record in records))


class Gate:
    """Everything behind one gate. The snapshot was made at 8:00; it is 8:16 and 40 seconds."""

    def __init__(self, folder: Path, budget: Budget = Budget(24, 500, 0.8), keys: Sequence[TicketKey] = ()) -> None:  # noqa: B008 - frozen
        self.folder = folder
        self.ledger = Ledger(folder / "offline.sqlite3")
        self.clock, self.times, self.outbox = self.ledger.clock, self.ledger.times, self.ledger.outbox
        self.data = TicketData(folder / "tickets.sqlite3", KEY, EVENT, PUBLIC)
        self.own = alone(self.data, self.outbox, self.times, SNAPSHOT_KEY, budget, keys)
        self.local, self.followed = self.own.tickets, self.own.followed
        self._scans = itertools.count(1)

    def sold(self, *tickets: TicketRecord, holders: Sequence[HolderRecord] = (), cursor: int = 10) -> None:
        """A new snapshot."""
        self.data.take(snapshot(self.folder / "snapshot", tickets, holders, Head(EVENT, MADE, cursor)))

    def question(self, number: str = "T1", **changed: object) -> RedeemQuestion:
        """A scan of its own."""
        asked = RedeemQuestion(f"s-{next(self._scans)}", self.clock.now(), EVENT, number, "cong-1")
        return replace(asked, **changed)  # type: ignore[arg-type]

    def scan(self, number: str = "T1", **changed: object) -> RedeemAnswer:
        """What the terminal alone says."""
        return self.local.redeem(self.question(number, **changed), 2.0)

    def leave(self, number: str = "T1", **changed: object) -> RedeemAnswer:
        """At the exit."""
        return self.scan(number, direction=Direction.EXIT, **changed)

    def annul(self, scan_id: str, number: str = "T1") -> None:
        """Nobody went through."""
        self.local.annul(AnnulQuestion(scan_id, self.clock.now(), EVENT, number, "cong-1"), 2.0)

    def lines(self) -> list[LineBody]:
        """What the ledger says."""
        return [LineBody.from_text(line.body) for line in self.outbox.pending(500)]

    def hand_over(self) -> None:
        """The server takes every line."""
        self.outbox.confirmed([LineAnswer(line.seq, "kept") for line in self.outbox.pending(500)])

    def exchange(self, *records: TicketRecord | HolderRecord | Product, cursor: int = 11) -> None:
        """A turn of the exchange, after which the server's data are these."""
        self.followed.told()
        self.followed.apply(changes(cursor, *records), self.clock.now())

    def close(self) -> None:
        self.data.close()
        self.ledger.close()

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
