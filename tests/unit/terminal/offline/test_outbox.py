"""The outbox: in order, sealed, kept until a server has it, and never quietly less."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import START, follows
from terminal.faults import FaultError
from terminal.offline.outbox import Outbox
from terminal.records.sealed import open_sealed
from terminal.syncing import LineAnswer
from tests.unit.terminal.offline.ledger import KEY, Ledger, anew


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "offline.sqlite3") as ledger:
        yield ledger


def kept(ledger: Ledger, count: int) -> None:
    ledger.outbox.confirmed([LineAnswer(line.seq, "kept") for line in ledger.outbox.pending(count)])


def broken(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    assert caught.value.fault.code == "offline.damaged"
    return caught.value.detail


def change(path: Path, *statements: str) -> None:
    with open_sealed(path, KEY) as store, store.writing() as db:
        for statement in statements:
            db.execute(statement)


def test_each_line_is_sealed_to_the_one_before(ledger: Ledger) -> None:
    ledger.admit(3)
    lines = ledger.outbox.pending()
    assert [line.seq for line in lines] == [1, 2, 3]
    assert lines[0].prev == START
    assert follows(lines[0], lines[1], anew=False)
    assert follows(lines[1], lines[2], anew=False)
    assert LineBody.from_text(lines[2].body).scan_id == "s-3"
    assert ledger.outbox.verify() == 3


def test_a_line_is_there_after_a_restart_and_the_chain_goes_on(tmp_path: Path) -> None:
    with Ledger(tmp_path / "s") as first:
        first.admit(2)
        head = first.outbox.pending()[-1]
    with Ledger(tmp_path / "s") as again:
        again.admit(1, first=3)
        assert again.outbox.pending()[-1].prev == head.seal
        assert again.outbox.verify() == 3


def test_a_line_and_what_goes_with_it_are_one_transaction(ledger: Ledger) -> None:
    ledger.admit(1)

    def half() -> None:
        with ledger.outbox.store.writing():
            ledger.admit(1, first=2)
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert ledger.outbox.verify() == 1  # and the mark did not run ahead
    ledger.admit(1, first=2)
    assert ledger.outbox.verify() == 2


def test_what_waits_is_counted(ledger: Ledger) -> None:
    assert ledger.outbox.waiting().oldest is None
    assert ledger.outbox.latest() is None
    ledger.admit(3)
    ledger.outbox.append(ledger.body(3, LineKind.ANNUL))
    ledger.outbox.append(ledger.body(4, LineKind.EXIT))
    ledger.outbox.append(ledger.body(5, LineKind.MANUAL, reason="group leader"))
    first = LineBody.from_text(ledger.outbox.pending(1)[0].body).stamp.at
    waiting = ledger.outbox.waiting()
    assert (waiting.lines, waiting.admissions, waiting.oldest) == (6, 4, first)
    assert ledger.outbox.latest() == ledger.times.stamp()
    kept(ledger, 2)
    assert (ledger.outbox.waiting().lines, ledger.outbox.waiting().admissions) == (4, 2)
    kept(ledger, 4)
    assert ledger.outbox.waiting().oldest is None


def test_kept_and_known_are_done_and_a_refused_line_stays_a_task(ledger: Ledger) -> None:
    ledger.admit(4)
    told = ledger.outbox.confirmed(
        [
            LineAnswer(1, "kept", conflict="duplicate_entry"),
            LineAnswer(2, "known"),
            LineAnswer(3, "refused", "malformed"),
            LineAnswer(9, "kept"),
        ]
    )
    assert (told.done, told.refused, told.conflicts, told.broken) == (2, 1, 1, None)
    assert [line.seq for line in ledger.outbox.pending()] == [4]
    (task,) = ledger.outbox.tasks()
    assert (task.seq, task.reason, json.loads(task.body)["ticket"]) == (3, "malformed", "T3")
    assert "T3" not in repr(task)
    ledger.clock.advance(1000)
    kept(ledger, 1)
    ledger.outbox.forget(ledger.clock.now(), timedelta(seconds=10))
    assert ledger.outbox.tasks() == (task,)
    ledger.outbox.settle(3)
    assert ledger.outbox.tasks() == ()


def test_an_answer_that_comes_twice_changes_nothing(ledger: Ledger) -> None:
    ledger.admit(2)
    answers = [LineAnswer(1, "kept"), LineAnswer(2, "refused", "malformed")]
    ledger.outbox.confirmed(answers)
    told = ledger.outbox.confirmed(answers)
    assert (told.done, told.refused) == (0, 0)
    assert ledger.outbox.confirmed([LineAnswer(1, "refused", "malformed")]).refused == 0
    assert len(ledger.outbox.tasks()) == 1


@pytest.mark.parametrize("reason", ["gap", "seq_reused", "chain_broken"])
def test_a_ledger_that_does_not_fit_the_servers_copy_is_no_task(ledger: Ledger, reason: str) -> None:
    ledger.admit(3)
    told = ledger.outbox.confirmed(
        [LineAnswer(1, "kept"), LineAnswer(2, "refused", reason), LineAnswer(3, "refused", reason)]
    )
    assert told.broken == (2, reason)
    assert ledger.outbox.tasks() == ()
    assert [line.seq for line in ledger.outbox.pending()] == [2, 3]


def test_lines_that_a_server_lost_can_be_had_again(ledger: Ledger) -> None:
    ledger.admit(5)
    kept(ledger, 4)
    assert [line.seq for line in ledger.outbox.before(5, 3)] == [2, 3, 4]
    assert ledger.outbox.before(1) == ()


def test_what_a_hub_has_waits_for_the_server_but_not_at_the_budget(ledger: Ledger) -> None:
    ledger.admit(3)
    told = ledger.outbox.confirmed([LineAnswer(1, "kept"), LineAnswer(2, "known")], by_hub=True)
    assert told.done == 2
    assert ledger.outbox.waiting().lines == 1
    assert [line.seq for line in ledger.outbox.pending()] == [3]
    assert [line.seq for line in ledger.outbox.pending(held=True)] == [1, 2, 3]
    ledger.clock.advance(1000)
    assert ledger.outbox.forget(ledger.clock.now(), timedelta(seconds=10)) == 0
    ledger.outbox.confirmed([LineAnswer(1, "known")])
    ledger.outbox.confirmed([LineAnswer(1, "kept")], by_hub=True)  # the hub's late answer takes nothing back
    assert [line.seq for line in ledger.outbox.pending(held=True)] == [2, 3]


def test_confirmed_lines_may_be_forgotten_but_never_the_head_or_what_waits(ledger: Ledger) -> None:
    ledger.admit(6)
    kept(ledger, 4)
    assert ledger.outbox.forget(ledger.clock.now(), timedelta(days=1)) == 0
    ledger.clock.advance(100)
    assert ledger.outbox.forget(ledger.clock.now(), timedelta(seconds=10)) == 4
    assert ledger.outbox.verify() == 2
    kept(ledger, 2)
    assert ledger.outbox.forget(ledger.clock.now(), timedelta(seconds=10)) == 1
    assert ledger.outbox.verify() == ledger.outbox.verify(1) == 1
    ledger.admit(1, first=7)
    assert [line.seq for line in ledger.outbox.pending()] == [7]
    assert ledger.outbox.verify() == 2


def test_a_ledger_that_starts_anew_keeps_what_waits_under_new_numbers(ledger: Ledger) -> None:
    ledger.admit(3)
    kept(ledger, 1)
    before = ledger.outbox.pending()
    assert ledger.outbox.anew_at() is None
    first = ledger.outbox.begin_anew(anew("seq_reused at 2"))
    lines = ledger.outbox.pending()
    assert lines[0] == first
    assert first.prev == START
    assert first.seq > 1_700_000_000_000
    assert [line.seq for line in lines] == [first.seq, first.seq + 1, first.seq + 2]
    assert [line.body for line in lines[1:]] == [line.body for line in before]
    assert ledger.outbox.verify() == 6
    assert ledger.outbox.anew_at() == LineBody.from_text(first.body).stamp.at
    assert [event.scan_id for event in ledger.outbox.since(ledger.clock.now() - timedelta(days=1))] == [
        "s-1",
        "anew",
        "s-2",
        "s-3",
    ]
    ledger.admit(1, first=4)
    assert ledger.outbox.verify() == 7


def test_no_number_is_given_twice_even_by_a_clock_that_went_back(ledger: Ledger) -> None:
    first = ledger.outbox.begin_anew(anew("once"))
    second = ledger.outbox.begin_anew(anew("twice"))  # the same millisecond
    assert second.seq > first.seq


@pytest.mark.parametrize(
    "change_it",
    [
        "UPDATE line SET body = replace(body, 'T3', 'T9') WHERE seq = 3",
        "UPDATE line SET seal = randomblob(32) WHERE seq = 3",
        "UPDATE line SET kind = 'annul' WHERE seq = 3",
        "UPDATE line SET body = 'x' WHERE seq = 3",
        "DELETE FROM line WHERE seq = 3",
        "DELETE FROM line WHERE seq = 5",
        "DELETE FROM line WHERE seq > 1",
        "DELETE FROM line",
        "UPDATE line SET seq = 9 WHERE seq = 5",
        "UPDATE ledger SET base_seq = 2",
    ],
)
def test_an_edited_ledger_is_noticed_and_the_last_good_line_named(tmp_path: Path, change_it: str) -> None:
    path = tmp_path / "s"
    with Ledger(path) as ledger:
        ledger.admit(5)
    change(path, change_it)
    with Ledger(path) as ledger:
        assert "the ledger is broken after" in broken(ledger.outbox.verify) or "line 3" in broken(ledger.outbox.verify)


@pytest.mark.parametrize(
    "change_it", ["UPDATE line SET body = 'x' WHERE seq = 5", "DELETE FROM line WHERE seq = 5", "DELETE FROM line"]
)
def test_nothing_is_chained_to_a_line_that_was_changed(tmp_path: Path, change_it: str) -> None:
    path = tmp_path / "s"
    with Ledger(path) as ledger:
        ledger.admit(5)
    change(path, change_it)
    with Ledger(path) as ledger:
        assert "last line (5)" in broken(lambda: ledger.admit(1))


def test_lines_that_were_cut_off_in_good_order_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Ledger(path) as ledger:
        ledger.admit(2)
    old = path.read_bytes()
    with Ledger(path) as ledger:
        ledger.admit(3, first=3)
    path.write_bytes(old)  # a backup was put back
    with Ledger(path) as ledger:
        assert broken(ledger.outbox.verify) == "the ledger is broken after 2: cut before 5"


def test_another_ledger_of_the_same_length_is_noticed(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a") as ledger:
        ledger.admit(2)
    with Ledger(tmp_path / "b") as ledger:
        ledger.admit(2, first=7)
    (tmp_path / "b-head").replace(tmp_path / "a-head")
    with Ledger(tmp_path / "a") as ledger:
        broken(ledger.outbox.verify)


@pytest.mark.parametrize("mark", [None, b"", b"torn", bytes(72)])
def test_a_mark_that_says_nothing_is_no_fault(tmp_path: Path, mark: bytes | None) -> None:
    with Ledger(tmp_path / "s") as ledger:
        ledger.admit(2)
    (tmp_path / "s-head").unlink() if mark is None else (tmp_path / "s-head").write_bytes(mark)
    with Ledger(tmp_path / "s") as ledger:
        assert ledger.outbox.verify() == 2


def test_a_mark_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "s-head").mkdir()
    with Ledger(tmp_path / "s") as ledger, caplog.at_level(logging.WARNING):
        ledger.admit(1)
    assert "offline.write: mark" in caplog.text


def test_the_newest_lines_alone_can_be_proven(tmp_path: Path) -> None:
    with Ledger(tmp_path / "s") as ledger:
        ledger.admit(5)
    change(tmp_path / "s", "UPDATE line SET body = 'x' WHERE seq = 2")
    with Ledger(tmp_path / "s") as ledger:
        assert ledger.outbox.verify(3) == 5
        broken(ledger.outbox.verify)
        broken(lambda: ledger.outbox.verify(4))


def test_a_clock_that_was_set_between_two_lines_is_noticed(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    ledger.admit(1)
    ledger.clock.set_wall(timedelta(days=2))
    with caplog.at_level(logging.WARNING):
        ledger.admit(1, first=2)
    assert "clock.wrong: the clock was set by +172800.0 s" in caplog.text
    assert ledger.outbox.verify() == 2


def test_two_openings_of_one_store_give_one_chain(ledger: Ledger) -> None:
    other = Outbox(open_sealed(ledger.path, KEY), KEY)
    for number in range(1, 7):
        (ledger.outbox if number % 2 else other).append(ledger.body(number))
    assert other.verify() == 6
    other.close()
