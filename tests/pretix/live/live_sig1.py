"""Signed secrets: what the server signs is proven here, and what the server says of them."""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.schema import PretixSettings
from crypto.codes import sig1
from crypto.codes.ticket import TicketExpiredError, TicketNotYetError
from drivers.backends.pretix import build
from terminal.ports import BackendOptions, RedeemQuestion
from tests.pretix.peer import Peer

VECTORS = Path(__file__).parents[2] / "vectors" / "pretix_sig1.json"
NOW = datetime.now(UTC)


def test_the_event_tells_the_key_to_a_device(peer: Peer) -> None:
    signed = peer.seeded["sig1"]
    event = peer.get(f"/api/v1/organizers/{peer.seeded['organizer']}/events/{signed['event']}/").json()
    assert event["valid_keys"]["pretix_sig1"] == [signed["key"]]


def test_what_the_server_signed_is_proven(peer: Peer) -> None:
    signed = peer.seeded["sig1"]
    keys = [sig1.key_of(signed["key"])]
    late: dict[str, type[Exception]] = {"over": TicketExpiredError, "to_come": TicketNotYetError}
    for word, secret in signed["tickets"].items():
        if word in late:
            with pytest.raises(late[word]):
                sig1.verify(secret, keys, NOW)
            continue
        claims = sig1.verify(secret, keys, NOW)
        assert claims.item == signed["item"]
        assert claims.variation == (signed["variation"] if word == "variation" else 0)
    if os.environ.get("TRAM_PRETIX_RECORD"):
        source = "pretix 2026.8.0, made by tests/pretix/seed.py through packaging/pretix_lane.sh --record"
        VECTORS.write_text(json.dumps({"source": source, **signed}, indent=1) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("plain", "ok"),
        ("window", "ok"),
        ("over", "wrong_day"),
        ("to_come", "wrong_day"),
        ("revoked", "revoked"),
        ("blocked", "blocked"),
    ],
)
def test_the_server_and_the_window_agree(peer: Peer, word: str, reason: str) -> None:
    signed = peer.seeded["sig1"]
    site = PretixSettings(organizer=peer.seeded["organizer"], checkin_list=signed["list"])
    backend = build(BackendOptions(peer.url, peer.tokens["gate_1"], "gate_1", site=site))
    asked = RedeemQuestion(uuid.uuid4().hex, NOW, signed["event"], "T", "cong-1", secret=signed["tickets"][word])
    assert backend.redeem(asked, 30.0).reason == reason
