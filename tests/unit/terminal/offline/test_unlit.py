"""Lines for which nobody saw a light are taken back at the next start, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.tickets.body import LineBody, LineKind
from terminal.model import Outcome
from terminal.offline.skew import Timekeeper
from terminal.offline.unlit import take_back, unlit
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk
from tests.unit.terminal.offline.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "s") as ledger:
        yield ledger


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as journal:
        yield journal


def light(ledger: Ledger, journal: Journal, number: int, outcome: Outcome = Outcome.ALLOW) -> None:
    entry = JournalEntry(
        when=ledger.clock.now(),
        session=number,
        desk=Desk.GATE,
        device="cong-1",
        method=Method.TICKET,
        outcome=outcome,
        reason="title.ok.ticket",
        scan_id=f"s-{number}",
    )
    journal.append(entry)


def restart(ledger: Ledger) -> Timekeeper:
    return Timekeeper(ledger.clock, lambda: "c" * 16)


def test_a_line_without_a_light_is_taken_back_once(ledger: Ledger, journal: Journal) -> None:
    for number in (1, 2, 3):
        ledger.admit(1, first=number)
        light(ledger, journal, number)
    ledger.admit(1, first=4)  # the program died here
    times, undone = restart(ledger), list[str]()
    assert take_back(ledger.outbox, journal, times.stamp, undone.append) == 1
    last = LineBody.from_text(ledger.outbox.pending()[-1].body)
    assert (last.kind, last.scan_id, last.ticket, last.reason) == (LineKind.ANNUL, "s-4", "T4", "unlit")
    assert last.stamp.boot == "c" * 16
    assert undone == ["s-4"]
    assert take_back(ledger.outbox, journal, times.stamp, undone.append) == 0
    assert ledger.outbox.verify() == 5


def test_lines_of_this_start_may_be_about_to_be_lit(ledger: Ledger, journal: Journal) -> None:
    ledger.admit(1)
    assert unlit(ledger.outbox, journal, ledger.times.stamp()) == ()


@pytest.mark.parametrize(
    ("outcome", "count"), [(Outcome.ALLOW, 0), (Outcome.ATTENTION, 0), (Outcome.STOP, 1), (Outcome.CANNOT_CHECK, 1)]
)
def test_only_a_light_that_lets_in_counts(ledger: Ledger, journal: Journal, outcome: Outcome, count: int) -> None:
    ledger.admit(1)
    light(ledger, journal, 1, outcome)
    assert len(unlit(ledger.outbox, journal, restart(ledger).stamp())) == count


def test_what_was_annulled_or_done_by_hand_is_left_alone(ledger: Ledger, journal: Journal) -> None:
    ledger.admit(1)
    ledger.outbox.append(ledger.body(1, LineKind.ANNUL))
    ledger.outbox.append(ledger.body(2, LineKind.MANUAL, reason="group leader"))
    assert unlit(ledger.outbox, journal, restart(ledger).stamp()) == ()


def test_a_light_of_long_ago_is_found_among_many(ledger: Ledger, journal: Journal) -> None:
    ledger.admit(1)
    light(ledger, journal, 1)
    for number in range(2, 1103):
        light(ledger, journal, number)
    assert unlit(ledger.outbox, journal, restart(ledger).stamp()) == ()


def test_a_clock_that_was_set_right_since_takes_nothing_back(ledger: Ledger, journal: Journal) -> None:
    ledger.clock.set_wall(timedelta(days=2))
    ledger.admit(1)
    light(ledger, journal, 1)
    ledger.clock.set_wall(timedelta(days=-2))
    for number in range(2, 603):
        light(ledger, journal, number)
    assert unlit(ledger.outbox, journal, restart(ledger).stamp()) == ()


def test_older_lines_are_not_looked_at(ledger: Ledger, journal: Journal) -> None:
    ledger.admit(1)
    ledger.clock.advance(timedelta(days=2).total_seconds())
    assert unlit(ledger.outbox, journal, restart(ledger).stamp()) == ()


def test_a_journal_that_was_replaced_takes_nothing_back(ledger: Ledger, journal: Journal) -> None:
    ledger.admit(3)
    assert unlit(ledger.outbox, journal, restart(ledger).stamp()) == ()
    ledger.clock.advance(60)
    light(ledger, journal, 9)
    assert unlit(ledger.outbox, journal, restart(ledger).stamp()) == ()
