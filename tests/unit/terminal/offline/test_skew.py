"""What a terminal knows of its own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from terminal.offline.skew import DRIFT, Timekeeper, jump
from terminal.syncing import Skew
from tests.fake_clock import FakeClock


def keeper() -> tuple[Timekeeper, FakeClock]:
    clock = FakeClock()
    return Timekeeper(clock, lambda: "ab" * 8), clock


def test_before_the_first_answer_nothing_is_known() -> None:
    times, clock = keeper()
    times.learn(None)
    stamp = times.stamp()
    assert times.skew() is None
    assert (stamp.at, stamp.boot, stamp.mono_ms) == (clock.now(), "ab" * 8, 1_000_000)
    assert (stamp.skew_ms, stamp.skew_error_ms) == (None, None)


def test_a_skew_is_kept_and_its_error_grows_with_its_age() -> None:
    times, clock = keeper()
    times.learn(Skew(-172_800.0, 0.02))
    clock.advance(1000)
    skew = times.skew()
    assert skew is not None
    assert skew.seconds == pytest.approx(-172_800)
    assert skew.error == pytest.approx(0.02 + 1000 * DRIFT)
    assert times.stamp().skew_ms == -172_800_000
    assert times.stamp().skew_error_ms == 121  # rounded up


def test_a_better_answer_replaces_a_worse_one_and_not_the_other_way_round() -> None:
    times, clock = keeper()
    times.learn(Skew(1.0, 0.01))
    times.learn(Skew(2.0, 0.5))
    assert times.stamp().skew_ms == 1000
    clock.advance(10_000)  # the first one's error has grown to a second
    times.learn(Skew(2.0, 0.5))
    assert times.stamp().skew_ms == 2000


@pytest.mark.parametrize("by", [timedelta(days=-2), timedelta(seconds=-30)])
def test_a_clock_that_is_set_back_does_not_move_the_servers_time(by: timedelta) -> None:
    times, clock = keeper()
    times.learn(Skew(5.0, 0.01))
    server = clock.now() + timedelta(seconds=5)
    clock.set_wall(by)
    stamp = times.stamp()
    assert stamp.skew_ms is not None
    assert stamp.at + timedelta(milliseconds=stamp.skew_ms) == server
    assert stamp.skew_error_ms == 11


def test_a_clock_two_days_ahead_may_also_be_a_computer_that_slept() -> None:
    times, clock = keeper()
    times.learn(Skew(0.0, 0.01))
    clock.set_wall(timedelta(days=2))
    stamp = times.stamp()
    assert (stamp.skew_ms, stamp.skew_error_ms) == (-172_800_000, 172_800_011)
    times.learn(Skew(-172_800.0, 0.01))
    assert times.stamp().skew_error_ms == 11


def test_a_jump_between_two_lines_is_measured() -> None:
    times, clock = keeper()
    before = times.stamp()
    clock.advance(100)
    assert jump(before, times.stamp()) == 0
    clock.set_wall(timedelta(hours=1))
    assert jump(before, times.stamp()) == 3600
    clock.set_wall(timedelta(hours=-3))
    assert jump(before, times.stamp()) == -7200


def test_between_two_starts_only_a_clock_that_went_back_shows() -> None:
    times, clock = keeper()
    before = times.stamp()
    clock.set_wall(timedelta(hours=1))
    assert jump(before, replace(times.stamp(), boot="cd" * 8, mono_ms=5)) == 0
    clock.set_wall(timedelta(hours=-2))
    assert jump(before, replace(times.stamp(), boot="cd" * 8, mono_ms=5)) == -3600


def test_each_start_has_a_name_of_its_own() -> None:
    clock = FakeClock()
    assert Timekeeper(clock).stamp().boot != Timekeeper(clock).stamp().boot
