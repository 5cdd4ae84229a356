"""Power that goes away at any moment, a disk that kept only a part: what is left is a beginning of the ledger, or a
fault that says so; never another ledger."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.tickets.body import LineBody, LineKind
from terminal.faults import FaultError
from terminal.offline.outbox import Outbox
from terminal.offline.recovery import open_outbox
from terminal.records.sealed import open_sealed
from tests.unit.terminal.offline.ledger import KEY, Ledger, anew, body, memory

LINES = 24


@pytest.fixture(scope="module")
def cut_off() -> Iterator[Path]:
    """The files of a store with a part in the write-ahead log, as a power cut leaves them."""
    with memory() as folder, Ledger(folder / "live" / "s") as ledger:
        ledger.admit(LINES // 2)
        with ledger.outbox.store.reading() as db:
            db.pragma("wal_checkpoint", "TRUNCATE")
        ledger.admit(LINES // 2, first=LINES // 2 + 1)
        shutil.copytree(folder / "live", folder / "left")
        yield folder / "left"


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder."""
    with memory() as folder:
        yield folder


def whole() -> list[str]:
    return [f"s-{number}" for number in range(1, LINES + 1)]


def said(outbox: Outbox) -> list[LineBody]:
    return [LineBody.from_text(line.body) for line in outbox.pending(1000)]


def cuts(size: int, step: int, chance: random.Random, some: int) -> list[int]:
    """At, just before and just after each of the format's borders, and anywhere."""
    borders = [place + by for place in range(0, size, step) for by in (-1, 0, 1)]
    return sorted({place for place in (*borders, *(chance.randrange(size) for _ in range(some))) if 0 <= place < size})


def left(source: Path, target: Path, name: str, content: bytes, *, mark: bool) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    (target / name).write_bytes(content)
    if not mark:
        (target / "s-head").unlink()
    return target / "s"


def beginning(path: Path) -> int | None:
    """How many lines the store still gives, all as they were; None for a fault."""
    try:
        outbox = Outbox(open_sealed(path, KEY), KEY)
        outbox.verify()
    except FaultError as error:
        assert error.fault.code in ("offline.damaged", "offline.write")
        return None
    scans = [event.scan_id for event in said(outbox)]
    assert scans == whole()[: len(scans)]
    outbox.close()
    return len(scans)


def recovered(path: Path) -> int:
    """How many lines go on in the new ledger, all as they were."""
    outbox = open_outbox(path, KEY, anew)
    events = said(outbox)
    if events and events[0].kind is LineKind.ANEW:
        assert outbox.anew_at() == events[0].stamp.at
        events = events[1:]
    scans = [event.scan_id for event in events]
    assert scans == [scan for scan in whole() if scan in set(scans)]
    outbox.append(body(99, anew("later").stamp))
    outbox.verify()
    outbox.close()
    return len(scans)


def test_a_log_cut_anywhere_gives_a_beginning_and_the_mark_tells_that_it_was_cut(cut_off: Path, shelf: Path) -> None:
    content = (cut_off / "s-wal").read_bytes()
    frame = 24 + 4096
    found = set()
    for place in cuts(len(content), frame, random.Random(1), 30):
        path = left(cut_off, shelf / "cut", "s-wal", content[:place], mark=False)
        count = beginning(path)
        assert count is not None
        found.add(count)
        path = left(cut_off, shelf / "cut", "s-wal", content[:place], mark=True)
        assert beginning(path) is (LINES if count == LINES else None)
    assert min(found) == LINES // 2
    assert len(found) > 5


def test_a_log_of_which_something_else_was_written_gives_a_beginning(cut_off: Path, shelf: Path) -> None:
    content = (cut_off / "s-wal").read_bytes()
    chance = random.Random(2)
    for place in cuts(len(content), 24 + 4096, chance, 20):
        for rest in (bytes(len(content) - place), chance.randbytes(len(content) - place)):
            path = left(cut_off, shelf / "cut", "s-wal", content[:place] + rest, mark=False)
            assert beginning(path) is not None


def test_a_store_cut_anywhere_is_a_beginning_or_a_fault(cut_off: Path, shelf: Path) -> None:
    content = (cut_off / "s").read_bytes()
    outcomes = set()
    for place in cuts(len(content), 4096, random.Random(3), 30):
        outcomes.add(beginning(left(cut_off, shelf / "cut", "s", content[:place], mark=True)))
    assert None in outcomes


def test_a_store_without_its_log_is_missed_by_the_mark(cut_off: Path, shelf: Path) -> None:
    shutil.copytree(cut_off, shelf / "cut")
    (shelf / "cut" / "s-wal").unlink()
    (shelf / "cut" / "s-shm").unlink()
    assert beginning(shelf / "cut" / "s") is None


def test_whatever_is_left_the_terminal_starts_and_what_can_be_read_goes_on(cut_off: Path, shelf: Path) -> None:
    log, store = (cut_off / "s-wal").read_bytes(), (cut_off / "s").read_bytes()
    chance = random.Random(4)
    for name, content in (("s-wal", log), ("s", store)):
        counts = []
        for place in sorted(chance.sample(range(len(content)), 25)):
            counts.append(recovered(left(cut_off, shelf / "cut", name, content[:place], mark=True)))
        assert max(counts) >= LINES // 2
    assert recovered(left(cut_off, shelf / "cut", "s", store, mark=True)) == LINES


def test_a_damaged_page_loses_no_more_than_what_stands_on_it(cut_off: Path, shelf: Path) -> None:
    shutil.copytree(cut_off, shelf / "cut")
    with Ledger(shelf / "cut" / "s") as ledger:
        ledger.admit(300, first=LINES + 1)
    content = (shelf / "cut" / "s").read_bytes()
    chance = random.Random(5)
    saved = []
    for _ in range(12):
        place = chance.randrange(4096, len(content))
        spoilt = content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]
        path = left(shelf / "cut", shelf / "spoilt", "s", spoilt, mark=True)
        outbox = open_outbox(path, KEY, anew)
        saved.append(len([event for event in outbox.since(anew("later").stamp.at - timedelta(days=9))]))
        outbox.verify()
        outbox.close()
    assert max(saved) > 300
