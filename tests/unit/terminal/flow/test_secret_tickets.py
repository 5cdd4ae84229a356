"""A whole desk whose server knows its tickets by their codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crypto.codes.sig1 import key_of
from terminal.events import CodeSeen, Device, DeviceUp
from terminal.model import CheckName, Outcome, Redeemed
from terminal.ports import RedeemQuestion
from terminal.view import Desk
from tests.desk import Bench, FakeGate
from tests.machine import worlds

SECRET = "k3mz9x2qv7wnp4rt6ybh8cdfgjsa5eu2"


def shown(secrets: bool = True, answer: Redeemed = Redeemed.ADMITTED, reason: str = "ok") -> tuple[Bench, FakeGate]:
    """A gate to which the code was shown."""
    gate = FakeGate()
    bench = Bench(worlds.with_gate(worlds.rules(Desk.GATE)), gate=gate, secrets=secrets, event="su-kien-mau")
    bench.backend.answer = worlds.redeemed(answer, reason)
    bench.say(DeviceUp(Device.CAMERA, "c"), CodeSeen(SECRET.encode(), "camera"))
    bench.hear_answer()
    return bench, gate


def test_an_admitted_one_opens_the_gate_and_claims_no_signature() -> None:
    bench, gate = shown()
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    assert len(gate.opened) == 1
    record = bench.recorder.kept[0][0]
    assert [check.name for check in record.verdict.checks] == [CheckName.TICKET]


def test_the_server_gets_the_code_and_the_record_a_name_for_it() -> None:
    bench, _ = shown()
    (asked,) = bench.backend.asked
    assert isinstance(asked, RedeemQuestion)
    assert (asked.secret, asked.event) == (SECRET, "su-kien-mau")
    record = bench.recorder.kept[0][0]
    assert SECRET not in repr(record)
    assert record.ticket == asked.ticket


@pytest.mark.parametrize("reason", ["used", "incomplete"])
def test_a_refused_one_opens_nothing(reason: str) -> None:
    bench, gate = shown(answer=Redeemed.REFUSED, reason=reason)
    assert (bench.face.outcomes[-1], gate.opened) == (Outcome.STOP, [])


def test_elsewhere_nobody_is_asked_about_it() -> None:
    bench, gate = shown(secrets=False)
    assert (bench.backend.asked, gate.opened) == ([], [])


def test_a_signed_one_claims_its_signature() -> None:
    vectors = json.loads((Path(__file__).parents[3] / "vectors" / "pretix_sig1.json").read_text("utf-8"))
    keys = (key_of(vectors["key"]),)
    bench = Bench(worlds.with_gate(worlds.rules(Desk.GATE)), gate=FakeGate(), secrets=True, ticket_keys=keys)
    bench.backend.answer = worlds.redeemed()
    bench.say(DeviceUp(Device.CAMERA, "c"), CodeSeen(vectors["tickets"]["plain"].encode(), "camera"))
    bench.hear_answer()
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    record = bench.recorder.kept[0][0]
    assert [check.name for check in record.verdict.checks] == [CheckName.SIGNATURE, CheckName.TICKET]
