"""The ten cases and what each must come to. A case that comes to anything else makes the demo fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from terminal.model import Outcome
from terminal.view import Desk


class Act(Enum):
    """What the demo does with an exhibit, in order."""

    CUT = "cut"
    RESTORE = "restore"
    SHOW = "show"
    PLACE = "place"
    PLACE_AND_TEAR = "place_and_tear"
    PLACE_BACK = "place_back"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Expected:
    """The outcome and the verdict's title key."""

    outcome: Outcome
    title: str


@dataclass(frozen=True, slots=True)
class Case:
    """One exhibit at one desk: the acts, and what they must come to. ``presented`` is what the printed line says."""

    code: str
    desk: Desk
    presented: str
    acts: tuple[Act, ...]
    expected: Expected
    label: str = ""
    photo: bool = True
    """Whether this chip gives its photo: one that fails its proof does not."""

    @property
    def name(self) -> str:
        """The case's own name; two cases may use one exhibit."""
        return self.label or self.code


_CARD = (Act.SHOW, Act.PLACE)


def _reception(code: str, outcome: Outcome, title: str, acts: tuple[Act, ...] = _CARD, *, photo: bool = True) -> Case:
    return Case(code, Desk.RECEPTION, "QR + chip", acts, Expected(outcome, title), photo=photo)


CASES = (
    _reception("insured", Outcome.ALLOW, "title.ok.bhyt"),
    _reception("expired", Outcome.STOP, "title.stop.expired"),
    _reception("uninsured", Outcome.STOP, "title.stop.no_cover"),
    _reception("cloned", Outcome.STOP, "title.stop.cloned", photo=False),
    _reception("altered", Outcome.STOP, "title.stop.forged"),
    _reception("unknown-issuer", Outcome.CANNOT_CHECK, "title.na.issuer"),
    _reception("swapped", Outcome.ATTENTION, "fault.card.locked.title"),
    _reception("lifted", Outcome.ALLOW, "title.ok.bhyt", (Act.SHOW, Act.PLACE_AND_TEAR, Act.PAUSE, Act.PLACE_BACK)),
    Case("ticket", Desk.GATE, "ticket QR", (Act.SHOW,), Expected(Outcome.ALLOW, "title.ok.ticket")),
    Case(
        "ticket",
        Desk.GATE,
        "ticket QR, again",
        (Act.PAUSE, Act.SHOW),
        Expected(Outcome.STOP, "title.stop.used"),
        "ticket-again",
    ),
    _reception("offline", Outcome.ATTENTION, "title.warn.offline", (Act.CUT, Act.SHOW, Act.PLACE, Act.RESTORE)),
)
"""In the order of the task; the ninth case is the two lines of the ticket."""

PAUSE_SECONDS = 3.5
"""What a hand takes: a code must leave the camera's view to count again, a reader must notice that a card went."""

TEAR_AFTER = 12
"""APDUs after which the torn card is gone: in the middle of the read, after the chip was opened."""
