from __future__ import annotations

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from backend.engine.store import Store
from backend.sample import tickets
from backend.tickets import selling
from backend.tickets.tables import REDEMPTION, TICKET
from tests.unit.backend.calls import NOW, headers, redeem_body
from tests.unit.backend.processes import serving

_GATES = 6
_TICKETS = [f"RACE-{number:02}" for number in range(20)]


@pytest.fixture
def sold(store: Store) -> list[str]:
    sample, _ = tickets(NOW.date())[0]
    with store.transaction() as db:
        selling.add_tickets(db, [replace(sample, ticket=name) for name in _TICKETS], NOW)
    return _TICKETS


def _all_gates(work: Callable[[int, requests.Session, threading.Barrier], list[Any]]) -> list[Any]:
    """Run ``work`` at every gate at once and put their results together."""
    barrier = threading.Barrier(_GATES, timeout=30)

    def one(gate: int) -> list[Any]:
        with requests.Session() as session:
            return work(gate, session, barrier)

    with ThreadPoolExecutor(_GATES) as pool:
        return [item for items in pool.map(one, range(_GATES)) for item in items]


def test_gates_that_race_for_the_same_tickets_admit_each_exactly_once(
    live_url: str, sold: list[str], store: Store
) -> None:
    def scan_all(gate: int, session: requests.Session, barrier: threading.Barrier) -> list[tuple[str, str]]:
        answers = []
        for ticket in sold:
            barrier.wait()
            body = redeem_body(ticket, f"{gate}-{ticket}", f"cong-{gate}")
            response = session.post(f"{live_url}/v1/redeem", json=body, headers=headers(f"gate-{gate}"), timeout=20)
            answers.append((ticket, response.json()["reason"]))
        return answers

    counted = Counter(_all_gates(scan_all))
    assert counted == Counter({(name, "ok"): 1 for name in sold} | {(name, "used"): _GATES - 1 for name in sold})
    with store.transaction() as db:
        uses = db.execute(sa.select(TICKET.c.uses).where(TICKET.c.ticket.in_(sold))).scalars().all()
        redemptions = db.execute(sa.select(sa.func.count()).select_from(REDEMPTION)).scalar_one()
    assert (set(uses), redemptions) == ({1}, len(sold))


def test_one_scan_sent_many_times_at_once_is_answered_once(live_url: str, sold: list[str]) -> None:
    def scan(_gate: int, session: requests.Session, barrier: threading.Barrier) -> list[bytes]:
        barrier.wait()
        body = redeem_body(sold[0], "s-1")
        return [session.post(f"{live_url}/v1/redeem", json=body, headers=headers(), timeout=20).content]

    answers = _all_gates(scan)
    assert (len(answers), len(set(answers))) == (_GATES, 1)
    assert b'"admitted"' in answers[0]


def test_gates_that_race_with_annulments_never_hold_one_ticket_twice(
    live_url: str, sold: list[str], store: Store
) -> None:
    """Whoever is admitted finds the ticket used, gives it back by an annulment sent twice, and the others go on."""

    def ask_and_give_back(gate: int, session: requests.Session, barrier: threading.Barrier) -> list[str]:
        def ask(path: str, ticket: str, scan_id: str) -> dict[str, Any]:
            body, asking = redeem_body(ticket, scan_id, f"cong-{gate}"), headers(f"gate-{gate}")
            return dict(session.post(f"{live_url}/v1/{path}", json=body, headers=asking, timeout=20).json())

        told = []
        barrier.wait()
        for number in range(12):
            ticket, scan = sold[number % 2], f"{gate}-{number}"
            if ask("redeem", ticket, scan)["reason"] == "ok":
                told.append(ask("redeem", ticket, f"{scan}-again")["reason"])
                told += [ask("annul", ticket, scan)["result"] for _ in range(2)]
        return told

    counted = Counter(_all_gates(ask_and_give_back))
    assert counted == {"used": counted["used"], "annulled": 2 * counted["used"]}
    with store.transaction() as db:
        uses = db.execute(sa.select(TICKET.c.uses).where(TICKET.c.ticket.in_(sold))).scalars().all()
        left = db.execute(sa.select(sa.func.count()).select_from(REDEMPTION)).scalar_one()
    assert (counted["used"] > 0, set(uses), left) == (True, {0}, 0)


def test_an_annulment_that_races_with_its_own_redemption_leaves_nobody_admitted(
    live_url: str, sold: list[str], store: Store
) -> None:
    """The redemption's answer was lost and its request may still be on the way: whichever comes first, nobody is in."""

    def ask_or_take_back(gate: int, session: requests.Session, barrier: threading.Barrier) -> list[str]:
        path = "annul" if gate % 2 else "redeem"
        for ticket in sold:
            barrier.wait()
            session.post(
                f"{live_url}/v1/{path}", json=redeem_body(ticket, f"s-{ticket}"), headers=headers(), timeout=20
            )
        return []

    _all_gates(ask_or_take_back)
    with store.transaction() as db:
        assert set(db.execute(sa.select(TICKET.c.uses).where(TICKET.c.ticket.in_(sold))).scalars()) == {0}


def _ask(said: dict[str, Any], session: requests.Session, scan_id: str, ticket: str) -> dict[str, Any]:
    asking = headers(token=Path(said["token_file"]).read_text("ascii"))
    body = redeem_body(ticket, scan_id)
    return dict(session.post(f"{said['url']}/v1/redeem", json=body, headers=asking, timeout=20).json())


def test_a_killed_server_has_lost_no_answer_and_doubles_none(tmp_path: Path) -> None:
    database = tmp_path / "b.sqlite"
    sent: list[tuple[str, str]] = []
    told: dict[tuple[str, str], dict[str, Any]] = {}
    enough = threading.Event()

    def scan_until_the_end(gate: int) -> None:
        with requests.Session() as session, contextlib.suppress(requests.RequestException):
            for number in itertools.count():
                scan = (f"{gate}-{number}", names[number % len(names)])
                sent.append(scan)
                told[scan] = _ask(said, session, *scan)
                if len(told) >= 30:
                    enough.set()

    with serving(database, "--sample") as (process, said), ThreadPoolExecutor(_GATES) as pool:
        names = [sample["ticket"] for sample in said["sample_tickets"]]
        gates = [pool.submit(scan_until_the_end, gate) for gate in range(_GATES)]
        assert enough.wait(60)
        process.kill()
        for gate in gates:
            gate.result(60)
    with serving(database) as (_, said), requests.Session() as session:
        again = {scan: _ask(said, session, *scan) for scan in sent}
    assert {scan: again[scan] for scan in told} == told
    admitted = [ticket for (_, ticket), answer in again.items() if answer["result"] == "admitted"]
    assert sorted(admitted) == names[:3]
