"""What the session asks the engine to do. Pure data: the engine carries them out in the order given."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.codes.ticket import Ticket
from crypto.id_number import IdNumber
from terminal.events import Timer
from terminal.model import ChipReading, EligibilityAnswer, Message, Person, RedeemAnswer, Verdict
from terminal.proof.access import ChipAccess
from terminal.view import Cue, Result, View


@dataclass(frozen=True, slots=True)
class StartRead:
    """Read the chip of this card; ``claimed`` is what a code said, to be compared with the signed data.

    ``photo_only``: the person is known and the card was lifted before its photo was whole.
    """

    session: int
    card: str
    access: ChipAccess
    claimed: Person | None = field(default=None, repr=False)
    photo_only: bool = False


@dataclass(frozen=True, slots=True)
class CancelRead:
    """Stop the read that runs, if one does."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Ask the backend whether this person is insured. ``attempt`` counts the times staff asked again."""

    session: int
    person: Person = field(repr=False)
    attempt: int


@dataclass(frozen=True, slots=True)
class AskTicket:
    """Redeem this ticket, or the one that is bound to the number of ``holder``'s card."""

    session: int
    ticket: Ticket | None = field(repr=False)
    holder: IdNumber | None = None


@dataclass(frozen=True, slots=True)
class AskLater:
    """Ask about this person again when the payer can be reached: what was ``told`` now was not the payer's word."""

    session: int
    person: Person = field(repr=False)
    told: EligibilityAnswer | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give this result to the hospital's own system."""

    session: int
    method: str
    result: Result = field(repr=False)
    simulated: bool


@dataclass(frozen=True, slots=True)
class Show:
    """Paint this."""

    view: View


@dataclass(frozen=True, slots=True)
class Play:
    """Sound this."""

    cue: Cue


@dataclass(frozen=True, slots=True)
class Record:
    """Write this decision to the journal, durably, before anything later in the row is done.

    ``admitted``: staff decided by hand, for this reason. ``reading``: how the chip was opened and proven. ``answer``
    and ``ask_fault``: what the backend said, or why it said nothing.
    """

    session: int
    verdict: Verdict
    method: str
    person: Person | None = field(default=None, repr=False)
    ticket: str | None = None
    reference: str | None = None
    simulated: bool = False
    admitted: str | None = None
    reading: ChipReading | None = field(default=None, repr=False)
    answer: EligibilityAnswer | RedeemAnswer | None = field(default=None, repr=False)
    ask_fault: str | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """Start this clock; an earlier one of the same kind is replaced."""

    timer: Timer
    seconds: float
    arming: int


@dataclass(frozen=True, slots=True)
class Wipe:
    """Forget everything about everybody: engine, jobs and face drop what they hold."""


@dataclass(frozen=True, slots=True)
class Look:
    """Let the code sources decode (or not, while a result is shown)."""

    on: bool


@dataclass(frozen=True, slots=True)
class Use:
    """What was redeemed for a passage: a ticket, or (None) the one that is bound to a card, which only the server
    knows."""

    ticket: Ticket | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenGate:
    """Let the person of this session through. ``use``: what was redeemed for it, if anything was."""

    session: int
    use: Use | None = None


@dataclass(frozen=True, slots=True)
class HoldGate:
    """Keep the gate open for everybody, or end that."""

    open: bool


@dataclass(frozen=True, slots=True)
class Annul:
    """Give back the admission of this passage: nobody went through."""

    passage: str


@dataclass(frozen=True, slots=True)
class Note:
    """Write to the journal what happened at the gate; ``reason`` becomes the entry's, ``passage`` its scan id."""

    reason: str
    passage: str = ""
    fault: str | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """Print this result's slip."""

    session: int
    result: Result = field(repr=False)
    simulated: bool


@dataclass(frozen=True, slots=True)
class Say:
    """Speak this sentence once the sound is over; never a name, never a number."""

    message: Message


Effect = (
    StartRead
    | CancelRead
    | AskPerson
    | AskTicket
    | AskLater
    | HandOver
    | Show
    | Play
    | Record
    | Arm
    | Wipe
    | Look
    | OpenGate
    | HoldGate
    | Annul
    | Note
    | PrintSlip
    | Say
)
