"""What scanners this PC has, and in which mode each one speaks. Nothing is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.scanners import hid_library
from drivers.scanners.hid_descriptor import SCANNER_PAGE
from drivers.scanners.hid_library import HidEntry, clean_name
from drivers.scanners.makers import ADAPTERS, MAKERS
from terminal.faults import FaultError
from terminal.model import Message
from terminal.ports import ScannerFound

_DESKTOP_PAGE, _KEYBOARD = 0x01, 0x06
_NO_PORT = "0"
"""What Linux writes in /sys/class/tty/ttyS*/type for a line without a chip behind it (PORT_UNKNOWN)."""


@dataclass(frozen=True, slots=True)
class PortEntry:
    """A serial port; ``vendor`` is None where it is not on USB."""

    address: str
    name: str
    vendor: int | None


class Discovery:
    """A `terminal.ports.ScannerDiscovery` of the USB and serial ports."""

    def __init__(
        self,
        ports: Callable[[], Sequence[PortEntry]] | None = None,
        hids: Callable[[], Sequence[HidEntry]] | None = None,
        inputs: Callable[[], Sequence[HidEntry]] | None = None,
    ) -> None:
        self._ports = ports or serial_ports
        self._hids = hids or hid_collections
        self._inputs = inputs or system_inputs

    def found(self) -> Sequence[ScannerFound]:
        """All scanners now, known makers first. Raises FaultError ``install.missing``."""
        hids = self._hids()
        found = [*map(_port, self._ports())]
        found += [_hid(entry) for entry in hids if entry.usage_page == SCANNER_PAGE]
        known = {entry.number for entry in hids if entry.usage_page == SCANNER_PAGE}
        for entry in filter(_is_keyboard_of_a_scanner, (*hids, *self._inputs())):
            # One device shows several keyboards, and hidapi's stands once more among the system's inputs.
            if entry.number not in known:
                known.add(entry.number)
                found.append(_typing(entry))
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
    try:
        ports = sorted(list_ports.comports())
    except (OSError, TypeError, ValueError) as error:
        # pyserial stumbles over a device that goes while it is looked at.
        raise FaultError("scanner.absent", f"the ports are changing: {type(error).__name__}") from error
    return [
        PortEntry(port.device, clean_name(port.product or port.device), port.vid)
        for port in ports
        if not _is_empty(port.name)
    ]


def only_port(ports: Sequence[PortEntry]) -> str:
    """The address of the one port that must be the scanner: a maker's, else the only USB device with a serial port.

    Never one behind a serial chip, nor one that is built in: a gate or a printer may hang on it. Raises FaultError
    ``scanner.absent``, which names what there is to choose from.
    """
    usb = [port for port in ports if port.vendor is not None and port.vendor not in ADAPTERS]
    likely = [port for port in usb if port.vendor in MAKERS] or usb
    if len(likely) == 1:
        return likely[0].address
    choice = ", ".join(f"{port.address} ({port.name})" for port in likely or ports)
    raise FaultError("scanner.absent", f"scanner.address must name one of: {choice}" if choice else "no serial port")


def hid_collections() -> Sequence[HidEntry]:
    """The HID collections of this PC."""
    return hid_library.entries(hid_library.load())


def system_inputs(folder: Path = Path("/sys/class/input")) -> Sequence[HidEntry]:
    """The input devices of a Linux PC, each as a keyboard; hidapi sees none where the kernel has no hidraw."""
    return [entry for device in sorted(folder.glob("event*/device")) if (entry := _input(device)) is not None]


def _input(device: Path) -> HidEntry | None:
    try:
        vendor, product = (int((device / "id" / name).read_text("ascii"), 16) for name in ("vendor", "product"))
        name = (device / "name").read_text("utf-8", "replace")
    except (OSError, ValueError):
        return None  # unplugged this moment
    return HidEntry(b"", vendor, product, _DESKTOP_PAGE, _KEYBOARD, clean_name(name))


def _is_empty(name: str) -> bool:
    try:
        return Path("/sys/class/tty", name, "type").read_text("ascii").strip() == _NO_PORT
    except OSError:
        return False  # USB ports have no such file, nor has any port under another system


def _port(entry: PortEntry) -> ScannerFound:
    maker = MAKERS.get(entry.vendor or 0)
    return ScannerFound("serial", entry.name, maker.name if maker else "", entry.address, None, simulated=False)


def _hid(entry: HidEntry) -> ScannerFound:
    return ScannerFound("hid", *_named(entry), entry.number, None, simulated=False)


def _typing(entry: HidEntry) -> ScannerFound:
    return ScannerFound("keyboard", *_named(entry), "", advice_for(entry.vendor), simulated=False)


def _named(entry: HidEntry) -> tuple[str, str]:
    maker = MAKERS.get(entry.vendor)
    return entry.name or entry.number, maker.name if maker else ""


def _is_keyboard_of_a_scanner(entry: HidEntry) -> bool:
    return (entry.usage_page, entry.usage) == (_DESKTOP_PAGE, _KEYBOARD) and entry.vendor in MAKERS


def advice_for(vendor: int) -> Message:
    """How a scanner of this USB vendor is brought into serial mode."""
    maker = MAKERS.get(vendor)
    if maker is None or not maker.setting:
        return Message("cli.scanner.switch")
    return Message.of("cli.scanner.switch_named", maker=maker.name, setting=maker.setting)
