"""The serial scanner on pseudo-terminals and sockets: unplugged, refused, flooded, and well again."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from drivers.scanners import serial_port
from drivers.scanners.discovery import PortEntry
from drivers.scanners.serial_port import build
from drivers.scanners.source import CableScanner
from drivers.scanners.telling import A_SECOND
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import ScannerOptions
from tests.inbox import RecordingInbox
from tests.serial_port import PluggablePort

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu|15072021".encode()
BINARY = b"\xd2\x84\x43\r\x00\n\xff\r\n\x01"
BACK_WITHIN = 5.0

Start = Callable[..., CableScanner]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PluggablePort]:
    port = PluggablePort(tmp_path)
    port.plug()
    yield port
    port.unplug()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def start(port: PluggablePort, inbox: RecordingInbox) -> Iterator[Start]:
    """Start a scanner on that port, or as the options say."""
    started: list[CableScanner] = []

    def start(**options: object) -> CableScanner:
        chosen = {"address": str(port.address), "repeat_after": 60.0} | options
        scanner = build(ScannerOptions(**chosen))  # type: ignore[arg-type]
        started.append(scanner)
        scanner.start(inbox)
        return scanner

    yield start
    for scanner in started:
        scanner.stop()


def codes(inbox: RecordingInbox, count: int) -> list[bytes]:
    return [inbox.wait_for(CodeSeen).payload for _ in range(count)]


# Codes ---------------------------------------------------------------------------------------------------------------


def test_codes_arrive_with_the_scanner_s_name(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    start()
    assert inbox.wait_for(DeviceUp) == DeviceUp(Device.SCANNER, str(port.address))
    port.send(CARD + b"\r\n")
    assert inbox.wait_for(CodeSeen) == CodeSeen(CARD, str(port.address))


def test_two_codes_in_one_burst_and_a_binary_one_arrive(
    port: PluggablePort, start: Start, inbox: RecordingInbox
) -> None:
    start()
    inbox.wait_for(DeviceUp)
    port.send(CARD + b"\r" + b"ticket\r")
    assert codes(inbox, 2) == [CARD, b"ticket"]
    port.send(BINARY + b"\r")
    assert codes(inbox, 1) == [BINARY]


def test_prefix_and_suffix_are_taken_away(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    start(prefix=b"<<", suffix=b"##")
    inbox.wait_for(DeviceUp)
    port.send(b"<<" + BINARY + b"##")
    assert codes(inbox, 1) == [BINARY]


def test_a_line_without_an_end_and_noise_do_no_harm(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    start()
    inbox.wait_for(DeviceUp)
    for _ in range(256):
        port.send(b"x" * 4096)
    marker = 0
    while True:  # what comes within the silence that ends the endless line is part of it
        marker += 1
        port.send(b"after %d\r" % marker)
        try:
            assert inbox.wait_for(CodeSeen, timeout=0.5).payload.startswith(b"after ")
        except AssertionError:
            assert marker < 10
        else:
            return


def test_a_thousand_codes_a_second_reach_the_desk_at_its_own_pace(
    port: PluggablePort, start: Start, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        start(repeat_after=1.0)
        inbox.wait_for(DeviceUp)
        began = time.monotonic()
        port.send(b"".join(b"%06d\r" % number for number in range(3000)) + b"last\r")
        assert codes(inbox, 1) == [b"000000"]
        took = time.monotonic() - began
    told = [event for event in inbox.all() if isinstance(event, CodeSeen)]
    assert len(told) <= A_SECOND * (2 + took)
    assert len([record for record in caplog.records if "a second" in record.message]) <= 1


def test_the_same_code_is_told_once(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    start()
    inbox.wait_for(DeviceUp)
    port.send(CARD + b"\r" + CARD + b"\r" + b"other\r")
    assert codes(inbox, 2) == [CARD, b"other"]


def test_the_line_is_emptied_in_a_pause(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    scanner = start()
    inbox.wait_for(DeviceUp)
    scanner.pause(True)
    port.send(b"more than the line holds\r" * 10_000)
    assert not [event for event in inbox.all() if isinstance(event, CodeSeen)]


def test_text_in_another_code_is_passed_on_and_noted(
    port: PluggablePort, start: Start, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    latin = b"003090123450||NGUY\xc3N|20111990|Nam|X|15072021"
    with caplog.at_level(logging.WARNING):
        start()
        inbox.wait_for(DeviceUp)
        port.send(latin + b"\r")
        assert codes(inbox, 1) == [latin]
    assert [record.message for record in caplog.records if "scanner.mode" in record.message]
    assert "0030" not in caplog.text


# Cables --------------------------------------------------------------------------------------------------------------


def test_a_scanner_that_is_unplugged_and_plugged_in_again_works_again(
    port: PluggablePort, start: Start, inbox: RecordingInbox
) -> None:
    start()
    inbox.wait_for(DeviceUp)
    for number in range(3):
        port.send(b"torn " + CARD[:40])
        port.unplug()
        assert inbox.wait_for(DeviceDown).fault == "scanner.absent"
        port.plug()
        back = time.monotonic()
        inbox.wait_for(DeviceUp)
        port.send(b"code %d\r" % number)
        assert codes(inbox, 1) == [b"code %d" % number]
        assert time.monotonic() - back < BACK_WITHIN


def test_a_scanner_that_is_plugged_in_later_works(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    port.unplug()
    start()
    assert inbox.wait_for(DeviceDown) == DeviceDown(Device.SCANNER, str(port.address), "scanner.absent")
    port.plug()
    inbox.wait_for(DeviceUp)
    assert [event for event in inbox.seen if isinstance(event, DeviceDown)] == inbox.seen[:1]


def test_a_port_that_another_program_holds_is_denied_until_it_is_free(
    port: PluggablePort, start: Start, inbox: RecordingInbox
) -> None:
    other = os.open(port.address, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    start()
    assert inbox.wait_for(DeviceDown).fault == "scanner.denied"
    os.close(other)
    inbox.wait_for(DeviceUp)


def test_a_port_is_held_against_other_programs(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    start()
    inbox.wait_for(DeviceUp)
    with pytest.raises(serial.SerialException):
        serial.Serial(str(port.address), exclusive=True)


@pytest.mark.parametrize(
    "error",
    [
        serial.SerialException(errno.EACCES, "could not open port"),
        serial.SerialException("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)"),
    ],
    ids=["Linux", "Windows"],
)
def test_missing_rights_are_told_apart_from_a_missing_scanner(
    error: Exception, start: Start, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serial, "Serial", refuse)
    start()
    assert inbox.wait_for(DeviceDown).fault == "scanner.denied"


@pytest.mark.parametrize("name", ["", "file"], ids=["a folder", "a file"])
def test_what_is_no_port_is_no_scanner(name: str, tmp_path: Path, start: Start, inbox: RecordingInbox) -> None:
    (tmp_path / "file").write_bytes(b"x")
    start(address=str(tmp_path / name))
    assert inbox.wait_for(DeviceDown).fault == "scanner.absent"


def test_stop_returns_at_once_and_frees_the_port(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    scanner = start()
    inbox.wait_for(DeviceUp)
    began = time.monotonic()
    scanner.stop()
    assert time.monotonic() - began < 1.0
    serial.Serial(str(port.address), exclusive=True).close()
    scanner.start(inbox)
    inbox.wait_for(DeviceUp)


def test_the_only_port_is_found_when_none_is_named(
    port: PluggablePort, start: Start, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [PortEntry(str(port.address), "Scanner", 0x1EAB), PortEntry("/dev/ttyUSB0", "Relay", 0x1A86)]
    monkeypatch.setattr(serial_port, "serial_ports", lambda: found)
    start(address="")
    assert inbox.wait_for(DeviceUp) == DeviceUp(Device.SCANNER, "serial")


# Network -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def reader() -> Iterator[socket.socket]:
    """A fixed reader in the network: it listens on a free port of the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def test_a_reader_in_the_network_is_listened_to_and_called_again(
    reader: socket.socket, start: Start, inbox: RecordingInbox
) -> None:
    start(address=f"tcp:127.0.0.1:{reader.getsockname()[1]}")
    first, _ = reader.accept()
    inbox.wait_for(DeviceUp)
    first.sendall(CARD + b"\r\n")
    assert codes(inbox, 1) == [CARD]
    first.close()
    assert inbox.wait_for(DeviceDown).fault == "scanner.absent"
    second, _ = reader.accept()
    inbox.wait_for(DeviceUp)
    second.sendall(BINARY)
    assert codes(inbox, 1) == [BINARY]
    second.close()


