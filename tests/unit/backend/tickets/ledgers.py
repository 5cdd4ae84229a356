"""Ledgers of invented devices, and what the server's ledger comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from backend.engine.store import Store
from backend.tickets import journal, selling
from backend.tickets.lines import Writer
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import CONFLICT, COUNTER, LINE, REDEMPTION, TICKET
from crypto.tickets.body import LineBody, LineKind, Mode, Stamp
from crypto.tickets.line import START, Line, seal_of
from crypto.tickets.rules import Product
from tests.unit.backend.calls import NOW

T = TypeVar("T")

EVENT = "hoi"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass
class Device:
    """A terminal that writes its own ledger."""

    name: str
    lines: list[Line] = field(default_factory=list)

    def write(
        self,
        ticket: str | None,
        scan_id: str,
        at: datetime = NOW,
        *,
        kind: LineKind = LineKind.ENTRY,
        gate: str | None = None,
        people: int | None = None,
        skew_ms: int | None = 0,
        error_ms: int | None = 10,
        asker: str | None = None,
    ) -> Line:
        stamp = Stamp(at=at, boot="0123456789abcdef", mono_ms=1, skew_ms=skew_ms, skew_error_ms=error_ms)
        body = LineBody(
            scan_id=scan_id,
            kind=kind,
            event=EVENT,
            ticket=ticket,
            gate=gate or f"gate-{self.name}",
            stamp=stamp,
            people=people,
            mode=Mode.HUB if asker else Mode.OFFLINE,
            asker=asker,
        )
        return self.add(body.to_text(), START if kind is LineKind.ANEW else None)

    def add(self, body: str, prev: bytes | None = None, seq: int | None = None) -> Line:
        seq = seq or (self.lines[-1].seq + 1 if self.lines else 1)
        prev = prev if prev is not None else self.lines[-1].seal if self.lines else START
        self.lines.append(Line(seq, body, prev, seal_of(prev, seq, body)))
        return self.lines[-1]


def do(store: Store, work: Callable[[sa.Connection], T]) -> T:
    """Let the server do something."""
    return asyncio.run(store.write(work))


def sell(store: Store, *tickets: str, product: Product | None = None, now: datetime = NOW, **more: Any) -> None:
    """Put tickets on sale that are valid the day before and after."""
    sold = [SoldTicket(EVENT, name, "ve", 1, NOW - DAY, NOW + DAY) for name in tickets]
    kind = product or Product(EVENT, "ve", "khách")
    rows = [SoldTicket(**{**{each: getattr(t, each) for each in SoldTicket.__slots__}, **more}) for t in sold]

    def work(db: sa.Connection) -> None:
        selling.put_product(db, kind, now)
        selling.add_tickets(db, rows, now)

    do(store, work)


def upload(store: Store, device: Device, lines: Sequence[Line] | None = None, now: datetime = NOW) -> list[Any]:
    """Hand over lines; (result, reason, conflict) of each."""
    sent = device.lines if lines is None else lines
    found = do(store, lambda db: journal.upload(db, Writer(device.name, for_others=True), sent, now))
    return [(answer.result, answer.reason, answer.conflict) for answer in found.answers]


def ledger(store: Store) -> dict[str, list[Any]]:
    """All that must not depend on when the server heard of what."""
    wanted = {
        "tickets": sa.select(
            TICKET.c.ticket, TICKET.c.uses, TICKET.c.day, TICKET.c.day_uses, TICKET.c.inside, TICKET.c.outside
        ),
        "holders": sa.select(
            *(REDEMPTION.c[name] for name in REDEMPTION.c.keys() if name != "reference")  # noqa: SIM118
        ),
        "conflicts": sa.select(CONFLICT),
        "counters": sa.select(COUNTER).where(sa.or_(COUNTER.c.entered != 0, COUNTER.c.exited != 0)),
        "lines": sa.select(LINE.c.device, LINE.c.seq, LINE.c.stands, LINE.c.people, LINE.c.refused),
    }
    with store.transaction() as db:
        return {name: sorted(map(tuple, db.execute(query)), key=repr) for name, query in wanted.items()}


def conflicts(store: Store) -> list[tuple[Any, ...]]:
    """(kind, device, gate, people, ambiguous, held_by, held_gate) in the order of time."""
    columns = ("kind", "device", "gate", "people", "ambiguous", "held_by", "held_gate")
    query = sa.select(*(CONFLICT.c[name] for name in columns)).order_by(
        CONFLICT.c.at, CONFLICT.c.device, CONFLICT.c.seq
    )
    with store.transaction() as db:
        return [tuple(row) for row in db.execute(query)]


def counted(store: Store) -> dict[str, tuple[int, int]]:
    """People who went in and out by gate."""
    query = sa.select(COUNTER.c.gate, sa.func.sum(COUNTER.c.entered), sa.func.sum(COUNTER.c.exited)).group_by(
        COUNTER.c.gate
    )
    with store.transaction() as db:
        rows = db.execute(query).all()
    return {gate: (int(entered), int(exited)) for gate, entered, exited in rows if entered or exited}


def uses(store: Store, ticket: str) -> int:
    """How many uses the ticket has lost."""
    with store.transaction() as db:
        return int(db.execute(sa.select(TICKET.c.uses).where(TICKET.c.ticket == ticket)).scalar_one())
