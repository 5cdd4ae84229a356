"""What ``printer.address`` means to a receipt printer's driver, and the line it leads to."""

from __future__ import annotations

import errno
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

from drivers.printers.lines import DeviceLine, FileLine, Line, SerialLine, TcpLine
from terminal.faults import FaultError
from terminal.outputs import PrinterOptions

RAW_PORT = 9100
"""The port at which network printers take what is to be printed."""

SYSTEM_PRINTERS = Path("/sys/class/usbmisc")
"""Where Linux lists the printers of its driver usblp, with the USB device of each."""

Opener = Callable[[float], Line]
"""Opens the line within so many seconds; raises OSError."""

_TCP = re.compile(r"tcp:(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]/\s]+))(?::([0-9]{1,5}))?")
_USB = re.compile(r"usb:([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})")


def opener_of(options: PrinterOptions) -> Opener:
    """How to reach that printer. Raises FaultError ``config.invalid`` for no address, ``install.missing``."""
    address = options.address
    if found := _TCP.fullmatch(address):
        host, port = found[1] or found[2], int(found[3] or RAW_PORT)
        if 0 < port < 1 << 16:
            return lambda within: TcpLine(host, port, within)
    elif found := _USB.fullmatch(address):
        vendor, product = found[1].lower(), found[2].lower()
        return lambda _within: DeviceLine(usb_printer(vendor, product, SYSTEM_PRINTERS))
    elif address.startswith("serial:") and len(address) > len("serial:"):
        if importlib.util.find_spec("serial") is None:
            raise FaultError("install.missing", "pyserial")
        return lambda _within: SerialLine(address.removeprefix("serial:"), options.baud)
    elif address.startswith("file:") and len(address) > len("file:"):
        return lambda _within: FileLine(Path(address.removeprefix("file:")))
    elif address and not address.startswith(("tcp:", "usb:", "serial:", "file:")):
        return lambda _within: DeviceLine(Path(address))
    raise FaultError("config.invalid", "printer.address: a device file, tcp:HOST[:PORT], usb:VENDOR:PRODUCT (four "
                                       "hexadecimal digits each), serial:PORT or file:PATH")  # fmt: skip


def usb_printer(vendor: str, product: str, listed: Path) -> Path:
    """The device file of the first such printer. Raises FileNotFoundError, also where there is no usblp."""
    for entry in sorted(listed.glob("lp*")):
        usb = (entry / "device").resolve().parent  # usblp is bound to an interface; its parent is the device
        ids = [(usb / name) for name in ("idVendor", "idProduct")]
        if [_word(file) for file in ids] == [vendor, product]:
            return Path("/dev/usb") / entry.name
    raise FileNotFoundError(errno.ENOENT, "no such USB printer")


def _word(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except OSError:  # unplugged just now
        return ""
