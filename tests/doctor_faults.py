"""A desk in order, and what can be wrong with it, one thing at a time: for ``docs/doctor.md`` and its test.

The smart-card daemon, the backend, the camera's driver, the printer's protocol, the trust store, the journal and the
full disk are real; only the clock and the list of scanners are given.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from crypto.trust.store import TrustStore
from drivers.pcsc import build as build_readers
from drivers.scanners.discovery import Discovery
from drivers.scanners.hid_library import HidEntry
from drivers.simulator.chip import Chip
from drivers.simulator.daemon import PcscDaemon
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.presented import Handling, PresentedCard
from drivers.simulator.vpcd import VpcdCard
from terminal import registry
from terminal.clock import SystemClock
from terminal.model import Outcome
from terminal.ports import ReaderOptions
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk
from tests import chips
from tests.escpos_paper import ReceiptPrinter
from tests.escpos_peers import TcpPrinter
from tests.qr_pictures import png, qr_picture

_NOBODY = "http://127.0.0.1:9"
"""The discard service, which nothing has offered for decades."""


@dataclass
class Site:
    """One desk of invented parts, in a folder of its own; ``rows`` are the sections of its configuration file. A fault
    changes rows or files before the doctor looks."""

    folder: Path
    pcscd: PcscDaemon
    rows: dict[str, dict[str, object]]

    def write(self) -> Path:
        """The configuration file."""
        file = self.folder / "terminal.toml"
        text = 'desk = "reception"\ndevice = "quay-3"\n'
        for section, values in self.rows.items():
            pairs = (f"{key} = {_toml(value)}" for key, value in values.items())
            text += "\n".join([f"[{section}]", *pairs, ""])
        file.write_text(text, "utf-8")
        return file


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int | float) else f'"{value}"'


Fault = Callable[[Site], AbstractContextManager[object]]


@dataclass(frozen=True)
class Scenario:
    """One thing that is wrong: its heading, how it is made so, and what doctor must find (subject and code)."""

    title: str
    made: str
    fault: Fault
    found: tuple[str, str] | None = None
    whole: bool = False


# The desk ------------------------------------------------------------------------------------------------------------


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
    TrustStore.open(folder / "trust").add(chips.AUTHORITY.root, _fingerprint(chips.AUTHORITY), "invented", _now())
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


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _fingerprint(authority: Authority) -> str:
    import hashlib

    return hashlib.sha256(authority.root).hexdigest()


# What is done to it --------------------------------------------------------------------------------------------------


def _pictures(change: Callable[[Any], Any] = lambda picture: picture) -> Fault:
    """A folder of pictures in the place of a camera."""

    def fault(desk: Site) -> AbstractContextManager[object]:
        folder = desk.folder / "pictures"
        folder.mkdir()
        (folder / "1.png").write_bytes(png(change(qr_picture(b"003090123450|invented", module=8))))
        desk.rows["codes"] = {"source": folder}
        return nullcontext()

    return fault


def _set(section: str, **values: object) -> Fault:
    def fault(desk: Site) -> AbstractContextManager[object]:
        desk.rows[section] = {**desk.rows.get(section, {}), **values}
        return nullcontext()

    return fault


def _with_card(handling: Handling | None = None) -> Fault:
    @contextmanager
    def fault(desk: Site) -> Iterator[None]:
        desk.rows["reader"] = {"apdu_timeout": 0.5}
        card = VpcdCard(PresentedCard(Chip(chips.contents_of("cccd-2024")), handling), port=desk.pcscd.port)
        card.place()
        try:
            _wait_for_card()
            yield
        finally:
            card.remove()

    return fault


@contextmanager
def _all(desk: Site) -> Iterator[None]:
    with _pictures()(desk), _with_card()(desk):
        yield


def _wait_for_card() -> None:
    readers, moment = build_readers(ReaderOptions()), threading.Event()
    for _ in range(100):
        if any(one.present for one in readers.readers()):
            return
        moment.wait(0.05)
    raise AssertionError("the daemon does not notice the card")


@contextmanager
def _pcscd_stopped(desk: Site) -> Iterator[None]:
    desk.pcscd.stop()
    try:
        yield
    finally:
        desk.pcscd.start()


@contextmanager
def _no_reader(desk: Site) -> Iterator[None]:
    desk.pcscd.stop()
    desk.pcscd.start(readers=False)
    try:
        yield
    finally:
        desk.pcscd.stop()
        desk.pcscd.start()


@contextmanager
def _bare(desk: Site) -> Iterator[None]:
    del desk.rows["printer"]
    desk.rows["codes"] = {"source": "97"}
    with _no_reader(desk):
        yield


def _typing_scanner(desk: Site) -> AbstractContextManager[object]:
    desk.rows["scanner"] = {"driver": "serial", "address": "/dev/ttyACM97"}
    keyboard = HidEntry(b"1", 0x0C2E, 0x0B61, 0x01, 0x06, "Voyager 1400g")
    listed = Discovery(ports=lambda: (), hids=lambda: (keyboard,))
    return mock.patch.object(registry, "scanners", return_value=lambda: listed)


def _wrong_clock(desk: Site) -> AbstractContextManager[object]:
    def fast(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(hours=3)

    return mock.patch.object(SystemClock, "now", fast)


def _expired_issuer(desk: Site) -> AbstractContextManager[object]:
    long_ago = CertificateForm(
        Name("CSCA SIMULATED", "VN"),
        Role.ROOT,
        not_before=datetime(2010, 1, 1, tzinfo=UTC),
        not_after=datetime(2025, 1, 1, tzinfo=UTC),
    )
    authority = Authority(b"long ago", form=long_ago)
    TrustStore.open(desk.folder / "old").add(authority.root, _fingerprint(authority), "invented", _now())
    return _set("trust", directory=desk.folder / "old")(desk)


@contextmanager
def _no_paper(desk: Site) -> Iterator[None]:
    printer = TcpPrinter(ReceiptPrinter(paper_rows=0))
    with _set("printer", address=printer.address)(desk):
        yield
    printer.close()


def _blurred(picture: Any) -> Any:
    import cv2

    return cv2.GaussianBlur(picture, (0, 0), 16)


def _damaged_journal(desk: Site) -> AbstractContextManager[object]:
    desk.rows["journal"]["path"] = desk.folder / "damaged.sqlite3"
    (desk.folder / "damaged.sqlite3").write_bytes(b"noise" * 1000)
    (desk.folder / "damaged.sqlite3").chmod(0o600)
    return nullcontext()


def _exposed_token(desk: Site) -> AbstractContextManager[object]:
    token = desk.folder / "token"
    token.write_text("invented\n", "ascii")
    token.chmod(0o644)
    return _set("backend", token_file=token)(desk)


def full_disk(desk: Site) -> AbstractContextManager[object]:
    (desk.folder / "small").mkdir()
    return _set("journal", path=desk.folder / "small" / "journal.sqlite3", key_file=desk.folder / "site.key")(desk)


SCENARIOS = (
    Scenario("Without devices", "No reader is plugged in, there is no camera, no printer.", _bare, whole=True),
    Scenario(
        "With virtual devices",
        "All parts are in order, a simulated card lies on the first reader.",
        _with_card(),
        whole=True,
    ),
    Scenario("1. The smart-card service is off", "pcscd was stopped.", _pcscd_stopped, ("reader", "reader.service")),
    Scenario("2. No reader", "pcscd runs, nothing is plugged in.", _no_reader, ("reader", "reader.absent")),
    Scenario(
        "3. No camera",
        "`codes.source` names camera 97. A camera that another program holds looks the same.",
        _set("codes", driver="camera", source="97"),
        ("camera", "camera.absent"),
    ),
    Scenario(
        "4. The scanner types",
        "`scanner.driver` is `serial`, the only scanner is a Honeywell that the system lists as a keyboard.",
        _typing_scanner,
        ("scanner", "scanner.mode"),
    ),
    Scenario(
        "5. The backend cannot be reached",
        "Nobody listens where `backend.url` leads.",
        _set("backend", url=_NOBODY),
        ("backend", "net.down"),
    ),
    Scenario("6. The clock is wrong", "This computer is three hours ahead.", _wrong_clock, ("clock", "clock.wrong")),
    Scenario(
        "7. The disk is full",
        "The journal lies on a file system of 1 MiB (tmpfs) with no byte left.",
        full_disk,
        ("disk", "disk.full"),
    ),
    Scenario(
        "8. The accepted issuers have expired",
        "The only accepted root certificate ended in 2025.",
        _expired_issuer,
        ("trust", "trust.old"),
    ),
    Scenario(
        "9. No issuer is accepted",
        "The trust store is empty, as on a new computer.",
        _set("trust", directory="nothing"),
        ("trust", "trust.none"),
    ),
    Scenario("10. The printer has no paper", "It says so when asked.", _no_paper, ("printer", "printer.paper")),
    Scenario(
        "11. The camera is out of focus",
        "Its pictures are blurred.",
        _pictures(_blurred),
        ("camera", "camera.blurred"),
    ),
    Scenario(
        "12. The camera is covered",
        "Its pictures are nearly black.",
        _pictures(lambda picture: picture // 16),
        ("camera", "camera.dark"),
    ),
    Scenario(
        "13. A card is silent",
        "Its chip answers the reset and nothing more.",
        _with_card(Handling(ChipFault.SILENT)),
        ("card", "card.silent"),
    ),
    Scenario("14. The journal is damaged", "It is noise.", _damaged_journal, ("journal", "journal.damaged")),
    Scenario(
        "15. Others may read the token",
        "Its file has mode 644.",
        _exposed_token,
        ("secrets", "secrets.exposed"),
    ),
)
