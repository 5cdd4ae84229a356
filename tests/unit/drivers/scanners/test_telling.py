"""A code is told once a showing, and never faster than the desk can take."""

from __future__ import annotations

import logging

import pytest

from drivers.scanners.telling import A_SECOND, Telling


def test_a_code_is_told_at_once_and_then_ignored_for_a_while() -> None:
    telling = Telling(5.0)
    assert telling.tells(b"one", 100.0, paused=False)
    assert not telling.tells(b"one", 104.0, paused=False)
    assert telling.tells(b"one", 105.0, paused=False)


def test_each_code_has_its_own_time() -> None:
    telling = Telling(5.0)
    assert telling.tells(b"one", 100.0, paused=False)
    assert telling.tells(b"two", 100.1, paused=False)
    assert not telling.tells(b"one", 101.0, paused=False)


def test_a_code_that_lies_under_a_fixed_reader_is_told_once() -> None:
    telling = Telling(5.0)
    told = [telling.tells(b"one", 100 + seconds / 2, paused=False) for seconds in range(60)]
    assert told == [True] + [False] * 59
    assert telling.tells(b"one", 131.0, paused=False)


def test_a_code_read_in_a_pause_is_not_told_and_counts_as_new_afterwards() -> None:
    telling = Telling(5.0)
    assert not telling.tells(b"one", 100.0, paused=True)
    assert telling.tells(b"one", 100.5, paused=False)


def test_a_code_that_stays_through_the_pause_is_not_told_again() -> None:
    telling = Telling(5.0)
    assert telling.tells(b"one", 100.0, paused=False)
    assert not any(telling.tells(b"one", 100 + seconds / 2, paused=True) for seconds in range(40))
    assert not telling.tells(b"one", 120.0, paused=False)


def test_a_flood_is_cut_with_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling(5.0)
    with caplog.at_level(logging.WARNING):
        told = sum(telling.tells(b"%d" % number, 100 + number / 1000, paused=False) for number in range(3000))
    assert told <= 4 * A_SECOND
    assert len(caplog.records) == 1
    assert telling.tells(b"afterwards", 110.0, paused=False)


def test_a_code_that_a_flood_cost_is_told_when_it_is_shown_again() -> None:
    telling = Telling(5.0)
    told = [telling.tells(b"%d" % number, 100.0, paused=False) for number in range(A_SECOND + 1)]
    assert told == [True] * A_SECOND + [False]
    assert telling.tells(b"%d" % A_SECOND, 100.2, paused=False)


def test_a_day_of_codes_takes_no_more_memory_than_a_minute() -> None:
    telling = Telling(5.0)
    sizes = []
    for number in range(3000):
        assert telling.tells(b"%d" % number, 100 + number / 5, paused=False)
        if number in (1100, 2999):
            sizes.append(len(str(vars(telling))))
    assert sizes[1] < 1.1 * sizes[0]


def test_nothing_of_a_code_is_kept_in_the_clear() -> None:
    telling = Telling(5.0)
    telling.tells(b"003090123450", 100.0, paused=False)
    assert b"003090123450" not in str(vars(telling)).encode()
