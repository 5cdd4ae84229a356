"""A whole counter in processes of their own, with a hand on every cable: terminal, PC/SC daemon, backend, display.

The terminal runs as the command starts it (children/watched_desk.py) and reads real devices' doubles: a virtual reader
of a private daemon, a folder or a video as the camera, a scanner on a pty, the reference backend behind a cable that
can be pulled.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend import keys, places
from backend.engine.opening import open_store
from backend.sample import ADULT, EVENT
from backend.signing import signed
from backend.tickets import selling
from backend.tickets.sold import SoldTicket
from crypto.codes.ticket import Form
from crypto.trust.certificate import Certificate
from crypto.trust.store import TrustStore
from drivers.simulator import daemon
from drivers.simulator.cable import Cable
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.hand import VirtualHand
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.personalise import personalise
from drivers.simulator.presented import PresentedCard
from drivers.simulator.profiles import PROFILES
from parts.admissions import Admissions
from parts.folders import CHILDREN, disk_folder, short_folder
from parts.footprint import Footprint, footprint
from parts.line import Line
from parts.site import site_file
from terminal.demo.surroundings import backend_process, display

GATE = "cong-1"
PATIENCE = 15.0
STARTED = 30.0

Seen = dict[str, Any]
"""A screen that people saw: ``screen``, ``session``, ``outcome``, ``title``, ``hint`` and when (``at``)."""


@dataclass(frozen=True, slots=True)
class Make:
    """Which counter: the desk, how many tickets are sold, and more lines of the site's file.

    ``video``: a file that is the camera, in the place of the folder; ``frames``: a folder of JPEG files that a double
    of OpenCV's V4L2 camera shows.
    """

    desk: str
    tickets: int = 0
    more: tuple[str, ...] = ()
    form: Form = Form.BASE45
    video: Path | None = None
    frames: Path | None = None


class Program:
    """The terminal's process: what it shows, and what it is asked by whoever measures."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answers: queue.SimpleQueue[Seen] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._now: Seen = {"screen": "", "session": -1}
        self.results = 0
        """Results that people saw so far."""
        threading.Thread(target=self._listen, name="bench-listen", daemon=True).start()

    @property
    def now(self) -> Seen:
        """What is shown."""
        return self._now

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def footprint(self) -> Footprint:
        """What it holds now."""
        return footprint(self.pid)

    def ask(self, command: str) -> Seen:
        """The answer to a command of children/watched_desk.py."""
        self._tell(command)
        return self._answers.get(timeout=PATIENCE)

    def wait(self, right: Callable[[Seen], bool], timeout: float = PATIENCE) -> Seen:
        """What is shown now or comes to be shown and is ``right``. Raises TimeoutError, naming what is shown."""
        with self._changed:
            if not self._changed.wait_for(lambda: right(self._now), timeout):
                raise TimeoutError(f"still {self._now}")
            return self._now

    def end(self) -> int:
        """Close it as its window's cross would; the exit code."""
        if self._process.poll() is None:
            self._tell("quit")
        return self._process.wait(PATIENCE)

    def _tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "answer" in said:
                self._answers.put(said)
                continue
            with self._changed:
                self._now = said
                self.results += said["screen"] == "result"
                self._changed.notify_all()
        with self._changed:
            self._now = {"screen": "ended", "session": -1}
            self._changed.notify_all()


class Counter:
    """The running terminal and everything around it."""

    def __init__(self, folder: Path, program: Program, reader: tuple[str, int], line: Line, cable: Cable) -> None:
        self.program, self.reader = program, reader
        self.pictures = folder / "pictures"
        self.hand, self.line, self.cable = VirtualHand(reader), line, cable
        self.tickets: list[bytes] = []
        self.admissions = Admissions(folder / "journal.sqlite", folder / "backend" / "backend.sqlite")
        self._cards: dict[str, Contents] = {}
        self._shown = 0

    def card(self, profile: str) -> PresentedCard:
        """The simulated card of that profile, ready to be laid down."""
        return PresentedCard(self.chip(profile))

    def chip(self, profile: str) -> Chip:
        """The simulated chip of that profile."""
        contents = self._cards.get(profile)
        if contents is None:
            known = PROFILES[profile]
            contents = self._cards[profile] = personalise(known.person, known.make, AUTHORITY)
        return Chip(contents)

    def show(self, picture: bytes) -> Path:
        """Hold a picture (PNG) in front of the folder's camera; unlink the path to take it away."""
        self._shown += 1
        path = self.pictures / f"shown-{self._shown:05}.png"
        part = path.with_suffix(".part")
        part.write_bytes(picture)
        os.replace(part, path)
        return path


