from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.engine.errors import BusyError
from backend.engine.opening import open_store
from backend.engine.store import Store


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Store]:
    store = open_store(_url(tmp_path), wait=0.05)
    yield store
    store.close()


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'sub' / 'b.sqlite'}"


def test_commits_reach_the_disk_before_they_are_told(hasty: Store) -> None:
    with hasty.transaction() as db:
        settings = [db.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]


def test_a_second_writer_in_this_process_is_told_to_wait(hasty: Store) -> None:
    with hasty.transaction(), pytest.raises(BusyError), hasty.transaction():
        raise AssertionError("two transactions at once")


def test_a_second_writer_in_another_process_is_told_to_wait(hasty: Store, tmp_path: Path) -> None:
    with hasty.transaction(), pytest.raises(BusyError):
        open_store(_url(tmp_path), wait=0.05)


def test_the_file_belongs_to_its_owner_alone(hasty: Store, tmp_path: Path) -> None:
    modes = {stat.S_IMODE(os.stat(file).st_mode) for file in (tmp_path / "sub").iterdir()}
    assert modes == {0o600}
