"""Zones that take only so many people: found whatever comes to be known afterwards, and cheap where nobody crowds."""

from __future__ import annotations

import sqlalchemy as sa

from backend.api import AnnulRequest
from backend.engine.store import Store
from backend.tickets import annulling, crowding, selling
from crypto.tickets.rules import Standing
from tests.unit.backend.calls import ASKED_AT, NOW
from tests.unit.backend.tickets.ledgers import EVENT, MINUTE, Device, conflicts, do, sell, upload


def _zone(store: Store, capacity: int) -> None:
    do(store, lambda db: selling.put_zone(db, EVENT, "san", capacity, ["gate-a"]))


def _three(store: Store) -> None:
    a = Device("a")
    for number in range(3):
        a.write(f"t-{number}", f"s-{number}", NOW + number * MINUTE)
    upload(store, a)


def _kinds(store: Store) -> list[str]:
    return [row[0] for row in conflicts(store)]


def test_a_ticket_that_is_sold_afterwards_was_one_too_many_all_the_same(empty_store: Store) -> None:
    _zone(empty_store, 2)
    sell(empty_store, "t-0", "t-1")
    _three(empty_store)
    assert _kinds(empty_store) == ["unknown_ticket"]
    sell(empty_store, "t-2")
    assert _kinds(empty_store) == ["over_capacity"]


def test_a_ticket_that_stands_again_was_one_too_many_all_the_same(empty_store: Store) -> None:
    _zone(empty_store, 2)
    sell(empty_store, "t-0", "t-1", "t-2")
    do(empty_store, lambda db: selling.stand(db, EVENT, "t-2", Standing.BLOCKED, NOW - MINUTE))
    _three(empty_store)
    assert _kinds(empty_store) == ["revoked_before_entry"]
    do(empty_store, lambda db: selling.stand(db, EVENT, "t-2", Standing.VALID, NOW))
    assert _kinds(empty_store) == ["over_capacity"]


def test_where_nobody_crowds_no_passage_is_read(empty_store: Store) -> None:
    _zone(empty_store, 3)
    sell(empty_store, "t-0", "t-1", "t-2")
    _three(empty_store)
    asked = []

    def note(_db: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with empty_store.transaction() as db:
        sa.event.listen(db, "before_cursor_execute", note)
        crowding.settle(db, EVENT)
    assert asked
    assert not [statement for statement in asked if "redemption" in statement or "FROM line" in statement]


def test_whoever_is_taken_back_makes_room(empty_store: Store) -> None:
    _zone(empty_store, 2)
    sell(empty_store, "t-0", "t-1", "t-2")
    _three(empty_store)
    assert _kinds(empty_store) == ["over_capacity"]
    body = {"scan_id": "s-0", "asked_at": ASKED_AT, "event": EVENT, "ticket": "t-0", "gate": "gate-a"}
    asked = AnnulRequest.model_validate(body)
    assert do(empty_store, lambda db: annulling.annul(db, "a", asked, NOW)).result.value == "annulled"
    assert _kinds(empty_store) == []
