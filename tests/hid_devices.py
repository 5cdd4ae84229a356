"""HID point-of-sale scanners without hardware: a stand-in for the module ``hid``, and reports as manuals show them."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence

HONEYWELL = bytes.fromhex(
    # The collection with the scanned-data report that scanners of Honeywell and of several others describe.
    "058c 0902 a101 0912 a102 8502 1500 26ff00 7508 9501 0501 093b 8102 9503 058c 09fb 09fc 09fd 8102"
    "9538 09fe 820201 0666ff 9502 0904 0900 8102 058c 2501 7501 9508 09ff 8102 c0"
    # Trigger report and a vendor's output report: other reports, which must not move the fields above.
    "0914 a102 8504 1500 2501 7501 9508 095e 095f 0960 0900 9186 c0"
    "0666ff 7508 26ff00 0901 a102 85fd 9501 0921 9102 953e 0922 928201 c0 c0".replace(" ", "")
)
NEWLAND = bytes.fromhex(
    # Made after the table in the FM420 guide: count, 56 bytes of data, 5 others, then the bit "continued".
    "058c 0902 a101 8502 0912 a102 1500 26ff00 7508 9501 0501 093b 8102 058c 9538 09fe 820201"
    "9505 0666ff 0900 8102 058c 2501 7501 9501 09ff 8102 9507 8103 c0 c0".replace(" ", "")
)


def honeywell_reports(code: bytes, aim: bytes = b"]Q1") -> list[bytes]:
    """Number, count, AIM identifier, data, the maker's own identifier, reserved, continued."""
    return [bytes([2, len(part)]) + aim + part.ljust(56, b"\0") + b"s\0" + bytes([more]) for part, more in _parts(code)]


def newland_reports(code: bytes) -> list[bytes]:
    """Number, count, data, five reserved or identifying bytes, continued."""
    return [bytes([2, len(part)]) + part.ljust(56, b"\0") + bytes(5) + bytes([more]) for part, more in _parts(code)]


def _parts(code: bytes) -> list[tuple[bytes, bool]]:
    return [(code[start : start + 56], start + 56 < len(code)) for start in range(0, len(code), 56)]


class PluggableHid:
    """The module ``hid`` with one scanner, which can be unplugged, and be somebody else's."""

    def __init__(self, descriptor: bytes | None = HONEYWELL, path: bytes = b"/dev/hidraw7") -> None:
        self._descriptor = descriptor
        self._path = path
        self._reports: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.plugged = True
        self.denied = False
        self.opened = 0

    def send(self, *reports: bytes) -> None:
        """Have the scanner send these reports."""
        for report in reports:
            self._reports.put(report)

    def enumerate(self) -> Sequence[Mapping[str, object]]:
        """The scanner, and a mouse."""
        entry = {"path": b"/dev/hidraw0", "vendor_id": 0x046D, "product_id": 0xC077, "usage_page": 1, "usage": 2}
        mouse: Mapping[str, object] = {**entry, "product_string": "Mouse"}
        scanner: Mapping[str, object] = {
            "path": self._path,
            "vendor_id": 0x0C2E,
            "product_id": 0x0B87,
            "usage_page": 0x8C,
            "usage": 2,
            "product_string": "Scanner",
        }
        return [mouse, scanner] if self.plugged else [mouse]

    def device(self) -> _Handle:
        """A closed handle."""
        return _Handle(self)

    def opens(self, path: bytes) -> None:
        """Open the scanner."""
        if self.denied or not self.plugged or path != self._path:
            raise OSError("open failed")
        self.opened += 1

    def descriptor(self) -> bytes:
        """What the scanner says of its reports."""
        if self._descriptor is None:
            raise OSError("no descriptor")
        return self._descriptor

    def read(self, timeout: float) -> bytes:
        """The next report."""
        try:
            report = self._reports.get(timeout=timeout)
        except queue.Empty:
            report = b""
        if not self.plugged:
            raise OSError("read error")
        return report


class _Handle:
    def __init__(self, library: PluggableHid) -> None:
        self._library = library

    def open_path(self, path: bytes) -> None:
        self._library.opens(path)

    def get_report_descriptor(self) -> list[int]:
        return list(self._library.descriptor())

    def read(self, max_length: int, timeout_ms: int) -> list[int]:
        return list(self._library.read(timeout_ms / 1000)[:max_length])

    def close(self) -> None:
        self._library.opened -= 1
