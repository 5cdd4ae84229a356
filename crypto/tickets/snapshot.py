"""The snapshot: all tickets of an event in one signed file, for terminals that decide while no server answers.

Big-endian, one after the other: ``TRAMSNP1``; the size of the head (4 bytes); the head, JSON; a record of 31 bytes a
ticket, sorted by mark; an extra of 22 bytes for some of them, sorted by mark; a pair of 32 bytes a ticket that is bound
to an ID number, sorted; 64 bytes of Ed25519 signature by the server's key over `_message` of all before it.
Nothing is read out of a file before its signature was proven, but for the sizes that find the signature.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.tickets.record import (
    EXTRA,
    FIXED,
    PAIR,
    HolderRecord,
    Kind,
    TicketRow,
    check_flags,
    extra,
    fixed,
    from_json,
    kind_from,
    kind_of,
    kind_row,
    name,
    number,
    product_from,
    product_row,
    to_json,
)
from crypto.tickets.rules import Product

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a whole snapshot: two million tickets."""

_MAGIC = b"TRAMSNP1"
_FAMILY = b"TRAMSNP"
_MAX_HEAD = 4 * 1024 * 1024
_MOST_KINDS = 65_536
_SIGNATURE = 64
_PART = 65_536
_MOST_CURSOR = 2**63 - 1
_FIELDS = ["created_at", "cursor", "event", "extras", "holders", "kinds", "products", "tickets"]


class OtherEventError(ProofError):
    """The snapshot is genuine and of another event."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a snapshot says of itself. ``cursor``: the changes up to it are in it."""

    event: str
    created_at: datetime
    cursor: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A proven snapshot file. ``kinds`` stand in the order of their numbers; the rest is counts of records."""

    head: Head
    products: MappingProxyType[str, Product]
    kinds: tuple[Kind, ...]
    tickets: int
    extras: int
    holders: int
    begins: int

    def ticket_blocks(self, file: BinaryIO, records: int = 128) -> Iterator[bytes]:
        """The ticket records, so many in a piece, sorted by mark. Raises MalformedError where they are not sorted, name
        an unknown kind or bear unknown flags."""
        last = b""
        for block in _blocks(file, self.begins, self.tickets, FIXED.size, records):
            last = _check_order(block, FIXED.size, 16, last)
            for _, _, _, kind, _, _, flags in FIXED.iter_unpack(block):
                check_flags(flags)
                if kind >= len(self.kinds):
                    raise MalformedError("snapshot: a ticket of no kind")
            yield block

    def extra_blocks(self, file: BinaryIO, records: int = 128) -> Iterator[bytes]:
        """The extras, so many in a piece, sorted by mark; raises MalformedError where they are not."""
        yield from self._sorted(file, self.begins + self.tickets * FIXED.size, self.extras, EXTRA.size, 16, records)

    def holder_blocks(self, file: BinaryIO, records: int = 128) -> Iterator[bytes]:
        """The pairs of holder and ticket, so many in a piece, sorted; raises MalformedError where they are not."""
        begins = self.begins + self.tickets * FIXED.size + self.extras * EXTRA.size
        yield from self._sorted(file, begins, self.holders, PAIR.size, PAIR.size, records)

    def _sorted(self, file: BinaryIO, begins: int, count: int, size: int, key: int, records: int) -> Iterator[bytes]:
        last = b""
        for block in _blocks(file, begins, count, size, records):
            last = _check_order(block, size, key, last)
            yield block


def write(
    file: BinaryIO,
    head: Head,
    products: Iterable[Product],
    tickets: Iterable[TicketRow],
    holders: Iterable[HolderRecord],
    key: Ed25519PrivateKey,
) -> int:
    """Write the snapshot of an event, its tickets in any order, signed with the server's key; how many tickets.

    ``tickets`` and ``holders`` may stream out of a database: of each ticket 31 bytes are held until all are sorted.
    Raises MalformedError for two tickets of one mark, a ticket of no product, a number that no record holds, or
    more than a file takes.
    """
    known = {product.product: product for product in products}
    rows, extras, kinds = _packed(tickets, known)
    pairs = sorted({PAIR.pack(bound.holder, bound.mark) for bound in holders})
    if any(one[:16] == other[:16] for one, other in pairwise(rows)):
        raise MalformedError("snapshot: two tickets share a mark")
    counts = {"tickets": len(rows), "extras": len(extras), "holders": len(pairs)}
    opening = _opening(head, known.values(), kinds, counts)
    if len(opening) + sum(len(part) * len(part[0]) for part in (rows, extras, pairs) if part) + _SIGNATURE > MAX_FILE:
        raise MalformedError("snapshot: more tickets than a file takes")
    digest = hashlib.sha256()
    for part in (opening, *_joined(rows), *_joined(extras), *_joined(pairs)):
        digest.update(part)
        file.write(part)
    file.write(key.sign(_message(digest.digest())))
    return len(rows)


def prove(file: BinaryIO, event: str, server_key: bytes) -> Snapshot:
    """The snapshot of ``event`` in a seekable file, proven to be signed with the private half of ``server_key`` (32
    bytes, RFC 8032 §5.1.5).

    Raises MalformedError, NotSupportedError (another version), SignatureWrongError or OtherEventError.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    opening = file.read(len(_MAGIC) + 4)
    if not opening.startswith(_MAGIC):
        kind = NotSupportedError if opening.startswith(_FAMILY) else MalformedError
        raise kind("snapshot: not of this version")
    length = int.from_bytes(opening[len(_MAGIC) :], "big")
    begins = len(opening) + length
    if length > _MAX_HEAD or not begins + _SIGNATURE <= size <= MAX_FILE:
        raise MalformedError("snapshot: a wrong size")
    _check_signature(file, size - _SIGNATURE, server_key)
    file.seek(len(opening))
    snapshot = _snapshot(from_json(file.read(length)), begins)
    records = snapshot.tickets * FIXED.size + snapshot.extras * EXTRA.size + snapshot.holders * PAIR.size
    if begins + records + _SIGNATURE != size:
        raise MalformedError("snapshot: its size and its head contradict each other")
    if snapshot.head.event != event:
        raise OtherEventError("snapshot: of another event")
    return snapshot


