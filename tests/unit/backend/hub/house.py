"""A server for all that can be cut off, and a hub in the house, both real."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.types import ASGIApp

from backend.app import create_app
from backend.devices import book
from backend.devices.identity import Role
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.hub.exchange import Exchange
from backend.hub.serving import Site, assembled
from backend.keys import ServerKeys
from backend.server import LOOPBACK, AnnouncingServer, listen
from backend.tickets import selling
from backend.tickets.sold import SoldTicket
from crypto.tickets.rules import Product
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW, Client, headers

EVENT = "hoi-mau"
HUB_KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
GATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32)


def opened(folder: Path, name: str, template: Path) -> Store:
    file = folder / name
    if not file.exists():
        shutil.copyfile(template, file)
        file.chmod(0o600)
    return open_store(f"sqlite:///{file}")


@contextmanager
def answering(app: ASGIApp, port: int = 0) -> Iterator[int]:
    """A server that really listens; its port."""
    listening = threading.Event()
    with listen(port) as listener:
        server = AnnouncingServer(app, listening.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert listening.wait(20)
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@dataclass
class House:
    """The server's database and the hub's; `wan` connects them. Time stands still but for the test's own steps."""

    folder: Path
    template: Path
    now: Any = NOW
    port: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cloud = opened(self.folder, "cloud.sqlite", self.template)
        self.cloud_app = create_app(self.cloud, None, self.clock, KEYS)
        self.at_cloud = Client(self.cloud_app)
        self._enrol("hub-1", Role.HUB, HUB_KEY, EVENT)
        for gate in ("gate-1", "gate-2"):
            self._enrol(gate, Role.TERMINAL, GATE_KEY, None)
        self.open_hub()

    def clock(self) -> Any:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time

    def open_hub(self) -> None:
        self.hub = opened(self.folder, "hub.sqlite", self.template)
        self._assemble()

    def _assemble(self) -> None:
        site = Site("hub-1", EVENT, self.tokens["hub-1"], ServerKeys(HUB_KEY, KEYS.marks))
        app, exchange = assembled(self.hub, site, f"http://{LOOPBACK}:{self.port or 9}", None, self.clock)
        self.exchange: Exchange = exchange
        self.at_hub = Client(app)

    def restart_hub(self) -> None:
        """As after kill -9: only what is in the database is left."""
        self.exchange.close()
        self.hub.close()
        self.open_hub()

    def lose_hub(self) -> None:
        """Its disk is broken: another one with nothing on it."""
        self.exchange.close()
        self.hub.close()
        for file in self.folder.glob("hub.sqlite*"):
            file.unlink()
        self.open_hub()

    @contextmanager
    def wan(self) -> Iterator[None]:
        """The server is within reach; outside it is cut off."""
        with answering(self.cloud_app, self.port) as port:
            if self.port != port:
                self.port = port
                self.exchange.close()
                self._assemble()
            yield
            self.exchange.close()

    def close(self) -> None:
        self.exchange.close()
        self.hub.close()
        self.cloud.close()

    def _enrol(self, name: str, role: Role, key: Ed25519PrivateKey, event: str | None) -> None:
        with self.cloud.transaction() as db:
            code = book.add(db, name, role, self.now, event=event, gate=None)
            found = book.enrol(db, name, code, key.public_key().public_bytes_raw(), self.now)
        assert found is not None
        self.tokens[name] = found.token

    def enrol_again(self, name: str, key: Ed25519PrivateKey) -> None:
        with self.cloud.transaction() as db:
            code = book.add(db, name, Role.TERMINAL, self.now, event=None, gate=None, again=True)
            found = book.enrol(db, name, code, key.public_key().public_bytes_raw(), self.now)
        assert found is not None
        self.tokens[name] = found.token

    def revoke(self, name: str) -> None:
        with self.cloud.transaction() as db:
            book.revoke(db, name, self.now)

    def sell(self, *tickets: str, uses: int = 1) -> None:
        with self.cloud.transaction() as db:
            selling.put_product(db, Product(EVENT, "ve-ngay", "người lớn"), self.now)
            selling.add_tickets(db, [self._sold(ticket, uses) for ticket in tickets], self.now)

    @staticmethod
    def _sold(ticket: str, uses: int) -> SoldTicket:
        day = timedelta(days=1)
        return SoldTicket(EVENT, ticket, "ve-ngay", 1, NOW - day, NOW + day, None, uses)

    def ask(self, where: Client, path: str, ticket: str, scan: str, gate: str) -> requests.Response | Any:
        body = {"scan_id": scan, "asked_at": ASKED_AT, "event": EVENT, "ticket": ticket, "gate": gate}
        return where.post(path, json=body, headers=headers(gate, self.tokens[gate]))

    def redeem(self, where: Client, ticket: str, scan: str, gate: str = "gate-1") -> dict[str, Any]:
        answer = self.ask(where, "/v1/redeem", ticket, scan, gate)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def uses(self, store: Store) -> dict[str, int]:
        with store.transaction() as db:
            rows = db.exec_driver_sql("SELECT ticket, uses FROM ticket WHERE uses > 0 ORDER BY ticket").all()
        return {row.ticket: row.uses for row in rows}

    def rows(self, store: Store, table: str, columns: str) -> Sequence[tuple[Any, ...]]:
        with store.transaction() as db:
            return [tuple(row) for row in db.exec_driver_sql(f"SELECT {columns} FROM {table} ORDER BY 1").all()]  # noqa: S608
