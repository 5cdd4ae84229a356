"""A hub whose ledger is another one than the server's, and devices whose lines the server refuses."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.tickets.body import LineBody, LineKind, Stamp
from crypto.tickets.line import START, Line, head_message, seal_of
from tests.unit.backend.calls import NOW, Client, headers
from tests.unit.backend.hub.house import EVENT, GATE_KEY, House


def _hand_over(house: House, where: Client, device: str, ticket: str) -> str:
    stamp = Stamp(at=NOW, boot="0123456789abcdef", mono_ms=5)
    body = LineBody(scan_id="s-1", kind=LineKind.ENTRY, event=EVENT, ticket=ticket, gate=device, stamp=stamp).to_text()
    line = Line(1, body, START, seal_of(START, 1, body))
    sent = {"seq": 1, "body": body, "prev": line.prev.hex(), "seal": line.seal.hex()}
    signature = base64.b64encode(GATE_KEY.sign(head_message(device, line))).decode()
    question = {"lines": [sent], "head_signature": signature}
    answer = where.post("/v1/journal", json=question, headers=headers(device, house.tokens[device]))
    return str(answer.json()["answers"][0]["result"])


def test_a_hub_that_lost_its_database_goes_on_anew_and_nothing_is_lost(house: House) -> None:
    house.sell("T-1", "T-2", "T-3")
    with house.wan():
        house.exchange.run()
    house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
    with house.wan():
        house.exchange.run()
        house.lose_hub()
        house.exchange.run()
    for ticket, scan in (("T-2", "s-2"), ("T-3", "s-3")):
        assert house.redeem(house.at_hub, ticket, scan, "gate-1")["result"] == "admitted"
    assert house.redeem(house.at_hub, "T-1", "s-4", "gate-2")["reason"] == "used"
    assert house.ask(house.at_hub, "/v1/annul", "T-3", "s-3", "gate-1").json()["result"] == "annulled"
    with house.wan():
        house.exchange.run()
        house.exchange.run()
    assert house.uses(house.cloud) == house.uses(house.hub) == {"T-1": 1, "T-2": 1}
    assert house.rows(house.cloud, "conflict", "kind") == []


def test_a_device_whose_lines_are_refused_holds_up_nobody(house: House) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
    assert _hand_over(house, house.at_hub, "gate-1", "T-1") == "kept"
    assert _hand_over(house, house.at_hub, "gate-2", "T-2") == "kept"
    house.enrol_again("gate-1", Ed25519PrivateKey.generate())
    house.sell("T-3")
    with house.wan():
        house.exchange.run()
    assert house.uses(house.cloud) == {"T-2": 1}
    assert house.redeem(house.at_hub, "T-3", "s-3", "gate-2")["result"] == "admitted"


def test_a_line_that_the_server_had_first_counts_once_in_the_house(house: House) -> None:
    house.sell("T-1", uses=5)
    with house.wan():
        house.exchange.run()
        assert _hand_over(house, house.at_cloud, "gate-1", "T-1") == "kept"
        house.exchange.run()
        assert _hand_over(house, house.at_hub, "gate-1", "T-1") == "known"
        house.exchange.run()
    assert house.uses(house.cloud) == house.uses(house.hub) == {"T-1": 1}


def test_who_went_in_by_the_servers_word_is_counted_in_the_house(house: House) -> None:
    house.sell("T-1")
    counted = "entered - exited, gate"
    with house.wan():
        house.exchange.run()
        house.redeem(house.at_cloud, "T-1", "s-1", "gate-1")
        for _ in range(2):
            house.exchange.run()
        assert house.rows(house.hub, "counter", counted) == [(1, "gate-1")]
        house.ask(house.at_hub, "/v1/annul", "T-1", "s-1", "gate-1")
        for _ in range(2):
            house.exchange.run()
    assert house.rows(house.hub, "counter", counted) == house.rows(house.cloud, "counter", counted) == [(0, "gate-1")]
