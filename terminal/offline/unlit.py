"""Admissions that nobody saw: the program ended after the line was kept and before the light. They are taken back."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from datetime import timedelta

from crypto.tickets.body import LineBody, LineKind, Stamp
from terminal.model import Outcome
from terminal.offline.outbox import Outbox
from terminal.records.journal import Journal

LOOK_BACK = timedelta(days=1)
"""How old a line may be."""

_PAGE = 500
_LIT = frozenset({Outcome.ALLOW, Outcome.ATTENTION})
_PASSAGES = frozenset({LineKind.ENTRY, LineKind.EXIT})


def unlit(outbox: Outbox, journal: Journal, now: Stamp) -> tuple[LineBody, ...]:
    """The passages of earlier starts of the program for which the desk's journal holds no light.

    Lines of this start are left alone: theirs may be about to be lit. So are those of before the journal's first entry:
    a journal that was replaced says nothing about them. Raises FaultError like both of them.
    """
    first = journal.read(limit=1)
    if not first:
        return ()
    since = max(now.at - LOOK_BACK, first[0].entry.when)
    events = outbox.since(since)
    annulled = {event.scan_id for event in events if event.kind is LineKind.ANNUL}
    passages = [event for event in events if event.kind in _PASSAGES and event.stamp.boot != now.boot]
    open_ones = [event for event in passages if event.scan_id not in annulled]
    lit = _lit(journal, {event.scan_id for event in open_ones})
    return tuple(event for event in open_ones if event.scan_id not in lit)


def take_back(outbox: Outbox, journal: Journal, stamp: Callable[[], Stamp], undo: Callable[[str], None]) -> int:
    """Annul what was not lit, one line each; how many. ``undo`` hears each scan's id, in the line's transaction."""
    events = unlit(outbox, journal, stamp())
    for event in events:
        with outbox.store.writing():
            undo(event.scan_id)
            outbox.append(replace(event, kind=LineKind.ANNUL, stamp=stamp(), reason="unlit"))
    return len(events)


def _lit(journal: Journal, asked: Set[str]) -> Set[str]:
    """Those of the scans that the journal says were let through. From its newest page back until all are found, however
    far that is: the clock may have been set since, so the times of entries say nothing about their order."""
    dark, last = set(asked), journal.verify(newest=0)
    while dark and last > 0:
        entries = [recorded.entry for recorded in journal.read(max(0, last - _PAGE), min(_PAGE, last))]
        dark -= {entry.scan_id for entry in entries if entry.outcome in _LIT and entry.scan_id is not None}
        last -= _PAGE
    return asked - dark
