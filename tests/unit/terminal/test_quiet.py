"""Quiet hours: which volume holds when."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.quiet import QuietHours

NIGHT = QuietHours(time(22), time(6), 0.2)
NOON = QuietHours(time(12), time(13, 30), 0.0)


@pytest.mark.parametrize(
    ("hours", "now", "volume"),
    [
        (NIGHT, time(21, 59, 59), 1.0),
        (NIGHT, time(22), 0.2),
        (NIGHT, time(0), 0.2),
        (NIGHT, time(5, 59, 59), 0.2),
        (NIGHT, time(6), 1.0),
        (NOON, time(11, 59, 59), 1.0),
        (NOON, time(12), 0.0),
        (NOON, time(13, 29, 59), 0.0),
        (NOON, time(13, 30), 1.0),
    ],
)
def test_the_hours_begin_and_end_to_the_second(hours: QuietHours, now: time, volume: float) -> None:
    assert hours.volume_at(now, 1.0) == volume


def test_quiet_is_never_louder_than_usual() -> None:
    assert NIGHT.volume_at(time(23), 0.1) == 0.1


@given(st.times(), st.times(), st.times(), st.floats(0, 1), st.floats(0, 1))
def test_the_volume_is_one_of_the_two(begin: time, end: time, now: time, quiet: float, usual: float) -> None:
    found = QuietHours(begin, end, quiet).volume_at(now, usual)
    assert found in (usual, min(quiet, usual))
    if begin == end:
        assert found == usual
