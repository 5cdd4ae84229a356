"""Random walks through a gate's bad days on a clock of their own: devices, network, journal and people in any order.

The engine is the real one; its net threads are turned by hand, so that an answer may come at any moment or never.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.events import Button, CodeSeen, Device, DeviceDown, DeviceUp, GateBlocked, GateTurned, Pressed
from terminal.faults import FaultError
from terminal.flow.jobs import AskWork
from terminal.flow.passages import MOST
from terminal.model import Outcome, RedeemAnswer, Redeemed
from terminal.ports import AnnulQuestion, RedeemQuestion
from terminal.view import Desk, Screen
from tests.desk import Bench, FakeBackend, FakeGate, ticket_text
from tests.machine import worlds

RETURN = 5
"""Seconds from the last device's return to the next admission."""


class ByHand:
    """An executor whose work is done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        self.waiting.append(lambda: work(*arguments))

    def shutdown(self, **_how: bool) -> None:
        self.waiting.clear()


@dataclass
class Ledger(FakeBackend):
    """The backend's rules: each ticket once, the same question once. An answer may get lost on its way."""

    uses: dict[str, str] = field(default_factory=dict)
    """Scan ids by ticket."""
    given_back: set[str] = field(default_factory=set)
    line: str = "whole"

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        self._reach()
        scan = self.uses.setdefault(question.ticket, question.scan_id)
        if self.line == "loses answers":
            raise FaultError("net.timeout")
        if scan == question.scan_id and scan not in self.given_back:
            return worlds.redeemed()
        return worlds.redeemed(Redeemed.REFUSED, "used")

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        self._reach()
        if self.uses.get(question.ticket) == question.scan_id:
            self.given_back.add(question.scan_id)
            del self.uses[question.ticket]
        if self.line == "loses answers":
            raise FaultError("net.timeout")

    def _reach(self) -> None:
        if self.line == "cut":
            raise FaultError("net.down")


class Walk:
    """One gate and everything that can happen to it."""

    def __init__(self) -> None:
        self.net, self.ledger, self.gate = ByHand(), Ledger(), FakeGate()
        rules = worlds.with_gate(worlds.rules(Desk.GATE))
        self.bench = Bench(rules, gate=self.gate, ask=lambda post: AskWork(self.ledger, "A1", 2.0, post))
        engine = self.bench.engine
        engine._net.shutdown()
        engine._net = self.net  # type: ignore[assignment]
        engine._equipment._net = self.net  # type: ignore[assignment]
        self._ended = 0
        self._tickets = itertools.count()
        self.bench.say(DeviceUp(Device.CAMERA, "camera"), DeviceUp(Device.GATE, "gate"))

    def device(self, device: Device, *, up: bool) -> None:
        name = device.value
        self.bench.say(DeviceUp(device, name) if up else DeviceDown(device, name, f"{name}.absent"))

    def show(self, ticket: str) -> None:
        self.bench.say(CodeSeen(ticket_text(ticket), "camera"))

    def new_ticket(self) -> None:
        self.show(f"T{next(self._tickets)}")

    def key(self) -> None:
        """Staff ends the visit, whatever is under way."""
        self.bench.say(Pressed(Button.DONE))

    def known(self) -> set[str]:
        """The scan ids in the journal."""
        return {scan for _, scan, _ in self.bench.recorder.kept}

    def answer(self) -> None:
        if self.net.waiting:
            self.net.waiting.pop(0)()
            self.bench.settle()

    def line(self, line: str) -> None:
        self.ledger.line = line

    def journal(self, fault: str | None) -> None:
        self.bench.recorder.fault = fault

    def turn(self) -> None:
        self._end(lambda passage: GateTurned(passage))

    def block(self) -> None:
        self._end(lambda passage: GateBlocked(passage, "gate.not_turned"))

    def wait(self, seconds: float) -> None:
        self.bench.wait(seconds)

    def _end(self, event: Callable[[str], GateTurned | GateBlocked]) -> None:
        if self._ended < len(self.gate.opened):
            self.bench.say(event(self.gate.opened[self._ended]))
            self._ended += 1

    def mend(self) -> None:
        """Everything is put right, and what was under way comes to its end."""
        self.line("whole")
        self.journal(None)
        for device in (Device.CAMERA, Device.GATE):
            self.device(device, up=True)
        while self.net.waiting or self._ended < len(self.gate.opened):
            self.answer()
            self.turn()

    def admit(self) -> None:
        """The next person is let in, within the seconds promised."""
        for _ in range(RETURN):
            self.new_ticket()
            self.answer()
            if self.bench.face.views[-1].screen is Screen.RESULT and self.bench.face.outcomes[-1] is Outcome.ALLOW:
                return
            self.wait(1.0)
        raise AssertionError(self.bench.face.views[-1])


ACTS: dict[str, Callable[[Walk], None]] = {
    "camera away": lambda walk: walk.device(Device.CAMERA, up=False),
    "camera back": lambda walk: walk.device(Device.CAMERA, up=True),
    "gate away": lambda walk: walk.device(Device.GATE, up=False),
    "gate back": lambda walk: walk.device(Device.GATE, up=True),
    "a ticket": Walk.new_ticket,
    "the first ticket again": lambda walk: walk.show("T0"),
    "an answer": Walk.answer,
    "network cut": lambda walk: walk.line("cut"),
    "network loses answers": lambda walk: walk.line("loses answers"),
    "network whole": lambda walk: walk.line("whole"),
    "disk full": lambda walk: walk.journal("journal.write"),
    "disk free": lambda walk: walk.journal(None),
    "through the gate": Walk.turn,
    "not through the gate": Walk.block,
    "the key": Walk.key,
    "a moment": lambda walk: walk.wait(0.5),
    "a while": lambda walk: walk.wait(6.0),
}


class Complaints(logging.Handler):
    """Counts what is logged at ERROR, but for the journal that was made to refuse."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith("journal: journal.write"):
            self.texts.append(record.getMessage())


@settings(max_examples=120)
@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=40))
def test_whatever_happens_to_a_gate_it_recovers_and_admits_each_ticket_once(names: list[str]) -> None:
    walk, complaints = Walk(), Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        for name in names:
            ACTS[name](walk)
        walk.mend()
        walk.admit()
    finally:
        logging.getLogger().removeHandler(complaints)
    recorder, ledger = walk.bench.recorder, walk.ledger
    yes = Counter(scan for record, scan, _ in recorder.kept if record.verdict.outcome is Outcome.ALLOW)
    admitted = set(yes)
    assert set(yes.values()) == {1}
    assert set(walk.gate.opened) <= admitted, "opened for somebody who is not in the journal"
    assert admitted <= set(ledger.uses.values()) | ledger.given_back, "admitted without the backend"
    assert complaints.texts == []
    assert len(walk.bench.engine._equipment._passages) <= MOST
    assert len(walk.bench.engine._calls) <= MOST


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(set(ACTS) - {"disk full"})), max_size=40))
def test_a_ticket_that_was_used_up_unseen_still_admits_and_is_then_in_the_journal(names: list[str]) -> None:
    walk = Walk()
    for name in names:
        ACTS[name](walk)
    walk.mend()
    for ticket, scan in list(walk.ledger.uses.items()):
        if scan not in walk.known():
            walk.wait(10.0)
            walk.show(ticket)
            walk.answer()
            assert walk.bench.face.outcomes[-1] is Outcome.ALLOW
    assert set(walk.ledger.uses.values()) <= walk.known()
