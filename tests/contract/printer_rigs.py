"""Benches on which the printer contract is tried: a kind of printer, the paper it prints on, and hands that disturb it.

A new kind of printer joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from drivers.printers import escpos, zpl
from drivers.simulator.printer import SimulatedPrinter
from terminal.outputs import Printer, PrinterOptions
from tests.escpos_paper import ReceiptPrinter
from tests.escpos_peers import AnyPrinter, PtyPrinter, TcpPrinter
from tests.zpl_paper import LabelPrinter

SECONDS = 6.0
"""What each printer is given for one slip."""


class Rig(Protocol):
    """One printer and one hand. Its paper is looked at as a count: what is on it has tests of its own."""

    simulated: bool

    def written(self) -> bytes:
        """What it wrote besides the paper: a file's head, names that a spooler logs."""
        ...

    def printer(self) -> Printer:
        """A new printer."""
        ...

    def printed(self) -> int:
        """How many whole slips have come out."""
        ...

    def take_away(self) -> None:
        """Unplug it."""
        ...

    def bring_back(self) -> None:
        """Plug it in again, with empty trays."""
        ...

    def close(self) -> None:
        """Clear the bench."""
        ...


class FileRig:
    """Receipt commands into a file, whose folder comes and goes."""

    simulated = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tray"
        self._folder.mkdir()
        self._target = self._folder / "slips.bin"

    def printer(self) -> Printer:
        """The driver."""
        return escpos.build(PrinterOptions(f"file:{self._target}", seconds=SECONDS))

    def printed(self) -> int:
        """Slips in the file, read by the paper's own interpreter."""
        if not self._target.exists():
            return 0
        paper = ReceiptPrinter()
        paper.take(self._target.read_bytes())
        assert paper.unfinished == 0
        return len(paper.slips)

    def written(self) -> bytes:
        """Nothing."""
        return b""

    def take_away(self) -> None:
        """No folder."""
        self._target.unlink(missing_ok=True)
        self._folder.rmdir()

    def bring_back(self) -> None:
        """An empty one."""
        self._folder.mkdir()

    def close(self) -> None:
        """Nothing runs."""


class TcpRig:
    """A printer on the loopback: how it is spoken to, and what it understands."""

    simulated = False

    def __init__(self, build: Callable[[PrinterOptions], Printer], paper: Callable[[], AnyPrinter]) -> None:
        self._build = build
        self._paper = paper
        self._peer = TcpPrinter(paper())
        self._address = self._peer.address

    def printer(self) -> Printer:
        """The driver."""
        return self._build(PrinterOptions(self._address, seconds=SECONDS))

    def printed(self) -> int:
        """Slips that came out whole."""
        return len(self._peer.printer.slips)

    def written(self) -> bytes:
        """Nothing."""
        return b""

    def take_away(self) -> None:
        """Nobody listens."""
        self._peer.close()

    def bring_back(self) -> None:
        """At the same address."""
        self._peer = TcpPrinter(self._paper(), port=int(self._address.rpartition(":")[2]))

    def close(self) -> None:
        """Hang up."""
        self._peer.close()


def _receipts(_folder: Path) -> TcpRig:
    return TcpRig(escpos.build, ReceiptPrinter)


def _labels(_folder: Path) -> TcpRig:
    return TcpRig(zpl.build, LabelPrinter)


class SerialRig:
    """A receipt printer on a pty, behind a name that stays."""

    simulated = False

    def __init__(self, folder: Path) -> None:
        self._port = folder / "tty"
        self.bring_back()

    def printer(self) -> Printer:
        """The driver."""
        return escpos.build(PrinterOptions(f"serial:{self._port}", seconds=SECONDS, baud=115_200))

    def printed(self) -> int:
        """Slips that were cut off."""
        return len(self._peer.printer.slips)

    def written(self) -> bytes:
        """Nothing."""
        return b""

    def take_away(self) -> None:
        """The port goes."""
        self._port.unlink()
        self._peer.close()

    def bring_back(self) -> None:
        """The port comes."""
        self._peer = PtyPrinter(ReceiptPrinter())
        self._port.symlink_to(self._peer.path)

    def close(self) -> None:
        """Hang up."""
        self._peer.close()


class PdfRig:
    """The system's printing, into a PDF file whose folder comes and goes."""

    simulated = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tray"
        self._folder.mkdir()
        self._target = self._folder / "slip.pdf"
        self._count = 0

    def printer(self) -> Printer:
        """The driver."""
        from ui import printing

        return printing.build(PrinterOptions(f"pdf:{self._target}", seconds=SECONDS))

    def printed(self) -> int:
        """One file is one slip: it is taken out of the tray at each look."""
        if self._target.exists():
            assert self._target.read_bytes().rstrip().endswith(b"%%EOF")
            self._count += 1
            self._target.rename(self._folder.parent / f"{self._count}.pdf")
        return self._count

    def written(self) -> bytes:
        """What the file says about itself."""
        return self._target.read_bytes().partition(b"endobj")[0]

    def take_away(self) -> None:
        """No folder."""
        self.printed()
        self._folder.rmdir()

    def bring_back(self) -> None:
        """An empty one."""
        self._count = 0
        self._folder.mkdir()

    def close(self) -> None:
        """Nothing runs."""


class SimulatedRig:
    """The double that keeps slips."""

    simulated = True

    def __init__(self, _folder: Path) -> None:
        self._printer = SimulatedPrinter()
        self._before = 0

    def printer(self) -> Printer:
        """The double."""
        return self._printer

    def printed(self) -> int:
        """What it kept since it was brought back."""
        return len(self._printer.slips) - self._before

    def written(self) -> bytes:
        """Nothing."""
        return b""

    def take_away(self) -> None:
        """As if."""
        self._printer.fault = "printer.absent"

    def bring_back(self) -> None:
        """As if."""
        self._printer.fault = None
        self._before = len(self._printer.slips)

    def close(self) -> None:
        """Nothing runs."""


RIGS: Mapping[str, Callable[[Path], Rig]] = MappingProxyType(
    {"escpos file": FileRig, "escpos tcp": _receipts, "escpos serial": SerialRig, "zpl tcp": _labels,
     "system pdf": PdfRig, "simulated": SimulatedRig}
)  # fmt: skip
