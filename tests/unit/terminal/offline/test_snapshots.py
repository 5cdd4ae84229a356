"""The server's tickets in the terminal: whole or not at all, whatever comes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.tickets.rules import Product, Standing
from crypto.tickets.snapshot import Head
from terminal.faults import FaultError
from terminal.offline import snapshots
from terminal.offline.snapshots import KnownTicket, TicketData
from terminal.records.sealed import SealedKey
from terminal.syncing import Changes
from tests.unit.terminal.offline.gate import (
    DAY,
    EVENT,
    GROUP,
    MADE,
    MARKS,
    NUMBER,
    PASS,
    PUBLIC,
    STATE,
    bound,
    changes,
    snapshot,
    ticket,
)
from tests.unit.terminal.offline.ledger import KEY


@pytest.fixture
def data(tmp_path: Path) -> Iterator[TicketData]:
    data = TicketData(tmp_path / "tickets.sqlite3", KEY, EVENT, PUBLIC)
    yield data
    data.close()


def fault(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


def find(data: TicketData, number: str) -> KnownTicket | None:
    return data.find(MARKS.ticket(number))


def test_before_the_first_snapshot_nothing_is_known(data: TicketData) -> None:
    assert data.told() is None
    assert find(data, "T1") is None
    assert data.product("ve-ngay") is None
    assert data.of_holder(MARKS.holder(NUMBER.digits)) == ()


def test_every_ticket_of_a_snapshot_is_found_and_no_other(data: TicketData, tmp_path: Path) -> None:
    tickets = [
        ticket(f"T{number}", [DAY, PASS, GROUP][number % 3], uses=number % 2, max_uses=2) for number in range(999)
    ]
    told = data.take(snapshot(tmp_path / "s", tickets))
    assert (told.tickets, told.cursor, told.as_of) == (999, 10, MADE)
    assert data.told() == told
    for number in range(999):
        known = find(data, f"T{number}")
        assert known is not None
        assert (known.product, known.state) == ([DAY, PASS, GROUP][number % 3], tickets[number].state)
    assert not any(find(data, f"U{number}") for number in range(999))


def test_a_pass_keeps_its_day_and_a_card_its_tickets(data: TicketData, tmp_path: Path) -> None:
    used = ticket("P1", PASS, uses=1, max_uses=300, day=MADE.date(), day_uses=1, inside=0, outside=1)
    data.take(snapshot(tmp_path / "s", [used, ticket("T1")], [bound("P1"), bound("T1")]))
    assert find(data, "P1") == KnownTicket(PASS, used.state)
    assert set(data.of_holder(MARKS.holder(NUMBER.digits))) == {MARKS.ticket("P1"), MARKS.ticket("T1")}


def test_nothing_on_the_disk_can_be_read_without_the_key(data: TicketData, tmp_path: Path) -> None:
    data.take(snapshot(tmp_path / "s", [ticket("T1", PASS)]))
    for file in tmp_path.glob("tickets.sqlite3*"):
        raw = file.read_bytes()
        assert MARKS.ticket("T1") not in raw
        assert b"the-nam" not in raw
        assert not raw.startswith(b"SQLite")
    data.close()
    assert (
        fault(lambda: TicketData(tmp_path / "tickets.sqlite3", SealedKey(bytes(32)), EVENT, PUBLIC))
        == "offline.damaged"
    )


def test_changes_hold_from_then_on_also_after_a_restart(data: TicketData, tmp_path: Path) -> None:
    data.take(snapshot(tmp_path / "s", [ticket("T1"), ticket("T2")], [bound("T2")]))
    new = Product(EVENT, "ve-dem", "trẻ em", frozenset({"cong-2"}))
    at = MADE + timedelta(minutes=5)
    gone = replace(bound("T2"), bound=False)
    data.apply(changes(12, ticket("T1", standing=Standing.REVOKED), new, ticket("T3", new), bound("T3"), gone), at)
    again = TicketData(tmp_path / "tickets.sqlite3", KEY, EVENT, PUBLIC)
    try:
        for store in (data, again):
            told = store.told()
            assert told is not None
            assert (told.cursor, told.as_of) == (12, at)
            assert find(store, "T1") == KnownTicket(DAY, replace(STATE, standing=Standing.REVOKED))
            assert find(store, "T2") == KnownTicket(DAY, STATE)
            assert find(store, "T3") == KnownTicket(new, STATE)
            assert store.product("ve-dem") == new
            assert store.of_holder(MARKS.holder(NUMBER.digits)) == (MARKS.ticket("T3"),)
    finally:
        again.close()


def test_the_data_are_as_old_as_the_last_time_that_nothing_more_was_to_come(data: TicketData, tmp_path: Path) -> None:
    data.take(snapshot(tmp_path / "s", [ticket("T1")]))
    data.apply(changes(500, ticket("T1", uses=1), more=True), MADE + timedelta(minutes=5))
    told = data.told()
    assert told is not None
    assert (told.cursor, told.as_of) == (500, MADE)
    # Behind the last page the cursor may go back to what is settled (docs/protocol.md).
    data.apply(changes(490), MADE + timedelta(minutes=6))
    told = data.told()
    assert told is not None
    assert (told.cursor, told.as_of) == (490, MADE + timedelta(minutes=6))


def test_a_new_snapshot_replaces_everything_of_the_old_one(data: TicketData, tmp_path: Path) -> None:
    data.take(snapshot(tmp_path / "s", [ticket("T1"), ticket("T2")], [bound("T1")]))
    data.apply(changes(11, ticket("T2", uses=1)), MADE)
    data.take(snapshot(tmp_path / "s", [ticket("T2")], head=Head(EVENT, MADE, 11)))
    assert find(data, "T1") is None
    assert find(data, "T2") == KnownTicket(DAY, STATE)
    assert data.of_holder(MARKS.holder(NUMBER.digits)) == ()


def _tampered(path: Path) -> Path:
    raw = bytearray(snapshot(path, [ticket("T1")]).read_bytes())
    raw[-70] ^= 1  # the last ticket's flags
    path.write_bytes(raw)
    return path


def _cut(path: Path) -> Path:
    path.write_bytes(snapshot(path, [ticket("T1")]).read_bytes()[:-65])
    return path


def _login_page(path: Path) -> Path:
    path.write_bytes(b"<html>Please log in</html>")
    return path


@pytest.mark.parametrize(
    "make",
    [
        _tampered,
        _cut,
        _login_page,
        lambda path: snapshot(path, [ticket("T1")], head=Head("le-khac", MADE, 99)),
        lambda path: snapshot(path, [ticket("T1")], key=Ed25519PrivateKey.from_private_bytes(bytes(32))),
        lambda path: snapshot(path, [ticket("T1")], head=Head(EVENT, MADE, 9)),
    ],
    ids=["tampered", "cut", "login page", "another event", "another server", "older"],
)
def test_a_snapshot_that_is_not_right_changes_nothing(
    data: TicketData, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    before = data.take(snapshot(tmp_path / "s", [ticket("T1", uses=1, max_uses=5)]))
    assert fault(lambda: data.take(make(tmp_path / "bad"))) == "offline.snapshot"
    assert data.told() == before
    known = find(data, "T1")
    assert known is not None
    assert known.state.uses == 1


def test_a_snapshot_that_is_not_there_is_told(data: TicketData, tmp_path: Path) -> None:
    assert fault(lambda: data.take(tmp_path / "none")) == "file.unusable"


@pytest.mark.parametrize(
    "wrong",
    [
        Changes(12, more=False, records=(b"Z",)),
        Changes(12, more=False, records=(*changes(12, ticket("T1", uses=1)).records, b"T")),
        Changes(
            12,
            more=False,
            records=changes(12, Product(EVENT, "moi", "x"), ticket("T2", Product(EVENT, "moi", "x"))).records[1:],
        ),
        changes(9),
    ],
    ids=["no record", "one of two", "of no product", "of the past"],
)
def test_changes_that_are_not_right_change_nothing(data: TicketData, tmp_path: Path, wrong: Changes) -> None:
    before = data.take(snapshot(tmp_path / "s", [ticket("T1")]))
    assert fault(lambda: data.apply(wrong, MADE + timedelta(hours=1))) == "offline.snapshot"
    assert data.told() == before
    assert find(data, "T1") == KnownTicket(DAY, STATE)


def test_changes_before_a_snapshot_are_of_nothing(data: TicketData) -> None:
    assert fault(lambda: data.apply(changes(12, ticket("T1")), MADE)) == "offline.snapshot"


def test_who_asks_while_a_snapshot_comes_gets_the_old_one_whole(
    data: TicketData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.take(snapshot(tmp_path / "s", [ticket("T1", DAY), ticket("T2", DAY)]))
    halfway, asked = threading.Event(), threading.Event()
    real = snapshots._cut

    def waiting(rows: bytes, size: int) -> object:
        halfway.set()
        assert asked.wait(20)
        return real(rows, size)

    monkeypatch.setattr(snapshots, "_cut", waiting)
    new = snapshot(tmp_path / "new", [ticket("T1", GROUP)], [bound("T1")], Head(EVENT, MADE, 11))
    taking = threading.Thread(target=lambda: data.take(new))
    taking.start()
    assert halfway.wait(20)
    during = find(data, "T1"), find(data, "T2")
    asked.set()
    taking.join(20)
    assert during == (KnownTicket(DAY, STATE), KnownTicket(DAY, STATE))
    assert (find(data, "T1"), find(data, "T2")) == (KnownTicket(GROUP, STATE), None)


_KILLED = """
import os, sys
from pathlib import Path
from terminal.offline import snapshots
from tests.unit.terminal.offline.gate import EVENT, PUBLIC
from tests.unit.terminal.offline.ledger import KEY
real = snapshots._cut
def dying(rows, size):
    os._exit(9)
snapshots._cut = dying
data = snapshots.TicketData(Path(sys.argv[1]), KEY, EVENT, PUBLIC)
data.take(Path(sys.argv[2]))
"""


def test_a_terminal_that_dies_while_a_snapshot_comes_has_the_old_one(tmp_path: Path) -> None:
    store = tmp_path / "tickets.sqlite3"
    data = TicketData(store, KEY, EVENT, PUBLIC)
    data.take(snapshot(tmp_path / "s", [ticket(f"T{number}") for number in range(2000)]))
    data.close()
    new = snapshot(tmp_path / "new", [ticket("U1")], [bound("U1")], Head(EVENT, MADE, 11))
    died = subprocess.run([sys.executable, "-c", _KILLED, store, new], check=False, timeout=60)
    assert died.returncode == 9
    data = TicketData(store, KEY, EVENT, PUBLIC)
    try:
        assert [number for number in range(2000) if find(data, f"T{number}") is None] == []
        assert find(data, "U1") is None
        data.take(new)
        assert find(data, "U1") == KnownTicket(DAY, STATE)
    finally:
        data.close()
