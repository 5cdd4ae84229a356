"""A gate between a server that misbehaves in every way and its own decision: a verdict in time, and each its own."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.backends import reference
from terminal.model import Redeemed, Source
from terminal.offline.assembly import asked_in_turn
from terminal.ports import Backend, BackendOptions
from tests.contract.backend_rigs import ADMITTED
from tests.scripted_server import Heard, Script, ScriptedServer, answers, message, says
from tests.unit.terminal.offline.gate import Gate, ticket

TOTAL = 1.0
USED = ADMITTED | {
    "result": "refused",
    "reason": "used",
    "admits": None,
    "used_at": "2026-11-22T08:00:00Z",
    "used_place": "cong-9",
}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate(tmp_path) as gate:
        gate.sold(ticket("T1"), ticket("T2"))
        yield gate


@pytest.fixture
def serve(gate: Gate) -> Iterator[Callable[..., tuple[ScriptedServer, Backend]]]:
    servers: list[ScriptedServer] = []

    def build(script: Script, tls: ssl.SSLContext | None = None) -> tuple[ScriptedServer, Backend]:
        server = ScriptedServer(script, tls)
        servers.append(server)
        return server, asked_in_turn(reference.build(BackendOptions(server.url, "t", "cong-1")), own=gate.own)

    yield build
    for server in servers:
        server.close()


def silent(_connection: socket.socket, _heard: Heard) -> bool:
    return True


def endless(connection: socket.socket, _heard: Heard) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n")
    part = b" " * 65_536
    for _ in range(1600):
        connection.sendall(part)
    return False


PAGE = b"<html>Please log in</html>"


@pytest.mark.parametrize(
    "script",
    [
        silent,
        says(b"", stay=False),
        answers({"error": "internal", "fields": []}, "500 Internal"),
        answers({"error": "unauthorized", "fields": []}, "401 Unauthorized"),
        answers({"error": "scan_id_reused", "fields": []}, "422 Unprocessable"),
        says(message(PAGE, kind="text/html")),
        says(message(PAGE)),
        says(message(b"", "302 Found", "text/html", "Location: http://127.0.0.1:9/")),
        answers(ADMITTED | {"reason": "used"}),
        answers(ADMITTED | {"used_at": "2099-01-01T00:00:00Z"}),
        answers(ADMITTED | {"result": "refused"}),
        answers(ADMITTED | {"more": 1}),
        endless,
    ],
    ids=[
        "silent", "hangs up", "500", "401", "422", "login page", "login page as JSON", "redirect", "contradiction",
        "used in the future", "refused and ok", "unknown field", "100 MB",
    ],
)  # fmt: skip
def test_a_server_that_gives_no_answer_leaves_the_decision_to_the_gate(
    gate: Gate, serve: Callable[..., tuple[ScriptedServer, Backend]], script: Script
) -> None:
    _, backend = serve(script)
    began = time.monotonic()
    answer = backend.redeem(gate.question(), TOTAL)
    assert time.monotonic() - began < 20
    assert (answer.result, answer.source) == (Redeemed.ADMITTED, Source.LOCAL)
    assert [line.ticket for line in gate.lines()] == ["T1"]


def test_a_strange_certificate_leaves_the_decision_to_the_gate(
    gate: Gate, serve: Callable[..., tuple[ScriptedServer, Backend]], tmp_path: Path
) -> None:
    from tests.contract.test_backend import Certificate

    server, backend = serve(answers(ADMITTED), Certificate(tmp_path).context)
    assert backend.redeem(gate.question(), TOTAL).source is Source.LOCAL
    assert server.heard == []


def test_an_answer_after_the_deadline_is_nobody_s(
    gate: Gate, serve: Callable[..., tuple[ScriptedServer, Backend]]
) -> None:
    late = threading.Event()

    def first_late(connection: socket.socket, heard: Heard) -> bool:
        if json.loads(heard.body)["ticket"] == "T1":
            late.wait(20)
            connection.sendall(message(json.dumps(ADMITTED).encode()))
        else:
            connection.sendall(message(json.dumps(USED).encode()))
        return True

    server, backend = serve(first_late)
    assert backend.redeem(gate.question("T1"), TOTAL).source is Source.LOCAL
    late.set()
    second = backend.redeem(gate.question("T2"), 20.0)
    assert (second.result, second.reason, second.source) == (Redeemed.REFUSED, "used", Source.ONLINE)
    assert [line.ticket for line in gate.lines()] == ["T1"]
    assert len(server.heard) == 2


def test_an_answer_that_comes_twice_is_not_the_next_one_s(
    gate: Gate, serve: Callable[..., tuple[ScriptedServer, Backend]]
) -> None:
    both = message(json.dumps(ADMITTED).encode()) * 2
    server, backend = serve(says(both))
    assert backend.redeem(gate.question("T1"), 20.0).result is Redeemed.ADMITTED
    server.script = answers(USED)
    assert backend.redeem(gate.question("T2"), 20.0).reason == "used"


def test_an_answer_about_more_people_than_were_asked_for_is_none(
    gate: Gate, serve: Callable[..., tuple[ScriptedServer, Backend]]
) -> None:
    _, backend = serve(answers(ADMITTED | {"people": 9, "left": 0, "attention": None}))
    assert backend.redeem(replace(gate.question(), people=1), 20.0).source is Source.LOCAL


def test_with_an_open_circuit_the_gate_decides_without_asking(
    gate: Gate, serve: Callable[..., tuple[ScriptedServer, Backend]]
) -> None:
    server, backend = serve(says(b"", stay=False))
    for _ in range(3):
        backend.redeem(gate.question("T1"), TOTAL)
    heard = len(server.heard)
    assert backend.redeem(gate.question("T2"), TOTAL).source is Source.LOCAL
    assert len(server.heard) == heard
