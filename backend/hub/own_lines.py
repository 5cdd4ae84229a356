"""What a hub decided, as lines of its own ledger: each names the device whose scan it answered.

Lines are made of the answers in the database, not beside them: an answer that was given is on the disk, and so its line
comes about sooner or later, whatever ends the program in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backend.hub.tables import HUB_LINE, HUB_SCAN
from backend.tickets.tables import ANNULMENT, SCAN
from crypto.tickets.body import LineBody, LineKind, Mode, Stamp
from crypto.tickets.line import START, Line, seal_of

_NO_PASSAGE = sa.and_(
    HUB_SCAN.c.device == SCAN.c.device, HUB_SCAN.c.scan_id == SCAN.c.scan_id, HUB_SCAN.c.what == "passage"
)
# Scans that came as lines of a device's own ledger (reference L-…) are handed on as they came.
_PASSAGES = (
    sa.select(SCAN)
    .outerjoin(HUB_SCAN, _NO_PASSAGE)
    .where(HUB_SCAN.c.device.is_(None), SCAN.c.reason == "ok", SCAN.c.reference.startswith("R-", autoescape=True))
)
_NO_ANNULMENT = sa.and_(
    HUB_SCAN.c.device == ANNULMENT.c.device,
    HUB_SCAN.c.scan_id == ANNULMENT.c.scan_id,
    HUB_SCAN.c.what == "annulment",
)
_ANNULMENTS = (
    sa.select(
        SCAN.c.device,
        SCAN.c.scan_id,
        SCAN.c.event,
        SCAN.c.ticket,
        SCAN.c.gate,
        SCAN.c.direction,
        SCAN.c.asked_people,
        ANNULMENT.c.answered_at,
    )
    .select_from(ANNULMENT)
    .join(SCAN, sa.and_(SCAN.c.device == ANNULMENT.c.device, SCAN.c.scan_id == ANNULMENT.c.scan_id))
    .outerjoin(HUB_SCAN, _NO_ANNULMENT)
    .where(HUB_SCAN.c.device.is_(None), ANNULMENT.c.result != "too_late")
)
_LAST = sa.select(HUB_LINE).order_by(HUB_LINE.c.seq.desc()).limit(1)
_AFTER = (
    sa.select(HUB_LINE)
    .where(HUB_LINE.c.seq > sa.bindparam("the_seq"))
    .order_by(HUB_LINE.c.seq)
    .limit(sa.bindparam("the_limit"))
)


@dataclass(frozen=True, slots=True)
class Stamper:
    """This hub's clock, and what it knows of how wrong it is (milliseconds)."""

    boot: str
    monotonic: Callable[[], float]
    skew_ms: int | None
    skew_error_ms: int | None

    def at(self, moment: datetime) -> Stamp:
        """The stamp of something that happened at ``moment`` by this hub's clock."""
        mono = int(self.monotonic() * 1000)
        return Stamp(at=moment, boot=self.boot, mono_ms=mono, skew_ms=self.skew_ms, skew_error_ms=self.skew_error_ms)


def line_up(db: sa.Connection, stamper: Stamper) -> int:
    """Make a line of every passage and annulment that has none yet, in their order; how many were made."""
    found = [(row, "passage") for row in db.execute(_PASSAGES)]
    found += [(row, "annulment") for row in db.execute(_ANNULMENTS)]
    last = db.execute(_LAST).one_or_none()
    seq, seal = (last.seq, last.seal) if last is not None else (0, START)
    for row, what in sorted(found, key=lambda each: (each[0].answered_at, each[0].device, each[0].scan_id)):
        seq += 1
        body = _body(row, what, stamper).to_text()
        line = Line(seq, body, seal, seal_of(seal, seq, body))
        db.execute(sa.insert(HUB_LINE), {"seq": seq, "prev": line.prev, "seal": line.seal, "body": body})
        note = {"device": row.device, "scan_id": row.scan_id, "what": what, "seq": seq}
        db.execute(sa.insert(HUB_SCAN), note)
        seal = line.seal
    return len(found)


def begin_anew(db: sa.Connection, first: int, kept: int, body: str) -> None:
    """Go on behind number ``kept`` in a chain of its own, whose first line says ``body`` (of kind ANEW). What the lines
    from number ``first`` on told gets new ones with the next `line_up`."""
    for table in (HUB_SCAN, HUB_LINE):
        db.execute(sa.delete(table).where(table.c.seq >= first))
    line = Line(kept + 1, body, START, seal_of(START, kept + 1, body))
    db.execute(sa.insert(HUB_LINE), {"seq": line.seq, "prev": line.prev, "seal": line.seal, "body": body})


def lines_after(db: sa.Connection, seq: int, limit: int) -> Sequence[Line]:
    """The hub's own lines behind number ``seq``."""
    rows = db.execute(_AFTER, {"the_seq": seq, "the_limit": limit})
    return [Line(row.seq, row.body, row.prev, row.seal) for row in rows]


def _body(row: sa.Row[Any], what: str, stamper: Stamper) -> LineBody:
    kind = LineKind(row.direction) if what == "passage" else LineKind.ANNUL
    return LineBody(
        scan_id=row.scan_id,
        kind=kind,
        event=row.event,
        ticket=row.ticket or None,
        gate=row.gate,
        people=row.asked_people,
        mode=Mode.HUB,
        asker=row.device,
        stamp=stamper.at(row.answered_at),
    )
