"""Who makes scanners: USB vendor numbers, and what each maker calls the setting that makes a scanner a serial port.

Vendor numbers: the usb.ids list of linux-usb.org (2025-07-26). Names of settings: the makers' manuals, named in
docs/scanners.md. Makers of the serial chips inside (FTDI, WCH, Prolific) are not here: theirs may be any device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Maker:
    """A maker of scanners. ``setting``: the name of its serial mode in its manuals, "" where none is known."""

    name: str
    setting: str = ""


_HONEYWELL = Maker("Honeywell", "TRMUSB130")
_ZEBRA = Maker("Zebra", "USB CDC Host")
_DATALOGIC = Maker("Datalogic", "USB-COM-STD")

MAKERS: Mapping[int, Maker] = MappingProxyType(
    {
        0x0536: _HONEYWELL,  # Hand Held Products
        0x05E0: _ZEBRA,  # Symbol Technologies
        0x05F9: _DATALOGIC,  # PSC Scanning
        0x065A: Maker("Opticon"),
        0x067E: _HONEYWELL,  # Intermec
        0x0745: Maker("CipherLab"),  # Syntech Information
        0x080C: _DATALOGIC,
        0x0C2E: _HONEYWELL,  # Metrologic
        0x0DB5: Maker("Access-IS"),
        0x1EAB: Maker("Newland"),  # also the engine in many other brands
        0x1FBB: Maker("Cino"),
        0x2745: Maker("Unitech"),
        0x27DD: Maker("Mindeo"),
    }
)
"""By USB vendor number."""

ADAPTERS = frozenset({0x0403, 0x067B, 0x10C4, 0x1A86})
"""FTDI, Prolific, Silicon Labs, WCH: serial chips that are as often in a relay board or printer as in a scanner."""
