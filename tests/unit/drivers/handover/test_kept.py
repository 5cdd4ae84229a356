"""The desk API's memory: a few minutes, by number."""

from __future__ import annotations

import pytest

from drivers.handover import kept
from drivers.handover.kept import KeptResults
from tests.fake_clock import FakeClock
from tests.handed_over import visit


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def results(clock: FakeClock) -> KeptResults:
    return KeptResults(clock, 600.0, "0123abcd")


def _sessions(results: KeptResults, after: str) -> list[int]:
    return [one.session for one in results.after(after)]


def test_a_page_gets_what_came_after_what_it_saw(results: KeptResults) -> None:
    ids = [results.add(visit(number)).id for number in (1, 2, 3)]
    assert ids == ["0123abcd-1", "0123abcd-2", "0123abcd-3"]
    assert _sessions(results, ids[0]) == [2, 3]
    assert _sessions(results, ids[2]) == []


@pytest.mark.parametrize(
    "seen", ["", "ffffffff-2", "0123abcd", "0123abcd-", "0123abcd-1x", "0123abcd-99999999999", "\0"]
)
def test_one_that_saw_another_run_or_nothing_gets_all(results: KeptResults, seen: str) -> None:
    results.add(visit(1))
    results.add(visit(2))
    assert _sessions(results, seen) == [1, 2]


def test_a_later_word_about_a_visit_takes_the_place_of_the_earlier(results: KeptResults) -> None:
    first = results.add(visit(1))
    results.add(visit(2))
    results.add(visit(1, name="LÊ THỊ THỬ"))
    assert _sessions(results, "") == [2, 1]
    assert _sessions(results, first.id) == [2, 1]
    assert results.last is not None
    assert "LÊ THỊ THỬ" in results.last.text


def test_after_its_time_a_result_is_gone_and_untaken_ones_are_told(results: KeptResults, clock: FakeClock) -> None:
    results.add(visit(1)).taken = True
    results.add(visit(2))
    clock.advance(300.0)
    results.add(visit(3))
    assert results.drop() == []
    clock.advance(300.0)
    assert [one.session for one in results.drop()] == [2]
    assert _sessions(results, "") == [3]


def test_of_too_many_the_oldest_is_gone(results: KeptResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    for number in (1, 2, 3):
        results.add(visit(number))
    assert [one.session for one in results.drop()] == [1]
    assert len(results) == 2


def test_nobody_is_shown_by_repr(results: KeptResults) -> None:
    assert "NGUY" not in repr(results.add(visit()))
