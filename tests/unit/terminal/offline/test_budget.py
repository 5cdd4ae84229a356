"""How much a terminal risks alone, and what time it takes it to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.codes.ticket import TicketKey
from terminal.faults import FaultError
from terminal.model import RedeemAnswer, Redeemed, Source
from terminal.offline.budget import Budget
from terminal.syncing import Skew
from tests.unit.terminal.offline.gate import (
    BEGIN,
    PUBLIC,
    Gate,
    ticket,
)
from tests.unit.terminal.offline.ledger import anew

ISSUER = TicketKey(PUBLIC)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate(tmp_path) as gate:
        yield gate


def fault(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


def online(result: Redeemed, reason: str, gate: Gate, source: Source = Source.ONLINE) -> RedeemAnswer:
    return RedeemAnswer(result, reason, gate.clock.now(), "R-1", source=source)


def test_without_data_nothing_is_decided(gate: Gate) -> None:
    assert fault(gate.scan) == "offline.stale"


def test_with_data_that_are_too_old_nothing_is_decided(gate: Gate) -> None:
    gate.sold(ticket("T1", valid_to=BEGIN + timedelta(days=9)), ticket("T2", valid_to=BEGIN + timedelta(days=9)))
    gate.clock.advance(19 * 3600)
    assert gate.scan("T1").result is Redeemed.ADMITTED
    gate.clock.advance(5 * 3600)
    assert fault(lambda: gate.scan("T2")) == "offline.stale"
    gate.exchange()
    assert gate.scan("T2").result is Redeemed.ADMITTED


def test_the_age_of_the_data_is_told_before_it_is_too_great(gate: Gate) -> None:
    gate.sold(*(ticket(f"T{number}", valid_to=BEGIN + timedelta(days=9)) for number in range(2)))
    gate.clock.advance(18 * 3600)
    assert not gate.scan("T0").near_limit
    gate.clock.advance(2 * 3600)
    assert gate.scan("T1").near_limit


def test_another_event_s_ticket_is_not_decided(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    assert fault(lambda: gate.scan(event="le-khac")) == "offline.stale"


def test_admissions_that_no_server_confirmed_are_counted(tmp_path: Path) -> None:
    with Gate(tmp_path, Budget(24, 5, 0.8)) as gate:
        gate.sold(*(ticket(f"T{number}") for number in range(9)))
        near = [gate.scan(f"T{number}").near_limit for number in range(5)]
        assert near == [False, False, False, True, True]
        assert fault(lambda: gate.scan("T5")) == "offline.limit"
        assert gate.leave("T0").result is Redeemed.ADMITTED
        gate.hand_over()
        assert gate.scan("T5").result is Redeemed.ADMITTED


def test_a_ledger_that_starts_anew_wants_newer_data(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    begun = anew("lost")
    gate.outbox.begin_anew(replace(begun, stamp=gate.times.stamp()))
    assert fault(gate.scan) == "offline.stale"
    gate.clock.advance(1)
    gate.exchange()
    assert gate.scan().result is Redeemed.ADMITTED


# Clocks ---------------------------------------------------------------------------------------------------------------


def test_a_clock_two_days_ahead_is_corrected_by_what_the_server_said(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    gate.clock.set_wall(timedelta(days=2))
    gate.times.learn(Skew(-2 * 86400, 0.05))
    answer = gate.scan()
    assert answer.result is Redeemed.ADMITTED
    assert answer.answered_at == gate.clock.now() - timedelta(days=2)
    [line] = gate.lines()
    assert line.stamp.skew_ms == -2 * 86400 * 1000


def test_a_clock_two_days_ahead_that_nobody_corrected_decides_nothing(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    gate.clock.set_wall(timedelta(days=2))
    assert fault(gate.scan) == "offline.stale"


def test_a_clock_that_was_set_back_makes_no_data_younger(gate: Gate) -> None:
    gate.sold(*(ticket(f"T{number}", valid_to=BEGIN + timedelta(days=9)) for number in range(3)))
    gate.clock.advance(23 * 3600)
    assert gate.scan("T0").near_limit
    gate.clock.set_wall(-timedelta(hours=22))
    assert gate.scan("T1").near_limit
    gate.clock.advance(3600)
    gate.clock.set_wall(timedelta(hours=22.5))
    assert fault(lambda: gate.scan("T2")) == "offline.stale"


def test_staff_are_told_of_a_clock_that_was_set_back(gate: Gate) -> None:
    gate.sold(ticket("T1"), ticket("T2"))
    gate.clock.advance(3600)
    assert not gate.scan("T1").near_limit
    gate.clock.set_wall(-timedelta(minutes=30))
    assert gate.scan("T2").near_limit


def test_the_edges_of_a_ticket_s_time_are_its_holder_s_while_the_clock_is_in_doubt(gate: Gate) -> None:
    begins = gate.clock.now() + timedelta(minutes=3)
    gate.sold(ticket("T1", valid_from=begins))
    assert gate.scan("T1").reason == "not_yet"
    gate.times.learn(Skew(0.0, 300.0))
    assert gate.scan("T1").result is Redeemed.ADMITTED


def test_doubt_gives_away_no_more_than_ten_minutes(gate: Gate) -> None:
    gate.sold(ticket("T1", valid_from=gate.clock.now() + timedelta(minutes=30)))
    gate.times.learn(Skew(0.0, 7200.0))
    assert gate.scan("T1").reason == "not_yet"
