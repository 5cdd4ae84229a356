from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.store import BusyError, Store, UrlError, database_file


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Store]:
    store = Store(_url(tmp_path), wait=0.05)
    yield store
    store.close()


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'sub' / 'b.sqlite'}"


@pytest.mark.parametrize("url", ["", "b.sqlite", "sqlite://", "sqlite:///:memory:", "postgresql://h/d", "sqlite:////"])
def test_only_sqlite_files_are_databases(url: str) -> None:
    if url == "sqlite:////":
        assert database_file(url) == Path("/")
    else:
        with pytest.raises(UrlError):
            database_file(url)


def test_commits_reach_the_disk_before_they_are_told(hasty: Store) -> None:
    with hasty.transaction() as db:
        settings = [db.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]


def test_a_second_writer_in_this_process_is_told_to_wait(hasty: Store) -> None:
    with hasty.transaction(), pytest.raises(BusyError), hasty.transaction():
        raise AssertionError("two transactions at once")


def test_a_second_writer_in_another_process_is_told_to_wait(hasty: Store, tmp_path: Path) -> None:
    with hasty.transaction(), pytest.raises(BusyError):
        Store(_url(tmp_path), wait=0.05)


def test_the_file_belongs_to_its_owner_alone(hasty: Store, tmp_path: Path) -> None:
    modes = {stat.S_IMODE(os.stat(file).st_mode) for file in (tmp_path / "sub").iterdir()}
    assert modes == {0o600}
