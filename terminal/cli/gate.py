"""``tram gate``: the configured turnstile, door or barrier, worked by hand while the terminal does not run."""

from __future__ import annotations

import argparse
import contextlib
import logging
import queue
from collections.abc import Iterator
from typing import TYPE_CHECKING

from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.ending import unwinding
from terminal.cli.output import print_json
from terminal.clock import VIETNAM_TIME, SystemClock
from terminal.events import DeviceDown, DeviceUp, Event, GateBlocked, GateTurned
from terminal.faults import CATALOGUE, FaultError
from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from config.schema import GateSettings
    from terminal.outputs import Gate

HELP = "open, hold, watch and test the gate (while the terminal does not run)"

_ANSWERS_WITHIN = 8.0
_BESIDES = 5.0
"""Seconds beyond the release in which its end must be told."""

_NOT_AS_EXPECTED = 1
_PASSAGE = "hand"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="open|hold|release|watch|test")
    for name, words, told_at_once in (
        ("open", "let one person through, and say whether they went", True),
        ("hold", "stay open to everybody until Ctrl+C", False),
        ("release", "switch the output off, as after the end of the terminal", True),
        ("watch", "print a line whenever the arm turns, until Ctrl+C", False),
        ("test", "let somebody through, then nobody, and say whether both were noticed", True),
    ):
        action = actions.add_parser(name, help=words)
        add_config(action)
        if told_at_once:
            add_json(action)


def run(args: argparse.Namespace) -> int:
    """Do it. Raises FaultError ``gate.absent``, ``gate.denied`` (the terminal still runs), ``gate.refused``."""
    # What a driver would write into the desk's log is said here as a fault.
    logging.getLogger("drivers").addHandler(logging.NullHandler())
    with unwinding(), _hand(args) as hand:
        return {
            "open": hand.open,
            "hold": hand.hold,
            "release": hand.release,
            "watch": hand.watch,
            "test": hand.test,
        }[args.action]()


@contextlib.contextmanager
def _hand(args: argparse.Namespace) -> Iterator[_Hand]:
    from terminal import parts

    settings = settings_of(args)
    gate = parts.gate(settings)
    if gate is None:
        raise FaultError("config.invalid", 'gate.driver: "none"')
    hand = _Hand(gate, settings.gate, args)
    try:
        hand.take()
        yield hand
    finally:
        gate.stop()


class _Hand:
    """An installer's hand on the gate."""

    def __init__(self, gate: Gate, settings: GateSettings, args: argparse.Namespace) -> None:
        self._gate = gate
        self._settings = settings
        self._language: str = args.lang
        self._json = getattr(args, "json", False)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._clock = SystemClock()

    def take(self) -> None:
        """Start the gate and wait until it is there."""
        self._gate.start(self._events.put)
        if not isinstance(self._next(_ANSWERS_WITHIN), DeviceUp):
            raise FaultError("gate.absent", "no answer")

    def open(self) -> int:
        """One passage."""
        told, seconds = self._passage()
        self._print_json({"told": told, "seconds": seconds})
        return _NOT_AS_EXPECTED if told == "blocked" else 0

    def test(self) -> int:
        """One passage that somebody uses, and one that nobody does."""
        steps = []
        for step, expected in (("walk", "turned"), ("stay", "blocked")) if self._gate.tells else (("walk", "untold"),):
            self._say(step)
            told, seconds = self._passage()
            steps.append({"step": step, "told": told, "seconds": seconds, "ok": told == expected})
        fine = all(step["ok"] for step in steps)
        if not fine:
            self._say("differs")
        self._print_json({"steps": steps})
        return 0 if fine else _NOT_AS_EXPECTED

    def hold(self) -> int:
        """Open until a signal ends the program."""
        self._say("held")
        self._gate.hold("open")
        for event in self._all():
            if isinstance(event, DeviceUp):
                self._say("held")
        return 0

    def watch(self) -> int:
        """Every turn, until a signal ends the program."""
        if not self._gate.tells:
            raise FaultError("config.invalid", "gate.input: -1")
        self._say("watch")
        for event in self._all():
            if isinstance(event, GateTurned):
                self._say("watched", time=f"{self._clock.now().astimezone(VIETNAM_TIME):%H:%M:%S}")
        return 0

    def release(self) -> int:
        """Leave it with the output off, which `stop` does."""
        self._gate.stop()
        self._say(f"rests_{self._settings.fails}")
        self._print_json({"position": self._settings.fails})
        return 0

    def _passage(self) -> tuple[str, float]:
        """What became of one passage, in a word, and after how many seconds."""
        began = self._clock.monotonic()
        self._gate.open(_PASSAGE)
        told = "untold"
        until = began + self._settings.seconds + (_BESIDES if self._gate.tells else 0.0)
        while told == "untold" and (event := self._next(until - self._clock.monotonic())) is not None:
            if isinstance(event, GateTurned | GateBlocked) and event.passage == _PASSAGE:
                told = "turned" if isinstance(event, GateTurned) else "blocked"
        seconds = round(self._clock.monotonic() - began, 1)
        self._say(told, seconds=str(seconds))
        return told, seconds

    def _next(self, within: float) -> Event | None:
        """The next event, None when none comes ``within`` so many seconds. Raises the fault of a board that is lost."""
        try:
            event = self._events.get(timeout=max(within, 0.0))
        except queue.Empty:
            return None
        if isinstance(event, DeviceDown) or (isinstance(event, GateBlocked) and event.fault != "gate.not_turned"):
            raise FaultError(event.fault, self._settings.address)
        return event

    def _all(self) -> Iterator[Event]:
        """Every event, until a signal ends the program; a board that is lost comes back."""
        while True:
            try:
                # In short waits: on Windows, Ctrl+C has to wait for the end of one.
                event = self._events.get(timeout=0.5)
            except queue.Empty:
                continue
            if isinstance(event, DeviceDown):
                print(say(CATALOGUE[event.fault].title, self._language), flush=True)
            yield event

    def _say(self, word: str, **values: str) -> None:
        if not self._json:
            print(say(Message.of(f"cli.gate.{word}", **values), self._language), flush=True)

    def _print_json(self, told: dict[str, object]) -> None:
        if self._json:
            gate = {"driver": self._settings.driver, "address": self._settings.address, "tells": self._gate.tells}
            print_json({"gate": gate, **told})
