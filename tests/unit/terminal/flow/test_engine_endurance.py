"""The engine in bad hours: a journal that refuses, handlers that crash, devices that are missing, its own thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from terminal.events import (
    Admitted,
    Answered,
    Button,
    Device,
    DeviceUp,
    PhotoRead,
    Pressed,
    ReadDone,
    ReadFailed,
)
from terminal.faults import FaultError
from terminal.flow.desk import Desk as EngineDesk
from terminal.flow.engine import Engine
from terminal.flow.rules import Times
from terminal.model import Outcome, Photo
from terminal.view import Cue, Desk, Screen, View
from tests import chips
from tests.desk import CARD, PROFILE, UP, Bench, bench, code, serve
from tests.machine import worlds


@pytest.fixture
def desk() -> Bench:
    return bench()


# A journal that refuses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["journal.write", "journal.damaged"])
def test_nothing_turns_green_that_the_journal_did_not_take(desk: Bench, fault: str) -> None:
    desk.recorder.fault = fault
    serve(desk)
    result = desk.face.views[-1].result
    assert result is not None
    assert (result.verdict.outcome, result.verdict.fault) == (Outcome.CANNOT_CHECK, fault)
    assert set(desk.face.outcomes) == {Outcome.CANNOT_CHECK}
    assert desk.face.cues == [Cue.CANNOT_CHECK]


class NobodyAnswers:
    """Takes every question and says nothing."""

    def person(self, *_question: object) -> None:
        """Nothing."""


def test_not_even_for_the_moment_in_which_something_else_waits_to_be_shown() -> None:
    desk = bench(ask=lambda _post: NobodyAnswers())
    desk.say(code(), CARD)
    session = desk.engine.state.session
    desk.recorder.fault = "journal.write"
    photo, camera = PhotoRead(session, Photo(b"png")), DeviceUp(Device.CAMERA, "c")
    desk.say(ReadDone(session, worlds.reading()))
    desk.say(Answered(session, worlds.cover_answer()), photo, camera, Pressed(Button.MORE_TIME))
    assert set(desk.face.outcomes) == {Outcome.CANNOT_CHECK}
    assert desk.face.cues == [Cue.CANNOT_CHECK]


def test_a_journal_that_refuses_lets_nobody_in_by_hand_either(desk: Bench) -> None:
    desk.backend.answer = FaultError("net.down")
    serve(desk)
    desk.recorder.fault = "journal.write"
    desk.say(Admitted("emergency"))
    result = desk.face.views[-1].result
    assert result is not None
    assert result.verdict.fault == "journal.write"
    desk.recorder.fault = None
    desk.say(Admitted("emergency"))
    assert [record.admitted for record, _, _ in desk.recorder.kept] == [None, "emergency"]
    assert desk.screen() is Screen.RESULT


def test_the_journal_s_fault_goes_to_the_log_without_the_person(desk: Bench, caplog: pytest.LogCaptureFixture) -> None:
    desk.recorder.fault = "journal.write"
    serve(desk)
    assert "journal.write: the disk is full" in caplog.text
    assert "123450" not in caplog.text


# Defects -------------------------------------------------------------------------------------------------------------


def test_a_handler_that_crashes_leaves_a_working_desk(desk: Bench, caplog: pytest.LogCaptureFixture) -> None:
    desk.say(DeviceUp(Device.CAMERA, "double", simulated=True), code())
    assert desk.screen() is Screen.PLACE_CARD
    desk.face.broken = lambda view: view.screen is Screen.READING
    desk.say(CARD)
    assert desk.engine.state.case is None
    assert desk.screen() is Screen.IDLE
    assert desk.face.views[-1].simulated
    assert "event CardPlaced failed" in caplog.text
    assert "003090123450" not in caplog.text
    desk.face.broken = lambda _view: False
    desk.say(code())
    desk.reader.run(chips.Field(chips.contents_of(PROFILE)))
    desk.settle()
    desk.hear_answer()
    assert desk.face.outcomes == [Outcome.ALLOW]


def test_a_crash_makes_what_was_under_way_stale(desk: Bench) -> None:
    desk.say(code(), CARD)
    session, cancel = desk.engine.state.session, desk.reader.jobs[0][2]
    desk.face.broken = lambda view: view.slow
    desk.wait(4)
    assert cancel.is_set()
    assert desk.engine.state.session > session
    desk.say(ReadFailed(session, "card.silent"))
    assert desk.recorder.kept == []


def test_a_window_that_is_gone_is_tried_again_after_a_pause_and_not_without_end(desk: Bench) -> None:
    desk.face.broken = lambda _view: True
    desk.say(code())
    before = desk.face.tries
    for _ in range(20):
        desk.settle()
    assert desk.face.tries - before <= 2
    desk.wait(1.0)
    desk.face.broken = lambda _view: False
    desk.wait(1.0)
    assert desk.screen() is Screen.IDLE


def test_a_code_that_crashes_the_recogniser_is_survived(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise ValueError("003090123450")

    monkeypatch.setattr("terminal.flow.engine.recognise_code", broken)
    desk.say(code())
    assert desk.screen() is Screen.IDLE
    assert "event CodeSeen failed" in caplog.text


# On its own thread ---------------------------------------------------------------------------------------------------


@pytest.fixture
def running() -> Iterator[Bench]:
    rules = replace(worlds.rules(Desk.RECEPTION), times=Times(starting=0.0))
    warmed = threading.Event()
    desk = Bench(rules, warm_up=warmed.set)
    desk.engine.start()
    yield desk
    desk.engine.stop()
    assert warmed.is_set()


def test_it_starts_the_devices_and_shows_that_none_works_yet(running: Bench) -> None:
    running.face.wait_for(Screen.OUT_OF_SERVICE)
    assert running.face.views[0].screen is Screen.STARTING
    assert running.face.post == running.reader.inbox == running.codes.inbox == running.engine.post
    assert running.codes.frames == running.face.frame


def test_it_serves_when_a_device_comes_and_ends_when_told(running: Bench) -> None:
    running.face.wait_for(Screen.OUT_OF_SERVICE)
    running.engine.post(UP)
    running.face.wait_for(Screen.IDLE)
    running.engine.post(code())
    running.face.wait_for(Screen.PLACE_CARD)
    running.engine.post(CARD)
    running.face.wait_for(Screen.READING)
    cancel = running.reader.jobs[0][2]
    running.engine.stop()
    assert (running.reader.stopped, running.codes.stopped, cancel.is_set()) == (True, True, True)
    assert not running.engine._thread.is_alive()
    shown = len(running.face.views)
    running.engine.post(Pressed(Button.DONE))
    assert len(running.face.views) == shown


def test_stopping_what_was_never_started_is_nothing() -> None:
    Bench(worlds.rules(Desk.POLICE), reader=None, codes=()).engine.stop()


def test_what_cannot_be_loaded_ahead_does_not_stop_the_desk(caplog: pytest.LogCaptureFixture) -> None:
    def missing() -> None:
        raise ImportError("No module named 'requests'")

    desk = Bench(worlds.rules(Desk.RECEPTION), warm_up=missing, reader=None, codes=())
    with caplog.at_level(logging.WARNING):
        desk.engine.start()
        desk.engine.post(UP)
        desk.face.wait_for(Screen.IDLE)
        desk.engine._net.shutdown(wait=True)
        desk.engine.stop()
    assert "not loaded ahead: ImportError" in caplog.text


def test_a_desk_needs_nothing_but_rules_a_face_a_clock_and_a_journal() -> None:
    parts = Bench(worlds.rules(Desk.RECEPTION))
    plain = EngineDesk(parts.engine._desk.rules, parts.face, parts.clock, parts.recorder, parts.recorder.note)
    plain.warm_up()
    engine = Engine(plain)
    engine.post(UP)
    engine.turn(0.0)
    assert isinstance(parts.face.views[-1], View)
    engine.stop()
