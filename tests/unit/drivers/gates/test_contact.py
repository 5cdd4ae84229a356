from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from drivers.gates.contact import Contact


def closings(looks: list[bool]) -> int:
    contact = Contact()
    return sum(contact.closes(closed) for closed in looks)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=20))
def test_levels_that_last_two_looks_are_counted_and_shorter_ones_are_not(levels: list[tuple[bool, int]]) -> None:
    looks = [closed for closed, count in levels for _ in range(count)]
    runs = [(closed, len(list(same))) for closed, same in itertools.groupby(looks)]
    settled = [closed for closed, _ in itertools.groupby(closed for closed, count in runs if count >= 2)]
    assert closings(looks) == sum(before is False and after for before, after in itertools.pairwise(settled))


def test_a_contact_that_is_closed_from_the_start_has_not_turned() -> None:
    assert closings([True] * 10) == 0
    assert closings([True, True, False, False, True, True]) == 1


def test_a_bouncing_contact_turns_once() -> None:
    assert closings([False, False, True, False, True, True, False, True, True, False, False]) == 1
