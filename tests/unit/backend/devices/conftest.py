"""A server with a device of each role."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.app import create_app
from backend.devices import book
from backend.devices.identity import Role
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.sample import EVENT, seed
from tests.unit.backend.calls import KEYS, NOW, TOKEN, Client, signing_key

PUBLIC = base64.b64encode(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()).decode()


@dataclass
class Site:
    """A server whose clock the test sets."""

    store: Store
    now: datetime = NOW
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = Client(create_app(self.store, TOKEN, lambda: self.now, KEYS))

    def add(self, name: str, role: Role = Role.TERMINAL, *, again: bool = False, event: str | None = None) -> str:
        with self.store.transaction() as db:
            return book.add(db, name, role, self.now, event=event, gate=None, again=again)

    def enrol(self, name: str, code: str, **more: Any) -> httpx.Response:
        body = {"code": code, "device": name, "public_key": PUBLIC, **more}
        return self.client.post("/v1/enrol", json=body)

    def enrolled(self, name: str, role: Role = Role.TERMINAL, event: str | None = None) -> str:
        """The token of a new device."""
        answer = self.enrol(name, self.add(name, role, event=event))
        assert answer.status_code == 200
        self.tokens[name] = str(answer.json()["token"])
        return self.tokens[name]

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def sqlite_store(tmp_path: Path, sqlite_template: Path) -> Iterator[Store]:
    file = tmp_path / "backend.sqlite"
    shutil.copyfile(sqlite_template, file)
    file.chmod(0o600)
    opened = open_store(f"sqlite:///{file}")
    seed(opened, signing_key(), NOW)
    yield opened
    opened.close()


@pytest.fixture
def site(sqlite_store: Store) -> Site:
    return Site(sqlite_store)


__all__ = ["EVENT", "PUBLIC", "Site"]
