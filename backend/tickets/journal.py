"""Lines of devices' ledgers, handed over: each one kept once, to the letter, and counted once.

A line is never refused for what happened: somebody went in. It is refused when it is not the line that the device
sealed, or does not follow the one before; docs/protocol.md says what each answer means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa

from backend.api import RedeemReason
from backend.tickets import counting, crowding
from backend.tickets.lines import KEPT_AS_EVIDENCE, Head, Read, Refused, Writer, asker_of, evidence_row, read, row_of
from backend.tickets.merging import merge
from backend.tickets.reviewing import PASSES, alone, counted, review, scan_row
from backend.tickets.tables import CONFLICT, HOLDER, LEDGER, LINE, SCAN
from crypto.tickets.body import LineKind
from crypto.tickets.line import Line, seal_of
from crypto.tickets.record import mark_in_name

MOST = 500
"""Lines of one upload."""

_Stored = tuple[Line, str | None]
"""A line that is here, and why it was refused, if it was."""

_HEAD = sa.select(LEDGER).where(LEDGER.c.device == sa.bindparam("the_device")).with_for_update()
_NEW_HEAD = sa.insert(LEDGER).inline()
_MOVE_HEAD = (
    sa.update(LEDGER)
    .where(LEDGER.c.device == sa.bindparam("the_device"))
    .values(seq=sa.bindparam("new_seq"), seal=sa.bindparam("new_seal"))
)
_STORED = sa.select(LINE.c.seq, LINE.c.prev, LINE.c.seal, LINE.c.body, LINE.c.refused).where(
    LINE.c.device == sa.bindparam("the_device"), LINE.c.seq.between(sa.bindparam("low"), sa.bindparam("high"))
)
_SCANS = sa.select(SCAN.c.device, SCAN.c.scan_id).where(
    SCAN.c.device.in_(sa.bindparam("the_askers", expanding=True)),
    SCAN.c.scan_id.in_(sa.bindparam("the_scans", expanding=True)),
)
_TOLD = sa.select(LINE.c.asker, LINE.c.scan_id).where(
    LINE.c.asker.in_(sa.bindparam("the_askers", expanding=True)),
    LINE.c.scan_id.in_(sa.bindparam("the_scans", expanding=True)),
    LINE.c.kind != LineKind.ANEW.value,
)
_MARKED = sa.select(HOLDER.c.event, HOLDER.c.ticket, HOLDER.c.ticket_mark).where(
    HOLDER.c.ticket_mark.in_(sa.bindparam("the_marks", expanding=True))
)
_SIGN = (
    sa.update(LINE)
    .where(
        LINE.c.device == sa.bindparam("the_device"),
        LINE.c.seq == sa.bindparam("the_seq"),
        LINE.c.seal == sa.bindparam("the_seal"),
    )
    .values(signature=sa.bindparam("its_signature"))
)
_STANDING = sa.select(LINE.c.seq).where(
    LINE.c.device == sa.bindparam("the_device"),
    LINE.c.seq.between(sa.bindparam("low"), sa.bindparam("high")),
    LINE.c.stands,
)
_REMOVE = sa.delete(LINE).where(LINE.c.device == sa.bindparam("the_device"), LINE.c.seq == sa.bindparam("the_seq"))
_KEEP = sa.insert(LINE).inline()
_KEEP_SCAN = sa.insert(SCAN).inline()
_CONFLICTS = sa.select(CONFLICT.c.seq, CONFLICT.c.kind).where(
    CONFLICT.c.device == sa.bindparam("the_device"), CONFLICT.c.seq.between(sa.bindparam("low"), sa.bindparam("high"))
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one line: ``kept``, ``known`` (from before), or ``refused`` for ``reason``."""

    seq: int
    result: str
    reason: str | None = None
    conflict: str | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The answers, in the lines' order, and how far the device's ledger is here now."""

    answers: tuple[Answer, ...]
    head: Head


@dataclass(slots=True)
class _Batch:
    """What one upload will write."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    found: list[Read] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    known: set[int] = field(default_factory=set)


