"""What every `terminal.ports.CardReader` promises."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from crypto.errors import CancelledError, CardLostError
from terminal.events import CardPlaced, CardRemoved, Device, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CardJob, CardLink, CardReader, ReaderOptions
from tests.contract.card_rigs import RIGS, Rig
from tests.inbox import RecordingInbox
from tests.stub_chip import echo

SELECT = bytes.fromhex("00A4020C02011E")


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = RIGS[request.param](request)
    yield rig
    rig.lift()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def reader(rig: Rig, inbox: RecordingInbox) -> Iterator[CardReader]:
    reader = rig.reader(ReaderOptions(names="Virtual*", apdu_timeout=1.0))
    reader.start(inbox)
    yield reader
    reader.stop()


class Job:
    """A card job that keeps what came of it."""

    def __init__(self, work: Callable[[CardLink], object]) -> None:
        self._work = work
        self._done = threading.Event()
        self.result: object = None
        self.error: Exception | None = None
        self.thread = ""

    def __call__(self, link: CardLink) -> None:
        self.thread = threading.current_thread().name
        try:
            self.result = self._work(link)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        self._done.set()

    def wait(self) -> Job:
        assert self._done.wait(10.0), "the job did not run"
        return self


def run(reader: CardReader, card: str, work: Callable[[CardLink], object]) -> Job:
    job = Job(work)
    reader.submit(card, job, threading.Event())
    return job.wait()


def test_a_started_reader_says_that_it_is_there(reader: CardReader, inbox: RecordingInbox) -> None:
    up = inbox.wait_for(DeviceUp)
    assert (up.device, up.simulated) == (Device.READER, True)


def test_a_card_is_told_when_it_comes_and_when_it_goes(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    rig.place(echo)
    placed = inbox.wait_for(CardPlaced)
    rig.lift()
    assert inbox.wait_for(CardRemoved).card == placed.card
    assert placed.simulated


def test_every_placing_has_its_own_id(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    cards = set()
    for _ in range(3):
        rig.place(echo)
        cards.add(inbox.wait_for(CardPlaced).card)
        rig.lift()
        inbox.wait_for(CardRemoved)
    assert len(cards) == 3


def test_a_card_that_lies_there_already_is_told_at_the_start(rig: Rig, inbox: RecordingInbox) -> None:
    rig.place(echo)
    reader = rig.reader(ReaderOptions(names="Virtual*"))
    reader.start(inbox)
    try:
        inbox.wait_for(CardPlaced)
    finally:
        reader.stop()


def test_a_job_talks_to_the_card_on_the_reader_s_own_thread(
    rig: Rig, reader: CardReader, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    placed = inbox.wait_for(CardPlaced)
    job = run(reader, placed.card, lambda link: (link.reader, link.simulated, link.atr, link.transceive(SELECT)))
    assert job.error is None
    assert isinstance(job.result, tuple)
    assert job.result[:2] == (placed.reader, True)
    assert job.result[2][:1] in (b"\x3b", b"\x3f")
    assert job.result[3] == SELECT + b"\x90\x00"
    assert job.thread.startswith("dev-")


def test_an_extended_apdu_passes_both_ways(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    long = bytes.fromhex("00D60000") + (4000).to_bytes(3, "big") + bytes(range(250)) * 16
    rig.place(lambda command: command[7:] + b"\x90\x00")
    job = run(reader, inbox.wait_for(CardPlaced).card, lambda link: link.transceive(long))
    assert job.error is None
    assert job.result == bytes(range(250)) * 16 + b"\x90\x00"


def test_two_jobs_with_one_card_run_one_after_the_other(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    rig.place(echo)
    card = inbox.wait_for(CardPlaced).card
    jobs = [Job(lambda link: link.transceive(SELECT)) for _ in range(2)]
    for job in jobs:
        reader.submit(card, job, threading.Event())
    assert [job.wait().result for job in jobs] == [SELECT + b"\x90\x00"] * 2


def test_jobs_are_taken_up_at_once(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    rig.place(echo)
    card = inbox.wait_for(CardPlaced).card
    waited: list[float] = []
    for _ in range(15):
        began = time.monotonic()
        run(reader, card, lambda link: waited.append(time.monotonic() - began))  # noqa: B023 - it runs within
    assert max(waited) < 0.4


def test_the_first_apdu_tells_that_the_card_is_gone_already(
    rig: Rig, reader: CardReader, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    card = inbox.wait_for(CardPlaced).card
    rig.lift()
    inbox.wait_for(CardRemoved)
    assert isinstance(run(reader, card, lambda link: link.transceive(SELECT)).error, CardLostError)


def test_a_job_never_meets_the_next_card(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    rig.place(echo)
    first = inbox.wait_for(CardPlaced).card
    rig.lift()
    inbox.wait_for(CardRemoved)
    rig.place(echo)
    inbox.wait_for(CardPlaced)
    assert isinstance(run(reader, first, lambda link: link.transceive(SELECT)).error, CardLostError)


def test_a_card_torn_out_in_the_middle_of_an_apdu_is_lost(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    rig.place(lambda command: None if command == SELECT else command + b"\x90\x00")
    placed = inbox.wait_for(CardPlaced)

    def work(link: CardLink) -> object:
        assert link.transceive(b"\x00\x84\x00\x00\x08")
        return link.transceive(SELECT)

    assert isinstance(run(reader, placed.card, work).error, CardLostError)
    assert inbox.wait_for(CardRemoved).card == placed.card


def test_a_lost_card_stays_lost_for_its_job(rig: Rig, reader: CardReader, inbox: RecordingInbox) -> None:
    rig.place(lambda command: None)

    def work(link: CardLink) -> object:
        with pytest.raises(CardLostError):
            link.transceive(SELECT)
        return link.transceive(SELECT)

    assert isinstance(run(reader, inbox.wait_for(CardPlaced).card, work).error, CardLostError)


def test_cancelling_ends_the_conversation_before_the_next_apdu(
    rig: Rig, reader: CardReader, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    cancel = threading.Event()

    def work(link: CardLink) -> object:
        link.transceive(SELECT)
        cancel.set()
        return link.transceive(SELECT)

    job = Job(work)
    reader.submit(inbox.wait_for(CardPlaced).card, job, cancel)
    assert isinstance(job.wait().error, CancelledError)


def test_a_job_that_fails_does_not_end_the_reader(
    rig: Rig, reader: CardReader, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    rig.place(echo)
    card = inbox.wait_for(CardPlaced).card

    def defect(_link: CardLink) -> None:
        raise ValueError("003090123450")

    broken: CardJob = defect
    reader.submit(card, broken, threading.Event())
    assert run(reader, card, lambda link: link.transceive(SELECT)).error is None
    assert "ValueError" in caplog.text
    assert "0030" not in caplog.text


def test_readers_are_listed_without_start(rig: Rig) -> None:
    rig.place(echo)
    try:
        listed = rig.reader(ReaderOptions(names="Virtual*")).readers()
        assert listed[0].name.startswith("Virtual")
        assert listed[0].simulated
    finally:
        rig.lift()


def test_a_name_pattern_chooses_the_readers(rig: Rig) -> None:
    assert not rig.reader(ReaderOptions(names="No such reader*")).readers()


@pytest.mark.parametrize("names", ["No such reader*, Virtual*", "Virtual*, *", "*"])
def test_of_several_patterns_the_first_that_fits_decides(rig: Rig, names: str) -> None:
    assert rig.reader(ReaderOptions(names=names)).readers()


def test_a_reader_that_was_stopped_starts_again(rig: Rig, inbox: RecordingInbox) -> None:
    rig.place(echo)
    reader = rig.reader(ReaderOptions(names="Virtual*"))
    for _ in range(2):
        reader.start(inbox)
        placed = inbox.wait_for(CardPlaced)
        assert run(reader, placed.card, lambda link: link.transceive(SELECT)).error is None
        reader.stop()
        assert inbox.wait_for(CardRemoved).card == placed.card


def test_a_silent_card_costs_its_time_and_keeps_nobody_who_submits(rig: Rig, inbox: RecordingInbox) -> None:
    reader = rig.reader(ReaderOptions(names="Virtual*", apdu_timeout=0.5))
    answer = threading.Event()

    def answers(command: bytes) -> bytes:
        answer.wait(10.0)
        return command + b"\x90\x00"

    rig.place(answers)
    reader.start(inbox)
    try:
        card = inbox.wait_for(CardPlaced).card
        job = Job(lambda link: link.transceive(SELECT))
        began = time.monotonic()
        for _ in range(5):
            reader.submit(card, job, threading.Event())
        assert time.monotonic() - began < 0.2
        error = job.wait().error
        assert time.monotonic() - began < 3.0
        assert isinstance(error, FaultError)
        assert error.fault.code == "card.silent"
    finally:
        answer.set()
        reader.stop()


def test_stop_returns_in_time_while_a_card_keeps_its_answer_to_itself(rig: Rig, inbox: RecordingInbox) -> None:
    reader = rig.reader(ReaderOptions(names="Virtual*", apdu_timeout=60.0))
    asked, answer = threading.Event(), threading.Event()

    def answers(command: bytes) -> bytes:
        asked.set()
        answer.wait(10.0)
        return command + b"\x90\x00"

    rig.place(answers)
    reader.start(inbox)
    job = Job(lambda link: link.transceive(SELECT))
    reader.submit(inbox.wait_for(CardPlaced).card, job, threading.Event())
    assert asked.wait(10.0)
    began = time.monotonic()
    reader.stop()
    took = time.monotonic() - began
    answer.set()
    assert took < 2.0
    assert isinstance(job.wait().error, CancelledError)
