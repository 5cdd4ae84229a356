"""A private PostgreSQL for the tests: Debian's server, a cluster of its own in a temporary folder, on a socket only.

Nothing here is durable (fsync off): tests of durability kill the server program of ours, not PostgreSQL. Text is
ordered by Vietnamese rules, so that a query that counts on the order of bytes is found out.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

_USER = "postgres"
_ALWAYS = {"listen_addresses": "", "max_connections": "60", "jit": "off"}
_FOR_TESTS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB", "autovacuum": "off"}

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Cluster:
    """A running server and its template, a database with the tables of today."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template = ""

    def process(self) -> int:
        """The number of the server's first process."""
        return int((self._folder / "data" / "postmaster.pid").read_text("ascii").split()[0])

    def url(self, database: str) -> str:
        """How our program is told of a database here."""
        return f"postgresql://{_USER}@/{database}?host={quote(str(self._folder))}"

    def empty(self) -> str:
        """The URL of a new database without a table."""
        return self.url(self._make("template0"))

    def fresh(self) -> str:
        """The URL of a new database with the tables of today."""
        if not self._template:
            name = self._make("template0")
            from backend.engine.opening import open_store

            open_store(self.url(name)).close()
            self._template = name
        return self.url(self._make(self._template))

    def drop(self, url: str) -> None:
        """Remove a database, whoever still uses it."""
        self._do(f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')

    def clear(self, url: str) -> None:
        """Take every row out of a database, whoever still uses it: ten times as fast as another database."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(host=str(self._folder), user=_USER, dbname=_name(url), autocommit=True) as db:
            db.execute(_END_OTHERS)
            found = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            tables = [sql.Identifier(table) for (table,) in found if table != "alembic_version"]
            # A superuser's way to leave foreign keys alone, so that the order does not matter.
            emptying = [sql.SQL("DELETE FROM {}").format(table) for table in tables]
            db.execute("SET session_replication_role = replica")
            db.execute(sql.SQL("; ").join(emptying))

    def _make(self, template: str) -> str:
        name = f"tram_{next(self._numbers)}"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def _do(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres", autocommit=True) as db:
            db.execute(statement.encode())


@contextmanager
def cluster(settings: Mapping[str, str], parent: str = "/tmp") -> Iterator[Cluster]:  # noqa: S108
    """A server with these settings besides what every one here has; ``parent`` has a short name, as sockets need."""
    folder = Path(tempfile.mkdtemp(prefix="tram-pg-", dir=parent))
    try:
        as_user = _for_nobody(folder)
        data = folder / "data"
        initdb = [_program("initdb"), "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run([*as_user, *initdb, "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=vi"], folder)
        every = {**_ALWAYS, **settings, "unix_socket_directories": folder}
        options = " ".join(f"-c {name}={value}" for name, value in every.items())
        control = [*as_user, _program("pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], folder)
        try:
            yield Cluster(folder)
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One cluster for each test process, started by the first test that asks."""
    with cluster(_FOR_TESTS) as started:
        yield started


@pytest.fixture(scope="session")
def postgres_shared(postgres: Cluster) -> str:
    """The database that ``postgres_url`` lends to one test after the other."""
    return postgres.fresh()


@pytest.fixture
def postgres_url(postgres: Cluster, postgres_shared: str) -> Iterator[str]:
    """A database with the tables of today and nothing in them, for one test alone."""
    yield postgres_shared
    postgres.clear(postgres_shared)


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _program(name: str) -> str:
    """Where Debian keeps a server program; the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda file: int(_version(file)))
    which = str(found[-1]) if found else shutil.which(name)
    assert which, "PostgreSQL is not installed: packaging/install.sh does it"
    return which


def _version(file: Path) -> str:
    return re.sub(r"\D.*", "", file.parts[-3]) or "0"


def _for_nobody(folder: Path) -> list[str]:
    """How to start programs that refuse to run as root; ``folder`` becomes theirs."""
    if os.getuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    return ["runuser", "-u", "nobody", "--"]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
