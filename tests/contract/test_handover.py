"""What every `terminal.outputs.HandOver` promises, with the hospital's system at its other end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.load import load
from terminal.events import Event, HandedOver, HandOverFailed
from terminal.handing import Field
from terminal.outputs import HandOver
from tests.contract.handover_rigs import RIGS, Rig
from tests.fake_clock import FakeClock
from tests.handed_over import ALL, TRACES, handed, visit
from tests.inbox import RecordingInbox


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    bench = RIGS[request.param](tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def way(rig: Rig, clock: FakeClock, inbox: RecordingInbox) -> Iterator[HandOver]:
    made = rig.way(clock)
    made.start(inbox)
    yield made
    made.stop()


def test_what_is_handed_over_arrives_once_and_is_told_by_its_name(
    way: HandOver, rig: Rig, inbox: RecordingInbox, request: pytest.FixtureRequest
) -> None:
    rig.receive()
    for number in (1, 2, 3):
        way.hand(visit(number))
        assert inbox.wait_for(HandedOver) == HandedOver(number, way.name)
    rig.go()
    assert rig.got() == [visit(number).visit for number in (1, 2, 3)]
    assert way.name in request.node.name
    assert not way.simulated
    assert [event for event in inbox.all() if isinstance(event, HandOverFailed)] == []


def test_nothing_is_lost_while_the_receiver_is_away(way: HandOver, rig: Rig, inbox: RecordingInbox) -> None:
    for number in (1, 2):
        way.hand(visit(number))
        assert inbox.wait_for(HandOverFailed) == HandOverFailed(number, way.name, "handover.absent")
    rig.receive()
    way.again()
    assert {inbox.wait_for(HandedOver).session for _ in range(2)} == {1, 2}
    rig.go()
    way.hand(visit(3))
    assert inbox.wait_for(HandOverFailed).session == 3
    rig.receive()
    way.again()
    assert inbox.wait_for(HandedOver).session == 3
    rig.go()
    assert sorted(rig.got()) == [visit(number).visit for number in (1, 2, 3)]


def test_after_its_time_a_result_is_given_up(way: HandOver, rig: Rig, inbox: RecordingInbox, clock: FakeClock) -> None:
    way.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    clock.advance(601.0)
    way.again()
    assert inbox.wait_for(HandOverFailed) == HandOverFailed(1, way.name, "handover.given_up")
    rig.receive()
    way.hand(visit(2))
    assert inbox.wait_for(HandedOver).session == 2
    rig.go()
    assert rig.got() == [visit(2).visit]


@pytest.mark.parametrize("left_out", list(Field), ids=lambda field: field.value)
def test_a_field_that_the_site_did_not_choose_never_leaves(
    way: HandOver, rig: Rig, inbox: RecordingInbox, left_out: Field
) -> None:
    rig.receive()
    fields = tuple(name for name in ALL if name != left_out.value)
    way.hand(handed(settings=load(None, desk="reception", environ={}), fields=fields))
    inbox.wait_for(HandedOver)
    rig.go()
    told = rig.texts()
    assert told
    assert [trace for trace in TRACES[left_out] if trace in told] == []


def test_nobody_is_named_in_events_and_logs(
    way: HandOver, rig: Rig, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        way.hand(visit(1))
        inbox.wait_for(HandOverFailed)
        rig.receive()
        way.again()
        inbox.wait_for(HandedOver)
        rig.go()
        way.stop()
    told = caplog.text + repr(inbox.all())
    assert [secret for secret in ("NGUY", "003090", "GD401", "1990") if secret in told] == []
    caplog.clear()


def test_hand_never_waits_and_stop_forgets(way: HandOver, rig: Rig, inbox: RecordingInbox) -> None:
    for number in range(1, 51):
        way.hand(visit(number))
    inbox.wait_for(HandOverFailed)
    way.stop()
    told = len(inbox.all())
    way.hand(visit(99))
    way.again()
    assert len(inbox.all()) == told
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("dev-handover")] == []


def test_it_can_be_started_again(way: HandOver, rig: Rig, inbox: RecordingInbox) -> None:
    way.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    way.stop()
    way.start(inbox)
    rig.receive()
    way.hand(visit(2))
    assert _next_of(inbox, 2) == HandedOver(2, way.name)
    rig.go()
    assert rig.got() == [visit(2).visit]


def _next_of(inbox: RecordingInbox, session: int) -> Event:
    while True:
        event = inbox.wait_for(HandedOver)
        if event.session == session:
            return event


def test_the_latest_word_about_a_visit_is_what_arrives(way: HandOver, rig: Rig, inbox: RecordingInbox) -> None:
    way.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    way.hand(replace(visit(1), name="LÊ THỊ THỬ"))
    inbox.wait_for(HandOverFailed)
    rig.receive()
    way.again()
    inbox.wait_for(HandedOver)
    rig.go()
    assert "NGHIỆM" not in rig.texts()
