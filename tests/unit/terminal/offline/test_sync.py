"""The exchange: what waits first, then what the servers know; whatever a server does, each line is there once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.tickets.body import LineBody, LineKind
from terminal.events import Synced
from terminal.faults import FaultError
from terminal.offline.sync import Link, ServerExchange
from terminal.syncing import LineAnswer, Skew
from tests.inbox import RecordingInbox
from tests.unit.terminal.offline.ledger import Ledger, anew
from tests.unit.terminal.offline.peer import LedgerPeer, TicketShelf


class Rig:
    """A ledger, a server, a hub and the exchange between them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "s")
        self.server, self.hub = LedgerPeer(), LedgerPeer()
        self.shelf = TicketShelf(self.ledger.clock)
        self.exchange = self.with_first(lambda: None)

    def with_first(self, first: Callable[[], object], every: float = 15.0) -> ServerExchange:
        links = (Link(self.server, self.shelf), Link(self.hub, hub=True))
        ledger = self.ledger
        return ServerExchange(links, ledger.outbox, ledger.times, ledger.clock, anew, every, first)

    def waiting(self) -> int:
        return self.ledger.outbox.waiting().lines


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.ledger.close()


def fails(code: str, times: int = 1, call: str = "") -> Callable[[str], None]:
    left = times

    def trouble(made: str) -> None:
        nonlocal left
        if left and call in made:
            left -= 1
            raise FaultError(code)

    return trouble


def scans(count: int) -> list[str]:
    return [f"s-{number}" for number in range(1, count + 1)]


def test_what_waits_goes_first_in_batches_then_the_snapshot_comes(rig: Rig) -> None:
    rig.ledger.admit(1203)
    rig.exchange.turn()
    assert [len(batch) for batch in rig.server.uploads] == [500, 500, 203]
    assert rig.server.calls == ["upload", "upload", "upload", "snapshot"]
    assert rig.server.passages == scans(1203)
    assert rig.waiting() == 0
    assert rig.shelf.taken == [b"snapshot"]
    assert [file.name for file in rig.ledger.path.parent.iterdir() if "snapshot" in file.name] == []
    assert rig.exchange.standing.online
    assert rig.exchange.standing.as_of == rig.ledger.clock.now()


def test_changes_follow_by_cursor_until_there_are_no_more(rig: Rig) -> None:
    rig.exchange.turn()
    rig.server.pages = 3
    rig.exchange.turn()
    assert rig.server.calls == ["snapshot", "changes 1", "changes 11", "changes 12"]


def test_old_data_and_changes_that_do_not_fit_are_replaced_whole(rig: Rig) -> None:
    rig.exchange.turn()
    rig.shelf.age(hours=25)
    rig.exchange.turn()
    rig.shelf.unfit = True
    rig.exchange.turn()
    assert rig.server.calls == ["snapshot", "snapshot", "changes 1", "snapshot"]


def test_changes_without_end_are_not_followed(rig: Rig) -> None:
    rig.exchange.turn()
    rig.server.pages = 1_000_000
    rig.server.before = lambda call: setattr(rig.server, "cursor", 5)
    rig.exchange.turn()
    assert rig.server.calls == ["snapshot", "changes 1", "changes 6"]


def test_only_what_was_handed_over_before_the_data_came_is_covered_by_them(rig: Rig) -> None:
    rig.exchange.turn()
    rig.ledger.admit(2)
    rig.shelf.counted = lambda: rig.waiting()
    rig.server.before = lambda call: rig.ledger.admit(1, first=3) if call == "changes" else None
    rig.exchange.turn()
    assert rig.shelf.covered == [0]
    assert rig.waiting() == 1


def test_data_that_did_not_come_cover_nothing(rig: Rig) -> None:
    rig.exchange.turn()
    rig.server.before = fails("net.timeout", call="changes")
    rig.exchange.turn()
    assert rig.shelf.covered == []


@pytest.mark.parametrize("code", ["net.down", "net.timeout", "net.server", "net.garbage", "net.denied", "net.tls"])
def test_the_hub_is_asked_while_the_server_is_out_of_reach_and_the_server_again_when_it_is_back(
    rig: Rig, code: str
) -> None:
    rig.ledger.admit(2)
    rig.server.before = fails(code)
    rig.exchange.turn()
    assert rig.hub.passages == scans(2)
    assert rig.waiting() == 0
    assert rig.exchange.standing.online
    rig.ledger.admit(1, first=3)
    rig.exchange.turn()
    assert rig.server.passages == scans(3)  # it hears of what the hub has from us too, whatever becomes of the hub
    assert rig.hub.passages == scans(2)


