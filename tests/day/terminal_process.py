"""A terminal at a gate: the real engine with all that a site's file gives it, and at its scanner somebody who is told
what to show.

Reads orders, one JSON object a line: ``{"n": 7, "show": CODE, "walks": true}``. Answers with one line for each light,
written while it is shown and not before: ``{"n": 7, "scan", "outcome", "title", "source", "reason", "ms", …}``. Any
other order asks how its exchange with the servers stands.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path

from config.load import load
from terminal.boot import Terminal, build
from terminal.events import CodeSeen, Device, DeviceUp, GateBlocked, GateTurned
from terminal.model import RedeemAnswer
from terminal.offline.sync import ServerExchange
from terminal.outputs import Position
from terminal.ports import GreyFrame, Inbox
from terminal.view import Cue, Screen, View

SCANNER = "scanner"


class Arm:
    """A turnstile through which people go as soon as they may, or never."""

    tells = True
    simulated = False

    def __init__(self) -> None:
        self.walks = True
        self._post: Inbox = lambda _event: None

    def check(self) -> None:
        """It is there."""

    def start(self, inbox: Inbox) -> None:
        """Begin."""
        self._post = inbox

    def open(self, passage: str) -> None:
        """The person goes, or does not."""
        self._post(GateTurned(passage) if self.walks else GateBlocked(passage, "gate.not_turned"))

    def hold(self, position: Position) -> None:
        """Nobody asks for that here."""
        raise AssertionError(position)

    def stop(self) -> None:
        """End."""


class Lamp:
    """A face whose every result goes out as a line at the moment it is shown."""

    def __init__(self) -> None:
        self.terminal: Terminal | None = None
        self.number, self.began = 0, 0.0
        self.idle = threading.Event()
        self._lit: tuple[int, str] | None = None

    def connect(self, post: Inbox) -> None:
        """The scanner that types is the face's."""
        post(DeviceUp(Device.SCANNER, SCANNER))

    def show(self, view: View) -> None:
        """The light, once for each answer."""
        if view.screen is Screen.IDLE:
            self.idle.set()
        if view.screen is not Screen.RESULT or view.result is None:
            return
        verdict, answer = view.result.verdict, view.result.answer
        light = (view.session, verdict.outcome.value)
        if light == self._lit or self.terminal is None:
            return
        self._lit = light
        told = answer if isinstance(answer, RedeemAnswer) else None
        tell(
            {
                "n": self.number,
                "scan": self.terminal.engine._scans.of(view.session),
                "outcome": verdict.outcome.value,
                "title": verdict.title.key,
                "fault": verdict.fault,
                "source": told.source.value if told else None,
                "reason": told.reason if told else None,
                "people": told.people if told else None,
                "ms": round((time.monotonic() - self.began) * 1000, 2),
            }
        )

    def frame(self, frame: GreyFrame) -> None:
        """No camera."""

    def play(self, cue: Cue) -> None:
        """Silent."""

    def run(self, started: object) -> int:
        """Never run."""
        raise AssertionError(started)

    def quit(self, code: int = 0) -> None:
        """Never ended by the engine."""
        raise AssertionError(code)

    def screenshot(self, path: Path) -> None:
        """No picture."""
        raise AssertionError(path)


def tell(words: dict[str, object]) -> None:
    """One line, at once and whole."""
    os.write(1, json.dumps(words).encode() + b"\n")


def _standing(terminal: Terminal) -> dict[str, object]:
    """Whether it has ticket data, and what waits for a server or a person."""
    exchange = terminal.engine._desk.exchange
    assert isinstance(exchange, ServerExchange)
    found = exchange.standing
    return {"knows": found.as_of is not None, "queued": found.queued, "tasks": found.tasks}


def run(file: Path) -> int:
    """Serve whoever is told until the orders end."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    lamp, arm = Lamp(), Arm()
    terminal = lamp.terminal = build(load(file, environ={}), face=lamp, gate=arm)
    terminal.engine.start()
    if not lamp.idle.wait(20):
        raise RuntimeError(f"never in service: {terminal.engine.state.down} {terminal.engine.state.broken}")
    tell({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if "show" not in order:
            tell(_standing(terminal))
            continue
        lamp.number, arm.walks, lamp.began = order["n"], order["walks"], time.monotonic()
        terminal.engine.post(CodeSeen(order["show"].encode(), SCANNER))
    terminal.engine.stop()
    terminal.close()
    return 0
