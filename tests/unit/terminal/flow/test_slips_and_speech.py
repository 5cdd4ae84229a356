"""Slips and spoken results as the desk handles them."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from terminal.events import Button, CodeSeen, Device, DeviceDown, DeviceUp, Pressed, PrintFailed, Timer, TimerFired
from terminal.flow.effects import PrintSlip
from terminal.model import Message, Outcome, Redeemed
from terminal.view import Desk, Screen
from tests.desk import UP, Bench, FakeCodes, FakeGate, FakeSlips, FakeSpeech, serve, ticket_text
from tests.machine import worlds

PRINT = Pressed(Button.PRINT)


def reception(**parts: object) -> Bench:
    """A reception that prints, after one person's answer."""
    bench = Bench(worlds.with_printer(worlds.rules(Desk.RECEPTION)), **parts)
    bench.say(UP)
    serve(bench)
    assert bench.face.outcomes[-1] is Outcome.ALLOW
    return bench


def hear_of_printing(bench: Bench, slips: FakeSlips) -> None:
    """Let the printing thread finish and take in what it tells."""
    assert slips.tried.acquire(timeout=10.0)
    while (case := bench.engine.state.case) is not None and case.printing:
        bench.engine.turn(10.0)
    bench.settle()


def test_a_slip_is_printed_from_what_is_shown() -> None:
    slips = FakeSlips(slow=threading.Event())
    bench = reception(slips=slips)
    assert Button.PRINT in bench.face.views[-1].actions
    bench.say(PRINT)
    assert Button.PRINT not in bench.face.views[-1].actions
    assert slips.slow is not None
    slips.slow.set()
    hear_of_printing(bench, slips)
    assert slips.printed[0].result == bench.face.views[-1].result
    assert slips.printed[0].simulated is bench.face.views[-1].simulated
    assert Button.PRINT in bench.face.views[-1].actions
    assert bench.face.views[-1].hint != Message("fault.printer.paper.remedy")


@pytest.mark.parametrize(("fault", "told"), [("printer.paper", "printer.paper"), ("defect", "printer.failed")])
def test_a_printer_that_fails_says_so_and_can_be_asked_again(fault: str, told: str) -> None:
    slips = FakeSlips(fault)
    bench = reception(slips=slips)
    bench.say(PRINT)
    hear_of_printing(bench, slips)
    assert bench.face.views[-1].hint == Message(f"fault.{told}.remedy")
    assert told in bench.face.views[-1].faults
    slips.fault = None
    bench.say(PRINT)
    hear_of_printing(bench, slips)
    assert told not in bench.face.views[-1].faults
    assert len(slips.printed) == 2


@pytest.mark.parametrize("fault", [None, "printer.paper"])
def test_a_slip_that_ends_while_the_server_is_asked_again_leaves_the_button(fault: str | None) -> None:
    slips = FakeSlips(fault, slow=threading.Event())
    bench = reception(slips=slips)
    bench.say(PRINT)
    bench.engine.post(Pressed(Button.AGAIN))
    bench.engine.turn(0.0)
    assert bench.screen() is Screen.CHECKING
    answered = bench.engine._inbox.get(timeout=10.0)
    assert slips.slow is not None
    slips.slow.set()
    hear_of_printing(bench, slips)
    assert answered is not None
    bench.say(answered)
    assert bench.screen() is Screen.RESULT
    assert Button.PRINT in bench.face.views[-1].actions


def test_a_failure_of_the_person_before_is_not_told_to_the_next() -> None:
    bench = reception(slips=FakeSlips())
    bench.say(Pressed(Button.DONE))
    assert bench.screen() is Screen.IDLE
    bench.say(PrintFailed(bench.engine.state.session - 1, "printer.paper"))
    assert bench.face.views[-1].hint is None


