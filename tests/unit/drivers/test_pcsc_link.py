"""The conversation with a card where PC/SC answers what no virtual reader does."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from smartcard import scard

from crypto.errors import CancelledError, CardLostError
from drivers.pcsc_link import BrokenLink, PcscLink
from terminal.faults import FaultError
from tests.fake_pcsc import ATR, PRESENT, READER, FakeService

SELECT = bytes.fromhex("00A4020C02011E")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.pcsc_link._TRY_AGAIN", 0.005)


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
        link = PcscLink(READER, threading.Event(), apdu_timeout=0.05)
        link.connect()
        with pytest.raises(FaultError) as caught:
            link.transceive(SELECT)
        assert caught.value.fault.code == code
    come_back.set()


@pytest.mark.parametrize("code", [scard.SCARD_W_SECURITY_VIOLATION, scard.SCARD_E_NO_ACCESS])
def test_a_card_that_this_user_may_not_touch_is_a_refusal(service: FakeService, link: PcscLink, code: int) -> None:
    service.set("SCardConnect", lambda context, reader, mode, protocols: (code, 0, 0))
    link.connect()
    with pytest.raises(FaultError, match=r"reader\.denied"):
        link.transceive(SELECT)


def test_a_service_that_hangs_up_and_is_there_refuses_the_card(service: FakeService, link: PcscLink) -> None:
    service.set("SCardConnect", lambda context, reader, mode, protocols: (scard.SCARD_F_COMM_ERROR, 0, 0))
    link.connect()
    with pytest.raises(FaultError, match=r"reader\.denied"):
        link.transceive(SELECT)


def test_a_service_that_hangs_up_and_is_gone_has_lost_the_card(service: FakeService, link: PcscLink) -> None:
    contexts = iter([(0, 7)])
    service.set("SCardEstablishContext", lambda scope: next(contexts, (scard.SCARD_E_NO_SERVICE, 0)))
    service.set("SCardConnect", lambda context, reader, mode, protocols: (scard.SCARD_F_COMM_ERROR, 0, 0))
    link.connect()
    with pytest.raises(CardLostError):
        link.transceive(SELECT)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_another_card_than_the_one_that_was_told_of_is_never_spoken_to(service: FakeService, when: str) -> None:
    counts = iter([3] if when == "before" else [1, 3])
    service.set("SCardGetStatusChange", lambda context, wait, states: (0, [(READER, PRESENT | next(counts) << 16, [])]))
    service.set("SCardTransmit", lambda card, pci, command: pytest.fail("the other card was spoken to"))
    link = PcscLink(READER, threading.Event(), 1.0, count=1)
    link.connect()
    with pytest.raises(CardLostError):
        link.transceive(SELECT)
    link.close()


def test_what_the_binding_raises_is_told_as_a_defect_without_its_text(
    service: FakeService, link: PcscLink, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(_card: int, _pci: int, _command: list[int]) -> tuple[int, list[int]]:
        raise SystemError("003090123450")

    service.set("SCardTransmit", defect)
    link.connect()
    with pytest.raises(FaultError, match="internal: SystemError") as caught:
        link.transceive(SELECT)
    assert "0030" not in caplog.text + str(caught.value)
    assert not link.lost


def test_an_idle_card_is_kept_awake_by_a_call_that_is_no_apdu(service: FakeService) -> None:
    asked = threading.Semaphore(0)
    spoken: list[list[int]] = []
    link = PcscLink(READER, threading.Event(), 1.0, keep_alive=0.01)
    link.connect()

    def status(card: int) -> tuple[int, str, int, int, list[int]]:
        assert card == 9
        asked.release()
        return scard.SCARD_W_RESET_CARD, READER, 0, scard.SCARD_PROTOCOL_T1, ATR

    def transmit(_card: int, _pci: int, command: list[int]) -> tuple[int, list[int]]:
        spoken.append(command)
        return 0, [0x90, 0x00]

    service.set("SCardStatus", status)
    service.set("SCardTransmit", transmit)
    assert all(asked.acquire(timeout=5.0) for _ in range(3))
    assert link.transceive(SELECT) == b"\x90\x00"
    assert spoken == [list(SELECT)]
    link.close()


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
