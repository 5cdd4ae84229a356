"""A desk in order, and what can be wrong with it, one thing at a time: for ``docs/doctor.md`` and its test.

The smart-card daemon, the backend, the camera's driver, the printer's protocol, the trust store, the journal and the
full disk are real; only the clock and the list of scanners are given.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pymodbus.server import ModbusTcpServer

from crypto.trust.store import TrustStore
from drivers.pcsc import build as build_readers
from drivers.scanners.discovery import Discovery
from drivers.scanners.hid_library import HidEntry
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.presented import Handling, PresentedCard
from drivers.simulator.vpcd import VpcdCard
from terminal import registry
from terminal.clock import SystemClock
from terminal.ports import ReaderOptions
from tests import chips
from tests.doctor_site import Site, fingerprint, now
from tests.escpos_paper import ReceiptPrinter
from tests.escpos_peers import TcpPrinter
from tests.gate_peers.modbus_module import UNIT, ModbusModule
from tests.qr_pictures import png, qr_picture

_NOBODY = "http://127.0.0.1:9"
"""The discard service, which nothing has offered for decades."""


Fault = Callable[[Site], AbstractContextManager[object]]


@dataclass(frozen=True)
class Scenario:
    """One thing that is wrong: its heading, how it is made so, and what doctor must find (subject and code)."""

    title: str
    made: str
    fault: Fault
    found: tuple[str, str] | None = None
    whole: bool = False


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
            _wait_until(present=True)
            yield
        finally:
            card.remove()
            _wait_until(present=False)

    return fault


@contextmanager
def _all(desk: Site) -> Iterator[None]:
    """Camera, card, a scanner in the network, and a folder for results."""
    (desk.folder / "results").mkdir(mode=0o700)
    desk.rows["handover"] = {"folder": desk.folder / "results"}
    with _pictures()(desk), _with_card()(desk), socket.create_server(("127.0.0.1", 0)) as scanner:
        desk.rows["scanner"] = {"driver": "serial", "address": f"tcp:127.0.0.1:{scanner.getsockname()[1]}"}
        yield


def _gate(desk: Site, port: int) -> None:
    """A ticket gate with a Modbus module at that port."""
    keys = desk.folder / "keys"
    keys.mkdir()
    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    (keys / "invented.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    desk.kind = "gate"
    desk.rows["trust"]["tickets"] = keys
    desk.rows["backend"] |= {"event": "trang-an-mau", "gate": "A1"}
    desk.rows["gate"] = {"driver": "modbus", "address": f"tcp:127.0.0.1:{port}", "unit": UNIT, "fails": "shut"}


@contextmanager
def _whole_gate(desk: Site) -> Iterator[None]:
    port = _free_port()
    module = ModbusModule(lambda device: ModbusTcpServer(device, address=("127.0.0.1", port)))
    module.start()
    _gate(desk, port)
    try:
        with _pictures()(desk):
            yield
    finally:
        module.close()


@contextmanager
def _no_board(desk: Site) -> Iterator[None]:
    _gate(desk, _free_port())
    with _pictures()(desk):
        yield


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def _wait_until(*, present: bool) -> None:
    """The daemon looks at its readers every 0.4 s."""
    readers, moment = build_readers(ReaderOptions()), threading.Event()
    for _ in range(100):
        if any(one.present for one in readers.readers()) is present:
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
    TrustStore.open(desk.folder / "old").add(authority.root, fingerprint(authority), "invented", now())
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
        "All parts are in order: also a camera, a scanner on a socket, a simulated card on the first reader, and a "
        "folder for results.",
        _all,
        whole=True,
    ),
    Scenario(
        "With virtual devices, a ticket gate",
        "A camera, a Modbus module in the network, a ticket issuer's key.",
        _whole_gate,
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
    Scenario(
        "16. The gate's board is away",
        "Nobody answers at `gate.address`, a Modbus module in the network.",
        _no_board,
        ("gate", "gate.absent"),
    ),
    Scenario(
        "17. The hospital's folder is away",
        "`handover.folder` leads to a share that is not there.",
        _set("handover", folder="share"),
        ("handover", "handover.absent"),
    ),
)
