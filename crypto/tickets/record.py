"""One ticket as it travels to the terminals: by a mark instead of its number, without a name, in 31 bytes.

Marks are keyed hashes, so that whoever finds a snapshot can neither read ticket numbers out of it nor print tickets.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from crypto.errors import MalformedError
from crypto.tickets.rules import Product, Standing, TicketState

MARK = 16
"""Bytes of a mark: among two million tickets a chance in 10^26 that two share one."""

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""Times are whole seconds since then, days whole days; both last beyond 2150."""

MAX_CHANGE = 4096
"""Bytes of a record of the change feed."""

_EPOCH_DAY = EPOCH.date()
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)
_MOST_SECONDS, _MOST = 2**32 - 1, 2**16 - 1
_UNPAID = 0x80
_HASH_BLOCK = 64
_STANDINGS = tuple(Standing)

FIXED = struct.Struct(">16sIIHHHB")
"""mark, valid from, valid to, number of the kind, uses, people inside, flags (0x80: unpaid; below: the standing)."""

EXTRA = struct.Struct(">16sHHH")
"""mark, day of the last use, uses on it, people outside who may come back."""

PAIR = struct.Struct(">16s16s")
"""mark of a card's holder, mark of a ticket."""

_BY_MARK = "mark."
_MARK_NAME = re.compile(r"mark\.([0-9a-f]{32})")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PRODUCT = ["attention", "audience", "gates", "per_day", "product", "reentry", "splits"]
_MOST_GATES = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """What the records of many tickets have in common; see `TicketState`."""

    product: str
    admits: int
    max_uses: int
    gate: str | None


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A ticket's mark, the name of its product, and how it stands."""

    mark: bytes
    product: str
    state: TicketState


@dataclass(frozen=True, slots=True)
class HolderRecord:
    """A ticket that is bound to an ID number, or, with ``bound`` False, no more; both by their marks."""

    holder: bytes = field(repr=False)
    mark: bytes
    bound: bool = True


Change = Product | TicketRecord | HolderRecord
"""What the change feed tells. A product comes before the first ticket of it."""


class Marks:
    """Makes the marks of one event: HMAC-SHA-256 under the event's snapshot key (16 to 64 bytes), cut to 16 bytes.

    The two halves of HMAC (RFC 2104) are begun once: a million marks cost a second and a half instead of five.
    """

    def __init__(self, key: bytes) -> None:
        if not 16 <= len(key) <= _HASH_BLOCK:
            raise ValueError("a snapshot key has 16 to 64 bytes")
        padded = key.ljust(_HASH_BLOCK, b"\0")
        inner = bytes(byte ^ 0x36 for byte in padded)
        self._tickets = hashlib.sha256(inner + b"ticket\n")
        self._holders = hashlib.sha256(inner + b"holder\n")
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def ticket(self, ticket: str) -> bytes:
        """How a ticket is found in a snapshot: the mark of its number."""
        inner = self._tickets.copy()
        inner.update(ticket.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:MARK]

    def holder(self, id_number: str) -> bytes:
        """How the tickets of a card's holder are found: the mark of the 12 digits."""
        inner = self._holders.copy()
        inner.update(id_number.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:MARK]


def ticket_mark(key: bytes, ticket: str) -> bytes:
    """The mark of one ticket's number."""
    return Marks(key).ticket(ticket)


def holder_mark(key: bytes, id_number: str) -> bytes:
    """The mark of one ID number's holder."""
    return Marks(key).holder(id_number)


def named_by_mark(mark: bytes) -> str:
    """What a ledger line calls a ticket that its terminal knows by nothing but the mark: that of a card's holder."""
    return _BY_MARK + mark.hex()


def mark_in_name(ticket: str) -> bytes | None:
    """The mark that stands in a ledger line instead of a number; None for a number."""
    found = _MARK_NAME.fullmatch(ticket)
    return None if found is None else bytes.fromhex(found[1])


