"""Admissions without the server that contradict what it knows: they happened, and somebody must look at them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from backend.api import RedeemRequest
from backend.engine.store import Store
from backend.tickets import redeeming, selling
from backend.tickets.tables import LINE
from crypto.tickets.body import LineKind
from crypto.tickets.rules import Product, Standing
from tests.unit.backend.calls import ASKED_AT, NOW
from tests.unit.backend.tickets.ledgers import (
    DAY,
    EVENT,
    MINUTE,
    Device,
    conflicts,
    counted,
    do,
    sell,
    upload,
    uses,
)

KEPT, KNOWN = ("kept", None, None), ("known", None, None)


def _redeem(store: Store, device: str, ticket: str, scan_id: str, now: datetime = NOW, gate: str = "") -> str:
    body = {
        "scan_id": scan_id,
        "asked_at": ASKED_AT,
        "event": EVENT,
        "ticket": ticket,
        "gate": gate or f"gate-{device}",
    }
    asked = RedeemRequest.model_validate(body)
    return do(store, lambda db: redeeming.redeem(db, device, asked, now)).reason.value


def test_two_admissions_of_one_ticket_happened_and_the_earlier_holds_the_use(empty_store: Store) -> None:
    sell(empty_store, "t")
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW)
    b.write("t", "s-1", NOW - MINUTE)
    assert upload(empty_store, a) == [KEPT]
    assert upload(empty_store, b) == [KEPT]
    assert upload(empty_store, a) == [("known", None, "duplicate_entry")]
    assert conflicts(empty_store) == [("duplicate_entry", "a", "gate-a", 1, False, "b", "gate-b")]
    assert counted(empty_store) == {"gate-a": (1, 0), "gate-b": (1, 0)}


@pytest.mark.parametrize(("error", "ambiguous"), [(10, False), (30_000, True), (None, True)])
def test_where_the_clocks_do_not_tell_who_was_first_the_conflict_says_so(
    empty_store: Store, error: int | None, ambiguous: bool
) -> None:
    sell(empty_store, "t")
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW, error_ms=error, skew_ms=None if error is None else 0)
    b.write("t", "s-1", NOW - MINUTE / 2, error_ms=100)
    upload(empty_store, a)
    upload(empty_store, b)
    assert [row[4] for row in conflicts(empty_store)] == [ambiguous]


def test_what_the_server_gave_stays_given(empty_store: Store) -> None:
    sell(empty_store, "t")
    assert _redeem(empty_store, "b", "t", "s-1", NOW) == "ok"
    a = Device("a")
    a.write("t", "s-1", NOW - 5 * MINUTE)
    assert upload(empty_store, a) == [("kept", None, "duplicate_entry")]
    assert conflicts(empty_store) == [("duplicate_entry", "a", "gate-a", 1, False, "b", "gate-b")]
    assert uses(empty_store, "t") == 1


def test_of_a_group_only_the_people_too_many_are_a_conflict(empty_store: Store) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", splits=True), max_uses=5)
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW, people=3)
    b.write("t", "s-1", NOW + MINUTE, people=4)
    for device in (b, a):
        upload(empty_store, device)
    assert uses(empty_store, "t") == 5
    assert conflicts(empty_store) == [("duplicate_entry", "b", "gate-b", 2, False, "a", "gate-a")]
    assert counted(empty_store) == {"gate-a": (3, 0), "gate-b": (4, 0)}


def test_a_ticket_that_is_sold_later_takes_the_admission_in(empty_store: Store) -> None:
    sell(empty_store, "other")
    a = Device("a")
    a.write("t", "s-1")
    assert upload(empty_store, a) == [("kept", None, "unknown_ticket")]
    sell(empty_store, "t")
    assert (uses(empty_store, "t"), conflicts(empty_store)) == (1, [])


@pytest.mark.parametrize(
    ("minutes", "skew", "error", "found"),
    [
        (1, 0, 10, [("revoked_before_entry", False)]),
        (-1, 0, 10, []),
        (1, 0, 120_000, [("revoked_before_entry", True)]),
        (5, -600_000, 10, []),
    ],
)
def test_who_went_in_after_a_revocation_is_a_conflict(
    empty_store: Store, minutes: int, skew: int, error: int, found: list[tuple[str, bool]]
) -> None:
    sell(empty_store, "t")
    do(empty_store, lambda db: selling.stand(db, EVENT, "t", Standing.REVOKED, NOW))
    a = Device("a")
    a.write("t", "s-1", NOW + minutes * MINUTE, skew_ms=skew, error_ms=error)
    upload(empty_store, a)
    assert [(row[0], row[4]) for row in conflicts(empty_store)] == found
    assert uses(empty_store, "t") == (0 if found else 1)


@pytest.mark.parametrize(
    ("change", "at"),
    [({"valid_to": NOW - MINUTE}, NOW), ({"gate": "gate-z"}, NOW), ({"paid": False}, NOW), ({}, NOW + 2 * DAY)],
    ids=["over", "gate", "unpaid", "later"],
)
def test_who_went_in_against_the_rules_holds_the_use_and_is_a_conflict(
    empty_store: Store, change: dict[str, object], at: datetime
) -> None:
    sell(empty_store, "t", **change)
    a = Device("a")
    a.write("t", "s-1", at)
    assert upload(empty_store, a) == [("kept", None, "not_valid_then")]
    assert uses(empty_store, "t") == 1


def test_a_zone_that_was_full_is_a_conflict_of_the_last_ones(empty_store: Store) -> None:
    sell(empty_store, *"tuvw", max_uses=2)
    do(empty_store, lambda db: selling.put_zone(db, EVENT, "san", 2, ["gate-a", "gate-b"]))
    assert _redeem(empty_store, "b", "t", "s-1", NOW - MINUTE) == "ok"
    a, b = Device("a"), Device("b")
    for number, name in enumerate("uvw"):
        a.write(name, f"s-{number}", NOW + number * MINUTE)
    upload(empty_store, a)
    assert [(row[0], row[1]) for row in conflicts(empty_store)] == [("over_capacity", "a")] * 2
    # Somebody had gone out in between, which the server hears of later.
    b.write("t", "s-2", NOW + 0.5 * MINUTE, kind=LineKind.EXIT)
    upload(empty_store, b)
    assert [(row[0], row[1]) for row in conflicts(empty_store)] == [("over_capacity", "a")]
    assert _redeem(empty_store, "b", "t", "s-3", NOW + 3 * MINUTE) == "full"


def test_a_clock_two_days_ahead_is_put_right_pointed_out_and_decides_nothing(empty_store: Store) -> None:
    sell(empty_store, "t")
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW + 2 * DAY, skew_ms=-int(timedelta(days=2, minutes=1) / timedelta(milliseconds=1)))
    b.write("t", "s-1", NOW)
    for device in (b, a):
        upload(empty_store, device)
    assert conflicts(empty_store) == [("duplicate_entry", "b", "gate-b", 1, False, "a", "gate-a")]
    with empty_store.transaction() as db:
        skewed = {row.device: row.skewed for row in db.execute(sa.select(LINE.c.device, LINE.c.skewed))}
    assert skewed == {"a": True, "b": False}
