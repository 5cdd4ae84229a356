"""A store of each engine, the application, and a server that really listens."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from starlette.types import ASGIApp

from backend.app import create_app
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.sample import seed
from backend.server import LOOPBACK, AnnouncingServer, listen
from tests.unit.backend.calls import KEYS, NOW, TOKEN, Caller, Client, signing_key

T = TypeVar("T")

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables of today, to copy: making one takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "backend.sqlite"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of its own for one test, with the tables of today and nothing in them, on either engine."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    file = tmp_path / "backend.sqlite"
    shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
    file.chmod(0o600)
    return f"sqlite:///{file}"


@pytest.fixture
def empty_store(database_url: str) -> Iterator[Store]:
    """A store with tables and nothing in them."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def store(empty_store: Store) -> Store:
    """A store with the invented members and tickets."""
    seed(empty_store, signing_key(), NOW)
    return empty_store


class Lent:
    """The running test's store, for an application that outlives it: making one takes longer than most tests."""

    def __init__(self) -> None:
        self.store: Store | None = None

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        assert self.store is not None
        return await self.store.write(work)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        assert self.store is not None
        return await self.store.read(work)


@pytest.fixture(scope="session")
def lent() -> Lent:
    return Lent()


@pytest.fixture(scope="session")
def shared_app(lent: Lent) -> ASGIApp:
    """The application at NOW, with the shared token; see ``app``."""
    return create_app(lent, TOKEN, lambda: NOW, KEYS)


@pytest.fixture
def app(shared_app: ASGIApp, lent: Lent, store: Store) -> Iterator[ASGIApp]:
    """The application over this test's store."""
    lent.store = store
    yield shared_app
    lent.store = None


@pytest.fixture
def client(app: ASGIApp) -> Client:
    return Client(app)


@pytest.fixture
def caller(client: Client) -> Caller:
    return Caller(client)


@pytest.fixture
def live_url(app: ASGIApp) -> Iterator[str]:
    listening = threading.Event()
    with listen(0) as listener:
        server = AnnouncingServer(app, listening.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert listening.wait(20)
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
