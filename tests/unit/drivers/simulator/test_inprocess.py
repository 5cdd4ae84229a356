"""What the reader contract does not ask: faults of handling, and cards in each other's place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from crypto.errors import CancelledError
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import NAME, SimulatedReader
from drivers.simulator.presented import Handling, PresentedCard
from terminal.events import CardPlaced, CardRemoved, DeviceUp
from terminal.faults import FaultError
from terminal.ports import ReaderOptions
from tests.contract.test_card_reader import Job, run
from tests.inbox import RecordingInbox


class Counting:
    atr = b"\x3b\x00"
    resets = 0

    def reset(self) -> None:
        self.resets += 1

    def transmit(self, raw: bytes) -> bytes:
        return raw + b"\x90\x00"


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def reader(inbox: RecordingInbox) -> Iterator[SimulatedReader]:
    reader = SimulatedReader(ReaderOptions(apdu_timeout=0.05))
    reader.start(inbox)
    yield reader
    reader.stop()


def test_silent_card_is_a_fault_and_stays_one(reader: SimulatedReader, inbox: RecordingInbox) -> None:
    card = PresentedCard(Counting(), Handling(ChipFault.SILENT))
    reader.place(card)
    job = run(reader, inbox.wait_for(CardPlaced).card, lambda link: link.transceive(b"\x00"))
    assert isinstance(job.error, FaultError)
    assert job.error.fault.code == "card.silent"
    card.lift()


def test_one_card_in_the_place_of_another(reader: SimulatedReader, inbox: RecordingInbox) -> None:
    reader.place(PresentedCard(Counting()))
    first = inbox.wait_for(CardPlaced)
    reader.place(PresentedCard(Counting()))
    assert inbox.wait_for(CardRemoved).card == first.card
    assert inbox.wait_for(CardPlaced).card != first.card


def test_card_is_powered_down_after_each_job(reader: SimulatedReader, inbox: RecordingInbox) -> None:
    chip = Counting()
    reader.place(PresentedCard(chip))
    placed = inbox.wait_for(CardPlaced)
    for _ in range(2):
        run(reader, placed.card, lambda link: link.transceive(b"\x00"))
    reader.stop()
    assert chip.resets == 2


def test_listing_says_whether_a_card_lies_there() -> None:
    reader = SimulatedReader()
    assert [(info.name, info.present, info.simulated) for info in reader.readers()] == [(NAME, False, True)]
    reader.place(PresentedCard(Counting()))
    assert [(info.present, info.atr) for info in reader.readers()] == [(True, "3B00")]


def test_reader_of_another_name_stays_hidden(inbox: RecordingInbox) -> None:
    reader = SimulatedReader(ReaderOptions(names="ACS*"))
    reader.start(inbox)
    reader.place(PresentedCard(Counting()))
    reader.stop()
    assert inbox.all() == []


def test_card_on_a_stopped_reader_is_told_as_removed(inbox: RecordingInbox) -> None:
    reader = SimulatedReader()
    reader.start(inbox)
    inbox.wait_for(DeviceUp)
    reader.place(PresentedCard(Counting()))
    placed = inbox.wait_for(CardPlaced)
    reader.stop()
    assert inbox.wait_for(CardRemoved).card == placed.card


def test_job_that_waits_while_the_reader_stops_is_cancelled(inbox: RecordingInbox) -> None:
    reader = SimulatedReader()
    reader.start(inbox)
    reader.place(PresentedCard(Counting()))
    placed = inbox.wait_for(CardPlaced)
    began, go_on = threading.Event(), threading.Event()

    def busy(_link: object) -> None:
        began.set()
        go_on.wait(10.0)

    waiting = Job(lambda link: link.transceive(b"\x00"))
    reader.submit(placed.card, busy, threading.Event())
    reader.submit(placed.card, waiting, threading.Event())
    assert began.wait(10.0)
    stopper = threading.Thread(target=reader.stop)
    stopper.start()
    go_on.set()
    stopper.join(10.0)
    assert isinstance(waiting.wait().error, CancelledError)
