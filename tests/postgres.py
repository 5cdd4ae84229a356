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
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

_USER = "postgres"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "jit": "off",
}


class Cluster:
    """A running server and its template, a database with the tables of today."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template = ""

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
        name = urlsplit(url).path.removeprefix("/")
        self._do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _make(self, template: str) -> str:
        name = f"tram_{next(self._numbers)}"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def _do(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(host=str(self._folder), user=_USER, dbname="postgres", autocommit=True) as db:
            db.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One cluster for each test process, started by the first test that asks."""
    folder = Path(tempfile.mkdtemp(prefix="tram-pg-", dir="/tmp"))
    try:
        as_user = _for_nobody(folder)
        data = folder / "data"
        initdb = [_program("initdb"), "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run([*as_user, *initdb, "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=vi"], folder)
        settings = {**_SETTINGS, "unix_socket_directories": folder}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        control = [*as_user, _program("pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], folder)
        try:
            yield Cluster(folder)
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """A database of its own for one test, with the tables of today."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)


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
