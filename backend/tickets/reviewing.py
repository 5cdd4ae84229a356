"""One scan of which the server heard more than once: by its request, by lines of ledgers, by annulments.

What it comes to is a matter of all that is known of it, not of what came first: a scan that the server admitted is its
own; else the earliest line that tells of it stands, unless the device took it back in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backend.api import Annulled, RedeemReason
from backend.references import new_reference
from backend.tickets import counting
from backend.tickets.annulling import ANNUL_WITHIN, fall, take_back
from backend.tickets.redeeming import BY_LINE, scan_of
from backend.tickets.tables import ANNULMENT, LINE, SCAN
from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.rules import Passing, day_of

PASSES = frozenset({LineKind.ENTRY, LineKind.EXIT, LineKind.MANUAL})
"""Kinds of lines of somebody who went through."""

_DECIDED = frozenset({RedeemReason.OK.value, RedeemReason.ANNULLED.value})
_PASSES = frozenset(kind.value for kind in PASSES)

_LINES = sa.select(LINE).where(
    LINE.c.asker == sa.bindparam("the_asker"),
    LINE.c.scan_id == sa.bindparam("the_scan"),
    LINE.c.kind != LineKind.ANEW.value,
)
_TAKEN_BACK = sa.select(ANNULMENT.c.result).where(
    ANNULMENT.c.device == sa.bindparam("the_asker"),
    ANNULMENT.c.scan_id == sa.bindparam("the_scan"),
    ANNULMENT.c.result == Annulled.ANNULLED.value,
)
_RISE = (
    sa.update(LINE)
    .where(LINE.c.device == sa.bindparam("the_device"), LINE.c.seq == sa.bindparam("the_seq"))
    .values(stands=True, people=sa.bindparam("new_people"))
)
_SAY = (
    sa.update(SCAN)
    .where(SCAN.c.device == sa.bindparam("the_asker"), SCAN.c.scan_id == sa.bindparam("the_scan"))
    .values(reason=sa.bindparam("new_reason"), answered_at=sa.bindparam("new_at"))
)
_KEEP_SCAN = sa.insert(SCAN).inline()


def review(db: sa.Connection, asker: str, scan_id: str, now: datetime) -> set[tuple[str, str | None]]:
    """Bring the lines about a device's scan in line; the events and tickets that are to be merged."""
    about = {"the_asker": asker, "the_scan": scan_id}
    scan = scan_of(db, asker, scan_id)
    lines = sorted(db.execute(_LINES, about).all(), key=_order)
    passes = [row for row in lines if row.kind in _PASSES]
    annulled = [row.at for row in lines if row.kind == LineKind.ANNUL.value]
    if scan is not None and scan.reason in _DECIDED and not scan.reference.startswith(f"{BY_LINE}-"):
        if scan.reason == RedeemReason.OK and _in_time(annulled, scan.answered_at):
            take_back(db, scan, now)
        holds = None
    else:
        taken_back = db.execute(_TAKEN_BACK, about).one_or_none() is not None
        holds = passes[0] if passes and not taken_back and not _in_time(annulled, passes[0].at) else None
        _say(db, scan, holds or lines[0], stands=holds is not None)
    for row in passes:
        if row.stands and row is not holds:
            fall(db, row)
    if holds is not None and not holds.stands:
        _rise(db, holds)
    return {(row.event, row.ticket) for row in passes}


def scan_row(line: Mapping[str, Any], reason: RedeemReason) -> dict[str, Any]:
    """What the scan of a line is answered should its request still come: it was admitted, and takes no second use."""
    return {
        "device": line["asker"],
        "scan_id": line["scan_id"],
        "reference": new_reference(BY_LINE),
        "event": line["event"],
        "ticket": line["ticket"] or "",
        "gate": line["gate"],
        "direction": _way(line).value,
        "asked_people": line["asked_people"],
        "asked_at": line["at"],
        "answered_at": line["at"],
        "reason": reason.value,
    }


def alone(body: LineBody) -> int:
    """People who count as the line says, because no ticket says how many it admits."""
    return _alone(body.kind.value, body.ticket, body.people)


def counted(line: Mapping[str, Any], people: int) -> dict[str, Any]:
    """A row for the counters."""
    place = counting.Place(line["event"], day_of(line["at"]), line["gate"], line["device"])
    return counting.row_of(place, _way(line), people)


def _say(db: sa.Connection, scan: sa.Row[Any] | None, line: sa.Row[Any], *, stands: bool) -> None:
    reason = RedeemReason.OK if stands else RedeemReason.ANNULLED
    if scan is None:
        db.execute(_KEEP_SCAN, scan_row(_words(line), reason))
    elif scan.reference.startswith(f"{BY_LINE}-"):
        about = {"the_asker": scan.device, "the_scan": scan.scan_id}
        db.execute(_SAY, {**about, "new_reason": reason.value, "new_at": line.at})


def _rise(db: sa.Connection, line: sa.Row[Any]) -> None:
    people = _alone(line.kind, line.ticket, line.asked_people)
    db.execute(_RISE, {"the_device": line.device, "the_seq": line.seq, "new_people": people})
    if people:
        counting.count(db, [counted(_words(line), people)])


def _words(line: sa.Row[Any]) -> Mapping[str, Any]:
    return {str(name): value for name, value in line._mapping.items()}


def _alone(kind: str, ticket: str | None, people: int | None) -> int:
    return (people or 1) if kind == LineKind.MANUAL.value or ticket is None else 0


def _way(line: Mapping[str, Any]) -> Passing:
    return Passing.EXIT if line["kind"] == LineKind.EXIT.value else Passing.ENTRY


def _in_time(annulled: Sequence[datetime], passed_at: datetime) -> bool:
    return any(at - passed_at <= ANNUL_WITHIN for at in annulled)


def _order(line: sa.Row[Any]) -> tuple[datetime, str, int]:
    return (line.at, line.device, line.seq)
