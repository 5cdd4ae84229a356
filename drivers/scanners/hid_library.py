"""The HID devices of this PC through hidapi, as much of it as a scanner needs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from terminal.faults import FaultError

_MOST_NAME = 100


class HidDevice(Protocol):
    """An opened device: ``hid.device`` of hidapi. All methods raise OSError, or ValueError once it is closed."""

    def open_path(self, path: bytes) -> None:
        """Open the device of that name."""
        ...

    def get_report_descriptor(self) -> Sequence[int]:
        """Its report descriptor."""
        ...

    def read(self, max_length: int, timeout_ms: int) -> Sequence[int]:
        """The next input report; empty when none came in time."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class HidLibrary(Protocol):
    """The module ``hid``."""

    def device(self) -> HidDevice:
        """A new, closed device."""
        ...

    def enumerate(self) -> Sequence[Mapping[str, object]]:
        """Every collection of every device."""
        ...


@dataclass(frozen=True, slots=True)
class HidEntry:
    """A HID collection; ``path`` is the system's own name for it."""

    path: bytes
    vendor: int
    product: int
    usage_page: int
    usage: int
    name: str

    @property
    def number(self) -> str:
        """Vendor and product as ``scanner.address`` names them."""
        return f"{self.vendor:04x}:{self.product:04x}"


def load() -> HidLibrary:
    """hidapi; on Linux its module over hidraw, since libusb would take the device away from the system and tells no
    usage pages. Raises FaultError ``install.missing``."""
    names = ("hidraw", "hid") if sys.platform == "linux" else ("hid",)
    for name in names:
        try:
            return cast("HidLibrary", importlib.import_module(name))
        except ImportError:
            continue
    raise FaultError("install.missing", "hidapi")


def entries(library: HidLibrary) -> Sequence[HidEntry]:
    """The HID collections of this PC now."""
    return [
        HidEntry(
            cast("bytes", entry["path"]),
            cast("int", entry["vendor_id"]),
            cast("int", entry["product_id"]),
            cast("int", entry["usage_page"]),
            cast("int", entry["usage"]),
            clean_name(str(entry["product_string"] or "")),
        )
        for entry in library.enumerate()
    ]


def clean_name(name: str) -> str:
    """A device may call itself anything, also what would steer the console."""
    return "".join(sign for sign in name[:_MOST_NAME] if sign.isprintable()).strip()
