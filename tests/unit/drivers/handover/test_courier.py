"""What waits is handed over, in its order, once a visit, and not for ever."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from drivers.handover import courier, waiting
from drivers.handover.courier import Courier
from drivers.handover.waiting import WaitingRoom
from terminal.events import HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.handing import Handed
from tests.fake_clock import FakeClock
from tests.handed_over import visit
from tests.inbox import RecordingInbox

KEEP = 600.0


class Receiver:
    """Takes what it is given, or fails as it was told to."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.error: Exception | None = None
        self.taken: list[Handed] = []
        self.tries = 0

    def __call__(self, handed: Handed) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error
        if self.fault is not None:
            raise FaultError(self.fault)
        self.taken.append(handed)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def way(clock: FakeClock, receiver: Receiver, inbox: RecordingInbox) -> Iterator[Courier]:
    made = Courier("folder", receiver, clock, KEEP, 10.0)
    made.start(inbox)
    yield made
    made.stop()


def test_each_visit_is_handed_over_once_and_in_order(way: Courier, receiver: Receiver, inbox: RecordingInbox) -> None:
    for number in (1, 2, 3):
        way.hand(visit(number))
    assert [inbox.wait_for(HandedOver).session for _ in range(3)] == [1, 2, 3]
    assert [handed.session for handed in receiver.taken] == [1, 2, 3]


def test_a_failure_is_told_once_a_result_and_all_come_when_the_way_is_free(
    way: Courier, receiver: Receiver, inbox: RecordingInbox
) -> None:
    receiver.fault = "handover.absent"
    way.hand(visit(1))
    assert inbox.wait_for(HandOverFailed) == HandOverFailed(1, "folder", "handover.absent")
    way.hand(visit(2))
    assert inbox.wait_for(HandOverFailed) == HandOverFailed(2, "folder", "handover.absent")
    receiver.fault = None
    way.again()
    assert [inbox.wait_for(HandedOver).session for _ in range(2)] == [1, 2]
    assert [event for event in inbox.all() if isinstance(event, HandOverFailed)][2:] == []


def test_it_is_tried_again_without_being_asked(
    clock: FakeClock, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "FIRST_PAUSE", 0.01)
    tried = threading.Semaphore(0)

    def deliver(_handed: Handed) -> None:
        tried.release()
        raise FaultError("handover.silent")

    way = Courier("hl7", deliver, clock, KEEP, 10.0)
    way.start(inbox)
    way.hand(visit())
    assert all(tried.acquire(timeout=20.0) for _ in range(4))
    way.stop()


def test_the_latest_word_about_a_visit_counts(way: Courier, receiver: Receiver, inbox: RecordingInbox) -> None:
    receiver.fault = "handover.absent"
    way.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    way.hand(visit(1, name="LÊ THỊ THỬ"))
    inbox.wait_for(HandOverFailed)
    receiver.fault = None
    way.again()
    inbox.wait_for(HandedOver)
    assert [handed.name for handed in receiver.taken] == ["LÊ THỊ THỬ"]


def test_after_its_time_a_result_is_forgotten_and_that_is_told(
    way: Courier, receiver: Receiver, inbox: RecordingInbox, clock: FakeClock
) -> None:
    receiver.fault = "handover.absent"
    way.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    clock.advance(KEEP)
    way.again()
    assert inbox.wait_for(HandOverFailed) == HandOverFailed(1, "folder", "handover.given_up")
    receiver.fault = None
    way.hand(visit(2))
    assert inbox.wait_for(HandedOver).session == 2
    assert [handed.session for handed in receiver.taken] == [2]


def test_of_too_many_the_oldest_goes(
    way: Courier, receiver: Receiver, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 2)
    receiver.fault = "handover.refused"
    for number in (1, 2):
        way.hand(visit(number))
        inbox.wait_for(HandOverFailed)
    way.hand(visit(3))
    events = {inbox.wait_for(HandOverFailed), inbox.wait_for(HandOverFailed)}
    assert events == {
        HandOverFailed(1, "folder", "handover.given_up"),
        HandOverFailed(3, "folder", "handover.refused"),
    }


def test_a_defect_loses_no_result_and_shows_no_name(
    way: Courier, receiver: Receiver, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.error = RuntimeError("NGUYỄN VĂN THỬ NGHIỆM")
    with caplog.at_level(logging.DEBUG):
        way.hand(visit())
        assert inbox.wait_for(HandOverFailed).fault == "internal"
    receiver.error = None
    way.again()
    assert inbox.wait_for(HandedOver).session == 1
    assert "NGUY" not in caplog.text
    caplog.clear()


def test_what_waits_is_forgotten_at_the_end(receiver: Receiver, inbox: RecordingInbox, clock: FakeClock) -> None:
    way = Courier("folder", receiver, clock, KEEP, 10.0)
    receiver.fault = "handover.absent"
    way.start(inbox)
    way.hand(visit())
    inbox.wait_for(HandOverFailed)
    way.stop()
    receiver.fault, receiver.tries = None, 0
    way.start(inbox)
    way.hand(visit(2))
    assert inbox.wait_for(HandedOver).session == 2
    assert receiver.tries == 1
    way.stop()


def test_a_later_word_is_not_taken_for_done_with_the_earlier(clock: FakeClock) -> None:
    room = WaitingRoom(clock, KEEP)
    room.add(visit(1))
    first = room.next()
    assert first is not None
    room.add(visit(1, name="LÊ THỊ THỬ"))
    assert not room.done(first)
    assert not room.failed(first, "handover.absent", held=False)
    assert len(room) == 1
