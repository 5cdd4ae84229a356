"""The HID point-of-sale scanner over a stand-in for hidapi."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence

import pytest

from drivers.scanners import hid_library
from drivers.scanners.hid_pos import build, scanner_over
from drivers.scanners.source import CableScanner
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import ScannerOptions
from tests.hid_devices import NEWLAND, PluggableHid, honeywell_reports, newland_reports
from tests.inbox import RecordingInbox

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu|15072021".encode()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def started(inbox: RecordingInbox) -> Iterator[list[CableScanner]]:
    """Scanners that are stopped at the end."""
    scanners: list[CableScanner] = []
    yield scanners
    for scanner in scanners:
        scanner.stop()


def begin(library: PluggableHid, started: list[CableScanner], inbox: RecordingInbox, address: str = "") -> CableScanner:
    scanner = scanner_over(library, ScannerOptions(address=address, repeat_after=60.0))
    started.append(scanner)
    scanner.start(inbox)
    return scanner


def test_codes_arrive(started: list[CableScanner], inbox: RecordingInbox) -> None:
    library = PluggableHid()
    begin(library, started, inbox)
    assert inbox.wait_for(DeviceUp) == DeviceUp(Device.SCANNER, "hid")
    library.send(*honeywell_reports(CARD))
    assert inbox.wait_for(CodeSeen) == CodeSeen(CARD, "hid")


@pytest.mark.parametrize("descriptor", [NEWLAND, None], ids=["described", "not described"])
def test_another_maker_s_reports_are_read(
    descriptor: bytes | None, started: list[CableScanner], inbox: RecordingInbox
) -> None:
    library = PluggableHid(descriptor)
    begin(library, started, inbox)
    library.send(*newland_reports(CARD))
    assert inbox.wait_for(CodeSeen).payload == CARD


@pytest.mark.parametrize("address", ["0c2e:0b87", "0C2E:0B87", "/dev/hidraw7"])
def test_a_scanner_is_found_by_its_address(address: str, started: list[CableScanner], inbox: RecordingInbox) -> None:
    begin(PluggableHid(), started, inbox, address)
    assert inbox.wait_for(DeviceUp).name == address


@pytest.mark.parametrize("address", ["0c2e:0b88", "/dev/hidraw0", "nonsense"])
def test_no_other_device_is_taken_for_it(address: str, started: list[CableScanner], inbox: RecordingInbox) -> None:
    library = PluggableHid()
    begin(library, started, inbox, address)
    assert inbox.wait_for(DeviceDown).fault == "scanner.absent"
    assert library.opened == 0


def test_of_several_scanners_none_is_guessed(
    started: list[CableScanner], inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = PluggableHid()
    one = library.enumerate()[1]
    both: Sequence[Mapping[str, object]] = [one, {**one, "path": b"/dev/hidraw8"}]
    monkeypatch.setattr(library, "enumerate", lambda: both)
    begin(library, started, inbox)
    assert inbox.wait_for(DeviceDown).fault == "scanner.absent"


def test_unplugged_and_plugged_in_again_it_works_again(started: list[CableScanner], inbox: RecordingInbox) -> None:
    library = PluggableHid()
    begin(library, started, inbox)
    inbox.wait_for(DeviceUp)
    library.send(honeywell_reports(CARD)[0])
    library.plugged = False
    assert inbox.wait_for(DeviceDown).fault == "scanner.absent"
    library.plugged = True
    back = time.monotonic()
    inbox.wait_for(DeviceUp)
    library.send(*honeywell_reports(b"after"))
    assert inbox.wait_for(CodeSeen).payload == b"after"
    assert time.monotonic() - back < 5.0


def test_a_device_that_this_user_may_not_open_is_denied(started: list[CableScanner], inbox: RecordingInbox) -> None:
    library = PluggableHid()
    library.denied = True
    begin(library, started, inbox)
    assert inbox.wait_for(DeviceDown).fault == "scanner.denied"
    library.denied = False
    inbox.wait_for(DeviceUp)


def test_stop_lets_the_device_go(started: list[CableScanner], inbox: RecordingInbox) -> None:
    library = PluggableHid()
    scanner = begin(library, started, inbox)
    inbox.wait_for(DeviceUp)
    assert library.opened == 1
    scanner.stop()
    assert library.opened == 0


def test_the_library_of_this_computer_lists_devices() -> None:
    assert all(isinstance(entry.path, bytes) for entry in hid_library.entries(hid_library.load()))


def test_a_missing_library_is_said_when_the_desk_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hidraw", None)
    monkeypatch.setitem(sys.modules, "hid", None)
    with pytest.raises(FaultError) as refused:
        build(ScannerOptions())
    assert (refused.value.fault.code, refused.value.detail) == ("install.missing", "hidapi")


def test_a_device_s_own_name_cannot_steer_the_console() -> None:
    assert hid_library.clean_name(" Scan\x1b[2J\r\nner" + "x" * 500) == "Scan[2Jner" + "x" * 86
