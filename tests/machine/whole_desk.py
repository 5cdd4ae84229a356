"""A whole desk around the real engine, with a hand on every cable: reader, camera, scanner, gate and backend.

The drivers are the configured ones; on their other side are a private PC/SC daemon, a folder of pictures, a
pseudo-terminal, a simulated gate board, and the reference backend in a process of its own behind a cable.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from backend import keys
from backend.engine.opening import open_store
from backend.sample import ADULT, EVENT
from backend.signing import signed
from backend.tickets import selling
from backend.tickets.sold import SoldTicket
from config.load import load
from crypto.trust.certificate import Certificate
from crypto.trust.store import TrustStore
from drivers.simulator.cable import Cable, Line
from drivers.simulator.gate import SimulatedBoard, SimulatedGate
from drivers.simulator.hand import VirtualHand
from terminal.boot import Terminal, build
from terminal.demo.surroundings import backend_process
from terminal.events import Button, Device, Event, Pressed
from terminal.flow.effects import Effect
from terminal.flow.states import State
from terminal.model import Outcome
from terminal.outputs import GateOptions
from terminal.ports import GreyFrame
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Screen
from tests import chips
from tests.desk import FakeFace
from tests.gate_peers.serial_cable import SerialPort
from tests.pcscd import PcscDaemon

GATE = "cong-1"
RETURN = 5.0
"""Seconds from a device's return to a desk that works: what the project promises."""

PATIENCE = 15.0


class Seen:
    """Sees every state of the engine; a test waits here."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.state = State()

    def __call__(self, state: State, _effects: tuple[Effect, ...]) -> None:
        with self._changed:
            self.state = state
            self._changed.notify_all()

    def wait(self, right: Callable[[State], bool], timeout: float = PATIENCE) -> State:
        """The state as soon as it is right."""
        with self._changed:
            if not self._changed.wait_for(lambda: right(self.state), timeout):
                raise AssertionError(f"still {self.state.screen} with {self.state.up} up and {self.state.down} down")
            return self.state

    def settle(self, seconds: float) -> None:
        """Let this much time pass, or the next change."""
        with self._changed:
            self._changed.wait(seconds)

    def screen(self, *wanted: Screen, timeout: float = PATIENCE) -> State:
        """The state once one of these screens is shown."""
        return self.wait(lambda state: state.screen in wanted, timeout)


class Face(FakeFace):
    """A face that takes pictures too."""

    def frame(self, frame: GreyFrame) -> None:
        """Nobody looks."""

    def show(self, view: object) -> None:
        """Nobody looks; what is shown would only pile up."""


class Complaints(logging.Handler):
    """Keeps what was logged at ERROR, and every traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            self.texts.append(f"{record.name}: {record.getMessage()}")


@dataclass(frozen=True, slots=True)
class Site:
    """What a desk stands on: folders, keys, tickets, the backend and the cable to it."""

    folder: Path
    cable: Cable
    token: Path
    tickets: tuple[bytes, ...]

    @property
    def pictures(self) -> Path:
        """The camera."""
        return self.folder / "pictures"

    def entries(self) -> int:
        """How long the journal is."""
        with Journal(self.folder / "journal.sqlite") as journal:
            return journal.verify()


@contextmanager
def site(folder: Path, tickets: int) -> Iterator[Site]:
    """A running backend that sold so many tickets, an accepted issuer, an empty camera."""
    for name in ("pictures", "trust", "tickets", "backend"):
        (folder / name).mkdir()
    root = chips.AUTHORITY.root
    store = TrustStore.open(folder / "trust")
    store.add(root, Certificate.parse(root).fingerprint, "tests (SIMULATED)", datetime.now(UTC))
    sold = _sell(folder / "backend", tickets)
    with ExitStack() as stack:
        backend = stack.enter_context(backend_process(folder / "backend"))
        at = urlsplit(backend.url)
        cable = Cable((at.hostname or "", at.port or 0))
        stack.callback(cable.close)
        (folder / "tickets" / "tests.pem").write_bytes(backend.ticket_key.read_bytes())
        yield Site(folder, cable, backend.token_file, sold)


