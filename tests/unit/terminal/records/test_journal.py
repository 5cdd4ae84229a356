"""The journal: durable, chained, append-only."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal.faults import CATALOGUE, FaultError
from terminal.model import CheckName, Outcome, Word
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk

NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
ENTRY = JournalEntry(
    when=NOON,
    session=7,
    desk=Desk.RECEPTION,
    device="counter-3",
    method=Method.CHIP_CCCD,
    outcome=Outcome.ALLOW,
    reason="ok.bhyt",
    masked="003 187 ••••••",
    pseudonym="ab" * 32,
    checks=((CheckName.SIGNATURE, Word.SUCCESSFUL), (CheckName.CHIP, Word.NOT_SUPPORTED)),
    scan_id="boot-7",
    reference="ref-1",
    ms=1234,
)

words = st.text("abcXYZ09._-", min_size=1, max_size=12)
entries = st.builds(
    JournalEntry,
    when=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])),
    session=st.integers(0, 10**12),
    desk=st.sampled_from(Desk),
    device=words,
    method=st.sampled_from(Method),
    outcome=st.sampled_from(Outcome),
    reason=st.text("abc._09", min_size=1, max_size=20),
    fault=st.none() | st.sampled_from(sorted(CATALOGUE)),
    masked=st.none() | st.just("003 090 ••••••"),
    pseudonym=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    checks=st.lists(st.tuples(st.sampled_from(CheckName), st.sampled_from(Word)), max_size=4).map(tuple),
    scan_id=st.none() | words,
    ticket=st.none() | st.text(max_size=90),
    reference=st.none() | st.text(max_size=90) | st.text("0123456789-", min_size=60, max_size=80),
    simulated=st.booleans(),
    ms=st.none() | st.integers(0, 10**7),
)


def faults_with(code: str, action: Callable[[], object]) -> None:
    with pytest.raises(FaultError) as caught:
        action()
    assert caught.value.fault.code == code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path) as open_journal:
        yield open_journal


def test_entries_are_numbered_and_come_back_as_written(journal: Journal) -> None:
    second = replace(ENTRY, fault="net.down", outcome=Outcome.CANNOT_CHECK, ticket="T-1")
    assert [journal.append(ENTRY), journal.append(second)] == [1, 2]
    assert [(found.seq, found.entry) for found in journal.read()] == [(1, ENTRY), (2, second)]
    assert [found.seq for found in journal.read(since=1)] == [2]
    assert [found.seq for found in journal.read(limit=1)] == [1]
    assert journal.verify() == 2


def test_the_chain_goes_on_after_closing(path: Path) -> None:
    for seq in (1, 2):
        with Journal(path) as journal:
            assert journal.append(ENTRY) == seq
    with Journal(path) as journal:
        assert journal.verify() == 2


def test_an_empty_journal_is_whole(journal: Journal) -> None:
    assert journal.verify() == 0
    assert journal.read() == ()
    journal.probe()
    assert journal.verify() == 0


def test_the_file_belongs_to_its_user_alone(journal: Journal, path: Path) -> None:
    journal.append(ENTRY)
    assert {file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {0}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(entries, max_size=6))
def test_any_sequence_of_entries_verifies_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory, given_entries: list[JournalEntry]
) -> None:
    with Journal(tmp_path_factory.mktemp("any") / "journal.sqlite3") as journal:
        for entry in given_entries:
            journal.append(entry)
        assert journal.verify() == len(given_entries)
        assert [found.entry for found in journal.read()] == given_entries


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of four entries."""
    path = tmp_path_factory.mktemp("full") / "journal.sqlite3"
    with Journal(path) as journal:
        for session in range(4):
            journal.append(replace(ENTRY, session=session))
    return path


def change(path: Path, statement: str, *values: object) -> None:
    """Change the file as somebody with an SQLite tool would: guards off, change, guards on again."""
    connection = sqlite3.connect(path)
    guards = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement, values)
    for _, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.close()


CHANGES = {
    "entry": "UPDATE journal SET entry = CAST(? AS TEXT) WHERE seq = ?",
    "prev": "UPDATE journal SET prev = CAST(? AS BLOB) WHERE seq = ?",
    "hash": "UPDATE journal SET hash = CAST(? AS BLOB) WHERE seq = ?",
}


@settings(max_examples=40, deadline=None)
@given(
    row=st.integers(1, 4),
    column=st.sampled_from(sorted(CHANGES)),
    value=st.binary(min_size=1, max_size=40) | st.text(max_size=40),
)
def test_any_changed_row_is_found(
    tmp_path_factory: pytest.TempPathFactory, full: Path, row: int, column: str, value: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("changed") / "journal.sqlite3"
    shutil.copy(full, path)
    change(path, CHANGES[column], value, row)
    with Journal(path) as journal:
        faults_with("journal.damaged", journal.verify)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET entry = '{}'",
        "DELETE FROM journal WHERE seq = 1",
        "INSERT OR REPLACE INTO journal VALUES (1, '{}', x'00', x'00')",
        "INSERT INTO journal VALUES (9, '{}', x'00', x'00')",
    ],
)
def test_the_file_itself_refuses_changes(journal: Journal, path: Path, statement: str) -> None:
    journal.append(ENTRY)
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(statement)
    other.close()
    assert journal.verify() == 1


def test_a_missing_row_in_the_middle_is_found(journal: Journal, path: Path) -> None:
    for _ in range(3):
        journal.append(ENTRY)
    change(path, "DELETE FROM journal WHERE seq = 2")
    faults_with("journal.damaged", journal.verify)