def upload(db: sa.Connection, writer: Writer, sent: Sequence[Line], now: datetime) -> Uploaded:
    """Keep what is new of a device's lines, in their order, and settle what they are about."""
    device = writer.device
    row = db.execute(_HEAD, {"the_device": device}).one_or_none()
    before = Head(row.seq, row.seal) if row is not None else Head()
    batch, head = _sort(db, writer, sent, before, now)
    batch.found = _named(db, batch.found)
    again = _keep(db, device, batch, now)
    if head != before:
        _move_head(db, device, head, fresh=row is None)
    _settle(db, batch.found, again, now)
    return Uploaded(_with_conflicts(db, device, batch), head)


def keep_signature(db: sa.Connection, device: str, line: Line, signature: bytes) -> None:
    """The device's word for ``line`` and all before, beside the line, where it is kept as it came."""
    db.execute(_SIGN, {"the_device": device, "the_seq": line.seq, "the_seal": line.seal, "its_signature": signature})


def head_of(db: sa.Connection, device: str) -> Head:
    """How far the device's ledger is here."""
    row = db.execute(_HEAD, {"the_device": device}).one_or_none()
    return Head(row.seq, row.seal) if row is not None else Head()


def _sort(db: sa.Connection, writer: Writer, sent: Sequence[Line], head: Head, now: datetime) -> tuple[_Batch, Head]:
    """What each line is: known, refused or new; and where the ledger ends after the new ones."""
    stored = _stored(db, writer.device, sent)
    batch = _Batch()
    for line, after in zip_longest(sent, sent[1:]):
        if line.seq <= head.seq:
            batch.answers.append(_again(batch, writer, stored.get(line.seq), line, now))
            continue
        found = read(writer, head, line, now)
        if found is Refused.SEAL_WRONG and (after is None or after.prev != line.seal):
            # Nobody says that this is the seal which the device gave: it may come whole.
            found = Refused.CHAIN_BROKEN
        if isinstance(found, Refused):
            batch.answers.append(Answer(line.seq, "refused", found.value))
            if found not in KEPT_AS_EVIDENCE:
                continue
            batch.rows.append(evidence_row(writer.device, line, now, found))
        else:
            batch.answers.append(Answer(line.seq, "kept"))
            batch.found.append(found)
        stored[line.seq] = (line, found.value if isinstance(found, Refused) else None)
        head = Head(line.seq, line.seal)
    return batch, head


def _stored(db: sa.Connection, device: str, sent: Sequence[Line]) -> dict[int, _Stored]:
    if not sent:
        return {}
    numbers = [line.seq for line in sent]
    about = {"the_device": device, "low": min(numbers), "high": max(numbers)}
    rows = db.execute(_STORED, about)
    return {row.seq: (Line(row.seq, row.body.decode(), row.prev, row.seal), row.refused) for row in rows}


def _again(batch: _Batch, writer: Writer, stored: _Stored | None, line: Line, now: datetime) -> Answer:
    """The answer to a number that the ledger has passed; a line that came damaged may come whole."""
    if stored is None or stored[0].seal != line.seal:
        return Answer(line.seq, "refused", Refused.SEQ_REUSED.value)
    before, refused = stored
    if before == line:
        return Answer(line.seq, "refused", refused) if refused else Answer(line.seq, "known")
    if refused != Refused.SEAL_WRONG or line.seal != seal_of(line.prev, line.seq, line.body):
        return Answer(line.seq, "refused", Refused.SEQ_REUSED.value)
    found = read(writer, Head(line.seq - 1, line.prev), line, now)
    if isinstance(found, Refused):
        return Answer(line.seq, "refused", found.value)
    batch.replaced.append(line.seq)
    batch.found.append(found)
    return Answer(line.seq, "kept")


