"""Everything one desk's engine works with, handed over once; what a desk does not have is None."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from terminal.clock import Clock
from terminal.events import Event, SelfTested
from terminal.flow import effects as to
from terminal.flow.jobs import AskWork, ReadWork
from terminal.flow.rules import Rules
from terminal.model import EligibilityAnswer, Message
from terminal.outputs import Gate
from terminal.ports import CardReader, CodeSource, EligibilityQuestion, Face, Inbox

if TYPE_CHECKING:
    from crypto.codes.ticket import TicketKey

Recorder = Callable[[to.Record, str, float], None]
"""Writes a decision durably: the effect, the scan id, milliseconds from first sight to decision. Raises FaultError."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A note about the gate as it goes to the journal: the effect, the session, the ticket's id if one was redeemed."""

    effect: to.Note
    session: int
    ticket: str | None
    simulated: bool


class Slips(Protocol):
    """A printer that knows what belongs on a slip. Blocking; raises FaultError."""

    @property
    def simulated(self) -> bool:
        """Whether a double prints."""
        ...

    def print(self, effect: to.PrintSlip) -> None:
        """Print the slip of a result."""
        ...

    def check(self) -> None:
        """Whether it could print now."""
        ...


class Speech(Protocol):
    """A voice that knows language and hour. Never blocks, never raises."""

    def say(self, message: Message) -> None:
        """Speak this sentence."""
        ...

    def stop(self) -> None:
        """Be silent."""
        ...


class Rechecks(Protocol):
    """The questions that the payer could not answer, kept until it can. Blocking; every method raises FaultError."""

    def keep(self, question: EligibilityQuestion, told: EligibilityAnswer | None, session: int) -> None:
        """Ask this again later; ``told`` is what was shown meanwhile, None for nothing."""
        ...

    def turn(self, post: Inbox) -> None:
        """Ask what is due now; posts Rechecked for each answer and TasksChanged for what a person must look at."""
        ...


class Hands(Protocol):
    """The ways to the hospital's own system, which know what the site hands over. ``hand`` never blocks or raises."""

    def start(self, post: Inbox) -> None:
        """Begin; posts HandedOver and HandOverFailed."""
        ...

    def hand(self, effect: to.HandOver, scan_id: str) -> None:
        """Give a result to every one of them."""
        ...

    def stop(self) -> None:
        """End; returns within two seconds."""
        ...


class Exchange(Protocol):
    """Brings what this terminal decided by itself to the servers, and what they know here. On a thread of its own."""

    def start(self, post: Inbox) -> None:
        """Begin; posts Synced."""
        ...

    def stop(self) -> None:
        """End; returns within two seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts. ``note`` writes to the journal what happened at the gate; it raises FaultError. ``secrets``: codes
    that are nothing else are asked about as tickets. ``now``: the time by which signed tickets are judged, where it is
    better known than by the clock."""

    rules: Rules
    face: Face
    clock: Clock
    record: Recorder
    note: Callable[[Noted], None]
    reader: CardReader | None = None
    codes: Sequence[CodeSource] = ()
    gate: Gate | None = None
    slips: Slips | None = None
    speech: Speech | None = None
    rechecks: Rechecks | None = None
    hands: Hands | None = None
    exchange: Exchange | None = None
    now: Callable[[], datetime] | None = None
    read: Callable[[Callable[[Event], None]], ReadWork] | None = None
    ask: Callable[[Callable[[Event], None]], AskWork] | None = None
    ticket_keys: Sequence[TicketKey] = ()
    event: str = ""
    secrets: bool = False
    warm_up: Callable[[], None] = lambda: None
    self_test: Callable[[], SelfTested] | None = None