def _sell(folder: Path, number: int) -> tuple[bytes, ...]:
    key = keys.load_signing_key(folder / keys.KEY_FILE)
    now = datetime.now(UTC).replace(microsecond=0)
    begins, ends = now - timedelta(days=1), now + timedelta(days=1)
    sold = [SoldTicket(EVENT, f"MAU-{count:04}", ADULT, 1, begins, ends) for count in range(number)]
    with closing(open_store(f"sqlite:///{folder / 'backend.sqlite'}")) as store, store.transaction() as db:
        selling.add_tickets(db, sold, datetime.now(UTC))
    return tuple(signed(ticket, "tests", key).encode("ascii") for ticket in sold)


class WholeDesk:
    """A running desk. ``devices`` are the cables that can be pulled."""

    def __init__(self, at: Site, desk: str, daemon: PcscDaemon, board: SimulatedBoard | None = None) -> None:
        self.site, self.daemon, self.board = at, daemon, board or SimulatedBoard()
        self.scanner = SerialPort(at.folder / f"scanner-{desk}", lambda _data: None)
        self.hand = VirtualHand(daemon.address)
        self.seen, self.complaints = Seen(), Complaints()
        file = at.folder / f"{desk}.toml"
        file.write_text(_rows(at, desk, self.scanner.path), encoding="utf-8")
        self.file = file
        self.terminal: Terminal | None = None
        self._entries_before = 0
        self._used_before: set[str] = set()

    def start(self) -> None:
        """Begin."""
        settings = load(self.file, environ={})
        gate = SimulatedGate(GateOptions("tests", 1, 1, 2.0), self.board) if settings.desk == "gate" else None
        logging.getLogger().addHandler(self.complaints)
        self._entries_before = self.site.entries()
        self._used_before = set(self.given()[0].values())
        self.terminal = build(settings, face=Face(), gate=gate, watch=self.seen)
        self.terminal.engine.start()

    def close(self) -> None:
        """End, and take everything away."""
        self.hand.lift()
        if self.terminal is not None:
            self.terminal.engine.stop()
            self.terminal.close()
        logging.getLogger().removeHandler(self.complaints)
        self.scanner.close()
        self.site.cable.set(Line.WHOLE)
        self._put_camera_back()

    def _put_camera_back(self) -> None:
        away = self.site.folder / "away"
        if away.exists():
            away.rename(self.site.pictures)

    def say(self, *events: Event) -> None:
        """Let these happen."""
        assert self.terminal is not None
        for event in events:
            self.terminal.engine.post(event)

    def done(self) -> None:
        """The key that ends a visit."""
        self.say(Pressed(Button.DONE))

    def scan(self, payload: bytes) -> None:
        """Pull the scanner's trigger over a code."""
        self.scanner.send(payload + b"\r\n")

    # Cables ----------------------------------------------------------------------------------------------------------

    def unplug(self, device: Device, way: int = 0) -> None:
        """Pull a device's cable; ``way`` chooses among the ways in which one can go."""
        if device is Device.READER:
            (self.daemon.stop, self.daemon.kill, lambda: self.daemon.restart(readers=False))[way % 3]()
        elif device is Device.CAMERA:
            self.site.pictures.rename(self.site.folder / "away")
        elif device is Device.SCANNER:
            self.scanner.unplug()
        elif device is Device.GATE:
            self.board.unplug()
        else:
            self.site.cable.set((Line.CUT, Line.MUTE)[way % 2])

    def plug(self, device: Device) -> None:
        """Put it back."""
        if device is Device.READER:
            self.daemon.stop()
            self.daemon.start()
        elif device is Device.CAMERA:
            self._put_camera_back()
        elif device is Device.SCANNER:
            self.scanner.plug()
        elif device is Device.GATE:
            self.board.plug()
        else:
            self.site.cable.set(Line.WHOLE)

    def wait_down(self, device: Device) -> None:
        """Until the desk knows that it is gone; nobody watches over the backend while nobody asks it."""
        if device is not Device.BACKEND:
            self.seen.wait(lambda state: all(kind is not device for kind, _ in state.up))

    def wait_up(self, device: Device) -> float:
        """Until the desk knows that it is back; seconds since now."""
        began = time.monotonic()
        if device is not Device.BACKEND:
            self.seen.wait(lambda state: any(kind is device for kind, _ in state.up), RETURN)
        return time.monotonic() - began

    # What was kept ---------------------------------------------------------------------------------------------------

    def entries(self) -> list[JournalEntry]:
        """What this desk put into the journal, whose chain is proven."""
        with Journal(self.site.folder / "journal.sqlite") as journal:
            journal.verify()
            return [row.entry for row in journal.read(self._entries_before, limit=100_000)]

    def check_admissions(self) -> None:
        """Every yes in the journal is one of the backend's, none stands there twice, and no ticket was used up of which
        the journal knows nothing."""
        entries = self.entries()
        yes = Counter(entry.reference for entry in entries if entry.outcome is Outcome.ALLOW)
        tickets, people = self.given()
        assert set(yes.values()) <= {1}
        assert yes.keys() <= tickets.keys() | people
        known = {entry.scan_id for entry in entries if entry.method is Method.TICKET}
        assert {scan_id for scan_id in tickets.values() if scan_id not in self._used_before} <= known

    def given(self) -> tuple[dict[str, str], set[str]]:
        """The backend's yeses: of tickets reference and scan id, of people the references."""
        with closing(sqlite3.connect(self.site.folder / "backend" / "backend.sqlite")) as db:
            tickets = db.execute("SELECT reference, scan_id FROM scan WHERE reason = 'ok'").fetchall()
            people = db.execute("SELECT reference FROM inquiry WHERE reason = 'in_force'").fetchall()
        return dict(tickets), {reference for (reference,) in people}


