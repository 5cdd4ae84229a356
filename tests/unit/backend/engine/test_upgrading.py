from __future__ import annotations

import importlib
import pkgutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import backend
from backend.app import create_app
from backend.engine import upgrading
from backend.engine.errors import NewerDatabaseError
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.schema import METADATA
from tests.postgres import Cluster
from tests.unit.backend.calls import KEYS, NOW, TOKEN, Caller, Client

_OLD = Path(__file__).with_name("old.sql").read_text("utf-8")
_OPEN = "import sys; from backend.engine.opening import open_store; open_store(sys.argv[1]).close()"
_MIGRATIONS = Path(upgrading.__file__).with_name("migrations")


def _old_file(folder: Path) -> Path:
    file = folder / "old.sqlite"
    db = sqlite3.connect(file)
    db.executescript(_OLD)
    db.close()
    return file


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{_old_file(tmp_path)}")
    yield store
    store.close()


def test_what_an_old_file_had_answered_is_still_answered_so(upgraded: Store) -> None:
    caller = Caller(Client(create_app(upgraded, TOKEN, lambda: NOW, KEYS)))
    again = caller.redeem("used", "s-used")
    assert (again["reason"], again["reference"], again["answered_at"]) == (
        "ok",
        "R-AAAAAAAAAAAAAAAA",
        "2026-11-22T08:30:00Z",
    )
    later = caller.redeem("used", "s-later")
    assert (later["reason"], later["used_place"]) == ("used", "cong-1")
    assert caller.redeem("open", "s-gone")["reason"] == "annulled"
    assert caller.annul("open", "s-gone") == "annulled"
    assert caller.redeem("open", "s-new")["admits"] == "1 người lớn"
    assert caller.check(id_number="003090123450")["reason"] == "in_force"


def test_a_file_from_before_annulments_gets_their_table(tmp_path: Path) -> None:
    file = _old_file(tmp_path)
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE annulment")
    db.close()
    store = open_store(f"sqlite:///{file}")
    caller = Caller(Client(create_app(store, TOKEN, lambda: NOW, KEYS)))
    assert caller.redeem("open", "s-1")["reason"] == "ok"
    assert caller.annul("open", "s-1") == "annulled"
    store.close()


def test_an_upgrade_is_done_once(tmp_path: Path) -> None:
    url = f"sqlite:///{_old_file(tmp_path)}"
    for _ in range(2):
        store = open_store(url)
        with store.transaction() as db:
            assert upgrading.revision(db) == upgrading.revisions()[-1]
            assert db.exec_driver_sql("SELECT count(*) FROM ticket").scalar_one() == 2
        store.close()


@pytest.mark.parametrize("revision", ["9999", "0000"])
def test_a_newer_database_is_left_alone(empty_store: Store, database_url: str, revision: str) -> None:
    _set_revision(empty_store, revision)
    try:
        with pytest.raises(NewerDatabaseError, match=f"revision {revision}.*install that version"):
            open_store(database_url)
    finally:
        _set_revision(empty_store, upgrading.revisions()[-1])


def _set_revision(store: Store, revision: str) -> None:
    with store.transaction() as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = :new"), {"new": revision})


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    file = _old_file(tmp_path)
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE conflict (stray TEXT)")  # what a later step will want to make
    db.close()
    before = _tables(file)
    with pytest.raises(sa.exc.SQLAlchemyError):
        open_store(f"sqlite:///{file}")
    assert _tables(file) == before


def _tables(file: Path) -> list[Any]:
    db = sqlite3.connect(file)
    found = db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    db.close()
    return found


def test_the_steps_lead_to_the_tables_that_the_program_uses(empty_store: Store) -> None:
    for module in pkgutil.walk_packages(backend.__path__, "backend."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)
    with empty_store.transaction() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_steps_are_one_row_named_by_number() -> None:
    script = ScriptDirectory(str(_MIGRATIONS))
    assert tuple(sorted(step.revision for step in script.walk_revisions())) == upgrading.revisions()
    assert script.get_heads() == [upgrading.revisions()[-1]]


def test_two_processes_that_upgrade_one_server_at_once_both_go_on(postgres: Cluster) -> None:
    """The second one waits, finds the tables there, and looks again."""
    url = postgres.empty()
    both = [subprocess.Popen([sys.executable, "-c", _OPEN, url], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert said == ["", ""]
    postgres.drop(url)
