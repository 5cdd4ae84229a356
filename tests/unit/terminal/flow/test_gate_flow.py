"""A gate at the desk: opened for the admitted, its silence undoes an admission, everybody out in an emergency."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from terminal.events import (
    Admitted,
    AnnulFailed,
    Button,
    CodeSeen,
    Device,
    DeviceDown,
    DeviceUp,
    GateBlocked,
    GateTurned,
    Pressed,
)
from terminal.flow.passages import RETRIES
from terminal.model import CheckName, Message, Outcome, Redeemed, Source
from terminal.outputs import Position
from terminal.ports import Inbox
from terminal.view import Cue, Desk, Screen
from tests.desk import UP, Bench, FakeGate, serve, ticket_text
from tests.machine import worlds

EMERGENCY = Pressed(Button.EMERGENCY)


def gate_desk(gate: FakeGate | None = None) -> tuple[Bench, FakeGate]:
    """A gate in service."""
    gate = gate or FakeGate()
    rules = worlds.rules(Desk.GATE)
    bench = Bench(worlds.with_gate(rules), gate=gate)
    bench.backend.answer = worlds.redeemed()
    bench.say(DeviceUp(Device.CAMERA, "c"))
    return bench, gate


def show_ticket(bench: Bench, ticket_id: str = "T1") -> None:
    bench.say(CodeSeen(ticket_text(ticket_id), "camera"))
    bench.hear_answer()


def hear_of_annulling(bench: Bench) -> None:
    """Wait for the question on its net thread, and take in what it brings."""
    assert bench.backend.annul_tried.wait(10.0)
    bench.backend.annul_tried.clear()
    bench.engine.turn(10.0)
    bench.settle()


def test_an_own_no_does_not_end_what_a_server_may_have_answered() -> None:
    """The server took the ticket and its answer was lost; the terminal did not know the ticket. Shown again under the
    name of the first scan the server lets its holder in, where a new one would be told that it is used."""
    bench, gate = gate_desk()
    bench.backend.answer = replace(worlds.redeemed(Redeemed.REFUSED, "unknown"), source=Source.LOCAL)
    show_ticket(bench)
    assert bench.face.outcomes[-1] is Outcome.STOP
    bench.backend.answer = worlds.redeemed()
    show_ticket(bench)
    first, again = bench.backend.asked
    assert first.scan_id == again.scan_id == gate.opened[0]


def test_a_server_s_no_ends_the_scan() -> None:
    bench, _ = gate_desk()
    bench.backend.answer = worlds.redeemed(Redeemed.REFUSED, "unpaid")
    show_ticket(bench)
    show_ticket(bench)
    first, again = bench.backend.asked
    assert first.scan_id != again.scan_id


def test_an_admitted_ticket_opens_the_gate_once() -> None:
    bench, gate = gate_desk()
    show_ticket(bench)
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    assert gate.opened == [bench.recorder.kept[0][1]]


def test_a_refused_ticket_opens_nothing() -> None:
    bench, gate = gate_desk()
    bench.backend.answer = worlds.redeemed(Redeemed.REFUSED, "used")
    show_ticket(bench)
    assert bench.face.outcomes[-1] is Outcome.STOP
    assert gate.opened == []


def test_an_admission_that_cannot_be_written_down_opens_nothing() -> None:
    bench, gate = gate_desk()
    bench.recorder.fault = "journal.write"
    show_ticket(bench)
    assert bench.face.views[-1].result is not None
    assert gate.opened == []


def test_staff_who_admit_by_hand_open_the_gate_once() -> None:
    bench, gate = gate_desk()
    bench.backend.answer = worlds.redeemed(Redeemed.REFUSED, "used")
    show_ticket(bench)
    bench.say(Admitted("supervisor"), Admitted("supervisor"))
    assert len(gate.opened) == 1
    assert Button.ADMIT not in bench.face.views[-1].actions


def test_an_admission_by_hand_has_no_use_to_give_back() -> None:
    bench, gate = gate_desk()
    bench.backend.answer = worlds.redeemed(Redeemed.REFUSED, "used")
    show_ticket(bench)
    bench.say(Admitted("supervisor"))
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    bench.engine._net.shutdown(wait=True)  # whatever was to be asked has been
    assert bench.backend.annulled == []


def test_who_was_let_in_by_hand_is_not_asked_about_again() -> None:
    bench, gate = gate_desk()
    bench.backend.answer = worlds.fault("net.timeout")
    show_ticket(bench)
    bench.say(Admitted("supervisor"))
    bench.backend.answer = worlds.redeemed()
    bench.say(Pressed(Button.AGAIN))
    bench.hear_answer()
    assert len(gate.opened) == 1
    assert Button.AGAIN not in bench.face.views[-1].actions


def test_a_yes_that_opened_the_gate_is_not_asked_for_again() -> None:
    rules = worlds.with_gate(worlds.rules(Desk.GATE))
    gate = FakeGate()
    bench = Bench(replace(rules, people=True, asks=True, demands=frozenset({CheckName.ELIGIBILITY})), gate=gate)
    bench.say(UP)
    serve(bench)
    bench.say(Pressed(Button.AGAIN))
    bench.hear_answer()
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    assert len(gate.opened) == 1


@pytest.mark.parametrize("between", [(), (Pressed(Button.DONE),)])
def test_a_ticket_whose_answer_was_lost_is_let_in_when_it_is_shown_again(between: tuple[Pressed, ...]) -> None:
    bench, gate = gate_desk()
    bench.backend.answer = worlds.fault("net.timeout")
    show_ticket(bench)
    bench.backend.answer = worlds.redeemed()
    bench.say(*between)
    show_ticket(bench)
    lost, again = bench.backend.asked
    assert lost.scan_id == again.scan_id, "the server may have used the ticket up for the answer that was lost"
    assert gate.opened == [lost.scan_id] == [scan_id for _, scan_id, _ in bench.recorder.kept[-1:]]
    show_ticket(bench)
    assert bench.backend.asked[-1].scan_id != lost.scan_id, "who was let in is a new question"


def test_a_ticket_that_could_not_be_written_down_is_let_in_when_it_is_shown_again() -> None:
    bench, gate = gate_desk()
    bench.recorder.fault = "journal.write"
    show_ticket(bench)
    bench.recorder.fault = None
    show_ticket(bench)
    assert bench.backend.asked[0].scan_id == bench.backend.asked[1].scan_id
    assert gate.opened == [bench.backend.asked[0].scan_id]


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_ticket_that_was_decided_is_a_new_question(by_hand: bool) -> None:
    bench, _ = gate_desk()
    bench.backend.answer = worlds.fault("net.down") if by_hand else worlds.redeemed(Redeemed.REFUSED, "not_yet")
    show_ticket(bench)
    if by_hand:
        bench.say(Admitted("supervisor"))
    show_ticket(bench)
    assert bench.backend.asked[0].scan_id != bench.backend.asked[1].scan_id


def test_a_gate_that_did_not_turn_gives_the_ticket_back() -> None:
    bench, gate = gate_desk()
    show_ticket(bench, "T7")
    bench.wait(2.0)
    assert bench.screen() is Screen.IDLE
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    hear_of_annulling(bench)
    question = bench.backend.annulled[0]
    assert (question.scan_id, question.ticket, question.event) == (gate.opened[0], "T7", "trang-an-mau")
    assert bench.face.views[-1].hint == Message("fault.gate.not_turned.remedy")
    assert bench.face.cues[-1] is Cue.ATTENTION
    note = bench.recorder.notes[0]
    assert (note.effect.reason, note.effect.passage, note.ticket) == ("gate.not_turned", gate.opened[0], "T7")


def test_while_the_next_person_is_served_it_is_said_afterwards() -> None:
    bench, gate = gate_desk()
    show_ticket(bench, "T7")
    show_ticket(bench, "T8")
    shown = bench.face.views[-1]
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    assert bench.face.views[-1] == shown
    assert bench.backend.annul_tried.wait(10.0)
    bench.wait(2.0)
    assert bench.screen() is Screen.IDLE
    assert bench.face.views[-1].hint == Message("fault.gate.not_turned.remedy")
    bench.wait(10.0)
    assert bench.face.views[-1].hint is None


def test_in_a_queue_it_is_said_once_nobody_comes() -> None:
    bench, gate = gate_desk()
    show_ticket(bench, "T7")
    show_ticket(bench, "T8")
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    show_ticket(bench, "T9")
    bench.wait(2.0)
    assert bench.screen() is Screen.IDLE
    assert bench.face.views[-1].hint == Message("fault.gate.not_turned.remedy")


def test_a_person_who_went_through_stays_admitted() -> None:
    bench, gate = gate_desk()
    show_ticket(bench)
    bench.say(GateTurned(gate.opened[0]), GateBlocked(gate.opened[0], "gate.not_turned"))
    bench.engine._net.shutdown(wait=True)
    assert bench.backend.annulled == []


def test_giving_back_is_tried_again_until_the_server_answers() -> None:
    bench, gate = gate_desk()
    show_ticket(bench)
    bench.backend.answer = worlds.fault("net.down")
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    hear_of_annulling(bench)
    bench.backend.answer = worlds.redeemed()
    bench.wait(RETRIES[0])
    hear_of_annulling(bench)
    bench.wait(sum(RETRIES))
    assert len(bench.backend.annulled) == 2
    assert not [note for note in bench.recorder.notes if note.effect.reason == "gate.not_annulled"]


def test_an_entry_that_cannot_be_given_back_is_told_and_written_down() -> None:
    bench, gate = gate_desk()
    show_ticket(bench)
    bench.backend.answer = worlds.fault("net.down")
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    hear_of_annulling(bench)
    for wait in RETRIES:
        bench.wait(wait)
        hear_of_annulling(bench)
    assert len(bench.backend.annulled) == 1 + len(RETRIES)
    last = bench.recorder.notes[-1].effect
    assert (last.reason, last.fault, last.passage) == ("gate.not_annulled", "net.down", gate.opened[0])
    bench.wait(2.0)
    assert bench.face.views[-1].hint == Message("fault.gate.not_annulled.remedy")


def test_a_server_that_will_never_give_it_back_is_asked_once() -> None:
    bench, gate = gate_desk()
    show_ticket(bench)
    bench.backend.answer = worlds.fault("gate.not_annulled")
    bench.say(GateBlocked(gate.opened[0], "gate.not_turned"))
    hear_of_annulling(bench)
    bench.wait(sum(RETRIES) + 1)
    assert len(bench.backend.annulled) == 1
    assert bench.recorder.notes[-1].effect.fault == "gate.not_annulled"
    assert bench.recorder.notes[-1].ticket == "T1"
    assert len(bench.engine._equipment._passages) == 0


def test_a_gate_without_its_board_is_opened_by_hand_and_the_ticket_stays_used() -> None:
    bench, gate = gate_desk()
    show_ticket(bench)
    bench.say(
        DeviceDown(Device.GATE, "gate", "gate.absent"),
        GateBlocked(gate.opened[0], "gate.absent"),
        GateBlocked(gate.opened[0], "gate.not_turned"),
    )
    bench.engine._net.shutdown(wait=True)
    assert bench.backend.annulled == []
    assert "gate.absent" in bench.face.views[-1].faults
    assert bench.recorder.notes[0].effect.fault == "gate.absent"
    assert bench.recorder.notes[0].ticket == "T1"


def test_a_gate_that_tells_nothing_keeps_no_passage() -> None:
    bench, gate = gate_desk(FakeGate(tells=False))
    show_ticket(bench)
    assert len(bench.engine._equipment._passages) == 0
    assert len(gate.opened) == 1


def test_a_turn_that_nobody_was_admitted_for_is_told_and_written_down() -> None:
    bench, _ = gate_desk()
    bench.say(GateTurned(""))
    assert bench.face.views[-1].hint == Message("fault.gate.forced.remedy")
    assert bench.recorder.notes[0].effect.reason == "gate.forced"


def test_in_an_emergency_the_gate_opens_and_every_screen_says_so() -> None:
    bench, gate = gate_desk()
    bench.say(EMERGENCY)
    assert gate.held == ["open"]
    assert bench.face.views[-1].held
    bench.say(GateTurned(""), GateTurned(""))
    show_ticket(bench)
    assert bench.face.views[-1].held
    bench.say(EMERGENCY)
    assert gate.held == ["open", "shut"]
    assert not bench.face.views[-1].held
    notes = [(note.effect.reason, note.effect.by_hand) for note in bench.recorder.notes]
    assert notes == [("gate.held_open", True), ("gate.held_shut", True)]


@pytest.mark.parametrize("event", [DeviceDown(Device.CAMERA, "c", "camera.absent")])
def test_a_desk_out_of_service_still_opens_in_an_emergency(event: DeviceDown) -> None:
    bench, gate = gate_desk()
    bench.say(event)
    assert bench.screen() is Screen.OUT_OF_SERVICE
    assert Button.EMERGENCY in bench.face.views[-1].actions
    bench.say(EMERGENCY)
    assert gate.held == ["open"]


def test_a_journal_that_refuses_keeps_no_gate_shut_in_an_emergency() -> None:
    bench, gate = gate_desk()
    bench.recorder.fault = "journal.write"
    bench.say(EMERGENCY)
    assert gate.held == ["open"]


def test_a_desk_without_a_gate_offers_no_emergency() -> None:
    bench = Bench(worlds.rules(Desk.GATE))
    bench.say(DeviceUp(Device.CAMERA, "c"), EMERGENCY)
    assert Button.EMERGENCY not in bench.face.views[-1].actions
    assert not bench.face.views[-1].held


def test_the_gate_starts_and_stops_with_the_desk() -> None:
    bench, gate = gate_desk()
    bench.engine.start()
    bench.engine.stop()
    assert gate.inbox is not None
    assert gate.stopped


def test_an_emergency_before_the_gate_has_started_is_not_lost() -> None:
    class Hasty(FakeGate):
        told = threading.Event()

        def start(self, inbox: Inbox) -> None:
            assert not self.told.wait(0.2), "a gate forgets what it was told before its start"

        def hold(self, position: Position) -> None:
            super().hold(position)
            self.told.set()

    bench, gate = gate_desk(Hasty())
    bench.engine.post(EMERGENCY)
    bench.engine.start()
    try:
        assert Hasty.told.wait(10.0)
    finally:
        bench.engine.stop()
    assert gate.held == ["open"]


def test_a_failure_of_nobody_s_passage_is_told() -> None:
    bench, _ = gate_desk()
    bench.say(AnnulFailed("of-yesterday", "net.down"))
    assert bench.recorder.notes[0].effect.reason == "gate.not_annulled"
