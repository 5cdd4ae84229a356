"""What a desk demands and how long each state may last; built once from the settings, never changed after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from terminal.events import Device
from terminal.model import CheckName, Outcome
from terminal.view import Desk


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds (ux §4). ``warn`` is how much of a result's life shows a countdown."""

    starting: float = 5.0
    slow: float = 4.0
    reading: float = 15.0
    retry: float = 8.0
    bounce: float = 1.0
    ask_number: float = 60.0
    place_card: float = 60.0
    asking: float = 4.0
    notice: float = 8.0
    allow: float = 60.0
    attention: float = 60.0
    stop: float = 60.0
    cannot_check: float = 60.0
    warn: float = 10.0

    def result(self, outcome: Outcome) -> float:
        """How long a result of this outcome is shown."""
        return {
            Outcome.ALLOW: self.allow,
            Outcome.ATTENTION: self.attention,
            Outcome.STOP: self.stop,
            Outcome.CANNOT_CHECK: self.cannot_check,
        }[outcome]


@dataclass(frozen=True, slots=True)
class Rules:
    """One desk's rules.

    ``demands``: the checks that must be SUCCESSFUL for ALLOW when a person is checked. ``needs``: groups of devices;
    the desk works while every group has one that works. ``asks``: people are looked up at the backend. ``tickets`` and
    ``people``: what may be presented here. ``queue``: people are waiting behind, so the next code or card interrupts a
    result. ``removal``: seconds after which a yes goes when its card does; None: it stays. ``gate`` and ``prints``: the
    desk has a gate to open, a printer for slips. ``cards``: an ID card may stand for the ticket that is bound to it.
    ``hands``: results go to the hospital's system, with the decision or when the clerk says so.
    """

    desk: Desk
    demands: frozenset[CheckName]
    needs: tuple[frozenset[Device], ...]
    asks: bool
    tickets: bool
    people: bool
    queue: bool
    removal: float | None = None
    gate: bool = False
    prints: bool = False
    cards: bool = False
    hands: Literal["", "decided", "pressed"] = ""
    times: Times = Times()
