"""The site: server, hub and three terminals as processes of their own, enrolled by one-time codes, and the links
between them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend import keys
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.tickets import selling
from crypto.tickets.record import Marks
from crypto.tickets.rules import Standing
from terminal.__main__ import main as tram
from tests.day.proxy import HOST, Link, Links
from tests.day.visitors import EVENT, GATES, PRODUCTS, Day

PATIENCE = 60.0
"""Seconds; only a broken day waits so long."""

HUB, TERMINALS = "nha-1", ("cua-1", "cua-2", "cua-3")


def until(what: str, right: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Come back when it is so; AssertionError when that takes too long."""
    last, pause = time.monotonic() + seconds, threading.Event()
    while not right():
        assert time.monotonic() < last, f"still not: {what}"
        pause.wait(0.05)


class Nursery:
    """Where all processes come from (tests.day.nursery)."""

    def __init__(self, log: Path) -> None:
        self._log = log
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.day.nursery"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
            )
        self._lock = threading.Lock()

    def start(self, run: str, *argv: str, log: Path) -> Program:
        """A program that runs."""
        with socket.create_server((HOST, 0)) as listener:
            order = {"run": run, "argv": argv, "port": listener.getsockname()[1], "log": str(log)}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            with self._lock:
                self._process.stdin.write(json.dumps(order).encode() + b"\n")
                self._process.stdin.flush()
                pid = json.loads(self._process.stdout.readline())["pid"]
            listener.settimeout(PATIENCE)
            wire, _ = listener.accept()
        return Program(pid, wire)

    def close(self) -> None:
        """End it; its children must have ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Program:
    """A process, and the line on which it is spoken to."""

    def __init__(self, pid: int, wire: socket.socket) -> None:
        self.pid = pid
        self._wire = wire
        self._heard = b""

    def say(self, words: dict[str, object]) -> None:
        """Give it an order; one that ended hears nothing."""
        with contextlib.suppress(ConnectionError):
            self._wire.sendall(json.dumps(words).encode() + b"\n")

    def hear(self, seconds: float = PATIENCE) -> dict[str, Any] | None:
        """Its next line; None when it ended. Raises TimeoutError."""
        self._wire.settimeout(seconds)
        while b"\n" not in self._heard:
            try:
                more = self._wire.recv(65_536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self._heard += more
        line, self._heard = self._heard.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found

    def kill(self) -> None:
        """End it as a power cut does; it has ended when this is over."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Ask it to end, and wait until it has."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self.let_go()

    def let_go(self) -> None:
        """Wait until it has ended: nobody else holds the other end of the line."""
        with contextlib.suppress(OSError):
            self._wire.shutdown(socket.SHUT_WR)
        while self.hear() is not None:
            pass
        self._wire.close()


@dataclass(frozen=True, slots=True)
class Cables:
    """What one terminal hangs on."""

    server: Link
    hub: Link


