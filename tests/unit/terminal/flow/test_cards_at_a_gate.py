"""An ID card in the place of a ticket: its number is asked for, proven as far as the site demands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.events import CardPlaced, Device, DeviceUp, GateBlocked, NumberTyped, ReadDone
from terminal.model import CheckName, ChipReading, Direction, IssuerTrust, Outcome, Redeemed, Word
from terminal.view import Desk, Screen
from tests.desk import Bench, FakeGate, code
from tests.machine import worlds


def bench_of(*demands: CheckName) -> tuple[Bench, FakeGate]:
    """A gate that takes cards, and demands this of them."""
    gate = FakeGate()
    rules = replace(worlds.with_gate(worlds.rules(Desk.GATE)), people=True, cards=True, demands=frozenset(demands))
    bench = Bench(rules, gate=gate)
    bench.backend.answer = worlds.redeemed()
    bench.say(DeviceUp(Device.CAMERA, "c"), DeviceUp(Device.READER, "r"))
    return bench, gate


def test_a_card_s_code_is_asked_about_as_a_ticket() -> None:
    bench, gate = bench_of()
    bench.say(code())
    bench.hear_answer()
    (question,) = bench.backend.asked
    assert question.holder is not None  # type: ignore[union-attr]
    assert (question.ticket, question.direction) == ("", Direction.ENTRY)  # type: ignore[union-attr]
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    assert gate.opened == [question.scan_id]
    result = bench.face.views[-1].result
    assert result is not None
    assert CheckName.SIGNATURE not in {check.name for check in result.verdict.checks}, "nobody signed this code"


def test_a_card_without_a_ticket_stops() -> None:
    bench, gate = bench_of()
    bench.backend.answer = worlds.redeemed(Redeemed.REFUSED, "holder_unknown")
    bench.say(code())
    bench.hear_answer()
    result = bench.face.views[-1].result
    assert result is not None
    assert (result.verdict.outcome, result.verdict.title.key) == (Outcome.STOP, "title.stop.holder_unknown")
    assert gate.opened == []


def test_a_number_that_was_typed_opens_nothing_without_the_chip() -> None:
    bench, gate = bench_of()
    bench.say(NumberTyped("003090123450"))
    assert bench.screen() is Screen.PLACE_CARD
    assert bench.backend.asked == []
    assert gate.opened == []


@pytest.mark.parametrize("signature", [Word.SUCCESSFUL, Word.FAILED])
def test_where_the_chip_is_demanded_a_proven_one_opens_and_no_other(signature: Word) -> None:
    bench, gate = bench_of(*worlds.IDENTITY)
    bench.say(code())
    assert bench.screen() is Screen.PLACE_CARD
    assert bench.backend.asked == []
    bench.say(CardPlaced("card-a", "r"))
    session = bench.engine.state.session
    bench.say(ReadDone(session, worlds.reading(signature=signature)))
    bench.hear_answer()
    expected = Outcome.ALLOW if signature is Word.SUCCESSFUL else Outcome.STOP
    assert bench.face.outcomes[-1] is expected
    assert len(gate.opened) == (1 if signature is Word.SUCCESSFUL else 0)


@pytest.mark.parametrize(
    "reading",
    [
        worlds.reading(signature=Word.FAILED),
        worlds.reading(issuer=IssuerTrust.REVOKED),
        worlds.reading(issuer=IssuerTrust.UNKNOWN),
    ],
    ids=["forged", "revoked", "unknown issuer"],
)
def test_a_card_that_proves_nothing_spends_nobody_s_ticket(reading: ChipReading) -> None:
    bench, gate = bench_of(*worlds.IDENTITY)
    bench.say(code(), CardPlaced("card-a", "r"))
    bench.say(ReadDone(bench.engine.state.session, reading))
    bench.hear_answer()
    assert bench.face.outcomes[-1] in (Outcome.STOP, Outcome.CANNOT_CHECK)
    assert bench.backend.asked == []
    assert gate.opened == []


def test_a_lost_answer_about_a_card_keeps_its_scan_and_no_number() -> None:
    bench, gate = bench_of()
    bench.backend.answer = worlds.fault("net.timeout")
    bench.say(code())
    bench.hear_answer()
    bench.backend.answer = worlds.redeemed()
    bench.say(code())
    bench.hear_answer()
    lost, again = bench.backend.asked
    assert lost.scan_id == again.scan_id
    assert gate.opened == [lost.scan_id]
    holder = lost.holder  # type: ignore[union-attr]
    assert holder is not None
    assert holder.digits not in repr(vars(bench.engine._scans))


def test_a_card_whose_gate_did_not_turn_gets_its_use_back() -> None:
    bench, gate = bench_of()
    bench.say(code())
    bench.hear_answer()
    bench.wait(2.0)
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    assert bench.backend.annul_tried.wait(10.0)
    (question,) = bench.backend.annulled
    assert (question.scan_id, question.ticket) == (gate.opened[0], "")
