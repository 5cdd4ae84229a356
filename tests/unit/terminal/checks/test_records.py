"""The disk that takes what is written, and who may read what is secret."""

from __future__ import annotations

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from terminal.checks import records
from terminal.checks.records import check_disk, check_journal, check_secrets
from terminal.faults import FaultError
from terminal.health import Condition
from tests.unit.terminal.conftest import Site


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 5 << 30))


def failing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("os.fsync", refuse)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, "disk.full"),
        (errno.EDQUOT, "disk.full"),
        (errno.EIO, "journal.write"),
        (errno.EROFS, "journal.write"),
    ],
)
def test_a_disk_that_refuses_is_told_by_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fault: str
) -> None:
    failing(monkeypatch, number)
    finding = check_disk(tmp_path / "deep" / "journal.sqlite3")
    assert (finding.fault, finding.condition) == (fault, Condition.FAIL)


def test_the_flush_is_really_asked_for_and_nothing_is_left(tmp_path: Path) -> None:
    flushed: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", flushed.append)
        assert check_disk(tmp_path / "journal.sqlite3").condition is Condition.OK
    assert len(flushed) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_yet_is_looked_for_above(tmp_path: Path) -> None:
    assert records.existing_folder(tmp_path / "a" / "b" / "journal.sqlite3") == tmp_path
    assert check_journal(tmp_path / "a" / "b" / "journal.sqlite3").condition is Condition.OK


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(FaultError, match=r"journal\.write"):
        check_journal(tmp_path / "journal.sqlite3")


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("token", "backend.token_file"),
        ("password", "bhyt.password_file"),
        ("staff.toml", "bhyt.staff_file"),
        ("site.key", "journal.key_file"),
        ("journal.sqlite3", "journal.path"),
    ],
)
def test_a_secret_that_others_may_read_is_told_by_its_key(site: Site, tmp_path: Path, file: str, key: str) -> None:
    settings = site("reception")
    settings = replace(
        settings,
        journal=replace(settings.journal, path=tmp_path / "journal.sqlite3", key_file=tmp_path / "site.key"),
        bhyt=replace(settings.bhyt, password_file=tmp_path / "password", staff_file=tmp_path / "staff.toml"),
    )
    for name in ("token", "password", "staff.toml", "site.key", "journal.sqlite3"):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).chmod(0o600)
    assert check_secrets(settings).condition is Condition.OK
    (tmp_path / file).chmod(0o640)
    finding = check_secrets(settings)
    assert (finding.fault, finding.condition, finding.detail) == ("secrets.exposed", Condition.LIMITED, key)