class Site:
    """All of it. ``with Site(folder) as site``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("server", "hub", "keys", *TERMINALS):
            (folder / name).mkdir()
        self._stack = ExitStack()
        self.nursery = Nursery(folder / "nursery.log")
        self._stack.callback(self.nursery.close)
        self.links = self._stack.enter_context(Links())
        self.db = f"sqlite:///{folder / 'server' / 'tram.sqlite'}"
        self.server: Program | None = None
        self.hub: Program | None = None
        self.terminals: list[Program | None] = [None] * len(TERMINALS)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        for program in (*self.terminals, self.hub, self.server):
            if program is not None:
                program.end()
        self._stack.close()

    @property
    def key(self) -> Path:
        """With which tickets are signed."""
        return self.folder / "server" / keys.KEY_FILE

    # Before the day

    def open(self, day: Day) -> None:
        """Sell, enrol, start."""
        self.sell(day)
        server = self.start_server()
        self.cables = [Cables(self.links.to(server), self.links.to(server)) for _ in TERMINALS]
        self.hub_cable = self.links.to(server)
        self._enrol_all(server)
        hub = self.start_hub()
        for gate, cable in enumerate(self.cables):
            cable.hub.lead_to(hub)
            self._settle_in(gate)
        for gate in range(len(TERMINALS)):
            self.start_terminal(gate)
        until("the terminals have the tickets", lambda: all(self.standing(gate)["knows"] for gate in range(3)))
        until("the hub has the tickets", lambda: self.hub_count("SELECT count(*) FROM ticket") == len(day.sold))

    def standing(self, gate: int) -> dict[str, Any]:
        """How a terminal's exchange with the servers stands."""
        program = self.terminals[gate]
        assert program is not None
        program.say({})
        said = program.hear()
        assert said is not None
        return said

    def cut_short(self) -> list[Link]:
        """All links."""
        return [self.hub_cable, *(link for cables in self.cables for link in (cables.server, cables.hub))]

    def hub_count(self, query: str, *values: str) -> int:
        """A number from the hub's database."""
        with contextlib.closing(sqlite3.connect(self.folder / "hub" / "hub.sqlite")) as db:
            return int(db.execute(query, values).fetchone()[0])

    def sell(self, day: Day) -> None:
        """Everything that is on sale when the day begins."""
        now = datetime.now(UTC)
        marks = Marks(keys.load_server_keys(lambda name: self.folder / "server" / name).marks)
        with self.store() as store, store.transaction() as db:
            for product in PRODUCTS:
                selling.put_product(db, product, now)
            selling.add_tickets(db, day.sold, now)
            for number, ticket in day.cards.items():
                selling.bind(db, EVENT, ticket, number, marks, now)

    def news(self, day: Day, stretch: int) -> None:
        """What is sold and revoked when a stretch begins."""
        late, revoked = day.late.get(stretch), day.revoked.get(stretch)
        if late or revoked:
            now = datetime.now(UTC)
            with self.store() as store, store.transaction() as db:
                selling.add_tickets(db, late or (), now)
                for ticket in revoked or ():
                    selling.stand(db, EVENT, ticket, Standing.REVOKED, now)

    def store(self) -> contextlib.closing[Store]:
        """The server's database, beside the server."""
        return contextlib.closing(open_store(self.db))

    def _enrol_all(self, port: int) -> None:
        url = f"http://{HOST}:{port}"
        for name, gate in zip(TERMINALS, GATES, strict=True):
            code = self._command("backend", "device", "add", name, "--event", EVENT, "--gate", gate, "--db", self.db)
            self._terminal_file(name, "")
            self._command("enrol", url, "--config", str(self._file(name)), "--code", code)
        code = self._command("backend", "device", "add", HUB, "--role", "hub", "--event", EVENT, "--db", self.db)
        out = ("--device", HUB, "--out", str(self.folder / "hub"))
        self._command("enrol", url, "--config", str(self._file(TERMINALS[0])), "--code", code, *out)

    @staticmethod
    def _command(*argv: str) -> str:
        """Run ``tram`` as an operator does; the code that it printed, if it did."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert tram([*argv, "--json"]) == 0, out.getvalue()
        return str(json.loads(out.getvalue()).get("code", ""))

    def _settle_in(self, gate: int) -> None:
        cables, direction = self.cables[gate], ("entry", "entry", "exit")[gate]
        people = ("all", "one", "one")[gate]
        self._terminal_file(
            TERMINALS[gate],
            f"""
[backend]
url = "{cables.server.url}"
hub = "{cables.hub.url}"
token_file = "{self.folder / TERMINALS[gate] / "backend.token"}"
event = "{EVENT}"
gate = "{GATES[gate]}"
direction = "{direction}"
people = "{people}"
cards = true
connect = 0.2
total = 0.8
""",
        )

    def _terminal_file(self, name: str, backend: str) -> None:
        folder = self.folder / name
        self._file(name).write_text(
            f"""
desk = "gate"
device = "{name}"
needs = ["scanner"]
[reader]
driver = "none"
[codes]
driver = "none"
[scanner]
driver = "keyboard"
[trust]
directory = "{self.folder / "keys"}"
tickets = "{self.folder / "keys"}"
[journal]
path = "{folder / "journal.sqlite"}"
key_file = "{folder / "site.key"}"
device_key = "{folder / "device.key"}"
[offline]
path = "{folder / "offline.sqlite3"}"
key_file = "{folder / "offline.key"}"
admissions = 100000
sync = 1.0
{backend}
""",
            encoding="utf-8",
        )

    def _file(self, name: str) -> Path:
        return self.folder / name / "terminal.toml"

    # Processes

    def start_server(self) -> int:
        """Its port; where it moved to, the links lead."""
        self.server, port = self._serve("--db", self.db, log="server.log")
        (self.folder / "keys" / "tram.pem").write_bytes(keys.public_key_file(self.key).read_bytes())
        return port

    def restart_server(self) -> None:
        """After it was killed."""
        port = self.start_server()
        for link in (self.hub_cable, *(cables.server for cables in self.cables)):
            link.lead_to(port)

    def start_hub(self) -> int:
        """Its port."""
        token = str(self.folder / "hub" / "backend.token")
        self.hub, port = self._serve("--hub", "--upstream", self.hub_cable.url, "--token-file", token, log="hub.log")
        return port

    def restart_hub(self) -> None:
        """After it was killed."""
        port = self.start_hub()
        for cables in self.cables:
            cables.hub.lead_to(port)

    def start_terminal(self, gate: int) -> Program:
        """In service when this is over."""
        name = TERMINALS[gate]
        program = self.nursery.start("terminal", str(self._file(name)), log=self.folder / f"{name}.log")
        self.terminals[gate] = program
        assert program.hear() == {"ready": True}, (self.folder / f"{name}.log").read_text()
        return program

    def _serve(self, *argv: str, log: str) -> tuple[Program, int]:
        program = self.nursery.start("tram", "backend", "serve", "--json", *argv, log=self.folder / log)
        said = program.hear()
        assert said is not None, (self.folder / log).read_text()
        return program, int(said["url"].rpartition(":")[2])