AUTHORITY = Authority(b"bench")


@contextmanager
def counter(make: Make) -> Iterator[Counter]:
    """A counter that works, until the end; whatever it started is gone then."""
    with ExitStack() as stack:
        folder = stack.enter_context(disk_folder())
        short = stack.enter_context(short_folder())
        running = daemon.start(short / "pcscd")
        stack.callback(running.stop)
        tickets = _sell(folder / "backend", make)
        backend = stack.enter_context(backend_process(folder / "backend"))
        stack.enter_context(display(headless=True))
        at = urlsplit(backend.url)
        cable = Cable((at.hostname or "", at.port or 0))
        stack.callback(cable.close)
        line = stack.enter_context(Line(short / "scanner"))
        file = _site(folder, make, line, f"http://127.0.0.1:{cable.port}", backend.token_file, backend.ticket_key)
        program = stack.enter_context(_program(file, folder / "terminal.log", make.frames))
        made = Counter(folder, program, running.address, line, cable)
        made.tickets = tickets
        program.wait(lambda seen: seen["screen"] == "idle", STARTED)
        yield made


def _sell(folder: Path, make: Make) -> list[bytes]:
    folder.mkdir()
    database = folder / "backend.sqlite"
    key = keys.load_signing_key(places.beside(f"sqlite:///{database}", keys.KEY_FILE))
    now = datetime.now(UTC).replace(microsecond=0)
    sold = [
        SoldTicket(EVENT, f"BENCH-{number:06}", ADULT, 1, now - timedelta(days=1), now + timedelta(days=1))
        for number in range(make.tickets)
    ]
    store = open_store(f"sqlite:///{database}")
    try:
        with store.transaction() as db:
            selling.add_tickets(db, sold, datetime.now(UTC))
    finally:
        store.close()
    return [signed(ticket, "bench", key, make.form).encode("ascii") for ticket in sold]


def _site(folder: Path, make: Make, line: Line, url: str, token: Path, ticket_key: Path) -> Path:
    backend = [f'url = "{url}"', f'token_file = "{token}"']
    if make.desk == "gate":
        backend += [f'event = "{EVENT}"', f'gate = "{GATE}"']
    rows = [
        '[reader]\nnames = "Virtual PCD*"',
        "[backend]\n" + "\n".join(backend),
        "[face]\nsound = 0.0",
        *make.more,
    ]
    if not any("[scanner]" in row for row in make.more):
        rows.append(f'[scanner]\ndriver = "serial"\naddress = "{line.path}"')
    file = site_file(folder, make.desk, *rows, camera="0" if make.frames else make.video)
    (folder / "tickets" / "bench.pem").write_bytes(ticket_key.read_bytes())
    store = TrustStore.open(folder / "trust")
    store.add(AUTHORITY.root, Certificate.parse(AUTHORITY.root).fingerprint, "bench (SIMULATED)", datetime.now(UTC))
    return file


@contextmanager
def _program(file: Path, log: Path, frames: Path | None) -> Iterator[Program]:
    command = [sys.executable, str(CHILDREN / "watched_desk.py"), "--config", str(file)]
    environment = os.environ | ({"BENCH_CAMERA": str(frames)} if frames else {})
    pipe = subprocess.PIPE
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True, env=environment) as process,
    ):
        try:
            yield Program(process)
        finally:
            _end(process)
            said = log.read_text(encoding="utf-8", errors="replace")
            if process.returncode or "Traceback" in said:
                print(f"the terminal ended with {process.returncode}:\n{said[-4000:]}", file=sys.stderr)


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()  # the desk quits when nobody measures any more
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        raise RuntimeError("the terminal did not end within 15 s of being told to")