def _keep(db: sa.Connection, device: str, batch: _Batch, now: datetime) -> set[tuple[str, str]]:
    """Write the new lines; the scans of those that are not the first word about theirs, by device and scan id."""
    heard = _heard_of(db, device, batch.found)
    new_scans, counters, again = [], [], set()
    for found in batch.found:
        key = (asker_of(device, found.body), found.body.scan_id)
        passes = found.body.kind in PASSES
        stands = passes and key not in heard
        people = alone(found.body) if stands else 0
        batch.rows.append(row_of(device, found, now, stands=stands, people=people))
        if stands:
            new_scans.append(scan_row(batch.rows[-1], RedeemReason.OK))
        elif found.body.kind is not LineKind.ANEW:
            again.add(key)
        if passes and not stands:
            batch.known.add(found.line.seq)
        if people:
            counters.append(counted(batch.rows[-1], people))
        heard.add(key)
    if batch.replaced:
        db.execute(_REMOVE, [{"the_device": device, "the_seq": seq} for seq in batch.replaced])
    if new_scans:
        db.execute(_KEEP_SCAN, new_scans)
    if batch.rows:
        db.execute(_KEEP, batch.rows)
    counting.count(db, counters)
    return again


def _named(db: sa.Connection, found: list[Read]) -> list[Read]:
    """The lines, with the numbers of tickets that their devices knew by nothing but a mark."""
    marks = {each.line.seq: mark_in_name(each.body.ticket) for each in found if each.body.ticket}
    wanted = sorted({mark for mark in marks.values() if mark is not None})
    if not wanted:
        return found
    rows = db.execute(_MARKED, {"the_marks": wanted})
    names = {(row.event, row.ticket_mark): row.ticket for row in rows}
    return [_with_ticket(each, names.get((each.body.event, marks.get(each.line.seq)))) for each in found]


def _with_ticket(found: Read, ticket: str | None) -> Read:
    return found if ticket is None else replace(found, body=replace(found.body, ticket=ticket))


def _heard_of(db: sa.Connection, device: str, found: Sequence[Read]) -> set[tuple[str, str]]:
    """The scans of these lines of which the server was asked, or other lines told, by device and scan id."""
    if not found:
        return set()
    about = {
        "the_askers": sorted({asker_of(device, each.body) for each in found}),
        "the_scans": sorted({each.body.scan_id for each in found}),
    }
    return {(row[0], row[1]) for query in (_SCANS, _TOLD) for row in db.execute(query, about)}


def _move_head(db: sa.Connection, device: str, head: Head, *, fresh: bool) -> None:
    if fresh:
        db.execute(_NEW_HEAD, {"device": device, "seq": head.seq, "seal": head.seal})
    else:
        db.execute(_MOVE_HEAD, {"the_device": device, "new_seq": head.seq, "new_seal": head.seal})


def _settle(db: sa.Connection, found: Iterable[Read], again: Iterable[tuple[str, str]], now: datetime) -> None:
    touched: defaultdict[str, set[str]] = defaultdict(set)
    for each in found:
        touched[each.body.event].update([each.body.ticket] if each.body.ticket else [])
    for asker, scan_id in sorted(again):
        for event, ticket in review(db, asker, scan_id, now):
            touched[event].update([ticket] if ticket else [])
    for event in sorted(touched):
        merge(db, event, touched[event], now)
        crowding.settle(db, event)


def _with_conflicts(db: sa.Connection, device: str, batch: _Batch) -> tuple[Answer, ...]:
    """The answers, with what each line contradicts; ``known``: its passage was known, if not the line itself."""
    if not batch.answers:
        return ()
    numbers = [answer.seq for answer in batch.answers]
    about = {"the_device": device, "low": min(numbers), "high": max(numbers)}
    if batch.known:
        batch.known.difference_update(db.execute(_STANDING, about).scalars())
    kinds = {row.seq: row.kind for row in db.execute(_CONFLICTS, about)}
    return tuple(
        each
        if each.result == "refused"
        else Answer(each.seq, "known" if each.seq in batch.known else each.result, None, kinds.get(each.seq))
        for each in batch.answers
    )