def test_a_reader_that_does_not_answer_is_absent(reader: socket.socket, start: Start, inbox: RecordingInbox) -> None:
    address = f"tcp:127.0.0.1:{reader.getsockname()[1]}"
    reader.close()
    start(address=address)
    assert inbox.wait_for(DeviceDown) == DeviceDown(Device.SCANNER, address, "scanner.absent")


@pytest.mark.parametrize("address", ["tcp:host", "tcp:host:0", "tcp:host:70000", "tcp::9", "tcp:a b:9", "tcp:h:9/x"])
def test_a_wrong_network_address_is_refused_before_anything(address: str) -> None:
    with pytest.raises(FaultError) as refused:
        build(ScannerOptions(address=address))
    assert refused.value.fault.code == "config.invalid"


def test_an_address_of_the_newer_kind_is_taken() -> None:
    build(ScannerOptions(address="tcp:[::1]:9100"))


# Without the library -------------------------------------------------------------------------------------------------


def test_a_missing_library_is_said_when_the_desk_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(FaultError) as refused:
        build(ScannerOptions(address="/dev/ttyACM0"))
    assert (refused.value.fault.code, refused.value.detail) == ("install.missing", "pyserial")
    build(ScannerOptions(address="tcp:127.0.0.1:9100"))


def test_a_line_that_cannot_be_set_up_is_absent(
    port: PluggablePort, start: Start, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyserial passes termios.error on when the cable is pulled while the port is set up."""
    import termios

    def pulled(*_: object) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr("serial.serialposix.termios", types.SimpleNamespace(**vars(termios) | {"tcsetattr": pulled}))
    start()
    assert inbox.wait_for(DeviceDown).fault == "scanner.absent"
    monkeypatch.undo()
    inbox.wait_for(DeviceUp)


def test_no_thread_is_left_behind(port: PluggablePort, start: Start, inbox: RecordingInbox) -> None:
    scanner = start()
    inbox.wait_for(DeviceUp)
    scanner.stop()
    assert "dev-scanner" not in [thread.name for thread in threading.enumerate()]
