"""Scanners in HID point-of-sale mode through hidapi: like serial mode without ports, baud rates and line ends."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence

from drivers.scanners import hid_library
from drivers.scanners.hid_descriptor import SCANNER_PAGE, layout_of
from drivers.scanners.hid_library import HidDevice, HidEntry, HidLibrary
from drivers.scanners.hid_reports import Joining
from drivers.scanners.source import CableScanner
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.ports import ScannerOptions

NAME = "hid"
"""The scanner's name in events where no address is configured."""

_WAIT_MS = 50
_MOST_REPORT = 1025
"""Bytes; a high-speed interrupt endpoint carries 1024, and the report number may stand before them."""

_NUMBER = re.compile(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}")
_ERRORS = (OSError, ValueError)


class HidLine:
    """A `drivers.scanners.source.ScannerLine` of input reports."""

    def __init__(self, device: HidDevice, joining: Joining, clock: Clock) -> None:
        self._device = device
        self._joining = joining
        self._clock = clock
        self._heard = clock.monotonic()

    def read(self) -> Sequence[bytes]:
        """The code that has ended."""
        try:
            report = bytes(self._device.read(_MOST_REPORT, _WAIT_MS))
        except _ERRORS as error:
            raise FaultError("scanner.absent", type(error).__name__) from error
        now = self._clock.monotonic()
        if report:
            self._heard = now
            return self._joining.feed(report)
        return self._joining.quiet(now - self._heard)

    def close(self) -> None:
        """Let the device go."""
        with contextlib.suppress(*_ERRORS):
            self._device.close()


def build(options: ScannerOptions) -> CableScanner:
    """The entry point ``tram.scanner`` ``hid``. Raises FaultError ``install.missing``."""
    return scanner_over(hid_library.load(), options)


def scanner_over(library: HidLibrary, options: ScannerOptions) -> CableScanner:
    """The scanner that ``options`` mean among the devices of ``library``."""
    return CableScanner(options.address or NAME, _opener(library, options), options.repeat_after)


def _opener(library: HidLibrary, options: ScannerOptions) -> Callable[[], HidLine]:
    clock = SystemClock()

    def open_line() -> HidLine:
        entry = _chosen(hid_library.entries(library), options.address)
        device = library.device()
        try:
            device.open_path(entry.path)
        except _ERRORS as error:
            # It was listed this moment, so it is there, and somebody else may open it or has done so.
            raise FaultError("scanner.denied", entry.number) from error
        try:
            layout = layout_of(bytes(device.get_report_descriptor()))
        except (*_ERRORS, AttributeError):  # an old hidapi has no such call
            layout = None
        return HidLine(device, Joining(layout, options.prefix, options.suffix), clock)

    return open_line


def _chosen(entries: Sequence[HidEntry], address: str) -> HidEntry:
    """The device of that path or number; for "" the only scanner. Raises FaultError ``scanner.absent``."""
    scanners = [entry for entry in entries if entry.usage_page == SCANNER_PAGE]
    if _NUMBER.fullmatch(address):
        scanners = [entry for entry in scanners if entry.number == address.lower()]
    elif address:
        scanners = [entry for entry in scanners if entry.path == address.encode()]
    if len({entry.path for entry in scanners}) == 1:
        return scanners[0]
    choice = ", ".join(f"{entry.number} ({entry.name})" for entry in scanners)
    raise FaultError("scanner.absent", f"scanner.address must name one of: {choice}" if choice else "no HID scanner")