class TicketRow(NamedTuple):
    """A `TicketRecord` as numbers, for those who write a million of them. ``begins`` and ``ends``: seconds since
    `EPOCH`; ``flags``: see `flags_of`; ``day``: days since `EPOCH`, 0 for none; the rest as in `TicketState`."""

    mark: bytes
    product: str
    admits: int
    max_uses: int
    gate: str | None
    begins: int
    ends: int
    flags: int
    uses: int
    inside: int
    day: int
    day_uses: int
    outside: int


def flags_of(standing: Standing, *, paid: bool) -> int:
    """How a ticket stands, as one number."""
    return _STANDINGS.index(standing) | (0 if paid else _UNPAID)


def row_of(record: TicketRecord) -> TicketRow:
    """The record as numbers. Times are cut so that it is never valid for longer."""
    state = record.state
    return TicketRow(
        mark=record.mark,
        product=record.product,
        admits=state.admits,
        max_uses=state.max_uses,
        gate=state.gate,
        begins=min(max(-((EPOCH - state.valid_from) // _SECOND), 0), _MOST_SECONDS),
        ends=min(max((state.valid_to - EPOCH) // _SECOND, 0), _MOST_SECONDS),
        flags=flags_of(state.standing, paid=state.paid),
        uses=state.uses,
        inside=state.inside,
        day=0 if state.day is None else (state.day - _EPOCH_DAY) // _DAY,
        day_uses=state.day_uses,
        outside=state.outside,
    )


def fixed(row: TicketRow, kind: int) -> bytes:
    """The 31 bytes of a ticket whose kind has that number. Raises MalformedError for a mark or a number that they do
    not hold."""
    mark, _, _, _, _, begins, ends, flags, uses, inside, _, _, _ = row
    if len(mark) != MARK:
        raise MalformedError("ticket record: a mark has 16 bytes")
    try:
        return FIXED.pack(mark, begins, ends, kind, uses, inside, flags)
    except struct.error:
        raise MalformedError("ticket record: a number is out of range") from None


def extra(row: TicketRow, product: Product) -> bytes | None:
    """What 31 bytes do not hold: a pass's day, and who may come back; None when there is nothing of that."""
    day, day_uses = (row.day, row.day_uses) if product.per_day is not None and row.day else (0, 0)
    if not day and not row.outside:
        return None
    try:
        return EXTRA.pack(row.mark, day, day_uses, row.outside)
    except struct.error:
        raise MalformedError("ticket record: a number is out of range") from None


def kind_of(row: TicketRow) -> Kind:
    """Its kind; raises MalformedError for numbers that no record holds."""
    if not (1 <= row.admits <= _MOST and 1 <= row.max_uses <= _MOST):
        raise MalformedError("ticket record: a number is out of range")
    return Kind(row.product, row.admits, row.max_uses, row.gate)


def state_of(raw: bytes, kind: Kind, more: bytes | None = None) -> TicketState:
    """The ticket of a record of that kind (and of its extra); raises MalformedError."""
    if len(raw) != FIXED.size or (more is not None and (len(more) != EXTRA.size or more[:MARK] != raw[:MARK])):
        raise MalformedError("ticket record: a wrong size")
    _, begins, ends, _, uses, inside, flags = FIXED.unpack(raw)
    check_flags(flags)
    _, day, day_uses, outside = EXTRA.unpack(more) if more is not None else (b"", 0, 0, 0)
    return TicketState(
        valid_from=EPOCH + begins * _SECOND,
        valid_to=EPOCH + ends * _SECOND,
        standing=_STANDINGS[flags & ~_UNPAID],
        paid=not flags & _UNPAID,
        gate=kind.gate,
        admits=kind.admits,
        max_uses=kind.max_uses,
        uses=uses,
        day=_day(day),
        day_uses=day_uses,
        inside=inside,
        outside=outside,
    )


def check_flags(flags: int) -> None:
    """Raises MalformedError for flags that are not written here."""
    if flags & ~_UNPAID >= len(_STANDINGS):
        raise MalformedError("ticket record: unknown flags")


def _day(number: int) -> date | None:
    return _EPOCH_DAY + number * _DAY if number else None


def encode_change(change: Change, products: Mapping[str, Product]) -> bytes:
    """One record of the change feed; ``products`` are the event's, by name. Raises MalformedError."""
    if isinstance(change, Product):
        return b"P" + to_json(product_row(change))
    if isinstance(change, HolderRecord):
        return (b"H" if change.bound else b"h") + PAIR.pack(change.holder, change.mark)
    if change.product not in products:
        raise MalformedError("change: a ticket of no product")
    row = row_of(change)
    more = extra(row, products[change.product]) or EXTRA.pack(change.mark, 0, 0, 0)
    return b"T" + fixed(row, 0) + more + to_json(kind_row(kind_of(row)))


def decode_change(raw: bytes, event: str) -> Change:
    """What a record of the event's change feed says; raises MalformedError."""
    if len(raw) > MAX_CHANGE:
        raise MalformedError("change: too long")
    head, rest = raw[:1], raw[1:]
    if head == b"P":
        return product_from(from_json(rest), event)
    if head in (b"H", b"h") and len(rest) == PAIR.size:
        return HolderRecord(rest[:MARK], rest[MARK:], bound=head == b"H")
    size = FIXED.size + EXTRA.size
    if head != b"T" or len(rest) <= size:
        raise MalformedError("change: of no known form")
    kind = kind_from(from_json(rest[size:]))
    state = state_of(rest[: FIXED.size], kind, rest[FIXED.size : size])
    return TicketRecord(rest[:MARK], kind.product, state)


def to_json(value: object) -> bytes:
    """JSON without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def from_json(raw: bytes) -> object:
    """A JSON value; raises MalformedError."""
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise MalformedError("snapshot: no JSON where JSON belongs") from None


def product_row(product: Product) -> dict[str, object]:
    """A product as it is written; its event stands elsewhere."""
    return {
        "product": product.product,
        "audience": product.audience,
        "gates": sorted(product.gates),
        "per_day": product.per_day,
        "reentry": product.reentry,
        "splits": product.splits,
        "attention": product.attention,
    }


def product_from(row: object, event: str) -> Product:
    """The product of a written row; raises MalformedError."""
    if not isinstance(row, dict) or sorted(row) != _PRODUCT or not isinstance(row["gates"], list):
        raise MalformedError("product: fields missing or unknown")
    gates = [name(gate) for gate in row["gates"]]
    if any(one >= other for one, other in pairwise(gates)) or len(gates) > _MOST_GATES:
        raise MalformedError("product: gates out of order, or too many")
    return Product(
        event=event,
        product=name(row["product"]),
        audience=_text(row["audience"], 200),
        gates=frozenset(gates),
        per_day=None if row["per_day"] is None else number(row["per_day"], 1, _MOST),
        reentry=_flag(row["reentry"]),
        splits=_flag(row["splits"]),
        attention=None if row["attention"] is None else _text(row["attention"], 500),
    )


def kind_row(kind: Kind) -> list[object]:
    """A kind as it is written."""
    return [kind.product, kind.admits, kind.max_uses, kind.gate]


def kind_from(row: object) -> Kind:
    """The kind of a written row; raises MalformedError."""
    if not isinstance(row, list) or len(row) != 4:
        raise MalformedError("kind: four values")
    gate = None if row[3] is None else name(row[3])
    return Kind(name(row[0]), number(row[1], 1, _MOST), number(row[2], 1, _MOST), gate)


def name(value: object) -> str:
    """An id (docs/protocol.md); raises MalformedError."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise MalformedError("snapshot: an id has a wrong form")
    return value


def number(value: object, low: int, high: int) -> int:
    """A whole number within limits; raises MalformedError."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MalformedError("snapshot: a number is out of range")
    return value


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise MalformedError("snapshot: a text is too long, or no line of text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise MalformedError("snapshot: yes or no belongs here")
    return value
