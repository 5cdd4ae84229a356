from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gates.passages import MOST, Passages

SECONDS, PAUSE = 6.0, 0.25

_STEPS = st.lists(
    st.tuples(st.sampled_from(["open", "turned", "expired", "end"]), st.integers(0, 40).map(lambda n: n / 4)),
    max_size=80,
)


@given(_STEPS)
def test_every_passage_ends_once_in_the_order_of_the_opening(steps: list[tuple[str, float]]) -> None:
    passages, now = Passages(SECONDS, PAUSE), 100.0
    opened: list[str] = []
    ended: list[str] = []
    for number, (step, later) in enumerate(steps):
        now += later
        if step == "open":
            fits = passages.open(f"p-{number}", now)
            assert fits == (len(opened) - len(ended) < MOST)
            opened += [f"p-{number}"] * fits
        elif step == "turned":
            ended += [name] if (name := passages.turned(now)) else []
        else:
            ended += passages.expired(now) if step == "expired" else passages.end()
        assert ended == opened[: len(ended)]
        assert (passages.until is None) == (ended == opened)
    assert ended + passages.end() == opened


@given(_STEPS)
def test_nobody_has_less_than_their_seconds_nor_more_than_those_in_front_took(steps: list[tuple[str, float]]) -> None:
    passages, now = Passages(SECONDS, PAUSE), 100.0
    opened: dict[str, tuple[float, int]] = {}
    for number, (step, later) in enumerate(steps):
        now += later
        for name in passages.expired(now):
            since, position = opened.pop(name)
            assert since + SECONDS <= now
        if step == "open" and passages.open(f"p-{number}", now):
            opened[f"p-{number}"] = (now, len(opened) + 1)
        elif step == "turned" and (name := passages.turned(now)):
            since, position = opened.pop(name)
            assert now < since + position * (SECONDS + PAUSE) + PAUSE
        elif step == "end":
            passages.end()
            opened.clear()


@given(st.floats(0, 5), st.floats(0, 5))
def test_the_second_is_released_after_the_first_has_ended_and_a_pause(apart: float, turned_after: float) -> None:
    passages = Passages(SECONDS, PAUSE)
    passages.open("first", 0.0)
    passages.open("second", apart)
    assert passages.released_from == 0.0
    moment = apart + turned_after
    if not passages.expired(moment):
        assert passages.turned(moment) == "first"
        assert passages.released_from == moment + PAUSE
    assert passages.until == pytest.approx((passages.released_from or 0.0) + SECONDS)


def test_a_turn_without_a_passage_is_nobodys() -> None:
    passages = Passages(SECONDS, PAUSE)
    assert passages.turned(1.0) == ""
    passages.open("p-1", 2.0)
    assert passages.released_from == 2.0


def test_a_look_long_after_everybodys_time_finds_all_of_them() -> None:
    passages = Passages(SECONDS, PAUSE)
    for name in ("a", "b", "c"):
        passages.open(name, 0.0)
    assert passages.expired(2 * SECONDS + PAUSE) == ["a", "b"]
    assert passages.expired(1000.0) == ["c"]


def test_there_is_room_for_thirty_two() -> None:
    passages = Passages(SECONDS, PAUSE)
    assert [passages.open(str(number), 0.0) for number in range(34)] == [True] * 32 + [False] * 2
    passages.turned(1.0)
    assert passages.open("one more", 1.0)
