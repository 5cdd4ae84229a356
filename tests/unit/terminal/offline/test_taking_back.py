"""Admissions that a terminal takes back alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.codes.ticket import TicketKey
from crypto.tickets.body import LineKind
from terminal.faults import FaultError
from terminal.model import RedeemAnswer, Redeemed, Source
from terminal.offline.skew import Timekeeper
from terminal.offline.unlit import take_back
from terminal.records.journal import Journal
from tests.unit.terminal.offline.gate import (
    PUBLIC,
    Gate,
    ticket,
)
from tests.unit.terminal.offline.test_unlit import light

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


def test_an_admission_is_taken_back_by_a_line_and_the_use_is_there_again(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    question = gate.question()
    gate.local.redeem(question, 2.0)
    for _ in range(2):
        gate.annul(question.scan_id)
    assert [line.kind for line in gate.lines()] == [LineKind.ENTRY, LineKind.ANNUL]
    assert gate.local.redeem(question, 2.0).reason == "annulled"
    assert gate.scan().result is Redeemed.ADMITTED


def test_a_scan_that_was_annulled_before_it_came_is_refused(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    question = gate.question()
    gate.annul(question.scan_id)
    assert gate.local.redeem(question, 2.0).reason == "annulled"
    assert [line.kind for line in gate.lines()] == [LineKind.ANNUL]


def test_after_a_quarter_of_an_hour_an_admission_stands(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    question = gate.question()
    gate.local.redeem(question, 2.0)
    gate.clock.advance(16 * 60)
    assert fault(lambda: gate.annul(question.scan_id)) == "gate.not_annulled"
    gate.clock.set_wall(-timedelta(hours=1))
    assert gate.scan().reason == "used"


def test_a_use_in_the_data_that_was_taken_back_here_is_there_again(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    question = gate.question()
    gate.local.redeem(question, 2.0)
    gate.hand_over()
    gate.exchange(ticket("T1", uses=1))
    assert gate.scan().reason == "used"
    gate.annul(question.scan_id)
    assert gate.scan().result is Redeemed.ADMITTED


def test_a_taken_back_use_is_not_given_back_twice(gate: Gate) -> None:
    gate.sold(ticket("M1", max_uses=2))
    first = gate.question("M1")
    gate.local.redeem(first, 2.0)
    gate.hand_over()
    gate.exchange(ticket("M1", max_uses=2, uses=1, inside=1), cursor=11)
    gate.annul(first.scan_id, "M1")
    gate.hand_over()
    gate.exchange(ticket("M1", max_uses=2, uses=1, inside=1), cursor=12)  # somebody else's meanwhile
    assert gate.scan("M1").result is Redeemed.ADMITTED
    assert gate.scan("M1").reason == "used"


def test_an_annulment_that_only_the_ledger_knows_is_found_at_the_next_start(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate:
        gate.sold(ticket("T1"))
        gate.scan()
    with Gate(tmp_path) as gate:
        [line] = gate.lines()
        gate.outbox.append(replace(line, kind=LineKind.ANNUL, stamp=gate.times.stamp(), reason="unlit"))
        gate.followed.told()
        assert gate.scan(scan_id="s-new").result is Redeemed.ADMITTED


def test_an_admission_that_was_never_lit_is_free_again_at_once(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate, Journal(tmp_path / "journal") as journal:
        gate.sold(ticket("T1"))
        light(gate.ledger, journal, 99)
        assert gate.scan().reason == "ok"
        restarted = Timekeeper(gate.clock)
        assert take_back(gate.outbox, journal, restarted.stamp, gate.local.unlit) == 1
        assert [line.kind for line in gate.lines()] == [LineKind.ENTRY, LineKind.ANNUL]
        assert gate.scan().reason == "ok", "its holder stands there and was shown nothing"
        gate.hand_over()
        gate.exchange(ticket("T1", uses=1))
        assert gate.scan().reason == "used"
