"""A house whose line to the world is cut and comes back: gates stay consistent, and nothing is lost or told twice."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from backend.hub.upstream import RefusedError, UpstreamError
from crypto.tickets.body import LineBody, LineKind, Stamp
from crypto.tickets.line import START, Line, head_message, seal_of
from tests.unit.backend.calls import NOW, headers
from tests.unit.backend.hub.house import EVENT, GATE_KEY, House


def test_a_hub_answers_with_its_own_ledger_while_the_world_is_away(house: House) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
    first = house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
    assert (first["result"], first["admits"]) == ("admitted", "1 người lớn")
    second = house.redeem(house.at_hub, "T-1", "s-2", "gate-2")
    assert (second["reason"], second["used_place"]) == ("used", "gate-1")
    assert house.redeem(house.at_hub, "T-1", "s-1", "gate-1") == first
    assert house.redeem(house.at_hub, "T-9", "s-3")["reason"] == "unknown"
    with pytest.raises(UpstreamError):
        house.exchange.run()
    assert house.uses(house.cloud) == {}


def test_what_was_decided_is_told_once_the_world_is_back(house: House) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
    house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
    with house.wan():
        house.exchange.run()
        assert house.uses(house.cloud) == {"T-1": 1}
        house.exchange.run()
    assert house.uses(house.cloud) == house.uses(house.hub) == {"T-1": 1}
    assert house.redeem(house.at_cloud, "T-1", "s-2", "gate-2")["used_place"] == "gate-1"
    # The terminal's answer was lost, and it asks the server with the same scan: that takes no second use.
    assert house.redeem(house.at_cloud, "T-1", "s-1", "gate-1")["result"] == "admitted"
    assert house.uses(house.cloud) == {"T-1": 1}
    assert house.rows(house.cloud, "conflict", "kind") == []
    assert len(house.rows(house.hub, "hub_line", "seq")) == 1


def test_what_the_server_decided_is_known_in_the_house(house: House) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
        at_cloud = house.redeem(house.at_cloud, "T-1", "s-1", "gate-1")
        house.exchange.run()
    assert house.redeem(house.at_hub, "T-1", "s-2", "gate-2")["reason"] == "used"
    again = house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
    assert (again["result"], again["reference"]) == ("admitted", at_cloud["reference"])
    assert house.rows(house.hub, "hub_line", "seq") == []  # the server need not be told what it decided


def test_a_scan_whose_answer_was_lost_on_the_way_is_one_use(house: House) -> None:
    house.sell("T-1")
    with house.wan():
        house.exchange.run()
        house.redeem(house.at_cloud, "T-1", "s-1", "gate-1")  # admitted, and the answer never came
    assert house.redeem(house.at_hub, "T-1", "s-1", "gate-1")["result"] == "admitted"
    with house.wan():
        house.exchange.run()
    assert house.uses(house.cloud) == house.uses(house.hub) == {"T-1": 1}
    assert house.rows(house.cloud, "conflict", "kind") == []


def test_two_admissions_of_one_ticket_become_a_conflict(house: House) -> None:
    house.sell("T-1")
    with house.wan():
        house.exchange.run()
    house.redeem(house.at_cloud, "T-1", "s-1", "gate-1")
    house.pass_by(timedelta(minutes=1))
    assert house.redeem(house.at_hub, "T-1", "s-2", "gate-2")["result"] == "admitted"
    with house.wan():
        house.exchange.run()
        house.exchange.run()
    assert house.rows(house.cloud, "conflict", "kind, gate, held_gate") == [("duplicate_entry", "gate-2", "gate-1")]
    assert house.uses(house.cloud) == {"T-1": 1}


def test_an_admission_that_was_taken_back_takes_no_use(house: House) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
        house.redeem(house.at_cloud, "T-2", "s-2", "gate-1")
        house.exchange.run()
    house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
    for ticket, scan in (("T-1", "s-1"), ("T-2", "s-2")):
        answer = house.ask(house.at_hub, "/v1/annul", ticket, scan, "gate-1")
        assert answer.json()["result"] == "annulled"
    with house.wan():
        house.exchange.run()
        house.exchange.run()
    assert house.uses(house.cloud) == house.uses(house.hub) == {}


def test_an_admission_taken_back_after_it_was_told_is_taken_back_there_too(house: House) -> None:
    house.sell("T-1")
    with house.wan():
        house.exchange.run()
        house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
        house.exchange.run()
        assert house.ask(house.at_hub, "/v1/annul", "T-1", "s-1", "gate-1").json()["result"] == "annulled"
        house.exchange.run()
    assert house.uses(house.cloud) == house.uses(house.hub) == {}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_nothing_is_lost_when_the_hub_is_killed(house: House, moment: str) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
        house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
        if moment == "after":
            house.exchange.run()
        house.restart_hub()
        assert house.redeem(house.at_hub, "T-1", "s-2", "gate-2")["reason"] == "used"
        house.redeem(house.at_hub, "T-2", "s-3", "gate-2")
        house.exchange.run()
    assert house.uses(house.cloud) == {"T-1": 1, "T-2": 1}
    assert [row[0] for row in house.rows(house.cloud, "line", "seq, device")] == [1, 2]


def test_a_hub_whose_answer_was_lost_tells_it_again_and_is_known(house: House) -> None:
    house.sell("T-1")
    with house.wan():
        house.exchange.run()
        house.redeem(house.at_hub, "T-1", "s-1", "gate-1")
        house.exchange.run()
        with house.hub.transaction() as db:
            db.exec_driver_sql("DELETE FROM hub_relay")
        house.exchange.run()
    assert house.uses(house.cloud) == {"T-1": 1}
    assert len(house.rows(house.cloud, "line", "seq")) == 1


def _line(seq: int, prev: bytes, scan: str, ticket: str) -> Line:
    stamp = Stamp(at=NOW, boot="0123456789abcdef", mono_ms=5)
    body = LineBody(scan_id=scan, kind=LineKind.ENTRY, event=EVENT, ticket=ticket, gate="gate-1", stamp=stamp)
    return Line(seq, body.to_text(), prev, seal_of(prev, seq, body.to_text()))


def test_a_terminals_lines_are_handed_on_with_its_own_signature(house: House) -> None:
    house.sell("T-1", "T-2")
    with house.wan():
        house.exchange.run()
    one = _line(1, START, "s-1", "T-1")
    two = _line(2, one.seal, "s-2", "T-2")
    for lines in ([one], [two]):
        signature = GATE_KEY.sign(head_message("gate-1", lines[-1]))
        sent = [
            {"seq": each.seq, "body": each.body, "prev": each.prev.hex(), "seal": each.seal.hex()} for each in lines
        ]
        body = {"lines": sent, "head_signature": base64.b64encode(signature).decode()}
        answer = house.at_hub.post("/v1/journal", json=body, headers=headers("gate-1", house.tokens["gate-1"]))
        assert [each["result"] for each in answer.json()["answers"]] == ["kept"]
    assert house.redeem(house.at_hub, "T-1", "s-9", "gate-2")["reason"] == "used"
    with house.wan():
        house.exchange.run()
        house.exchange.run()
    kept = house.rows(house.cloud, "line", "seq, device, seal")
    assert kept == [(1, "gate-1", one.seal), (2, "gate-1", two.seal)]
    assert house.uses(house.cloud) == house.uses(house.hub) == {"T-1": 1, "T-2": 1}
    assert house.rows(house.hub, "hub_line", "seq") == []


def test_a_device_that_was_revoked_is_refused_by_the_hub_too(house: House) -> None:
    house.sell("T-1")
    with house.wan():
        house.exchange.run()
        assert house.redeem(house.at_hub, "T-1", "s-1", "gate-1")["result"] == "admitted"
        house.revoke("gate-1")
        house.exchange.run()
    house.restart_hub()
    assert house.ask(house.at_hub, "/v1/redeem", "T-1", "s-2", "gate-1").status_code == 401


def test_tickets_sold_blocked_and_paid_meanwhile_are_heard_of(house: House) -> None:
    house.sell("T-1")
    with house.wan():
        house.exchange.run()
        house.sell("T-2")
        with house.cloud.transaction() as db:
            db.exec_driver_sql("UPDATE ticket SET max_uses = 5 WHERE ticket = 'T-1'")
        house.exchange.run()
    assert house.redeem(house.at_hub, "T-2", "s-1")["result"] == "admitted"


@pytest.mark.parametrize("path", ["/v1/eligibility", "/v1/enrol", "/v1/changes", "/v1/snapshot", "/v1/tickets"])
def test_what_a_hub_cannot_know_it_says_so(house: House, path: str) -> None:
    answer = house.at_hub.post(path, json={})
    assert (answer.status_code, answer.json()["error"]) == (503, "not_here")


def test_a_hub_that_is_refused_says_so(house: House) -> None:
    house.revoke("hub-1")
    with house.wan(), pytest.raises(RefusedError):
        house.exchange.run()
