"""What the demo needs around the terminal: a backend, a display, and a folder with keys, trust and settings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from config.load import load
from config.schema import DeskName, Settings
from crypto.trust.certificate import Certificate
from crypto.trust.store import TrustStore
from terminal.faults import FaultError
from terminal.table import Table

_SCREEN = "1366x768x24"


@dataclass(frozen=True, slots=True)
class RunningBackend:
    """The reference server in a process of its own, with the invented members and one day ticket to show."""

    url: str
    token_file: Path
    ticket_key: Path
    event: str
    ticket: str


@contextmanager
def backend_process(folder: Path) -> Iterator[RunningBackend]:
    """The backend on a free loopback port until the end. Raises FaultError ``install.missing`` or ``net.down``."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["--db", f"sqlite:///{folder / 'backend.sqlite'}", "--sample", "--port", "0", "--json"]
    with (folder / "backend.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", "terminal", "backend", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield _ready(process, folder)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _ready(process: subprocess.Popen[bytes], folder: Path) -> RunningBackend:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise FaultError("net.down", f"the backend did not start, see {folder / 'backend.log'}")
    said = cast("dict[str, str]", json.loads(line))
    tickets = cast("list[dict[str, str]]", said["sample_tickets"])
    good = next(row for row in tickets if row["expected"] == "ok")
    return RunningBackend(said["url"], Path(said["token_file"]), Path(said["ticket_key"]), good["event"], good["text"])


@contextmanager
def display(*, headless: bool) -> Iterator[str]:
    """A place for the window: the person's own screen, else an Xvfb, else Qt's offscreen. Says which."""
    if not headless:
        yield "screen"
        return
    program = shutil.which("Xvfb")
    if program is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        yield "offscreen (Xvfb is not installed)"
        return
    receiver, sender = os.pipe()
    process = subprocess.Popen(  # noqa: S603
        [program, "-displayfd", str(sender), "-screen", "0", _SCREEN, "-nolisten", "tcp"],
        pass_fds=(sender,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(sender)
    try:
        with os.fdopen(receiver, "rb") as answer:
            number = answer.readline().strip().decode("ascii")
        if not number:
            raise FaultError("install.missing", "Xvfb did not start")
        os.environ["DISPLAY"] = f":{number}"
        os.environ["QT_QPA_PLATFORM"] = "xcb"
        yield f"Xvfb :{number}"
    finally:
        process.terminate()
        process.wait(5)


def accept(folder: Path, table: Table, backend: RunningBackend) -> None:
    """Accept the table's invented issuer and the backend's ticket key, as an operator would."""
    store = TrustStore.open(folder / "trust")
    fingerprint = Certificate.parse(table.issuer).fingerprint
    store.add(table.issuer, fingerprint, "demo (SIMULATED)", datetime.now(UTC))
    keys = folder / "ticket-keys"
    keys.mkdir(exist_ok=True)
    shutil.copyfile(backend.ticket_key, keys / "demo.pem")


def settings_for(desk: DeskName, folder: Path, table: Table, backend: RunningBackend, language: str) -> Settings:
    """The settings of one of the demo's desks, written and loaded as a site's file would be. Raises ConfigError."""
    file = folder / f"{desk}.toml"
    pictures = folder / "pictures"
    rows = [
        f"desk = {_text(desk)}",
        'place = "DEMO"',
        'device = "demo"',
        f"language = {_text(language)}",
        *("[reader]", 'names = "Virtual PCD*"'),
        *("[codes]", f"source = {_text(str(pictures))}", "repeat_after = 1.0"),
        *("[trust]", f"directory = {_text(str(folder / 'trust'))}", f"tickets = {_text(str(folder / 'ticket-keys'))}"),
        *("[journal]", f"path = {_text(str(folder / 'journal.sqlite'))}"),
        *("[offline]", f"path = {_text(str(folder / 'offline.sqlite3'))}"),
    ]
    if desk != "police":
        rows += ["[backend]", f"url = {_text(table.network_url)}", f"token_file = {_text(str(backend.token_file))}"]
        rows += [f"event = {_text(backend.event)}", 'gate = "A1"'] if desk == "gate" else []
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return load(file, environ={})


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
