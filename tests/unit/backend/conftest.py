"""A store in a file, the application, and a server that really listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.app import create_app
from backend.sample import seed
from backend.server import LOOPBACK, AnnouncingServer, listen
from backend.store import Store
from tests.unit.backend.calls import NOW, TOKEN, Caller, Client, signing_key


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'backend.sqlite'}")
    seed(opened, signing_key(), NOW)
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store) -> Client:
    return Client(create_app(store.transaction, TOKEN, lambda: NOW))


@pytest.fixture
def caller(client: Client) -> Caller:
    return Caller(client)


@pytest.fixture
def live_url(store: Store) -> Iterator[str]:
    listening = threading.Event()
    with listen(0) as listener:
        server = AnnouncingServer(create_app(store.transaction, TOKEN, lambda: NOW), listening.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert listening.wait(20)
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
