"""What people do at a counter, one visit after the other, as a hand over all cables can act it out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.simulator.people import PEOPLE
from drivers.simulator.pictures import draw_code
from parts.counter import Counter


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose card and code, in which order, by which device, and the outcome that it must come to."""

    profile: str
    outcome: str
    by_camera: bool = False
    card_first: bool = False

    @property
    def code(self) -> bytes:
        """The text of the card's QR."""
        return PEOPLE[self.profile].card_qr()


VISITS = (
    Visit("insured", "allow"),
    Visit("expired", "stop", by_camera=True),
    Visit("uninsured", "stop", card_first=True),
    Visit("offline", "allow", by_camera=True, card_first=True),
    Visit("lifted", "allow"),
    Visit("cloned", "stop"),
    Visit("unknown-issuer", "cannot_check", by_camera=True),
    Visit("altered", "stop"),
)
"""In turn, for ever: every profile differs from the one before, so that no code counts as still in view."""


class Visitors:
    """Acts visits out at a reception desk."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._pictures = {visit.profile: draw_code(visit.code) for visit in VISITS}
        self._turns: Iterator[Visit] = itertools.cycle(VISITS)
        self.seconds: list[float] = []
        """From the last thing presented to the painted result, of every visit."""

    def one(self) -> None:
        """The next visit, until the desk is idle again. Raises AssertionError for another outcome."""
        visit, program = next(self._turns), self._counter.program
        card = self._counter.card(visit.profile)
        if visit.card_first:
            self._counter.hand.place(card)
            program.wait(lambda seen: seen["screen"] == "ask_number")
        began = time.monotonic()
        self._show(visit)
        if not visit.card_first:
            program.wait(lambda seen: seen["screen"] == "place_card")
            began = time.monotonic()
            self._counter.hand.place(card)
        seen = program.wait(lambda seen: seen["screen"] == "result")
        self.seconds.append(seen["at"] - began)
        if seen["outcome"] != visit.outcome:
            raise AssertionError(f"{visit.profile} came to {seen}")
        self._counter.hand.lift()
        program.ask("press done")
        program.wait(lambda seen: seen["screen"] == "idle")

    def _show(self, visit: Visit) -> None:
        if not visit.by_camera:
            self._counter.line.send(visit.code + b"\r\n")
            return
        wanted = "reading" if visit.card_first else "place_card"
        picture = self._counter.show(self._pictures[visit.profile])
        try:
            self._counter.program.wait(lambda seen: seen["screen"] in {wanted, "reading", "checking", "result"})
        finally:
            picture.unlink()
