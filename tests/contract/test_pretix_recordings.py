"""The driver against what a real pretix said (tests/pretix records it): questions and answers to the letter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from config.schema import PretixSettings
from drivers.backends.pretix import PretixBackend, build
from drivers.backends.pretix_reasons import REASONS
from terminal.ports import BackendOptions
from tests.pretix.cases import CASES, DEVICE, NOBODY, RECORDINGS, Case, Exchange
from tests.scripted_server import Heard, ScriptedServer, message

DEADLINE = 20.0


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    made = ScriptedServer(lambda *_: False)
    yield made
    made.close()


def replayed(server: ScriptedServer, name: str) -> tuple[PretixBackend, Exchange]:
    exchange = Exchange.load(name)

    def script(connection: object, _heard: Heard) -> bool:
        body = json.dumps(exchange.answer).encode()
        raw = message(body, f"{exchange.status} R", "application/json", "Date: Sun, 22 Nov 2026 08:30:00 GMT")
        connection.sendall(raw)  # type: ignore[attr-defined]  # a socket
        return True

    server.script = script
    site = PretixSettings(organizer="don-vi-mau", checkin_list=1)
    return build(BackendOptions(server.url, "token", DEVICE, site=site)), exchange


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_answer_means_what_it_means_to_a_gate(server: ScriptedServer, case: Case) -> None:
    health, _ = replayed(server, "health")
    health.health(DEADLINE)
    _, exchange = replayed(server, case.name)
    secret = exchange.body.get("secret", NOBODY)
    meant = case.ask(health, secret, DEADLINE)
    heard = server.heard[-1]
    assert (heard.method, heard.path, json.loads(heard.body)) == (exchange.method, exchange.path, exchange.body)
    assert meant == case.meaning


def test_health_is_release_and_clock(server: ScriptedServer) -> None:
    backend, exchange = replayed(server, "health")
    health = backend.health(DEADLINE)
    assert health.version == exchange.answer["server"]["version"]["pretix"]
    assert health.time == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_every_recording_is_a_case() -> None:
    assert {file.stem for file in RECORDINGS.glob("*.json")} == {case.name for case in CASES} | {"health"}


def test_every_reason_that_a_redemption_can_meet_was_recorded() -> None:
    """Not to be had by scanning: media that are exchanged at a desk, and an annulment, which is no refusal."""
    recorded: set[str | None] = set()
    for case in CASES:
        answer = Exchange.load(case.name).answer
        if isinstance(answer, dict):
            recorded.add(answer["reason"] if answer.get("status") == "error" else answer.get("status"))
    elsewhere = {"ambiguous", "annulled", "error", "medium_exists", "medium_invalid"}
    assert set(REASONS) - recorded == elsewhere


def test_no_recording_holds_a_token() -> None:
    for file in RECORDINGS.glob("*.json"):
        assert "token" not in file.read_text("utf-8").replace('"api_token": "removed"', "")
