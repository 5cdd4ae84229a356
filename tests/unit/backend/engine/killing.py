"""A program: a server is killed in the middle of its answers again and again, then asked everything once more.

Arguments: database URL, rounds, seed. Each round forks a server from this process, which has everything loaded and only
one thread; six gates ask it at once for three tickets nobody used before, until it is killed at a random moment. What
was answered is kept; in the end a last server is asked all of it again. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import sqlalchemy as sa

from backend.app import create_app
from backend.engine.opening import open_store
from backend.sample import EVENT
from backend.server import AnnouncingServer, listen
from backend.tickets import selling
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import REDEMPTION
from tests.unit.backend.calls import KEYS, NOW, TOKEN, redeem_body
from tests.unit.backend.conftest import Lent

GATES, TICKETS = 6, 3
MOST_ANSWERS, LONGEST = 12, 0.004
"""A server is killed after so many answers at most, and so many seconds."""

Scan = tuple[int, str, str]
"""Gate, scan id and ticket."""


class Server:
    """Forks servers, each on a port of its own: what waited for a killed one must not be heard by the next."""

    def __init__(self, url: str) -> None:
        self._url, self._lent = url, Lent()
        self._app = create_app(self._lent, TOKEN, lambda: NOW, KEYS)

    @contextmanager
    def running(self) -> Iterator[tuple[int, int]]:
        """The process number and port of a server that answers; it is killed in the end."""
        ready, tells = os.pipe()
        listener = listen(0)
        port = int(listener.getsockname()[1])
        pid = os.fork()
        if pid == 0:
            self._lent.store = open_store(self._url)
            AnnouncingServer(self._app, lambda: os.close(tells)).run(sockets=[listener])
            os._exit(0)
        os.close(tells)
        listener.close()
        os.read(ready, 1)
        os.close(ready)
        try:
            yield pid, port
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class Gate:
    """One connection; ``told`` is what it was answered."""

    def __init__(self, number: int, port: int, told: dict[Scan, str]) -> None:
        self._number, self._told = number, told
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._heard = b""
        self._asked: Scan | None = None

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def ask(self, scan: Scan) -> None:
        gate, scan_id, ticket = scan
        body = json.dumps(redeem_body(ticket, scan_id, f"cong-{gate}")).encode()
        head = f"POST /v1/redeem HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nX-Tram-Device: gate-{gate}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._asked = scan
        self._socket.send(head.encode() + body)

    def hear(self) -> bool:
        """Take what has come; whether the question is answered. Raises ConnectionError when nothing more will come."""
        try:
            piece = self._socket.recv(65536)
        except BlockingIOError:
            return False
        if not piece:
            raise ConnectionResetError
        self._heard += piece
        head, found, body = self._heard.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]) if found else 1
        if len(body) < length:
            return False
        if self._asked is not None:
            self._told[self._asked] = f"{head[9:12].decode()} {body.decode()}"
        self._heard, self._asked = b"", None
        return True


def one_round(server: Server, number: int, chance: random.Random, sent: list[Scan], told: dict[Scan, str]) -> None:
    """Ask until the server is killed, then take what had been answered."""
    with server.running() as (pid, port):
        gates = [Gate(gate, port, told) for gate in range(GATES)]
        for gate, line in enumerate(gates):
            _ask_next(line, gate, number, 0, sent)
        enough, delay = len(told) + chance.randint(0, MOST_ANSWERS), chance.uniform(0, LONGEST)
        asked, until = dict.fromkeys(range(GATES), 1), 0.0
        with selectors.DefaultSelector() as waiting:
            for gate, line in enumerate(gates):
                waiting.register(line, selectors.EVENT_READ, gate)
            while not until or time.monotonic() < until:
                for key, _ in waiting.select(delay if until else 20):
                    if gates[key.data].hear():
                        _ask_next(gates[key.data], key.data, number, asked[key.data], sent)
                        asked[key.data] += 1
                if not until and len(told) >= enough:
                    until = time.monotonic() + delay
        os.kill(pid, signal.SIGKILL)
    for line in gates:
        _drain(line)


def _ask_next(line: Gate, gate: int, number: int, count: int, sent: list[Scan]) -> None:
    scan = (gate, f"{number}-{gate}-{count}", f"K-{number}-{(gate + count) % TICKETS}")
    sent.append(scan)
    line.ask(scan)


def _drain(line: Gate) -> None:
    try:
        while not line.hear():
            pass
    except ConnectionError:
        line.close()


def replay(server: Server, sent: list[Scan]) -> dict[Scan, str]:
    """What a server that nobody kills says to all of it, each gate in its own order."""
    told: dict[Scan, str] = {}
    rows = {gate: iter([scan for scan in sent if scan[0] == gate]) for gate in range(GATES)}
    with server.running() as (_, port), selectors.DefaultSelector() as waiting:
        for gate in range(GATES):
            line = Gate(gate, port, told)
            waiting.register(line, selectors.EVENT_READ, gate)
            line.ask(next(rows[gate]))
        while len(told) < len(sent):
            for key, _ in waiting.select(20):
                if key.fileobj.hear() and (scan := next(rows[key.data], None)):  # type: ignore[union-attr]
                    key.fileobj.ask(scan)  # type: ignore[union-attr]
        for key in list(waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return told


def main(url: str, rounds: int, seed: int) -> None:
    """Sell, kill, ask again, and say how it stands."""
    day = timedelta(days=1)
    names = [f"K-{number}-{ticket}" for number in range(rounds) for ticket in range(TICKETS)]
    with closing(open_store(url)) as store, store.transaction() as db:
        selling.add_tickets(db, [SoldTicket(EVENT, name, "p", 1, NOW - day, NOW + day) for name in names], NOW)
    server, chance = Server(url), random.Random(seed)
    sent: list[Scan] = []
    told: dict[Scan, str] = {}
    for number in range(rounds):
        one_round(server, number, chance, sent, told)
    again = replay(server, sent)
    with closing(open_store(url)) as store, store.transaction() as db:
        kept = {row.reference: row.ticket for row in db.execute(sa.select(REDEMPTION.c.reference, REDEMPTION.c.ticket))}
    green = {json.loads(text[4:])["reference"]: scan[2] for scan, text in again.items() if '"admitted"' in text}
    said = {
        "sent": len(sent),
        "told": len(told),
        "greens_told": sum('"admitted"' in text for text in told.values()),
        "errors": sorted({text[:3] for text in [*told.values(), *again.values()]} - {"200"}),
        "changed": sum(again[scan] != text for scan, text in told.items()),
        "greens_are_the_ledger": green == kept,
        "one_use_each": sorted(kept.values()) == sorted({scan[2] for scan in sent}),
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