def test_the_newest_entries_alone_can_be_proven(journal: Journal, path: Path) -> None:
    for _ in range(5):
        journal.append(ENTRY)
    assert [journal.verify(newest) for newest in (0, 2, 5, 99)] == [5, 5, 5, 5]
    change(path, "UPDATE journal SET entry = '{}' WHERE seq = 2")
    assert journal.verify(3) == 5
    faults_with("journal.damaged", lambda: journal.verify(4))
    change(path, "DELETE FROM journal WHERE seq = 3")
    faults_with("journal.damaged", lambda: journal.verify(2))
    assert journal.verify(1) == 5
    change(path, "DELETE FROM journal WHERE seq = 5")
    faults_with("journal.damaged", lambda: journal.verify(1))


def test_rows_cut_off_at_the_end_are_found_and_nothing_is_added_to_them(journal: Journal, path: Path) -> None:
    for _ in range(3):
        journal.append(ENTRY)
    change(path, "DELETE FROM journal WHERE seq = 3")
    faults_with("journal.damaged", journal.verify)
    faults_with("journal.damaged", lambda: journal.append(ENTRY))
    faults_with("journal.damaged", journal.probe)


def test_nothing_is_added_to_a_changed_last_entry(journal: Journal, path: Path) -> None:
    journal.append(ENTRY)
    change(path, "UPDATE journal SET entry = replace(entry, 'allow', 'stop')")
    faults_with("journal.damaged", lambda: journal.append(ENTRY))


def test_an_entry_that_is_none_is_damage_even_where_the_chain_holds(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JournalEntry, "to_json", lambda _: '{"a":1}')
    journal.append(ENTRY)
    faults_with("journal.damaged", journal.read)
    faults_with("journal.damaged", journal.verify)


def test_a_file_that_is_no_journal_is_damage(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"these are not the pages of a data base" * 200)
    faults_with("journal.damaged", lambda: Journal(path))


def test_another_programs_data_base_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    faults_with("journal.damaged", lambda: Journal(path))


def test_a_journal_without_its_guards_is_damage(journal: Journal, path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("DROP TRIGGER journal_no_delete")
    other.commit()
    other.close()
    faults_with("journal.damaged", lambda: Journal(path))


def test_a_damaged_page_is_damage(path: Path, full: Path) -> None:
    path.parent.mkdir()
    pages = bytearray(full.read_bytes())
    pages[4096:] = b"\xa5" * (len(pages) - 4096)
    path.write_bytes(bytes(pages))
    with pytest.raises(FaultError) as caught, Journal(path) as journal:
        journal.verify()
    assert caught.value.fault.code == "journal.damaged"


def test_a_locked_file_is_a_writing_fault_and_clears_by_itself(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal._connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    faults_with("journal.write", lambda: journal.append(ENTRY))
    other.execute("ROLLBACK")
    other.close()
    assert journal.append(ENTRY) == 1


def test_a_full_disk_is_a_writing_fault_and_what_was_kept_stays(journal: Journal) -> None:
    kept = journal.append(ENTRY)
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        while kept < 200:
            kept = journal.append(ENTRY)
    except FaultError as error:
        assert error.fault.code == "journal.write"
    assert journal.verify() == kept < 200
    journal._connection.execute("PRAGMA max_page_count = 1000000")
    assert journal.append(ENTRY) == kept + 1


def test_a_folder_that_cannot_be_made_is_a_writing_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    faults_with("journal.write", lambda: Journal(tmp_path / "file" / "journal.sqlite3"))


def test_a_journal_that_cannot_keep_a_write_ahead_log_is_refused(journal: Journal, path: Path) -> None:
    journal.close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode = DELETE")
    other.close()
    faults_with("journal.write", lambda: Journal(path))


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    journal = Journal(path)
    journal.close()
    faults_with("journal.write", lambda: journal.append(ENTRY))


def test_reading_beside_the_writing_thread_sees_whole_entries(journal: Journal) -> None:
    writer = threading.Thread(target=lambda: [journal.append(replace(ENTRY, session=n)) for n in range(60)])
    writer.start()
    while writer.is_alive():
        seen = [found.seq for found in journal.read()]
        assert seen == list(range(1, len(seen) + 1))
        writer.join(0.001)
    assert journal.verify() == 60


def test_two_programs_starting_at_once_share_one_journal(path: Path) -> None:
    journals: list[Journal] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait(10)
        journals.append(Journal(path))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(journal.append(ENTRY) for journal in journals) == [1, 2, 3, 4]
    assert journals[0].verify() == 4
    for journal in journals:
        journal.close()


WRITER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from terminal.model import Outcome
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk

journal = Journal(Path(sys.argv[1]))
for session in range(1_000_000):
    entry = JournalEntry(when=datetime.now(timezone.utc), session=session, desk=Desk.GATE, device="gate-1",
                         method=Method.TICKET, outcome=Outcome.ALLOW, reason="ok.ticket")
    print(journal.append(entry), flush=True)
"""


def test_every_acknowledged_entry_survives_a_killed_program(path: Path) -> None:
    program = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program.stdout as answers:
        acknowledged = [int(answers.readline()) for _ in range(40)]
        program.kill()
        acknowledged += [int(line) for line in answers if line.endswith("\n")]
    program.wait(10)
    with Journal(path) as journal:
        assert acknowledged == list(range(1, len(acknowledged) + 1))
        assert journal.verify() >= len(acknowledged)
        assert journal.append(ENTRY) > len(acknowledged)


def test_a_copy_made_while_open_is_whole(journal: Journal, path: Path, tmp_path: Path) -> None:
    journal.append(ENTRY)
    copy = tmp_path / "copy"
    shutil.copytree(path.parent, copy)
    with Journal(copy / path.name) as other:
        assert other.verify() == 1
