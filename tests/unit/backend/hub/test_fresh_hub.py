"""A hub that knows nothing yet says so, and a card opens its gates too."""

from __future__ import annotations

from backend.tickets import selling
from crypto.tickets.record import Marks
from tests.unit.backend.calls import KEYS, NOW
from tests.unit.backend.hub.house import EVENT, House

CARD = "003090123450"


def test_before_it_heard_of_the_tickets_a_hub_calls_none_of_them_unknown(house: House) -> None:
    house.sell("T-1")
    answer = house.ask(house.at_hub, "/v1/redeem", "T-1", "s-1", "gate-1")
    assert (answer.status_code, answer.json()["error"]) == (503, "not_here")
    with house.wan():
        house.exchange.run()
    assert house.redeem(house.at_hub, "T-1", "s-1", "gate-1")["result"] == "admitted"
    house.restart_hub()
    assert house.redeem(house.at_hub, "T-1", "s-2", "gate-2")["reason"] == "used"


def test_a_card_that_stands_for_a_ticket_opens_the_hubs_gates(house: House) -> None:
    house.sell("T-1")
    with house.cloud.transaction() as db:
        selling.bind(db, EVENT, "T-1", CARD, Marks(KEYS.marks), NOW)
    with house.wan():
        house.exchange.run()
        house.exchange.run()
    assert house.rows(house.hub, "holder", "ticket_mark") == house.rows(house.cloud, "holder", "ticket_mark")
