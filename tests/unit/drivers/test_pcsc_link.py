"""The conversation with a card where PC/SC answers what no virtual reader does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from smartcard import scard

from crypto.errors import CancelledError, CardLostError
from drivers.pcsc import build
from drivers.pcsc_link import BrokenLink, PcscLink
from terminal.events import CardPlaced, CardRemoved, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import ReaderOptions
from tests.inbox import RecordingInbox

READER = "ACME Reader [Contactless] 00 00"
SELECT = bytes.fromhex("00A4020C02011E")
ATR = list(bytes.fromhex("3B8080010101"))


PRESENT, EMPTY = scard.SCARD_STATE_PRESENT, scard.SCARD_STATE_EMPTY


class FakeService:
    """PC/SC as functions whose answers a test replaces."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.disconnected: list[int] = []
        self.released: list[int] = []
        self.set("SCardEstablishContext", lambda scope: (0, 7))
        self.set("SCardReleaseContext", self._release)
        self.set("SCardConnect", lambda context, reader, mode, protocols: (0, 9, scard.SCARD_PROTOCOL_T1))
        self.set("SCardStatus", lambda card: (0, READER, 0, scard.SCARD_PROTOCOL_T1, ATR))
        self.set("SCardTransmit", lambda card, pci, command: (0, [0x90, 0x00]))
        self.set("SCardDisconnect", self._disconnect)
        self.set("SCardGetStatusChange", lambda context, wait, states: (0, [(READER, PRESENT | 1 << 16, ATR)]))

    def _release(self, context: int) -> int:
        self.released.append(context)
        return 0

    def _disconnect(self, _card: int, how: int) -> int:
        self.disconnected.append(how)
        return 0

    def set(self, name: str, answer: Callable[..., Any]) -> None:
        self._monkeypatch.setattr(scard, name, answer)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    return FakeService(monkeypatch)


@pytest.fixture
def link(service: FakeService) -> Iterator[PcscLink]:
    link = PcscLink(READER, threading.Event(), apdu_timeout=1.0)
    yield link
    link.close()


def test_a_card_answers(link: PcscLink) -> None:
    link.connect()
    assert link.transceive(SELECT) == b"\x90\x00"
    assert link.atr == bytes(ATR)
    assert not link.simulated
    assert not link.lost


def test_closing_powers_the_card_down_and_releases_the_context(service: FakeService, link: PcscLink) -> None:
    link.connect()
    link.close()
    assert service.disconnected == [scard.SCARD_UNPOWER_CARD]
    assert service.released == [7]


def test_a_disconnect_that_fails_is_no_matter(service: FakeService, link: PcscLink) -> None:
    service.set("SCardDisconnect", lambda card, how: scard.SCARD_W_REMOVED_CARD)
    link.connect()
    link.close()
    assert service.released == [7]


def test_the_protocol_that_was_agreed_is_spoken(service: FakeService, link: PcscLink) -> None:
    spoken = []
    service.set("SCardConnect", lambda context, reader, mode, protocols: (0, 9, scard.SCARD_PROTOCOL_T0))

    def transmit(_card: int, pci: int, _command: list[int]) -> tuple[int, list[int]]:
        spoken.append(pci)
        return 0, [0x90, 0x00]

    service.set("SCardTransmit", transmit)
    link.connect()
    link.transceive(SELECT)
    assert spoken == [scard.SCARD_PCI_T0]


@pytest.mark.parametrize(
    "code", [scard.SCARD_W_UNRESPONSIVE_CARD, scard.SCARD_W_UNPOWERED_CARD, scard.SCARD_E_PROTO_MISMATCH]
)
def test_a_card_that_does_not_answer_its_reset_is_silent(service: FakeService, link: PcscLink, code: int) -> None:
    service.set("SCardConnect", lambda context, reader, mode, protocols: (code, 0, 0))
    link.connect()
    with pytest.raises(FaultError, match=r"card\.silent"):
        link.transceive(SELECT)


def test_a_card_that_is_mute_at_first_is_asked_again(service: FakeService, link: PcscLink) -> None:
    answers = [(scard.SCARD_W_UNRESPONSIVE_CARD, 0, 0)] * 4 + [(0, 9, scard.SCARD_PROTOCOL_T1)]
    service.set("SCardConnect", lambda context, reader, mode, protocols: answers.pop(0))
    link.connect()
    assert link.transceive(SELECT) == b"\x90\x00"


@pytest.mark.parametrize("code", [scard.SCARD_E_NO_SMARTCARD, scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_UNKNOWN_READER])
def test_a_card_that_left_before_the_connect_is_lost(service: FakeService, link: PcscLink, code: int) -> None:
    service.set("SCardConnect", lambda context, reader, mode, protocols: (code, 0, 0))
    link.connect()
    with pytest.raises(CardLostError):
        link.transceive(SELECT)
    assert link.lost


