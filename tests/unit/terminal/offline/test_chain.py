"""Cloud, hub, local: a no is final, only faults go on, and the deadline holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.tickets.body import LineKind
from crypto.tickets.rules import Standing
from terminal.faults import FaultError
from terminal.model import Eligibility, EligibilityAnswer, RedeemAnswer, Redeemed, Source
from terminal.offline.assembly import asked_in_turn
from terminal.offline.chain import OWN_SHARE, Chain
from terminal.ports import AnnulQuestion, EligibilityQuestion, Health, RedeemQuestion
from tests.unit.terminal.offline.gate import EVENT, Gate, ticket

TOTAL = 2.0


@dataclass
class Scripted:
    """A server that says what a test tells it to; ``takes`` seconds each time."""

    gate: Gate
    fault: str | None = None
    answer: Redeemed = Redeemed.ADMITTED
    reason: str = "ok"
    takes: float = 0.0
    simulated: bool = False
    asked: list[float] = field(default_factory=list)
    annulled: list[str] = field(default_factory=list)

    def _ask(self, deadline: float) -> None:
        self.asked.append(deadline)
        spent = min(self.takes, deadline)
        self.gate.clock.advance(spent)
        if self.fault is None and self.takes > deadline:
            raise FaultError("net.timeout")
        if self.fault is not None:
            raise FaultError(self.fault)

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        self._ask(deadline)
        return EligibilityAnswer(Eligibility.ELIGIBLE, "in_force", question.asked_at, "E-1")

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        self._ask(deadline)
        return RedeemAnswer(self.answer, self.reason, self.gate.clock.now(), "R-1", direction=question.direction)

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        self._ask(deadline)
        self.annulled.append(question.scan_id)

    def health(self, deadline: float) -> Health:
        self._ask(deadline)
        return Health("1", self.gate.clock.now())


class Door:
    """A chain over a cloud, a hub and the gate itself."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.cloud, self.hub = Scripted(gate), Scripted(gate)
        self.chain = asked_in_turn(self.cloud, self.hub, gate.own)
        assert isinstance(self.chain, Chain)
        self.chain._monotonic = gate.clock.monotonic

    def scan(self, number: str = "T1", **changed: object) -> RedeemAnswer:
        return self.chain.redeem(self.gate.question(number, **changed), TOTAL)

    def annul(self, scan_id: str, number: str = "T1") -> None:
        self.chain.annul(AnnulQuestion(scan_id, self.gate.clock.now(), EVENT, number, "cong-1"), TOTAL)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with Gate(tmp_path) as gate:
        gate.sold(*(ticket(f"T{number}", max_uses=1) for number in range(1, 6)))
        yield Door(gate)


