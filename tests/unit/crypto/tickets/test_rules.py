from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.tickets.rules import (
    Passage,
    Passing,
    Product,
    Refusal,
    Standing,
    TicketState,
    after,
    day_of,
    left_of,
    on_day,
    passage,
    refusal,
    undone,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)
PLAIN = Product("hoi", "ve", "người lớn")
GOOD = TicketState(NOW - DAY, NOW + DAY)
GROUP = replace(PLAIN, splits=True)
THIRTY = replace(GOOD, max_uses=30)
ENTRY, EXIT = Passing.ENTRY, Passing.EXIT


def enter(
    state: TicketState | None, product: Product | None = PLAIN, people: int | None = None, room: int | None = None
) -> str | None:
    found = refusal(state, product, "cong-1", ENTRY, people, NOW, room=room)
    return found.value if found else None


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({}, {}, None),
        ({"standing": Standing.CANCELLED}, {}, "cancelled"),
        ({"standing": Standing.BLOCKED}, {}, "blocked"),
        ({"standing": Standing.REVOKED}, {}, "revoked"),
        ({"valid_to": NOW}, {}, "wrong_day"),
        ({"valid_to": NOW + timedelta(microseconds=1)}, {}, None),
        ({"valid_from": NOW}, {}, None),
        ({"valid_from": NOW + timedelta(microseconds=1)}, {}, "not_yet"),
        ({"valid_from": datetime(2026, 11, 22, 16, 59, tzinfo=UTC)}, {}, "not_yet"),
        ({"valid_from": datetime(2026, 11, 22, 17, 0, tzinfo=UTC)}, {}, "wrong_day"),
        ({"gate": "cong-2"}, {}, "wrong_gate"),
        ({"gate": "cong-1"}, {}, None),
        ({}, {"gates": frozenset({"cong-2", "cong-3"})}, "wrong_gate"),
        ({}, {"gates": frozenset({"cong-2", "cong-1"})}, None),
        ({"gate": "cong-1"}, {"gates": frozenset({"cong-2"})}, "wrong_gate"),
        ({"paid": False}, {}, "unpaid"),
        ({"uses": 1}, {}, "used"),
        ({"max_uses": 9, "uses": 1, "day": TODAY, "day_uses": 1}, {"per_day": 1}, "day_limit"),
        ({"max_uses": 9, "uses": 1, "day": TODAY - DAY, "day_uses": 1}, {"per_day": 1}, None),
        ({"max_uses": 9, "uses": 9, "day": TODAY - DAY, "day_uses": 1}, {"per_day": 1}, "used"),
        ({"uses": 1, "outside": 1}, {"reentry": True}, None),
        ({"uses": 1, "outside": 1}, {}, "used"),
        ({"uses": 1, "inside": 1}, {"reentry": True}, "used"),
        ({"max_uses": 9, "uses": 1, "day": TODAY, "day_uses": 1, "outside": 1}, {"per_day": 1, "reentry": True}, None),
        ({"uses": 1, "day": TODAY - DAY, "outside": 1}, {"per_day": 1, "reentry": True}, "used"),
    ],
)
def test_what_a_gate_says(change: dict[str, object], kind: dict[str, object], reason: str | None) -> None:
    assert enter(replace(GOOD, **change), replace(PLAIN, **kind)) == reason  # type: ignore[arg-type]


def test_a_ticket_or_product_that_nobody_knows_opens_nothing() -> None:
    assert (enter(None), enter(GOOD, None)) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("used", "outside", "people", "reason"),
    [
        (0, 0, 30, None),
        (0, 0, 31, "too_many"),
        (28, 0, 2, None),
        (28, 0, 3, "too_many"),
        (28, 0, None, None),
        (30, 0, 1, "used"),
        (30, 0, None, "used"),
        (30, 2, 2, None),
        (30, 2, 3, "too_many"),
        (30, 2, None, None),
    ],
)
def test_a_group_may_come_in_parts_until_all_are_in(
    used: int, outside: int, people: int | None, reason: str | None
) -> None:
    assert enter(replace(THIRTY, uses=used, outside=outside), replace(GROUP, reentry=True), people) == reason


@pytest.mark.parametrize(("people", "uses", "reason"), [(2, 0, None), (1, 0, None), (3, 0, "too_many"), (3, 1, "used")])
def test_a_use_admits_no_more_than_it_says(people: int, uses: int, reason: str | None) -> None:
    assert enter(replace(GOOD, admits=2, uses=uses), PLAIN, people) == reason


@pytest.mark.parametrize(("room", "reason"), [(None, None), (2, None), (1, "full"), (0, "full")])
def test_what_is_full_lets_nobody_in(room: int | None, reason: str | None) -> None:
    assert enter(replace(GOOD, admits=2), PLAIN, room=room) == reason


_ORDER: list[tuple[Refusal, dict[str, object]]] = [
    (Refusal.CANCELLED, {"standing": Standing.CANCELLED}),
    (Refusal.WRONG_DAY, {"valid_to": NOW - DAY / 2}),
    (Refusal.WRONG_GATE, {"gate": "cong-9"}),
    (Refusal.UNPAID, {"paid": False}),
    (Refusal.DAY_LIMIT, {"day": TODAY, "day_uses": 2}),
    (Refusal.USED, {"uses": 9}),
]