def test_a_card_that_leaves_during_the_connect_is_lost(service: FakeService, link: PcscLink) -> None:
    service.set("SCardStatus", lambda card: (scard.SCARD_W_REMOVED_CARD, "", 0, 0, []))
    link.connect()
    with pytest.raises(CardLostError):
        link.transceive(SELECT)


def test_a_transaction_that_fails_means_a_lost_card(service: FakeService, link: PcscLink) -> None:
    def connect(_context: int, _reader: str, mode: int, _protocols: int) -> tuple[int, int, int]:
        busy = mode == scard.SCARD_SHARE_EXCLUSIVE
        return (scard.SCARD_E_SHARING_VIOLATION, 0, 0) if busy else (0, 9, scard.SCARD_PROTOCOL_T1)

    service.set("SCardConnect", connect)
    service.set("SCardBeginTransaction", lambda card: scard.SCARD_W_RESET_CARD)
    link.connect()
    with pytest.raises(CardLostError):
        link.transceive(SELECT)


def test_no_service_is_told_by_the_first_apdu(service: FakeService, link: PcscLink) -> None:
    service.set("SCardEstablishContext", lambda scope: (scard.SCARD_E_NO_SERVICE, 0))
    link.connect()
    with pytest.raises(FaultError, match=r"reader\.service"):
        link.transceive(SELECT)


def test_a_connect_that_hangs_is_a_silent_card_or_a_busy_reader(service: FakeService) -> None:
    come_back = threading.Event()

    def hang(*_arguments: object) -> tuple[int, int, int]:
        come_back.wait(10.0)
        return scard.SCARD_E_NO_SMARTCARD, 0, 0

    service.set("SCardConnect", hang)
    for others, code in ((0, "card.silent"), (scard.SCARD_STATE_INUSE, "reader.busy")):
        state = (0, [(READER, PRESENT | others, ATR)])
        service.set("SCardGetStatusChange", lambda context, wait, states, state=state: state)
        link = PcscLink(READER, threading.Event(), apdu_timeout=-0.9)
        link.connect()
        with pytest.raises(FaultError) as caught:
            link.transceive(SELECT)
        assert caught.value.fault.code == code
    come_back.set()


def test_an_interrupted_link_is_cancelled(link: PcscLink) -> None:
    link.connect()
    link.interrupt()
    with pytest.raises(CancelledError):
        link.transceive(SELECT)


@pytest.mark.parametrize("error", [CardLostError("gone"), FaultError("card.silent")])
def test_a_broken_link_says_what_is_wrong(error: CardLostError | FaultError) -> None:
    link = BrokenLink(error)
    assert (link.reader, link.atr, link.simulated) == ("", b"", False)
    with pytest.raises(type(error)):
        link.transceive(SELECT)


class FakeReaders:
    """What SCardListReaders and SCardGetStatusChange say, as a script that ends with waiting."""

    def __init__(self, service: FakeService) -> None:
        self.names: list[str] = [READER]
        self.events: dict[str, int] = {}
        self.code = scard.SCARD_S_SUCCESS
        self.changed, self.told = threading.Event(), threading.Event()
        self.knows_hot_plug = True
        service.set("SCardListReaders", self._list)
        service.set("SCardGetStatusChange", self._wait)

    def _list(self, _context: int, _groups: list[str]) -> tuple[int, list[str]]:
        return (0, self.names) if self.names else (scard.SCARD_E_NO_READERS_AVAILABLE, [])

    def _wait(self, _context: int, wait_ms: int, states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        if self.code != scard.SCARD_S_SUCCESS:
            code, self.code = self.code, scard.SCARD_S_SUCCESS
            return code, []
        if not self.knows_hot_plug and any("PnP" in name for name, _ in states):
            return scard.SCARD_E_UNKNOWN_READER, []
        now = {name: self.events.get(name, scard.SCARD_STATE_EMPTY) for name, _ in states}
        if all(now[name] == state for name, state in states):
            self.changed.wait(wait_ms / 1000)
            self.changed.clear()
            return scard.SCARD_E_TIMEOUT, [(name, state, []) for name, state in states]
        self.told.set()
        return 0, [(name, now[name] | scard.SCARD_STATE_CHANGED, ATR) for name, _ in states]

    def show(self, reader: str, event: int) -> None:
        """Let the reader say so, and wait until it was heard."""
        self.told.clear()
        self.events = {**self.events, reader: event}
        self.changed.set()
        assert self.told.wait(10.0)


@pytest.fixture
def readers(service: FakeService) -> FakeReaders:
    return FakeReaders(service)


@pytest.fixture
def inbox(readers: FakeReaders) -> Iterator[RecordingInbox]:
    inbox = RecordingInbox()
    driver = build(ReaderOptions(names=READER))
    driver.start(inbox)
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