def test_nobody_there_costs_nothing_and_the_pauses_grow(rig: Rig) -> None:
    rig.ledger.admit(1)
    rig.server.before = rig.hub.before = fails("net.down", 1000)
    assert [rig.exchange.turn() for _ in range(7)] == [1, 2, 4, 8, 15, 15, 15]
    assert rig.waiting() == 1
    assert not rig.exchange.standing.online
    rig.server.before = lambda call: None
    assert rig.exchange.turn() == 15
    rig.ledger.admit(1, first=2)
    rig.server.before = fails("net.down")
    assert rig.exchange.turn() == 1


def test_a_server_that_kept_them_and_then_failed_knows_them_at_the_next_try(rig: Rig) -> None:
    rig.ledger.admit(3)
    rig.server.after, rig.hub.before = fails("net.server"), fails("net.down")
    rig.exchange.turn()
    assert rig.server.passages == scans(3)
    assert rig.waiting() == 3
    rig.exchange.turn()
    assert rig.server.passages == scans(3)
    assert rig.waiting() == 0


@pytest.mark.parametrize(
    "answered",
    [
        lambda answers: answers + answers,
        lambda answers: answers[:-1],
        lambda answers: [],
        lambda answers: [LineAnswer(answer.seq + 7, answer.result) for answer in answers],
        lambda answers: list(reversed(answers)),
    ],
    ids=["twice", "one missing", "none", "for other lines", "in another order"],
)
def test_answers_that_are_not_to_these_lines_count_for_nothing(
    rig: Rig, answered: Callable[[list[LineAnswer]], list[LineAnswer]]
) -> None:
    rig.ledger.admit(3)
    rig.server.answered, rig.hub.before = answered, fails("net.down", 9)
    rig.exchange.turn()
    assert rig.waiting() == 3
    rig.server.answered = lambda answers: answers
    rig.exchange.turn()
    assert rig.waiting() == 0
    assert rig.server.passages == scans(3)


def test_a_refused_line_becomes_a_task_and_the_others_go_on(rig: Rig) -> None:
    rig.ledger.admit(3)
    rig.server.refuse = {2: "malformed"}
    rig.server.conflicts = {3: "duplicate_entry"}
    rig.exchange.turn()
    standing = rig.exchange.standing
    assert (standing.queued, standing.tasks, standing.conflicts) == (0, 1, 1)
    assert [task.seq for task in rig.ledger.outbox.tasks()] == [2]


def test_a_server_put_back_from_a_backup_gets_again_what_it_lost(rig: Rig) -> None:
    rig.ledger.admit(1700)
    rig.exchange.turn()
    del rig.server.lines[100:]
    rig.ledger.admit(1, first=1701)
    rig.exchange.turn()
    assert rig.server.passages == scans(1701)
    assert rig.ledger.outbox.anew_at() is None


def test_a_new_hub_gets_the_whole_ledger(rig: Rig) -> None:
    rig.ledger.admit(700)
    rig.exchange.turn()
    rig.ledger.admit(1, first=701)
    rig.server.before = fails("net.down")
    rig.exchange.turn()
    assert rig.hub.passages == scans(701)


def test_a_hub_that_cannot_get_what_it_misses_starts_nothing_anew(rig: Rig) -> None:
    rig.ledger.admit(5)
    rig.exchange.turn()
    rig.ledger.clock.advance(1000)
    rig.ledger.outbox.forget(rig.ledger.clock.now(), timedelta(seconds=1))
    rig.ledger.admit(1, first=6)
    rig.server.before = fails("net.down")
    rig.exchange.turn()
    assert rig.hub.passages == []
    assert rig.waiting() == 1
    assert rig.ledger.outbox.anew_at() is None
    rig.exchange.turn()
    assert rig.server.passages == scans(6)


def test_a_gap_that_nothing_fills_starts_the_ledger_anew(rig: Rig) -> None:
    rig.ledger.admit(5)
    rig.exchange.turn()
    rig.ledger.clock.advance(1000)
    rig.ledger.outbox.forget(rig.ledger.clock.now(), timedelta(seconds=1))
    rig.server.lines.clear()
    rig.ledger.admit(1, first=6)
    rig.exchange.turn()
    first = LineBody.from_text(rig.server.lines[0].body)
    assert (first.kind, first.reason) == (LineKind.ANEW, "gap at 6")
    assert rig.server.passages == ["s-6"]
    assert rig.waiting() == 0
    assert rig.ledger.outbox.verify() == 4