def fault(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


TECHNICAL = ["net.down", "net.timeout", "net.server", "net.garbage", "net.open_circuit", "net.denied", "net.tls"]


def test_the_server_answers_and_nobody_else_is_asked(door: Door) -> None:
    assert door.scan().source is Source.ONLINE
    assert door.hub.asked == []
    assert door.gate.lines() == []


@pytest.mark.parametrize("code", TECHNICAL)
def test_where_the_server_cannot_be_asked_the_hub_answers(door: Door, code: str) -> None:
    door.cloud.fault = code
    answer = door.scan()
    assert (answer.result, answer.source) == (Redeemed.ADMITTED, Source.HUB)
    assert door.gate.lines() == []


@pytest.mark.parametrize("code", TECHNICAL)
def test_where_neither_can_be_asked_the_terminal_decides(door: Door, code: str) -> None:
    door.cloud.fault = door.hub.fault = code
    answer = door.scan()
    assert (answer.result, answer.source) == (Redeemed.ADMITTED, Source.LOCAL)
    assert [line.scan_id for line in door.gate.lines()] == ["s-1"]


def test_a_no_is_final_whoever_says_it(door: Door) -> None:
    door.cloud.answer, door.cloud.reason = Redeemed.REFUSED, "revoked"
    assert door.scan().reason == "revoked"
    assert door.hub.asked == []
    door.cloud.fault = "net.open_circuit"
    door.hub.answer, door.hub.reason = Redeemed.REFUSED, "used"
    assert (door.scan().reason, door.gate.lines()) == ("used", [])


@pytest.mark.parametrize("code", [code for code in TECHNICAL if code != "net.open_circuit"])
def test_a_no_takes_back_what_a_server_may_have_admitted_whose_answer_was_lost(door: Door, code: str) -> None:
    door.cloud.fault = code
    door.hub.answer, door.hub.reason = Redeemed.REFUSED, "used"
    assert door.scan().source is Source.HUB
    door.hub.fault = code
    door.gate.sold(ticket("T2", standing=Standing.REVOKED), ticket("T3"), cursor=11)
    assert (door.scan("T2").source, door.scan("T3").result) == (Source.LOCAL, Redeemed.ADMITTED)
    assert [(line.kind, line.scan_id) for line in door.gate.lines()] == [
        (LineKind.ANNUL, "s-1"),
        (LineKind.ANNUL, "s-2"),
        (LineKind.ENTRY, "s-3"),
    ]


@pytest.mark.parametrize("reason", ["unknown", "holder_unknown"])
def test_a_hub_that_has_not_heard_of_a_ticket_is_not_believed(door: Door, reason: str) -> None:
    door.cloud.fault = "net.open_circuit"
    door.hub.answer, door.hub.reason = Redeemed.REFUSED, reason
    assert (door.scan().result, door.gate.lines()[0].kind) == (Redeemed.ADMITTED, LineKind.ENTRY)
    answer = door.scan("T9")
    assert (answer.result, answer.reason, answer.source) == (Redeemed.REFUSED, "unknown", Source.LOCAL)
    door.cloud.fault, door.cloud.answer, door.cloud.reason = None, Redeemed.REFUSED, reason
    assert door.scan("T2").source is Source.ONLINE


def test_a_hub_is_the_last_word_where_the_terminal_decides_nothing(door: Door) -> None:
    door.cloud.fault = "net.down"
    door.hub.answer, door.hub.reason = Redeemed.REFUSED, "unknown"
    chain = asked_in_turn(door.cloud, door.hub)
    assert chain.redeem(door.gate.question("T1"), TOTAL).reason == "unknown"


def test_a_no_of_the_server_is_final_for_the_terminal_too(door: Door) -> None:
    door.cloud.answer, door.cloud.reason = Redeemed.REFUSED, "revoked"
    door.scan()
    door.cloud.fault = door.hub.fault = "net.open_circuit"
    assert (door.scan().reason, door.gate.lines()) == ("revoked", [])


def test_another_kind_of_fault_goes_no_further(door: Door) -> None:
    door.cloud.fault = "internal"
    assert fault(door.scan) == "internal"
    assert door.hub.asked == []


def test_it_returns_by_itself_and_what_the_server_let_in_is_used_offline(door: Door) -> None:
    door.cloud.fault = door.hub.fault = "net.down"
    assert door.scan("T1").source is Source.LOCAL
    door.cloud.fault = None
    assert door.scan("T2").source is Source.ONLINE
    door.cloud.fault = "net.down"
    assert door.scan("T2").reason == "used"


def test_the_terminal_s_own_limit_is_the_fault_that_is_told(door: Door) -> None:
    door.cloud.fault = door.hub.fault = "net.down"
    door.gate.clock.advance(30 * 3600)
    assert fault(door.scan) == "offline.stale"


def test_a_silent_server_and_a_silent_hub_leave_time_for_an_own_decision(door: Door) -> None:
    door.cloud.takes = door.hub.takes = 60.0
    began = door.gate.clock.monotonic()
    assert door.scan().source is Source.LOCAL
    assert door.gate.clock.monotonic() - began <= TOTAL - OWN_SHARE + 0.001
    assert door.cloud.asked == [pytest.approx(1.2)]
    assert door.hub.asked == [pytest.approx(0.6)]


def test_a_server_that_fails_at_once_leaves_its_time_to_the_hub(door: Door) -> None:
    door.cloud.fault = "net.open_circuit"
    door.scan()
    assert door.hub.asked == [pytest.approx(TOTAL - OWN_SHARE)]


def test_the_same_scan_goes_through_the_whole_chain(door: Door) -> None:
    door.cloud.fault = door.hub.fault = "net.timeout"
    question = door.gate.question()
    door.chain.redeem(question, TOTAL)
    assert door.gate.lines()[0].scan_id == question.scan_id


def test_an_answer_that_cannot_be_remembered_holds_all_the_same(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_any: object) -> None:
        raise FaultError("offline.write", "FullError")

    monkeypatch.setattr(door.gate.local, "remember", full)
    assert door.scan().source is Source.ONLINE


# Annulments -----------------------------------------------------------------------------------------------------------


def test_an_admission_is_taken_back_where_it_was_given(door: Door) -> None:
    door.scan("T1")
    door.annul("s-1")
    assert (door.cloud.annulled, door.hub.annulled, door.gate.lines()) == (["s-1"], [], [])
    door.cloud.fault = "net.down"
    door.scan("T2")
    door.annul("s-2", "T2")
    assert (door.cloud.annulled, door.hub.annulled) == (["s-1"], ["s-2"])
    door.hub.fault = "net.down"
    door.scan("T3")
    door.annul("s-3", "T3")
    assert [line.kind for line in door.gate.lines()] == [LineKind.ENTRY, LineKind.ANNUL]
    assert (door.cloud.annulled, door.hub.annulled) == (["s-1"], ["s-2"])


def test_an_annulment_that_cannot_be_told_stays_owed(door: Door) -> None:
    door.scan("T1")
    door.cloud.fault = "net.down"
    door.annul("s-1")
    [line] = door.gate.lines()
    assert (line.kind, line.scan_id, line.ticket) == (LineKind.ANNUL, "s-1", "T1")
    door.hub.fault = "net.down"
    assert door.scan("T1").source is Source.LOCAL


def test_what_the_server_took_back_may_be_used_offline(door: Door) -> None:
    door.scan("T1")
    door.annul("s-1")
    door.cloud.fault = door.hub.fault = "net.down"
    assert door.scan("T1").result is Redeemed.ADMITTED


def test_an_annulment_that_came_too_late_is_told_and_goes_no_further(door: Door) -> None:
    door.scan("T1")
    door.cloud.fault = "gate.not_annulled"
    assert fault(lambda: door.annul("s-1")) == "gate.not_annulled"
    assert door.gate.lines() == []


def test_an_annulment_of_what_nobody_remembers_is_told_to_the_first_that_can_be_asked(door: Door) -> None:
    door.cloud.fault = "net.down"
    door.annul("s-99")
    assert door.hub.annulled == ["s-99"]


# Without some of them -------------------------------------------------------------------------------------------------


def test_without_own_decisions_the_last_fault_is_told(door: Door) -> None:
    door.cloud.fault, door.hub.fault = "net.down", "net.timeout"
    chain = asked_in_turn(door.cloud, door.hub)
    assert fault(lambda: chain.redeem(door.gate.question(), TOTAL)) == "net.timeout"
    assert (
        fault(lambda: chain.annul(AnnulQuestion("s-1", door.gate.clock.now(), EVENT, "T1", "c"), TOTAL))
        == "net.timeout"
    )


def test_without_hub_and_own_decisions_there_is_no_chain(door: Door) -> None:
    assert asked_in_turn(door.cloud) is door.cloud


def test_a_chain_needs_a_server(door: Door) -> None:
    with pytest.raises(ValueError, match="begins with a server"):
        Chain((), door.gate.local)


def test_people_and_health_are_the_server_s(door: Door) -> None:
    person = EligibilityQuestion("v-1", door.gate.clock.now())
    assert door.chain.check(person, TOTAL).state is Eligibility.ELIGIBLE
    assert door.chain.health(TOTAL).version == "1"
    door.cloud.fault = "net.down"
    assert fault(lambda: door.chain.check(person, TOTAL)) == "net.down"
    assert fault(lambda: door.chain.health(TOTAL)) == "net.down"
    assert not door.chain.simulated
    door.cloud.simulated = True
    assert door.chain.simulated


def test_the_server_s_own_mark_stays(door: Door) -> None:
    answer = door.scan()
    assert replace(answer, source=Source.ONLINE) == answer
    assert answer.answered_at - door.gate.clock.now() == timedelta(0)
