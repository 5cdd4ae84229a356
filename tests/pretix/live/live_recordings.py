"""Every case against the real server; what it says must still be what tests/contract/recordings says it says."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from config.schema import PretixSettings
from drivers.backends.http import Call, JsonServer, Reply
from drivers.backends.pretix import build
from terminal.ports import BackendOptions
from tests.pretix.cases import CASES, DEVICE, NOBODY, RECORDINGS, Exchange
from tests.pretix.peer import Peer

DEADLINE = 30.0


def test_the_server_still_says_what_was_recorded(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Exchange] = []
    plain = JsonServer.send

    def tapped(server: JsonServer, call: Call, deadline: float) -> Reply:
        reply = plain(server, call, deadline)
        heard.append(Exchange.of(call, reply))
        return reply

    monkeypatch.setattr(JsonServer, "send", tapped)
    site = PretixSettings(organizer=peer.seeded["organizer"], checkin_list=peer.seeded["lists"]["entry"])
    backend = build(BackendOptions(peer.url, peer.tokens["gate_1"], DEVICE, site=site))
    backend.health(DEADLINE)
    told = {"health": heard.pop()}
    _enter_long_ago(peer)
    differ = []
    for case in CASES:
        if (meant := case.ask(backend, peer.seeded["tickets"].get(case.ticket, NOBODY), DEADLINE)) != case.meaning:
            differ.append((case.name, meant))
        told[case.name] = heard.pop()
        assert heard == []
    assert differ == []
    if os.environ.get("TRAM_PRETIX_RECORD"):
        RECORDINGS.mkdir(parents=True, exist_ok=True)
        for name, exchange in told.items():
            (RECORDINGS / f"{name}.json").write_text(exchange.text(), "utf-8")
    for name, exchange in told.items():
        assert exchange == Exchange.load(name), name


def _enter_long_ago(peer: Peer) -> None:
    """An admission of an hour ago, as a device that was offline reports it."""
    body = {
        "lists": [peer.seeded["lists"]["entry"]],
        "secret": peer.seeded["tickets"]["good34"],
        "nonce": f"{DEVICE}:r-33",
        "datetime": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
    }
    path = f"/api/v1/organizers/{peer.seeded['organizer']}/checkinrpc/redeem/"
    assert peer.post(path, body).status_code == 201
