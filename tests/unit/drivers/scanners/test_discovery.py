"""Which scanners a PC has, how they speak, and which port is certainly one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drivers.scanners import discovery
from drivers.scanners.discovery import Discovery, PortEntry, only_port, serial_ports, system_inputs
from drivers.scanners.hid_library import HidEntry
from drivers.scanners.makers import ADAPTERS, MAKERS
from terminal import registry
from terminal.faults import FaultError
from terminal.messages import LANGUAGES, say
from terminal.model import Message
from terminal.ports import ScannerFound

BUILT_IN = PortEntry("/dev/ttyS0", "/dev/ttyS0", None)
RELAY = PortEntry("/dev/ttyUSB0", "USB Serial", 0x1A86)
NEWLAND = PortEntry("/dev/ttyACM0", "NLS-HR32", 0x1EAB)
ZEBRA = PortEntry("/dev/ttyACM5", "DS2208", 0x05E0)
UNKNOWN = PortEntry("/dev/ttyACM1", "Scanner", 0x0483)


def keyboard(vendor: int, product: int = 1, name: str = "Scanner") -> HidEntry:
    return HidEntry(b"k", vendor, product, 1, 6, name)


def pos(vendor: int, product: int = 1, name: str = "Scanner") -> HidEntry:
    return HidEntry(b"p", vendor, product, 0x8C, 2, name)


def found(
    *ports: PortEntry, hids: tuple[HidEntry, ...] = (), inputs: tuple[HidEntry, ...] = ()
) -> tuple[ScannerFound, ...]:
    return tuple(Discovery(lambda: ports, lambda: hids, lambda: inputs).found())


def test_ports_and_hid_devices_are_listed_known_makers_first() -> None:
    assert found(BUILT_IN, NEWLAND, hids=(pos(0x9999, name=""), pos(0x05E0))) == (
        ScannerFound("serial", "NLS-HR32", "Newland", "/dev/ttyACM0", None, simulated=False),
        ScannerFound("hid", "Scanner", "Zebra", "05e0:0001", None, simulated=False),
        ScannerFound("serial", "/dev/ttyS0", "", "/dev/ttyS0", None, simulated=False),
        ScannerFound("hid", "9999:0001", "", "9999:0001", None, simulated=False),
    )


def test_a_scanner_that_types_is_told_from_a_person_s_keyboard_and_comes_with_advice() -> None:
    named = Message.of("cli.scanner.switch_named", maker="Honeywell", setting="TRMUSB130")
    assert found(hids=(keyboard(0x0C2E), keyboard(0x046D), pos(0x046D, 2))) == (
        ScannerFound("keyboard", "Scanner", "Honeywell", "", named, simulated=False),
        ScannerFound("hid", "Scanner", "", "046d:0002", None, simulated=False),
    )


def test_a_scanner_that_types_is_listed_once() -> None:
    several = (keyboard(0x0C2E), keyboard(0x0C2E))
    assert len(found(hids=several, inputs=several)) == 1
    assert len(found(inputs=several)) == 1


def test_a_keyboard_beside_the_hid_mode_of_the_same_device_does_not_count() -> None:
    assert [one.mode for one in found(hids=(keyboard(0x0C2E), pos(0x0C2E)))] == ["hid"]


@pytest.mark.parametrize("vendor", MAKERS, ids=lambda vendor: MAKERS[vendor].name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_for_every_maker_there_is_advice_in_words(vendor: int, language: str) -> None:
    (scanner,) = found(hids=(keyboard(vendor),))
    assert scanner.advice is not None
    assert MAKERS[vendor].setting in say(scanner.advice, language)


def test_a_serial_chip_is_no_scanner_s_maker() -> None:
    assert not ADAPTERS & set(MAKERS)


def test_the_entry_point_leads_here() -> None:
    assert isinstance(registry.scanners()(), Discovery)


# The only port -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ports", "chosen"),
    [
        ([NEWLAND], NEWLAND),
        ([BUILT_IN, RELAY, NEWLAND, UNKNOWN], NEWLAND),
        ([BUILT_IN, RELAY, UNKNOWN], UNKNOWN),
    ],
)
def test_the_port_that_must_be_the_scanner_is_chosen(ports: list[PortEntry], chosen: PortEntry) -> None:
    assert only_port(ports) == chosen.address


@pytest.mark.parametrize(
    ("ports", "named"),
    [
        ([], ""),
        ([BUILT_IN], "/dev/ttyS0"),
        ([RELAY], "/dev/ttyUSB0 (USB Serial)"),
        ([NEWLAND, ZEBRA, UNKNOWN], "/dev/ttyACM0 (NLS-HR32), /dev/ttyACM5 (DS2208)"),
        ([UNKNOWN, PortEntry("/dev/ttyACM2", "Board", 0x2341)], "/dev/ttyACM1 (Scanner), /dev/ttyACM2 (Board)"),
    ],
)
def test_no_port_is_guessed_and_the_choice_is_named(ports: list[PortEntry], named: str) -> None:
    with pytest.raises(FaultError) as absent:
        only_port(ports)
    assert absent.value.fault.code == "scanner.absent"
    assert named in absent.value.detail


# This computer -------------------------------------------------------------------------------------------------------


class Port:
    """What pyserial lists."""

    def __init__(self, device: str, product: str | None, vid: int | None) -> None:
        self.device, self.product, self.vid = device, product, vid
        self.name = Path(device).name

    def __lt__(self, other: Port) -> bool:
        return self.device < other.device


def test_serial_ports_are_listed_by_name_and_without_empty_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = Port("/dev/ttyACM0", "NLS-\x1bHR32", 0x1EAB)
    ports = [Port("/dev/ttyS9", None, None), scanner, Port("/dev/ttyS1", None, None)]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)
    monkeypatch.setattr(discovery, "_is_empty", lambda name: name == "ttyS9")
    assert serial_ports() == [NEWLAND, PortEntry("/dev/ttyS1", "/dev/ttyS1", None)]


def test_a_port_that_goes_while_it_is_listed_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish() -> list[Port]:
        raise TypeError("int() can't convert non-string with explicit base")

    monkeypatch.setattr("serial.tools.list_ports.comports", vanish)
    with pytest.raises(FaultError) as absent:
        serial_ports()
    assert absent.value.fault.code == "scanner.absent"


def test_the_ports_of_this_computer_can_be_listed() -> None:
    assert all(port.address for port in serial_ports())


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial.tools", None)
    with pytest.raises(FaultError) as missing:
        serial_ports()
    assert (missing.value.fault.code, missing.value.detail) == ("install.missing", "pyserial")


def test_the_system_s_input_devices_are_read(tmp_path: Path) -> None:
    for number, (vendor, product) in enumerate([("0c2e", "0b01"), ("zzzz", "0001")]):
        device = tmp_path / f"event{number}" / "device"
        (device / "id").mkdir(parents=True)
        (device / "id" / "vendor").write_text(vendor + "\n")
        (device / "id" / "product").write_text(product + "\n")
        (device / "name").write_text("Honeywell 1900\n")
    (tmp_path / "event2" / "device").mkdir(parents=True)
    assert system_inputs(tmp_path) == [HidEntry(b"", 0x0C2E, 0x0B01, 1, 6, "Honeywell 1900")]
    assert system_inputs(tmp_path / "none") == []