def test_an_old_copy_of_the_ledger_is_told_by_the_server_and_starts_anew(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.ledger.admit(3)
    rig.exchange.turn()
    rig.ledger.close()
    for file in tmp_path.iterdir():
        file.unlink()
    again = Rig(tmp_path)  # another ledger under the same name: its numbers begin at 1
    again.server.lines = rig.server.lines
    again.ledger.admit(2, first=4)
    again.exchange.turn()
    assert again.server.passages == scans(5)
    assert LineBody.from_text(again.server.lines[3].body).reason == "seq_reused at 1"
    assert again.waiting() == 0
    assert again.ledger.outbox.verify() == 5
    again.ledger.close()


def test_a_server_to_which_nothing_fits_does_not_make_the_ledger_start_anew_for_ever(rig: Rig) -> None:
    rig.ledger.admit(1)
    rig.hub.before = fails("net.down", 9)
    rig.server.answered = lambda answers: [LineAnswer(one.seq, "refused", "chain_broken") for one in answers]
    for _ in range(5):
        rig.exchange.turn()
    assert rig.ledger.outbox.verify() == 3
    assert not rig.exchange.standing.online


def test_the_clock_is_learnt_from_each_answer(rig: Rig) -> None:
    rig.server.skew = Skew(-172_800.0, 0.02)
    rig.ledger.admit(1)
    rig.exchange.turn()
    assert rig.ledger.times.stamp().skew_ms == -172_800_000
    assert rig.shelf.now is not None
    rig.exchange.turn()
    assert rig.shelf.now.as_of == rig.ledger.clock.now() - timedelta(days=2)


def test_confirmed_lines_are_forgotten_after_thirty_days_and_looked_for_once_a_day(rig: Rig) -> None:
    rig.ledger.admit(3)
    rig.exchange.turn()
    rig.ledger.clock.advance(timedelta(days=29).total_seconds())
    rig.exchange.turn()
    assert rig.ledger.outbox.verify() == 3
    rig.ledger.clock.advance(timedelta(hours=23).total_seconds())
    rig.exchange.turn()
    rig.ledger.clock.advance(timedelta(hours=2).total_seconds())
    rig.exchange.turn()
    assert rig.ledger.outbox.verify() == 1


# The thread


def test_it_begins_at_once_posts_what_waits_and_wakes_after_an_admission(rig: Rig) -> None:
    inbox = RecordingInbox()
    order: list[str] = []
    exchange = rig.with_first(lambda: order.append("first"), every=3600.0)
    rig.server.before = rig.hub.before = fails("net.down", 2)
    rig.ledger.admit(2)
    exchange.start(inbox)
    try:
        assert inbox.wait_for(Synced).queued == 2
        assert order == ["first"]
        assert inbox.wait_for(Synced).queued == 0  # it came back by itself, a second later
        uploaded = threading.Event()
        rig.server.after = lambda call: uploaded.set() if call == "upload" else None
        rig.ledger.admit(1, first=3)
        exchange.wake()
        assert uploaded.wait(20)  # and not after an hour
    finally:
        exchange.stop()
    assert rig.server.passages == scans(3)


def test_nobody_is_woken_while_no_server_answers(rig: Rig) -> None:
    rig.exchange.wake()
    assert not rig.exchange._woken


def test_it_stops_while_a_server_is_silent(rig: Rig) -> None:
    silent, asked = threading.Event(), threading.Event()

    def silence(call: str) -> None:
        asked.set()
        silent.wait(30)

    rig.server.before = silence
    rig.ledger.admit(1)
    rig.exchange.start(RecordingInbox())
    assert asked.wait(10)
    rig.exchange.stop()  # returns although the peer does not
    silent.set()
    rig.exchange._thread.join(20)
    assert not rig.exchange._thread.is_alive()


@pytest.mark.parametrize("error", [FaultError("journal.damaged"), ValueError("a line of another form")])
def test_a_fault_at_the_start_ends_nothing(rig: Rig, error: Exception) -> None:
    def fault() -> None:
        raise error

    inbox = RecordingInbox()
    exchange = rig.with_first(fault)
    rig.ledger.admit(1)
    uploaded = threading.Event()
    rig.server.after = lambda call: uploaded.set()
    exchange.start(inbox)
    assert uploaded.wait(10)
    exchange.stop()


def test_a_defect_ends_nothing_either(rig: Rig) -> None:
    """Of a driver, or of this program: who waits is still handed over."""

    def defect(call: str) -> None:
        rig.server.before = lambda call: None
        raise ValueError("003090123450")

    rig.server.before = rig.hub.before = defect
    rig.ledger.admit(1)
    rig.exchange.turn()
    assert rig.waiting() == 1
    rig.hub.before = lambda call: None
    rig.exchange.turn()
    assert rig.waiting() == 0
