"""Everything that can happen to the session: one inbox, one thread, one type.

``session`` numbers the person being served; an event that names an older session is dropped, so that a slow answer
about one person can never paint over the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from terminal.model import ChipReading, EligibilityAnswer, Message, Photo, RedeemAnswer


class Step(Enum):
    """The real steps of serving one card, in order; entering a step does not say that it found anything."""

    CONNECT = "connect"
    UNLOCK = "unlock"
    READ = "read"
    VERIFY = "verify"
    PHOTO = "photo"
    ASK = "ask"


class Device(Enum):
    """The kinds of device a terminal may need."""

    READER = "reader"
    CAMERA = "camera"
    SCANNER = "scanner"
    BACKEND = "backend"
    GATE = "gate"
    PRINTER = "printer"


@dataclass(frozen=True, slots=True)
class CardPlaced:
    """A card entered a reader's field. ``card`` is unique for each placing; ``contact``: plugged in, not laid on."""

    card: str
    reader: str
    simulated: bool = False
    contact: bool = False


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The card left the field."""

    card: str


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code was decoded by a camera or scanner: its raw bytes, and the source's name."""

    payload: bytes = field(repr=False)
    source: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class NumberTyped:
    """A person typed the 12-digit number (or a 10/15-character insurance code)."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MrzTyped:
    """A person typed what BAC needs: the number, birth and expiry as YYMMDD."""

    number: str = field(repr=False)
    born: str = field(repr=False)
    expires: str = field(repr=False)


class Button(Enum):
    """What a person at the desk can ask for. ADMIT needs a reason, so its press arrives as Admitted."""

    DONE = "done"
    AGAIN = "again"
    TYPE_NUMBER = "type_number"
    WITHOUT_CHIP = "without_chip"
    MORE_TIME = "more_time"
    ADMIT = "admit"
    PRINT = "print"
    HAND_OVER = "hand_over"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button or its key."""

    button: Button


@dataclass(frozen=True, slots=True)
class Admitted:
    """Staff decided by hand to receive or let in, for one of the REASONS."""

    reason: str


REASONS = ("emergency", "papers_seen", "system_down", "supervisor", "other")
"""Why staff may decide by hand; words under ``reason.*``."""


@dataclass(frozen=True, slots=True)
class StepEntered:
    """A read or a question entered a step."""

    session: int
    step: Step


@dataclass(frozen=True, slots=True)
class ReadDone:
    """The chip's identity is read and its checks are done; the photo may still be on its way."""

    session: int
    reading: ChipReading


@dataclass(frozen=True, slots=True)
class PhotoRead:
    """The photo arrived after the decision."""

    session: int
    photo: Photo


@dataclass(frozen=True, slots=True)
class PhotoLost:
    """The card was lifted before its photo was read whole; put back, it is read on."""

    session: int


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """The chip could not be read; ``fault`` is a catalogue code."""

    session: int
    fault: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The backend answered."""

    session: int
    answer: EligibilityAnswer | RedeemAnswer


@dataclass(frozen=True, slots=True)
class AskFailed:
    """The backend could not be asked or answered nonsense; ``fault`` is a catalogue code."""

    session: int
    fault: str
    detail: Message | None = None


@dataclass(frozen=True, slots=True)
class RecordFailed:
    """The journal did not take a decision; ``fault`` is a catalogue code. Nothing may turn green without it."""

    session: int
    fault: str


@dataclass(frozen=True, slots=True)
class GateTurned:
    """Somebody went through. ``passage`` is the one that this ended; "" when nobody had been admitted."""

    passage: str


@dataclass(frozen=True, slots=True)
class GateBlocked:
    """The end of a passage that did not go as it should; ``fault`` is a catalogue code.

    ``gate.not_turned``: nobody went through in time, so the admission is undone. ``gate.absent``: the board could not
    be reached, so staff open by hand and the admission stands.
    """

    passage: str
    fault: str


@dataclass(frozen=True, slots=True)
class Annulled:
    """The backend took back the admission of ``passage``."""

    passage: str


@dataclass(frozen=True, slots=True)
class AnnulFailed:
    """The backend did not take back the admission of ``passage``; ``fault`` is a catalogue code."""

    passage: str
    fault: str


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What was told without the payer's word was asked again, and this is the word."""

    session: int
    answer: EligibilityAnswer


@dataclass(frozen=True, slots=True)
class TasksChanged:
    """So many tasks wait for the desk: an answer that came later differs from what was told."""

    waiting: int


@dataclass(frozen=True, slots=True)
class Synced:
    """Where the exchange with the servers stands: so many decisions of this terminal are on no server yet.
    ``online``: one of them answered."""

    queued: int
    online: bool = False


@dataclass(frozen=True, slots=True)
class HandOverLost:
    """The result of somebody who was served before is not held any more, and the hospital's system never took it."""

    to: str


@dataclass(frozen=True, slots=True)
class CameraHint:
    """What would help the camera: a key under ``hint.camera``, such as ``closer``; "" for nothing."""

    hint: str


@dataclass(frozen=True, slots=True)
class SlipPrinted:
    """The slip of this session lies in the printer's tray."""

    session: int


@dataclass(frozen=True, slots=True)
class PrintFailed:
    """The slip was not printed; ``fault`` is a catalogue code."""

    session: int
    fault: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The hospital's system took the result of this session, over the way ``to`` (``desk_api``, ``folder``, ``hl7``).

    It may come minutes after the session, and after a HandOverFailed: what waits is handed over when that is possible.
    """

    session: int
    to: str


@dataclass(frozen=True, slots=True)
class HandOverFailed:
    """The hospital's system has not taken the result of this session; ``fault`` is a catalogue code.

    It is still tried, but for ``handover.refused``, which waits for somebody to ask again, and ``handover.given_up``,
    after which the terminal does not hold it any more.
    """

    session: int
    to: str
    fault: str


@dataclass(frozen=True, slots=True)
class SelfTested:
    """The self-test ended. ``broken``: faults that put the desk out of service; ``limits``: faults it works with."""

    broken: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceDown:
    """A device stopped working; ``fault`` is a catalogue code."""

    device: Device
    name: str
    fault: str


@dataclass(frozen=True, slots=True)
class DeviceUp:
    """A device works (again)."""

    device: Device
    name: str
    simulated: bool = False


class Timer(Enum):
    """The clocks a state may arm; at most one of each runs."""

    LIFE = "life"
    SLOW = "slow"
    WARN = "warn"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class TimerFired:
    """An armed clock ran out. ``arming`` tells it apart from a stopped one that had already fired."""

    timer: Timer
    arming: int


Event = (
    CardPlaced
    | CardRemoved
    | CodeSeen
    | NumberTyped
    | MrzTyped
    | Pressed
    | Admitted
    | StepEntered
    | ReadDone
    | PhotoRead
    | PhotoLost
    | ReadFailed
    | Answered
    | AskFailed
    | RecordFailed
    | GateTurned
    | GateBlocked
    | Annulled
    | AnnulFailed
    | Rechecked
    | TasksChanged
    | Synced
    | CameraHint
    | SlipPrinted
    | PrintFailed
    | HandedOver
    | HandOverFailed
    | HandOverLost
    | SelfTested
    | DeviceDown
    | DeviceUp
    | TimerFired
)
