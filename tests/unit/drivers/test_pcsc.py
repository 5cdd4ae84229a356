"""The presence loop where PC/SC answers what no virtual reader does."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from smartcard import scard

from drivers.pcsc import PcscReaders, build
from drivers.pcsc_link import PcscLink
from terminal.events import CardPlaced, CardRemoved, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import ReaderOptions
from tests.contract.test_card_reader import SELECT, run
from tests.fake_pcsc import EMPTY, PRESENT, READER, FakeReaders, FakeService
from tests.inbox import RecordingInbox


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    return FakeService(monkeypatch)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.device._FIRST_PAUSE", 0.005)


@pytest.fixture
def readers(service: FakeService) -> FakeReaders:
    return FakeReaders(service)


@pytest.fixture
def driver(readers: FakeReaders) -> PcscReaders:
    return build(ReaderOptions(names=READER, apdu_timeout=0.2))


@pytest.fixture
def inbox(driver: PcscReaders) -> Iterator[RecordingInbox]:
    driver.start(inbox := RecordingInbox())
    yield inbox
    driver.stop()


def test_a_reader_with_brackets_in_its_name_is_found_by_its_name(inbox: RecordingInbox) -> None:
    assert not inbox.wait_for(DeviceUp).simulated


def test_a_card_exchanged_unseen_is_told_as_gone_and_come(readers: FakeReaders, inbox: RecordingInbox) -> None:
    readers.show(READER, PRESENT | 1 << 16)
    first = inbox.wait_for(CardPlaced)
    readers.show(READER, PRESENT | 3 << 16)
    assert inbox.wait_for(CardRemoved).card == first.card
    assert inbox.wait_for(CardPlaced).card != first.card


def test_a_card_that_others_open_and_close_is_the_same_card(readers: FakeReaders, inbox: RecordingInbox) -> None:
    for event in (PRESENT, PRESENT | scard.SCARD_STATE_INUSE, PRESENT | scard.SCARD_STATE_EXCLUSIVE, PRESENT, EMPTY):
        readers.show(READER, event | 1 << 16 if event & PRESENT else event | 2 << 16)
    inbox.wait_for(CardPlaced)
    inbox.wait_for(CardRemoved)
    assert len([event for event in inbox.all() if isinstance(event, CardPlaced)]) == 1


def test_a_reader_unplugged_with_its_card_takes_it_along(readers: FakeReaders, inbox: RecordingInbox) -> None:
    readers.show(READER, PRESENT | 1 << 16)
    placed = inbox.wait_for(CardPlaced)
    readers.names = []
    readers.code = scard.SCARD_E_UNKNOWN_READER
    readers.changed.set()
    assert inbox.wait_for(CardRemoved).card == placed.card
    assert inbox.wait_for(DeviceDown).fault == "reader.absent"
    readers.names = [READER]
    inbox.wait_for(DeviceUp)


def test_a_service_without_hot_plug_is_polled(service: FakeService, readers: FakeReaders) -> None:
    readers.knows_hot_plug, readers.names = False, []
    inbox = RecordingInbox()
    driver = build(ReaderOptions(names=READER))
    driver.start(inbox)
    try:
        assert inbox.wait_for(DeviceDown).fault == "reader.absent"
        readers.names = [READER]
        inbox.wait_for(DeviceUp)
        readers.show(READER, PRESENT | 1 << 16)
        inbox.wait_for(CardPlaced)
    finally:
        driver.stop()


def test_a_service_that_fails_once_is_left_and_entered_anew(readers: FakeReaders, inbox: RecordingInbox) -> None:
    inbox.wait_for(DeviceUp)
    readers.code = scard.SCARD_F_COMM_ERROR
    readers.changed.set()
    assert inbox.wait_for(DeviceDown).fault == "reader.service"
    inbox.wait_for(DeviceUp)


@pytest.mark.parametrize("code", [scard.SCARD_E_NO_SERVICE, scard.SCARD_E_SERVICE_STOPPED])
def test_windows_ends_its_service_with_the_last_reader(
    code: int, service: FakeService, readers: FakeReaders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.pcsc_codes.WINDOWS", True)
    inbox = RecordingInbox()
    driver = build(ReaderOptions())
    driver.start(inbox)
    try:
        inbox.wait_for(DeviceUp)
        asked = threading.Semaphore(0)

        def no_service(_scope: int) -> tuple[int, int]:
            asked.release()
            return code, 0

        service.set("SCardEstablishContext", no_service)
        readers.code = code
        readers.changed.set()
        assert inbox.wait_for(DeviceDown).fault == "reader.absent"
        assert asked.acquire(timeout=10.0)
        assert asked.acquire(timeout=10.0)
        service.set("SCardEstablishContext", lambda scope: (0, 8))
        inbox.wait_for(DeviceUp)
    finally:
        driver.stop()
    assert [type(event) for event in inbox.all()] == [DeviceUp, DeviceDown, DeviceUp]


def test_a_defect_in_the_watch_is_logged_by_its_kind_and_outlived(
    service: FakeService, readers: FakeReaders, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(_context: int, _groups: list[str]) -> tuple[int, list[str]]:
        service.set("SCardListReaders", lambda context, groups: (0, [READER]))
        raise ValueError("003090123450")

    inbox.wait_for(DeviceUp)
    service.set("SCardListReaders", defect)
    readers.changed.set()
    assert inbox.wait_for(DeviceDown).fault == "internal"
    inbox.wait_for(DeviceUp)
    assert "ValueError" in caplog.text
    assert "0030" not in caplog.text


def test_a_defect_in_the_readers_thread_is_logged_by_its_kind_and_outlived(
    readers: FakeReaders, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(*_arguments: object) -> None:
        monkeypatch.setattr("drivers.pcsc.CardPlaced", CardPlaced)
        raise ValueError("003090123450")

    inbox.wait_for(DeviceUp)
    monkeypatch.setattr("drivers.pcsc.CardPlaced", defect)
    readers.events = {READER: PRESENT | 1 << 16}
    readers.changed.set()
    assert inbox.wait_for(DeviceDown).fault == "internal"
    inbox.wait_for(CardPlaced)
    assert "ValueError" in caplog.text
    assert "0030" not in caplog.text


def test_a_reader_that_cannot_be_reached_is_as_good_as_unplugged(readers: FakeReaders, inbox: RecordingInbox) -> None:
    inbox.wait_for(DeviceUp)
    readers.show(READER, scard.SCARD_STATE_UNAVAILABLE)
    assert inbox.wait_for(DeviceDown).fault == "reader.absent"
    readers.show(READER, EMPTY)
    inbox.wait_for(DeviceUp)


def test_more_readers_than_one_call_can_watch_are_watched_in_turn(service: FakeService) -> None:
    readers = FakeReaders(service)
    readers.names = [f"ACME {number}" for number in range(40)]
    inbox = RecordingInbox()
    driver = build(ReaderOptions())
    driver.start(inbox)
    try:
        inbox.wait_for(DeviceUp)
        for number in (0, 17, 39):
            readers.show(f"ACME {number}", PRESENT | 1 << 16)
            assert inbox.wait_for(CardPlaced).reader == f"ACME {number}"
    finally:
        driver.stop()
    assert readers.most_at_once <= 16


@pytest.mark.parametrize(("windows", "seconds"), [(True, 4.0), (False, None)])
def test_only_windows_needs_idle_cards_kept_awake(
    windows: bool, seconds: float | None, monkeypatch: pytest.MonkeyPatch, readers: FakeReaders
) -> None:
    given = []

    def link(*arguments: object, **named: object) -> PcscLink:
        given.append(named["keep_alive"])
        return PcscLink(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("drivers.pcsc.WINDOWS", windows)
    monkeypatch.setattr("drivers.pcsc.PcscLink", link)
    inbox = RecordingInbox()
    driver = build(ReaderOptions())
    readers.events = {READER: PRESENT | 1 << 16}
    driver.start(inbox)
    assert run(driver, inbox.wait_for(CardPlaced).card, lambda link: link.transceive(SELECT)).error is None
    driver.stop()
    assert given == [seconds]


def test_a_reader_that_keeps_a_card_takes_no_second_thread(
    service: FakeService, readers: FakeReaders, driver: PcscReaders, inbox: RecordingInbox
) -> None:
    come_back = threading.Event()
    service.set("SCardTransmit", lambda card, pci, command: (come_back.wait(10.0), (0, [0x90, 0x00]))[1])
    readers.show(READER, PRESENT | 1 << 16)
    card = inbox.wait_for(CardPlaced).card
    try:
        for _ in range(3):
            error = run(driver, card, lambda link: link.transceive(SELECT)).error
            assert isinstance(error, FaultError)
            assert error.fault.code == "card.silent"
            assert sum(thread.name == "dev-pcsc-card" for thread in threading.enumerate()) == 1
    finally:
        come_back.set()
    assert run(driver, card, lambda link: link.transceive(SELECT)).error is None
