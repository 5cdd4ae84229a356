"""A desk in order, of real and virtual parts, for ``tests.doctor_faults`` to do something to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crypto.trust.store import TrustStore
from drivers.simulator.daemon import PcscDaemon
from drivers.simulator.issuer.authority import Authority
from terminal.model import Outcome
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk
from tests import chips
from tests.escpos_paper import ReceiptPrinter
from tests.escpos_peers import TcpPrinter


@dataclass
class Site:
    """One desk of invented parts, in a folder of its own; ``rows`` are the sections of its configuration file. A fault
    changes rows or files before the doctor looks."""

    folder: Path
    pcscd: PcscDaemon
    rows: dict[str, dict[str, object]]
    kind: str = "reception"

    def write(self) -> Path:
        """The configuration file."""
        file = self.folder / "terminal.toml"
        text = f'desk = "{self.kind}"\ndevice = "quay-3"\n'
        for section, values in self.rows.items():
            pairs = (f"{key} = {_toml(value)}" for key, value in values.items())
            text += "\n".join([f"[{section}]", *pairs, ""])
        file.write_text(text, "utf-8")
        return file


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def _entry() -> JournalEntry:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return JournalEntry(
        when=now,
        session=1,
        desk=Desk.RECEPTION,
        device="quay-3",
        method=Method.NOTHING,
        outcome=Outcome.STOP,
        reason="ok.bhyt",
    )


@contextmanager
def site(folder: Path, pcscd: PcscDaemon, url: str, token: Path) -> Iterator[Site]:
    """A reception in order: two virtual readers, the reference backend, a receipt printer, an accepted issuer and a
    journal with one entry."""
    TrustStore.open(folder / "trust").add(chips.AUTHORITY.root, fingerprint(chips.AUTHORITY), "invented", now())
    with Journal(folder / "journal.sqlite3") as journal:
        journal.append(_entry())
    with ExitStack() as undo:
        printer = TcpPrinter(ReceiptPrinter())
        undo.callback(printer.close)
        yield Site(
            folder,
            pcscd,
            {
                "backend": {"url": url, "token_file": token},
                "codes": {"driver": "none"},
                "printer": {"driver": "escpos", "address": printer.address, "seconds": 3.0},
                "trust": {"directory": folder / "trust"},
                "journal": {"path": folder / "journal.sqlite3"},
            },
        )


def now() -> datetime:
    """The moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def fingerprint(authority: Authority) -> str:
    """The SHA-256 of its root."""
    return hashlib.sha256(authority.root).hexdigest()
