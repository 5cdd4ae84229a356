from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.api import RedeemRequest
from backend.engine.store import Store
from backend.sample import EVENT, tickets
from backend.tickets import redeeming, selling
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import REDEMPTION
from crypto.tickets.rules import Passing, Product, Standing, TicketState, refusal
from tests.unit.backend.calls import ASKED_AT, NOW, Caller, redeem_body

_SAMPLE = {ticket.ticket: reason for ticket, reason in tickets(NOW.date())}
_FIRST, _PAIR, _CHILD = list(_SAMPLE)[:3]
_SERIAL = itertools.count()


@pytest.mark.parametrize(("ticket", "reason"), _SAMPLE.items(), ids=str)
def test_each_sample_ticket_meets_its_reason(caller: Caller, ticket: str, reason: str) -> None:
    answer = caller.redeem(ticket)
    assert answer["reason"] == reason
    assert answer["result"] == ("admitted" if reason == "ok" else "refused")


@pytest.mark.parametrize(("ticket", "admits"), [(_FIRST, "1 người lớn"), (_PAIR, "2 người lớn"), (_CHILD, "1 trẻ em")])
def test_the_answer_says_whom_the_ticket_admits(caller: Caller, ticket: str, admits: str) -> None:
    assert caller.redeem(ticket)["admits"] == admits


def test_the_second_use_is_told_when_and_where_the_first_was(caller: Caller) -> None:
    first = caller.redeem(_FIRST, "s-1", gate="cong-2")
    second = caller.redeem(_FIRST, "s-2", gate="cong-1", device="desk-2")
    assert (second["result"], second["reason"], second["admits"]) == ("refused", "used", None)
    assert (second["used_place"], second["reference"] != first["reference"]) == ("cong-2", True)
    assert second["used_at"] == "2026-11-22T08:30:00Z"


def test_a_ticket_nobody_sold_is_unknown(caller: Caller) -> None:
    assert caller.redeem("NOBODY")["reason"] == "unknown"


def test_a_ticket_of_several_uses_is_used_up_by_the_last(caller: Caller, store: Store) -> None:
    _sell(store, replace(_plain("pass"), max_uses=2))
    assert [caller.redeem("pass", f"s-{n}")["reason"] for n in range(3)] == ["ok", "ok", "used"]
    with store.transaction() as db:
        assert db.execute(sa.select(REDEMPTION.c.use_no).order_by(REDEMPTION.c.use_no)).scalars().all() == [1, 2]


def test_a_repeated_scan_gets_the_same_answer_to_the_letter(caller: Caller) -> None:
    first, again, at_another_time = (
        caller.post("/v1/redeem", {**redeem_body(_FIRST, "s-1"), "asked_at": asked_at})
        for asked_at in (ASKED_AT, ASKED_AT, "2026-11-22T08:31:00.5Z")
    )
    assert first.json()["result"] == "admitted"
    assert first.content == again.content == at_another_time.content


def test_a_repeated_refusal_stays_although_the_ticket_has_been_paid_since(caller: Caller, store: Store) -> None:
    _sell(store, replace(_plain("late"), paid=False))
    assert caller.redeem("late", "s-1")["reason"] == "unpaid"
    with store.transaction() as db:
        db.exec_driver_sql("UPDATE ticket SET paid = true WHERE ticket = 'late'")
    assert caller.redeem("late", "s-1")["reason"] == "unpaid"
    assert caller.redeem("late", "s-2")["reason"] == "ok"


@pytest.mark.parametrize("change", [{"ticket": _PAIR}, {"event": "other"}, {"gate": "cong-2"}], ids=str)
def test_a_scan_id_with_another_question_is_a_mistake(caller: Caller, change: dict[str, str]) -> None:
    caller.redeem(_FIRST, "s-1")
    response = caller.post("/v1/redeem", {**redeem_body(_FIRST, "s-1"), **change})
    assert (response.status_code, response.json()) == (422, {"error": "scan_id_reused", "fields": ["scan_id"]})
    assert caller.redeem(_PAIR, "s-2")["reason"] == "ok"


def test_two_devices_may_use_the_same_scan_id(caller: Caller) -> None:
    answers = [caller.redeem(_FIRST, "s-1", device=device) for device in ("desk-1", "desk-2")]
    assert [answer["reason"] for answer in answers] == ["ok", "used"]


def test_the_devices_clock_decides_nothing(caller: Caller) -> None:
    body = {**redeem_body(_FIRST, "s-1"), "asked_at": "2031-01-01T00:00:00Z"}
    assert caller.post("/v1/redeem", body).json()["reason"] == "ok"


_TICKETS = st.builds(
    SoldTicket,
    event=st.just(EVENT),
    ticket=st.builds(lambda: f"P-{next(_SERIAL)}"),
    product=st.just("p"),
    admits=st.integers(1, 3),
    valid_from=st.sampled_from([-30, -1, 0, 1, 30]).map(lambda hours: NOW + timedelta(hours=hours)),
    valid_to=st.sampled_from([-29, 0, 1, 31]).map(lambda hours: NOW + timedelta(hours=hours)),
    gate=st.sampled_from([None, "cong-1", "cong-2"]),
    max_uses=st.integers(1, 2),
    paid=st.booleans(),
    standing=st.sampled_from(Standing),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(_TICKETS, st.integers(1, 3))
def test_the_update_admits_exactly_what_the_rules_admit(store: Store, ticket: SoldTicket, scans: int) -> None:
    _sell(store, ticket)
    for number in range(scans):
        state = TicketState(
            ticket.valid_from,
            ticket.valid_to,
            ticket.standing,
            ticket.paid,
            ticket.gate,
            ticket.admits,
            ticket.max_uses,
            uses=min(number, ticket.max_uses),
        )
        expected = refusal(state, Product(EVENT, "p", "p"), "cong-1", Passing.ENTRY, None, NOW)
        question = RedeemRequest(**redeem_body(ticket.ticket, f"{ticket.ticket}-{number}"))
        with store.transaction() as db:
            answer = redeeming.redeem(db, "desk-1", question, NOW)
        assert answer.reason.value == (expected.value if expected else "ok")


def test_a_failed_transaction_uses_nothing_up(caller: Caller, store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _redeem_and_fail(store)
    assert caller.redeem(_FIRST, "s-1")["reason"] == "ok"


def _redeem_and_fail(store: Store) -> None:
    with store.transaction() as db:
        answer = redeeming.redeem(db, "desk-1", RedeemRequest(**redeem_body(_FIRST, "s-1")), NOW)
        assert answer.reason.value == "ok"
        raise ZeroDivisionError


def _plain(ticket: str) -> SoldTicket:
    return SoldTicket(EVENT, ticket, "p", 1, NOW - timedelta(hours=1), NOW + timedelta(hours=1))


def _sell(store: Store, ticket: SoldTicket) -> None:
    with store.transaction() as db:
        selling.add_tickets(db, [ticket], NOW)
