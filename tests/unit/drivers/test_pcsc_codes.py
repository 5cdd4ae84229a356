"""Every number that PC/SC may answer, at every place that asks: a fault with a name, and a desk that goes on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from smartcard import scard

from crypto.errors import CardLostError
from drivers import pcsc_codes
from drivers.pcsc import build
from drivers.pcsc_codes import service_fault
from drivers.pcsc_link import PcscLink
from terminal.events import CardPlaced, CardRemoved, DeviceDown
from terminal.faults import CATALOGUE, FaultError
from terminal.ports import ReaderOptions
from tests.contract.test_card_reader import SELECT, run
from tests.fake_pcsc import EMPTY, PRESENT, READER, FakeReaders, FakeService
from tests.inbox import RecordingInbox

_NAMED = {
    getattr(scard, name) for name in dir(scard) if name.startswith(("SCARD_E_", "SCARD_F_", "SCARD_W_", "SCARD_P_"))
}
_OF_WINDOWS = {6, 31, 109, 170, 995, 1168}
"""Plain numbers of Windows that its drivers let through: ERROR_INVALID_HANDLE, GEN_FAILURE, BROKEN_PIPE, BUSY,
OPERATION_ABORTED, NOT_FOUND."""
CODES = sorted({code & 0xFFFFFFFF for code in _NAMED} | _OF_WINDOWS | {0x80109999, 0xFFFFFFFF})

FAILS: dict[str, Callable[[int], Any]] = {
    "SCardEstablishContext": lambda code: (code, 0),
    "SCardReleaseContext": lambda code: code,
    "SCardListReaders": lambda code: (code, []),
    "SCardGetStatusChange": lambda code: (code, []),
    "SCardConnect": lambda code: (code, 0, 0),
    "SCardStatus": lambda code: (code, "", 0, 0, []),
    "SCardBeginTransaction": lambda code: code,
    "SCardTransmit": lambda code: (code, []),
    "SCardDisconnect": lambda code: code,
}
"""What each call returns when it fails."""


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.pcsc_link._TRY_AGAIN", 0.0005)
    monkeypatch.setattr("drivers.device._FIRST_PAUSE", 0.001)
    monkeypatch.setattr("drivers.pcsc_watch._BREATH", 0.0)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    return FakeService(monkeypatch)


@pytest.mark.parametrize("windows", [False, True], ids=["pcsc-lite", "windows"])
@pytest.mark.parametrize("call", sorted(FAILS))
def test_whatever_a_call_answers_a_conversation_ends_in_a_known_way(
    call: str, windows: bool, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_codes, "WINDOWS", windows)
    if call == "SCardBeginTransaction":
        # It follows a connect that another program shares.
        service.set("SCardConnect", _shared)
    for code in CODES:
        before = getattr(scard, call)
        service.set(call, lambda *_arguments, code=code: FAILS[call](code))
        link = PcscLink(READER, threading.Event(), 5.0, count=1)
        link.connect()
        try:
            assert link.transceive(SELECT) == b"\x90\x00"
            assert call in ("SCardReleaseContext", "SCardDisconnect", "SCardListReaders")
        except CardLostError:
            assert link.lost
        except FaultError as error:
            assert error.fault.code.startswith(("reader.", "card.", "install."))
        link.close()
        assert link.released(5.0)
        service.set(call, before)
        link = PcscLink(READER, threading.Event(), 5.0, count=1)
        link.connect()
        assert link.transceive(SELECT) == b"\x90\x00"
        link.close()


def _shared(_context: int, _reader: str, mode: int, _protocols: int) -> tuple[int, int, int]:
    busy = mode == scard.SCARD_SHARE_EXCLUSIVE
    return (scard.SCARD_E_SHARING_VIOLATION, 0, 0) if busy else (0, 9, scard.SCARD_PROTOCOL_T1)


@pytest.fixture
def readers(service: FakeService) -> FakeReaders:
    return FakeReaders(service)


@pytest.mark.parametrize("call", ["SCardEstablishContext", "SCardListReaders", "SCardGetStatusChange"])
def test_whatever_a_call_answers_the_next_card_is_seen_and_read(
    call: str, service: FakeService, readers: FakeReaders
) -> None:
    inbox = RecordingInbox()
    driver = build(ReaderOptions(apdu_timeout=5.0))
    driver.start(inbox)
    for count, code in enumerate(CODES):
        before = getattr(scard, call)
        asked = threading.Semaphore(0)

        def fails(*arguments: Any, code: int = code, asked: threading.Semaphore = asked) -> Any:
            asked.release()
            return FAILS[call](code)

        service.set(call, fails)
        if call == "SCardEstablishContext":
            readers.code = scard.SCARD_F_COMM_ERROR
        readers.changed.set()
        assert asked.acquire(timeout=10.0)
        service.set(call, before)
        readers.changed.set()
        readers.events = {READER: PRESENT | 2 * count + 1 << 16}
        readers.changed.set()
        placed = inbox.wait_for(CardPlaced)
        while run(driver, placed.card, lambda link: link.transceive(SELECT)).error is not None:
            placed = inbox.wait_for(CardPlaced)
        readers.events = {READER: EMPTY | 2 * count + 2 << 16}
        readers.changed.set()
        inbox.wait_for(CardRemoved)
    driver.stop()
    faults = {event.fault for event in inbox.all() if isinstance(event, DeviceDown)}
    assert "reader.service" in faults
    assert ("reader.denied" in faults) == (call == "SCardEstablishContext")
    assert faults <= set(CATALOGUE)


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize(
    ("code", "elsewhere", "on_windows"),
    [
        (scard.SCARD_E_NO_SERVICE, "reader.service", "reader.absent"),
        (scard.SCARD_E_SERVICE_STOPPED, "reader.service", "reader.absent"),
        (scard.SCARD_W_SECURITY_VIOLATION, "reader.service", "reader.service"),
        (scard.SCARD_E_NO_MEMORY, "reader.service", "reader.service"),
        (scard.SCARD_F_COMM_ERROR, "reader.service", "reader.service"),
        (scard.SCARD_E_SYSTEM_CANCELLED, "reader.service", "reader.service"),
    ],
)
def test_the_table_of_numbers(
    code: int, elsewhere: str, on_windows: str, windows: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_codes, "WINDOWS", windows)
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "nobody"))
    # The binding signs them one way on Linux and the other on Windows.
    for signed in (code & 0xFFFFFFFF, (code & 0xFFFFFFFF) - (1 << 32)):
        fault = service_fault(signed, "step")
        assert fault.fault.code == (on_windows if windows else elsewhere)
        assert fault.detail == f"step: {code & 0xFFFFFFFF:08X}"


def test_a_socket_closed_to_this_user_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = tmp_path / "pcscd.comm"
    address.touch()
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(address))
    assert service_fault(scard.SCARD_E_NO_SERVICE, "").fault.code == "reader.service"
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(address))
    assert service_fault(scard.SCARD_E_NO_SERVICE, "").fault.code == "reader.denied"


def test_a_library_that_does_not_load_is_a_matter_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc_codes, "_LIBRARY", "libpcsclite-nowhere.so.1")
    monkeypatch.setattr(pcsc_codes, "_LINUX", True)
    assert service_fault(scard.SCARD_E_NO_SERVICE, "").fault.code == "install.missing"
    monkeypatch.setattr(pcsc_codes, "_LINUX", False)
    assert service_fault(scard.SCARD_E_NO_SERVICE, "").fault.code != "install.missing"


@pytest.mark.parametrize("code", [scard.SCARD_W_SECURITY_VIOLATION, scard.SCARD_E_NO_ACCESS])
def test_who_is_refused_at_the_first_word_may_not_use_the_service(code: int, service: FakeService) -> None:
    service.set("SCardEstablishContext", lambda scope: (code, 0))
    with pytest.raises(FaultError, match=r"reader\.denied"):
        pcsc_codes.open_context()


def test_on_windows_a_card_that_is_refused_needs_no_second_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc_codes, "WINDOWS", True)
    assert pcsc_codes.card_denied(scard.SCARD_W_SECURITY_VIOLATION)
    assert not pcsc_codes.card_denied(scard.SCARD_F_COMM_ERROR)


def test_a_success_is_no_fault() -> None:
    assert not pcsc_codes.failed(scard.SCARD_S_SUCCESS)
    pcsc_codes.require(scard.SCARD_S_SUCCESS, "step")
