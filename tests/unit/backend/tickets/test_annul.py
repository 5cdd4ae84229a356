"""An admission is taken back: once, in time, by the terminal that was given it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.api import AnnulRequest, RedeemRequest
from backend.engine.store import Store
from backend.sample import EVENT, tickets
from backend.tickets import annulling, redeeming, selling
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import ANNULMENT, REDEMPTION, SCAN, TICKET
from tests.unit.backend.calls import NOW, Caller, redeem_body

_SAMPLE = {ticket.ticket: reason for ticket, reason in tickets(NOW.date())}
_FIRST, _PAIR = list(_SAMPLE)[:2]


def _sell(store: Store, ticket: str, uses: int = 1) -> None:
    with store.transaction() as db:
        day = timedelta(days=1)
        selling.add_tickets(db, [SoldTicket(EVENT, ticket, "p", 1, NOW - day, NOW + day, max_uses=uses)], NOW)


def _use_numbers(store: Store, ticket: str) -> tuple[int, list[int]]:
    with store.transaction() as db:
        uses = db.execute(sa.select(TICKET.c.uses).where(TICKET.c.ticket == ticket)).scalar_one()
        kept = sa.select(REDEMPTION.c.use_no).where(REDEMPTION.c.ticket == ticket).order_by(REDEMPTION.c.use_no)
        return uses, list(db.execute(kept).scalars())


def test_an_annulled_admission_gives_its_use_back(caller: Caller, store: Store) -> None:
    caller.redeem(_FIRST, "s-1")
    assert caller.annul(_FIRST, "s-1") == "annulled"
    assert _use_numbers(store, _FIRST) == (0, [])
    assert caller.redeem(_FIRST, "s-2")["reason"] == "ok"


def test_the_scan_that_was_annulled_admits_nobody_any_more(caller: Caller) -> None:
    first = caller.redeem(_FIRST, "s-1")
    caller.annul(_FIRST, "s-1")
    again = caller.redeem(_FIRST, "s-1")
    assert (again["result"], again["reason"], again["admits"]) == ("refused", "annulled", None)
    assert again["reference"] == first["reference"]
    assert caller.redeem(_FIRST, "s-2")["reason"] == "ok"


def test_a_repeated_annulment_is_the_same_to_the_letter_and_gives_back_one_use(caller: Caller, store: Store) -> None:
    _sell(store, "pass", uses=3)
    for number in (1, 2):
        caller.redeem("pass", f"s-{number}")
    answers = {caller.post("/v1/annul", redeem_body("pass", "s-1")).content for _ in range(3)}
    assert len(answers) == 1
    assert _use_numbers(store, "pass") == (1, [2])


def test_uses_after_an_annulled_one_keep_their_places(caller: Caller, store: Store) -> None:
    _sell(store, "pass", uses=2)
    caller.redeem("pass", "s-1", gate="cong-1")
    caller.redeem("pass", "s-2", gate="cong-2")
    caller.annul("pass", "s-1", gate="cong-1")
    assert caller.redeem("pass", "s-3", gate="cong-3")["reason"] == "ok"
    assert _use_numbers(store, "pass") == (2, [2, 3])
    assert caller.redeem("pass", "s-4")["used_place"] == "cong-2"


def test_a_scan_that_never_came_has_nothing_to_annul_and_is_refused_should_it_still_come(
    caller: Caller, store: Store
) -> None:
    assert [caller.annul(_FIRST, "late") for _ in range(2)] == ["nothing"] * 2
    assert caller.redeem(_FIRST, "late")["reason"] == "annulled"
    assert _use_numbers(store, _FIRST) == (0, [])


def test_a_refusal_has_nothing_to_annul_and_stays_what_it_was(caller: Caller) -> None:
    caller.redeem(_FIRST, "s-1")
    used = caller.redeem(_FIRST, "s-2")
    assert caller.annul(_FIRST, "s-2") == "nothing"
    assert caller.redeem(_FIRST, "s-2") == used


def test_another_terminals_admission_cannot_be_annulled(caller: Caller, store: Store) -> None:
    caller.redeem(_FIRST, "s-1", device="gate-1")
    assert caller.annul(_FIRST, "s-1", device="gate-2") == "nothing"
    assert _use_numbers(store, _FIRST) == (1, [1])
    assert caller.redeem(_FIRST, "s-1", device="gate-1")["reason"] == "ok"


@pytest.mark.parametrize("change", [{"ticket": _PAIR}, {"event": "other"}, {"gate": "cong-2"}], ids=str)
def test_an_annulment_of_another_question_is_a_mistake(caller: Caller, store: Store, change: dict[str, str]) -> None:
    caller.redeem(_FIRST, "s-1")
    response = caller.post("/v1/annul", {**redeem_body(_FIRST, "s-1"), **change})
    assert (response.status_code, response.json()) == (422, {"error": "scan_id_reused", "fields": ["scan_id"]})
    assert _use_numbers(store, _FIRST) == (1, [1])


@pytest.mark.parametrize(("minutes", "result"), [(0, "annulled"), (15, "annulled"), (15.01, "too_late")])
def test_an_admission_can_be_annulled_for_a_quarter_of_an_hour(store: Store, minutes: float, result: str) -> None:
    later = NOW + timedelta(minutes=minutes)
    with store.transaction() as db:
        redeeming.redeem(db, "desk-1", RedeemRequest(**redeem_body(_FIRST, "s-1")), NOW)
        told = [
            annulling.annul(db, "desk-1", AnnulRequest(**redeem_body(_FIRST, "s-1")), later).result for _ in range(2)
        ]
        again = redeeming.redeem(db, "desk-1", RedeemRequest(**redeem_body(_FIRST, "s-1")), later)
    assert told == [result] * 2
    assert again.reason == ("ok" if result == "too_late" else "annulled")
    assert _use_numbers(store, _FIRST)[0] == (1 if result == "too_late" else 0)


def test_a_lost_transaction_takes_nothing_back(caller: Caller, store: Store) -> None:
    caller.redeem(_FIRST, "s-1")
    with pytest.raises(ZeroDivisionError):
        _annul_and_fail(store)
    assert _use_numbers(store, _FIRST) == (1, [1])


def _annul_and_fail(store: Store) -> None:
    with store.transaction() as db:
        annulling.annul(db, "desk-1", AnnulRequest(**redeem_body(_FIRST, "s-1")), NOW)
        raise ZeroDivisionError


_STEPS = st.lists(st.tuples(st.sampled_from(["redeem", "annul"]), st.integers(1, 4), st.integers(1, 2)), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(_STEPS, st.integers(1, 2))
def test_in_any_order_the_uses_are_the_admissions_that_stand(
    store: Store, steps: list[tuple[str, int, int]], most: int
) -> None:
    """Against a model: who stands admitted, who was annulled, and that no more stand than the ticket admits."""
    with store.transaction() as db:
        for table in (ANNULMENT, REDEMPTION, SCAN):
            db.execute(sa.delete(table))
        db.execute(sa.delete(TICKET).where(TICKET.c.ticket == "model"))
    _sell(store, "model", uses=most)
    model: dict[tuple[int, int], str] = {}
    for kind, scan, device in steps:
        who = (device, scan)
        body = redeem_body("model", f"s-{scan}")
        with store.transaction() as db:
            if kind == "redeem":
                free = list(model.values()).count("ok") < most
                expected = model.setdefault(who, "ok" if free else "used")
                found = redeeming.redeem(db, f"d-{device}", RedeemRequest(**body), NOW).reason.value
            else:
                expected = "annulled" if model.get(who) in ("ok", "annulled") else "nothing"
                model[who] = {"ok": "annulled", None: "tombstone"}.get(model.get(who), model.get(who) or "")
                found = annulling.annul(db, f"d-{device}", AnnulRequest(**body), NOW).result.value
        assert found == expected.replace("tombstone", "annulled")
    standing = list(model.values()).count("ok")
    uses, numbers = _use_numbers(store, "model")
    assert (uses, len(numbers)) == (standing, standing)
