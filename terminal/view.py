"""What the face shows, as data: one screen, one question. ``ui`` and the console paint it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from terminal.events import Button, Step
from terminal.model import EligibilityAnswer, Message, Person, Photo, RedeemAnswer, Verdict


class Desk(Enum):
    """Who works here."""

    RECEPTION = "reception"
    GATE = "gate"
    POLICE = "police"


class Screen(Enum):
    """The screens of operation."""

    STARTING = "starting"
    IDLE = "idle"
    ASK_NUMBER = "ask_number"
    PLACE_CARD = "place_card"
    READING = "reading"
    RETRY = "retry"
    CHECKING = "checking"
    RESULT = "result"
    OUT_OF_SERVICE = "out_of_service"


class CodesBy(Enum):
    """By what a code can be read here and now, so that nobody is sent to a device that is not there."""

    CAMERA = "camera"
    SCANNER = "scanner"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Result:
    """What the result screen may use; which parts a desk shows is the screen's decision (ux §5, §8)."""

    verdict: Verdict
    person: Person | None = field(default=None, repr=False)
    photo: Photo | None = field(default=None, repr=False)
    answer: EligibilityAnswer | RedeemAnswer | None = field(default=None, repr=False)
    photo_lost: bool = False
    """The card was lifted before its photo was read; it may be put back for it."""


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the screen.

    ``done`` are the finished steps and ``step`` the running one (READING and CHECKING); ``life`` is the state's
    maximum life in seconds from now and ``warn`` the part of it that shows a countdown; ``simulated`` says that a
    double takes part, which every screen must label; ``online`` is None while the backend was not asked yet.
    """

    screen: Screen
    session: int
    title: Message
    hint: Message | None = None
    step: Step | None = None
    done: tuple[Step, ...] = ()
    slow: bool = False
    result: Result | None = None
    actions: tuple[Button, ...] = ()
    life: float | None = None
    warn: float = 0.0
    simulated: bool = False
    online: bool | None = None
    faults: tuple[str, ...] = ()
    """Catalogue codes of what does not work but is not required: shown small in the top bar."""
    camera_hint: Message | None = None
    """What would help the camera to read the code in view."""
    held: bool = False
    """The gate stands open for everybody: every screen says so."""
    entered: int = 0
    """Counts the entering of states: ``life`` runs anew with each."""
    codes_by: CodesBy = CodesBy.CAMERA
    queued: int = 0
    """Decisions of this terminal that no server knows yet."""
    tasks: int = 0
    """What the desk has to look at: later answers that differ from what was told."""
    works: tuple[Message, ...] = ()
    """What a limited desk can still do; empty at one where all is well."""


class Cue(Enum):
    """The sounds (ux §3)."""

    ALLOW = "allow"
    ALLOW_LOOK = "allow_look"
    ATTENTION = "attention"
    STOP = "stop"
    CANNOT_CHECK = "cannot_check"
    SEEN = "seen"

    @classmethod
    def of(cls, verdict: Verdict) -> Cue:
        """The sound of a verdict; a yes with a note that is worth a look has its own."""
        return cls.ALLOW_LOOK if verdict.needs_look else cls(verdict.outcome.value)
