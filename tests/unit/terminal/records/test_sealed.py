"""The encrypted store: nothing of it can be read without its key, and what is wrong with it is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from terminal.faults import FaultError
from terminal.records.sealed import Sealed, SealedKey, open_sealed, sealed_key

KEY = SealedKey(b"k" * 32)
SECRET = "T7Q2M9XK4B is a ticket"


def faults_with(code: str, action: Callable[[], object]) -> FaultError:
    with pytest.raises(FaultError) as caught:
        action()
    assert caught.value.fault.code == code
    return caught.value


def fill(store: Sealed, rows: int = 50) -> None:
    with store.writing() as db:
        db.execute("CREATE TABLE IF NOT EXISTS thing (text TEXT NOT NULL) STRICT")
        db.executemany("INSERT INTO thing VALUES (?)", [(SECRET,)] * rows)


def count(store: Sealed) -> int:
    with store.reading() as db:
        return int(db.execute("SELECT count(*) FROM thing").get)


def test_what_is_kept_comes_back_and_stands_nowhere_in_the_clear(tmp_path: Path) -> None:
    path = tmp_path / "new" / "offline.sqlite3"
    with open_sealed(path, KEY) as store:
        fill(store)
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600
            assert SECRET.encode() not in file.read_bytes()
    raw = path.read_bytes()
    assert SECRET.encode() not in raw
    assert not raw.startswith(b"SQLite")
    with open_sealed(path, KEY) as store:
        assert count(store) == 50
        store.check()
    with closing(sqlite3.connect(path)) as plain, pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT * FROM sqlite_schema")


def test_it_is_durable(tmp_path: Path) -> None:
    with open_sealed(tmp_path / "s", KEY) as store, store.reading() as db:
        assert db.pragma("journal_mode") == "wal"
        assert db.pragma("synchronous") == 2
        assert db.pragma("cipher") == "chacha20"


def test_another_key_is_damage_and_says_nothing_of_the_library(tmp_path: Path) -> None:
    open_sealed(tmp_path / "s", KEY).close()
    error = faults_with("offline.damaged", lambda: open_sealed(tmp_path / "s", SealedKey(b"z" * 32)))
    assert error.detail == "NotADBError"


@pytest.mark.parametrize("raw", [b"", b"SQLite format 3\0" + bytes(200), b"text" * 2000], ids=["empty", "head", "text"])
def test_a_foreign_file_is_damage(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "s").write_bytes(raw)
    faults_with("offline.damaged", lambda: open_sealed(tmp_path / "s", KEY))


def test_a_store_of_another_version_is_damage(tmp_path: Path) -> None:
    with open_sealed(tmp_path / "s", KEY) as store, store.reading() as db:
        db.pragma("user_version", 2)
    faults_with("offline.damaged", lambda: open_sealed(tmp_path / "s", KEY))


def test_every_changed_page_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with open_sealed(path, KEY) as store:
        fill(store, 2000)
    whole = path.read_bytes()
    for place in range(100, len(whole), 4096):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])

        def look() -> None:
            with open_sealed(path, KEY) as store:
                store.check()

        faults_with("offline.damaged", look)


def test_nothing_of_a_block_that_raises_is_kept(tmp_path: Path) -> None:
    with open_sealed(tmp_path / "s", KEY) as store:
        fill(store, 1)

        def stumble() -> None:
            with store.writing():
                fill(store, 5)
                raise KeyError

        with pytest.raises(KeyError):
            stumble()
        assert count(store) == 1


def test_what_is_to_follow_a_commit_follows_it_once_and_never_an_undone_one(tmp_path: Path) -> None:
    done: list[str] = []
    with open_sealed(tmp_path / "s", KEY) as store:

        def stumble() -> None:
            with store.writing():
                store.after_commit(lambda: done.append("undone"))
                raise KeyError

        with pytest.raises(KeyError):
            stumble()
        with store.writing(), store.writing():
            store.after_commit(lambda: done.append("kept"))
            assert done == []
        fill(store, 1)
    assert done == ["kept"]


def test_what_sqlite_refuses_is_a_fault(tmp_path: Path) -> None:
    with open_sealed(tmp_path / "s", KEY) as store:

        def no_table() -> None:
            with store.reading() as db:
                db.execute("SELECT * FROM nowhere")

        assert "nowhere" not in str(faults_with("offline.damaged", no_table))


def test_a_store_that_another_program_holds_is_a_writing_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.records.sealed._BUSY_MS", 10)
    with open_sealed(tmp_path / "s", KEY) as mine, open_sealed(tmp_path / "s", KEY) as other:
        fill(mine, 1)
        with mine.writing():
            faults_with("offline.write", lambda: fill(other, 1))
        fill(other, 1)
        assert count(mine) == 2


def test_a_closed_store_is_a_writing_fault(tmp_path: Path) -> None:
    store = open_sealed(tmp_path / "s", KEY)
    store.close()
    faults_with("offline.write", lambda: fill(store))


def test_no_place_for_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    faults_with("offline.write", lambda: open_sealed(tmp_path / "file" / "s", KEY))


def test_two_programs_that_start_at_once_have_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    real = apsw.Connection
    first: list[Sealed] = []

    def slow(draft: str, flags: int) -> apsw.Connection:
        monkeypatch.undo()
        first.append(open_sealed(path, KEY))
        fill(first[0], 3)
        return real(draft, flags)

    monkeypatch.setattr("apsw.Connection", slow)
    with open_sealed(path, KEY) as store:
        assert count(store) == 3
    first[0].close()
    assert [file.name for file in tmp_path.iterdir()] == ["s"]


def test_the_key_is_made_once_for_its_user_alone_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "new" / "offline.key"
    key = sealed_key(path, lambda size: b"k" * size)
    assert key == KEY == sealed_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert repr(key) == "SealedKey()"


def test_a_key_that_is_none_or_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "offline.key"
    sealed_key(path)
    path.chmod(0o604)
    faults_with("secrets.exposed", lambda: sealed_key(path))
    path.chmod(0o600)
    path.write_bytes(b"short")
    faults_with("offline.damaged", lambda: sealed_key(path))
    faults_with("offline.write", lambda: sealed_key(path / "beneath"))
