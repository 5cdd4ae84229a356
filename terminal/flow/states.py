"""Where the session can be, and what it knows there. All personal data hangs on ``State.case`` and goes with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.codes.ticket import Ticket
from crypto.id_number import IdNumber
from terminal.events import Device, Step
from terminal.model import ChipReading, EligibilityAnswer, Message, Person, Photo, RedeemAnswer, Verdict
from terminal.proof.access import ChipAccess
from terminal.view import Screen


@dataclass(frozen=True, slots=True)
class Case:
    """Everything about the person or ticket being served."""

    method: str = ""
    claimed: Person | None = field(default=None, repr=False)
    access: ChipAccess | None = field(default=None, repr=False)
    ticket: Ticket | None = field(default=None, repr=False)
    reading: ChipReading | None = field(default=None, repr=False)
    photo: Photo | None = field(default=None, repr=False)
    photo_lost: bool = False
    answer: EligibilityAnswer | RedeemAnswer | None = field(default=None, repr=False)
    ask_fault: str | None = None
    read_fault: str | None = None
    verdict: Verdict | None = None
    damaged: bool = False
    simulated: bool = False
    lost: int = 0
    refused: int = 0
    attempt: int = 0
    admitted: bool = False
    printing: bool = False
    handed: bool = False
    step: Step | None = None
    done: tuple[Step, ...] = ()

    @property
    def person(self) -> Person | None:
        """The best known identity: the chip's, else the code's."""
        return self.reading.person if self.reading else self.claimed

    @property
    def holder(self) -> IdNumber | None:
        """The number of the card that was presented in the place of a ticket."""
        return self.person.id_number if self.ticket is None and self.person else None

    @property
    def can_be_asked(self) -> bool:
        """Whether there is anything by which a backend could look this person up."""
        person = self.person
        return person is not None and (person.id_number is not None or person.insurance_code is not None)


@dataclass(frozen=True, slots=True)
class State:
    """The whole session. ``session`` numbers people; ``arming`` numbers state entries, so that an old clock is known.

    ``card`` lies in a field now; ``served`` is one whose result was shown already and that must leave first;
    ``plugged_in``: the last card was put into a slot, not laid on a reader.
    ``up`` are working devices by kind and name, ``down`` the faults of those that do not. ``broken`` and ``limits`` are
    what the last self-test found. ``later`` is said when the person being served is done. ``held``: the gate stands
    open for everybody. ``queued``: decisions that no server knows yet; ``tasks``: what the desk has to look at.
    """

    screen: Screen = Screen.STARTING
    session: int = 0
    arming: int = 0
    case: Case | None = None
    card: str | None = None
    card_simulated: bool = False
    plugged_in: bool = False
    served: str | None = None
    notice: Message | None = None
    slow: bool = False
    online: bool | None = None
    up: frozenset[tuple[Device, str]] = frozenset()
    down: tuple[tuple[Device, str, str], ...] = ()
    simulated_devices: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    camera_hint: str = ""
    later: Message | None = None
    held: bool = False
    queued: int = 0
    tasks: int = 0