def _rows(at: Site, desk: str, scanner: Path) -> str:
    more = f'event = "{EVENT}"\ngate = "{GATE}"' if desk == "gate" else ""
    needs = 'needs = ["scanner"]' if desk == "gate" else ""
    return f"""
desk = "{desk}"
device = "tests"
{needs}
[reader]
names = "Virtual PCD*"
[codes]
source = "{at.pictures}"
repeat_after = 1.0
[scanner]
driver = "serial"
address = "{scanner}"
[trust]
directory = "{at.folder / "trust"}"
tickets = "{at.folder / "tickets"}"
[journal]
path = "{at.folder / "journal.sqlite"}"
[backend]
url = "http://127.0.0.1:{at.cable.port}"
token_file = "{at.token}"
connect = 0.3
total = 1.2
{more}
"""


@dataclass(frozen=True, slots=True)
class Belongings:
    """The threads of this process, and what its handles lead to."""

    threads: frozenset[int | None]
    handles: Counter[str]

    @classmethod
    def now(cls) -> Belongings:
        """At this moment."""
        return cls(frozenset(thread.ident for thread in threading.enumerate()), _handles())

    def wait_for(self) -> None:
        """Until no more is held than this; AssertionError when that does not come to be."""
        until = time.monotonic() + PATIENCE
        for thread in threading.enumerate():
            if thread.ident not in self.threads:
                thread.join(max(0.0, until - time.monotonic()))
                assert not thread.is_alive(), f"{thread.name} is left behind"
        gc.collect()
        # One connection to the backend is kept open, with both ends of the cable that it goes through.
        more = _handles() - self.handles - Counter(socket=3)
        assert not more, more


def _handles() -> Counter[str]:
    found: Counter[str] = Counter()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the folder's own handle
            found[os.readlink(f"/proc/self/fd/{name}").partition(":")[0]] += 1
    return found
