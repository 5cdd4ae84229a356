"""What scanners this PC has, and in which mode each one speaks. Nothing is opened."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.scanners.makers import MAKERS
from terminal.faults import FaultError
from terminal.model import Message
from terminal.ports import ScannerFound

SCANNER_PAGE = 0x8C
"""HID usage page "Bar Code Scanner" (HID Point of Sale Usage Tables 1.02, section 3)."""

_DESKTOP_PAGE, _KEYBOARD = 0x01, 0x06
_NO_PORT = "0"
"""What Linux writes in /sys/class/tty/ttyS*/type for a line without a chip behind it (PORT_UNKNOWN)."""


@dataclass(frozen=True, slots=True)
class PortEntry:
    """A serial port; ``vendor`` is None where it is not on USB."""

    address: str
    name: str
    vendor: int | None


@dataclass(frozen=True, slots=True)
class HidEntry:
    """A HID collection; ``path`` is the system's own name for it."""

    path: bytes
    vendor: int
    product: int
    usage_page: int
    usage: int
    name: str


class Discovery:
    """A `terminal.ports.ScannerDiscovery` of the USB and serial ports."""

    def __init__(
        self,
        ports: Callable[[], Sequence[PortEntry]] | None = None,
        hids: Callable[[], Sequence[HidEntry]] | None = None,
    ) -> None:
        self._ports = ports or serial_ports
        self._hids = hids or hid_entries

    def found(self) -> Sequence[ScannerFound]:
        """All scanners now, known makers first. Raises FaultError ``install.missing``."""
        hids = self._hids()
        found = [*map(_port, self._ports())]
        found += [_hid(entry) for entry in hids if entry.usage_page == SCANNER_PAGE]
        found += [_typing(entry) for entry in hids if _is_keyboard_of_a_scanner(entry)]
        return sorted(dict.fromkeys(found), key=lambda one: not one.maker)


def build() -> Discovery:
    """The entry point ``tram.scanners``."""
    return Discovery()


def serial_ports() -> Sequence[PortEntry]:
    """The serial ports of this PC, without those that the system only keeps a name for."""
    try:
        from serial.tools import list_ports
    except ImportError as error:
        raise FaultError("install.missing", "pyserial") from error

    return [
        PortEntry(port.device, port.product or port.description or port.device, port.vid)
        for port in sorted(list_ports.comports())
        if not _is_empty(port.name)
    ]


def hid_entries() -> Sequence[HidEntry]:
    """The HID collections of this PC."""
    try:
        import hid
    except ImportError as error:
        raise FaultError("install.missing", "hidapi") from error

    return [
        HidEntry(
            entry["path"],
            entry["vendor_id"],
            entry["product_id"],
            entry["usage_page"],
            entry["usage"],
            entry["product_string"] or "",
        )
        for entry in hid.enumerate()
    ]


def _is_empty(name: str) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return Path("/sys/class/tty", name, "type").read_text("ascii").strip() == _NO_PORT
    except OSError:
        return False  # USB ports have no such file


def _port(entry: PortEntry) -> ScannerFound:
    maker = MAKERS.get(entry.vendor or 0)
    return ScannerFound("serial", entry.name, maker.name if maker else "", entry.address, None, simulated=False)


def _hid(entry: HidEntry) -> ScannerFound:
    return ScannerFound("hid", *_named(entry), f"{entry.vendor:04x}:{entry.product:04x}", None, simulated=False)


def _typing(entry: HidEntry) -> ScannerFound:
    return ScannerFound("keyboard", *_named(entry), "", advice_for(entry.vendor), simulated=False)


def _named(entry: HidEntry) -> tuple[str, str]:
    maker = MAKERS.get(entry.vendor)
    return entry.name or f"{entry.vendor:04x}:{entry.product:04x}", maker.name if maker else ""


def _is_keyboard_of_a_scanner(entry: HidEntry) -> bool:
    return (entry.usage_page, entry.usage) == (_DESKTOP_PAGE, _KEYBOARD) and entry.vendor in MAKERS


def advice_for(vendor: int) -> Message:
    """How a scanner of this USB vendor is brought into serial mode."""
    maker = MAKERS.get(vendor)
    if maker is None or not maker.setting:
        return Message("cli.scanner.switch")
    return Message.of("cli.scanner.switch_named", maker=maker.name, setting=maker.setting)