def test_the_first_reason_of_the_documented_order_is_told() -> None:
    pair = replace(PLAIN, per_day=2)
    wrong = replace(GOOD, max_uses=9)
    for reason, change in reversed(_ORDER):
        wrong = replace(wrong, **change)  # type: ignore[arg-type]
        assert enter(wrong, pair, room=0) == reason.value
    assert [each for each in Refusal if each in dict(_ORDER)] == [reason for reason, _ in _ORDER]


@pytest.mark.parametrize(
    "change",
    [{"standing": Standing.BLOCKED}, {"paid": False}, {"valid_to": NOW}, {"gate": "cong-9"}, {"uses": 1}, {}],
)
def test_nobody_is_kept_inside(change: dict[str, object]) -> None:
    assert refusal(replace(GOOD, **change), PLAIN, "cong-1", EXIT, None, NOW, room=0) is None  # type: ignore[arg-type]
    assert refusal(None, None, "cong-1", EXIT, None, NOW) is None


@pytest.mark.parametrize(("inside", "people", "reason"), [(0, None, "not_inside"), (2, 3, "not_inside"), (3, 3, None)])
def test_an_exit_counts_where_it_would_let_somebody_in(inside: int, people: int | None, reason: str | None) -> None:
    found = refusal(replace(THIRTY, uses=9, inside=inside), replace(GROUP, reentry=True), "cong-1", EXIT, people, NOW)
    assert (found.value if found else None) == reason


def test_out_and_in_again_takes_no_use() -> None:
    kind = replace(PLAIN, reentry=True)
    state = GOOD
    for way in (ENTRY, EXIT, ENTRY, EXIT, ENTRY):
        assert refusal(state, kind, "cong-1", way, None, NOW) is None
        state = after(state, kind, passage(state, kind, way, None, NOW))
    assert (state.uses, state.inside, state.outside) == (1, 1, 0)
    assert enter(state, kind) == "used"


def test_a_group_that_left_comes_back_with_more() -> None:
    kind = replace(GROUP, reentry=True)
    state = after(THIRTY, kind, passage(THIRTY, kind, ENTRY, 10, NOW))
    state = after(state, kind, passage(state, kind, EXIT, 4, NOW))
    together = passage(state, kind, ENTRY, 6, NOW)
    assert together == Passage(ENTRY, TODAY, 6, uses=2, moved=4)
    assert left_of(after(state, kind, together), kind) == 18
    assert passage(state, kind, ENTRY, None, NOW).people == 24
    assert left_of(GOOD, PLAIN) is None


def test_a_day_ends_at_midnight_in_vietnam() -> None:
    assert [day_of(datetime(2026, 11, 22, hour, tzinfo=UTC)) for hour in (16, 17)] == [TODAY, TODAY + DAY]


def test_whoever_nobody_knows_passes_as_one() -> None:
    assert passage(None, None, EXIT, None, NOW).people == 1
    assert passage(GOOD, None, EXIT, 3, NOW).people == 3


_COUNT = st.integers(0, 5)
_KINDS = st.builds(
    Product,
    st.just("hoi"),
    st.just("ve"),
    st.just("khách"),
    gates=st.sampled_from([frozenset[str](), frozenset({"cong-1"})]),
    per_day=st.none() | st.integers(1, 3),
    reentry=st.booleans(),
    splits=st.booleans(),
)
_STEPS = st.lists(st.tuples(st.sampled_from(Passing), st.none() | st.integers(1, 4), st.integers(0, 40)), max_size=12)


@given(_KINDS, st.integers(1, 6), st.integers(1, 3), _STEPS)
def test_no_sequence_of_passages_uses_a_ticket_too_often(
    kind: Product, most: int, admits: int, steps: list[tuple[Passing, int | None, int]]
) -> None:
    state = TicketState(NOW - DAY, NOW + 60 * DAY, max_uses=most, admits=1 if kind.splits else admits)
    inside, entered, by_day, now = 0, 0, dict[date, int](), NOW
    for way, people, hours in steps:
        now += timedelta(hours=hours)
        if refusal(state, kind, "cong-1", way, people, now) is not None:
            continue
        passed = passage(state, kind, way, people, now)
        found = after(state, kind, passed)
        assert undone(found, passed) == replace(
            on_day(state, kind, passed.day), day=found.day, day_uses=undone(found, passed).day_uses
        )
        entered += passed.uses
        by_day[passed.day] = by_day.get(passed.day, 0) + passed.uses
        state = found
        inside = state.inside
        assert min(state.uses, state.day_uses, state.inside, state.outside, inside) >= 0
    assert state.uses == entered <= most
    assert kind.per_day is None or max(by_day.values(), default=0) <= kind.per_day
    assert state.inside + state.outside <= state.uses


@given(_COUNT, _COUNT, _COUNT, st.sampled_from(Passing), _COUNT, _COUNT)
def test_counts_never_fall_below_nothing_nor_rise_above_what_was_sold(
    uses: int, inside: int, outside: int, way: Passing, new: int, moved: int
) -> None:
    state = replace(GOOD, max_uses=5, uses=uses, inside=inside, outside=outside)
    passed = Passage(way, TODAY, new + moved, uses=new, moved=moved)
    for found in (after(state, PLAIN, passed), undone(state, passed)):
        assert min(found.inside, found.outside, found.day_uses) >= 0
        assert 0 <= found.uses <= 5