def _packed(tickets: Iterable[TicketRow], known: dict[str, Product]) -> tuple[list[bytes], list[bytes], list[Kind]]:
    """The records and the extras, sorted, and the kinds that they name by number."""
    numbers: dict[tuple[object, ...], int] = {}
    kinds: list[Kind] = []
    rows: list[bytes] = []
    extras: list[bytes] = []
    for row in tickets:
        what = row[1:5]
        kind = numbers.get(what)
        if kind is None:
            kind = numbers[what] = len(kinds)
            kinds.append(_new_kind(row, known))
        rows.append(fixed(row, kind))
        if (row.day or row.outside) and (more := extra(row, known[row.product])) is not None:
            extras.append(more)
    rows.sort()
    extras.sort()
    return rows, extras, kinds


def _new_kind(row: TicketRow, known: dict[str, Product]) -> Kind:
    if row.product not in known:
        raise MalformedError("snapshot: a ticket of no product")
    return kind_of(row)


def _opening(head: Head, products: Iterable[Product], kinds: Sequence[Kind], counts: dict[str, int]) -> bytes:
    table = sorted(products, key=lambda product: product.product)
    body = to_json(
        {
            "event": head.event,
            "created_at": head.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "cursor": head.cursor,
            "products": [product_row(product) for product in table],
            "kinds": [kind_row(kind) for kind in kinds],
            **counts,
        }
    )
    if len(kinds) > _MOST_KINDS or len(body) > _MAX_HEAD:
        raise MalformedError("snapshot: too many kinds of tickets")
    return _MAGIC + len(body).to_bytes(4, "big") + body


def _joined(rows: list[bytes]) -> Iterator[bytes]:
    for begin in range(0, len(rows), 2048):
        yield b"".join(rows[begin : begin + 2048])


def _message(digest: bytes) -> bytes:
    """What is signed: a name that no other signature of a server begins with, and the SHA-256 of the file."""
    return b"tram ticket snapshot\n" + digest


def _check_signature(file: BinaryIO, size: int, server_key: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    digest = hashlib.sha256()
    file.seek(0)
    while size:
        part = file.read(min(size, _PART))
        if not part:
            raise MalformedError("snapshot: it became shorter")
        size -= len(part)
        digest.update(part)
    try:
        Ed25519PublicKey.from_public_bytes(server_key).verify(file.read(_SIGNATURE), _message(digest.digest()))
    except (InvalidSignature, ValueError):
        raise SignatureWrongError("snapshot: signature") from None


def _snapshot(row: object, begins: int) -> Snapshot:
    if not isinstance(row, dict) or sorted(row) != _FIELDS:
        raise MalformedError("snapshot: fields missing or unknown")
    products, kinds = row["products"], row["kinds"]
    if not isinstance(products, list) or not isinstance(kinds, list) or len(kinds) > _MOST_KINDS:
        raise MalformedError("snapshot: a list belongs here")
    event = name(row["event"])
    known = {product.product: product for product in (product_from(product, event) for product in products)}
    all_kinds = tuple(kind_from(kind) for kind in kinds)
    if len(known) != len(products) or any(kind.product not in known for kind in all_kinds):
        raise MalformedError("snapshot: a product stands twice, or not at all")
    head = Head(event, _moment(row["created_at"]), number(row["cursor"], 0, _MOST_CURSOR))
    most = MAX_FILE // EXTRA.size
    tickets, extras, holders = (number(row[which], 0, most) for which in ("tickets", "extras", "holders"))
    return Snapshot(head, MappingProxyType(known), all_kinds, tickets, extras, holders, begins)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise MalformedError("snapshot: a time with its offset belongs here")
    return moment.astimezone(UTC)


def _blocks(file: BinaryIO, begins: int, count: int, size: int, records: int) -> Iterator[bytes]:
    done = 0
    while done < count:
        take = min(records, count - done)
        file.seek(begins + done * size)
        block = file.read(take * size)
        if len(block) != take * size:
            raise MalformedError("snapshot: it became shorter")
        done += take
        yield block


def _check_order(block: bytes, size: int, key: int, last: bytes) -> bytes:
    """The last key of the block; raises MalformedError unless all keys rise, also above ``last``."""
    keys = [last, *(block[at : at + key] for at in range(0, len(block), size))]
    if any(one >= other for one, other in pairwise(keys)):
        raise MalformedError("snapshot: records out of order")
    return keys[-1]