def test_the_printer_is_looked_at_when_the_desk_starts() -> None:
    slips = FakeSlips(fault="printer.absent")
    bench = Bench(worlds.with_printer(worlds.rules(Desk.RECEPTION)), slips=slips)
    bench.engine.start()
    try:
        assert slips.tried.acquire(timeout=10.0)
        bench.engine.post(UP)
        bench.face.wait_for(Screen.IDLE)
    finally:
        bench.engine.stop()
    assert slips.printed == []


def test_a_needed_printer_that_was_away_opens_the_desk_once_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    slips = FakeSlips(fault="printer.absent")
    rules = worlds.with_printer(worlds.rules(Desk.RECEPTION))
    bench = Bench(replace(rules, needs=(frozenset({Device.PRINTER}),)), slips=slips)
    bench.say(UP, DeviceDown(Device.PRINTER, "printer", "printer.absent"), TimerFired(Timer.LIFE, 0))
    assert bench.screen() is Screen.OUT_OF_SERVICE
    for fault in ("printer.absent", "printer.absent", None):
        slips.fault = fault
        bench.wait(4.0)
        bench.engine._equipment._prints.submit(int).result(10.0)  # type: ignore[union-attr]  # once it has looked
        bench.settle()
    assert bench.screen() is Screen.IDLE
    assert slips.printed == []
    assert len([record for record in caplog.records if "printer.absent" in record.getMessage()]) == 1


def test_nothing_is_printed_at_a_desk_without_a_printer_or_about_nothing() -> None:
    bench = Bench(worlds.rules(Desk.RECEPTION))
    bench.say(UP)
    serve(bench)
    assert Button.PRINT not in bench.face.views[-1].actions
    bench.say(PRINT)
    police = Bench(worlds.with_printer(worlds.rules(Desk.POLICE)), slips=FakeSlips())
    police.say(UP)
    serve(police)
    assert Button.PRINT not in police.face.views[-1].actions


def test_an_unknown_printer_is_an_absent_one() -> None:
    bench = Bench(worlds.rules(Desk.RECEPTION))
    bench.engine._equipment.print_slip(PrintSlip(0, None, simulated=False))  # type: ignore[arg-type]
    event = bench.engine._inbox.get(timeout=1.0)
    assert event == PrintFailed(0, "printer.absent")


def test_a_result_is_spoken_after_its_sound_and_names_nobody() -> None:
    speech = FakeSpeech()
    bench = reception(speech=speech)
    assert speech.said == []
    bench.wait(0.6)
    assert speech.said == ["title.ok.bhyt"]
    bench.engine.stop()
    assert speech.stopped


def test_what_was_about_the_person_before_is_not_said_to_the_next() -> None:
    speech = FakeSpeech()
    bench = Bench(worlds.with_gate(worlds.rules(Desk.GATE)), speech=speech)
    bench.say(DeviceUp(Device.CAMERA, "c"))
    for ticket, answer in (("T1", worlds.redeemed()), ("T2", worlds.redeemed(Redeemed.REFUSED, "used"))):
        bench.backend.answer = answer
        bench.say(CodeSeen(ticket_text(ticket), "camera"))
        bench.hear_answer()
        bench.wait(0.4)
    assert bench.face.outcomes[-1] is Outcome.STOP
    assert speech.said == []
    bench.wait(0.2)
    assert speech.said == ["title.stop.used"]


def test_every_device_is_stopped_also_when_one_fails_at_it() -> None:
    class Stuck(FakeGate):
        def stop(self) -> None:
            raise RuntimeError("a defect")

    speech, codes = FakeSpeech(), FakeCodes()
    bench = Bench(worlds.with_gate(worlds.rules(Desk.GATE)), speech=speech, gate=Stuck(), codes=(codes,))
    with pytest.raises(RuntimeError):
        bench.engine.stop()
    assert codes.stopped
    assert speech.stopped


def test_devices_that_come_and_go_say_nothing() -> None:
    speech = FakeSpeech()
    bench = reception(speech=speech)
    bench.wait(1.0)
    bench.say(DeviceUp(Device.PRINTER, "printer"))
    bench.wait(1.0)
    assert len(speech.said) == 1
