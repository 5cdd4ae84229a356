"""The sockets of the kiosk: what a reader, a code source, a backend and a face must be able to do.

Implementations are found through the entry points in setup.cfg (``tram.reader``, ``tram.codes``, ``tram.decoder``,
``tram.backend``, ``tram.face``); each names a ``build`` function whose signature stands beside its port. The demo's own
ports are in ``terminal.table``. Every implementation passes the contract suite of its port (tests/contract).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from terminal.events import Event
from terminal.model import Direction, EligibilityAnswer, Message, RedeemAnswer
from terminal.quiet import QuietHours
from terminal.view import Cue, View

if TYPE_CHECKING:
    from config.schema import BhytSettings, FhirSettings, PretixSettings

Inbox = Callable[[Event], None]
"""Where devices put events. Callable from any thread, never blocks, never raises."""


class CardLink(Protocol):
    """A card in the field, during one job."""

    @property
    def reader(self) -> str:
        """The reader's name."""
        ...

    @property
    def atr(self) -> bytes:
        """The answer to reset (for contactless cards the one the reader makes up)."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether a double answers instead of a card."""
        ...

    def transceive(self, command: bytes) -> bytes:
        """One APDU. Raises CardLostError when the card is gone, CancelledError after ``cancel`` was set, and FaultError
        (``card.silent``, ``reader.busy``, ``reader.denied``, ``reader.service``)."""
        ...


CardJob = Callable[[CardLink], None]
"""Work with one card, run on the reader's own thread. It handles its own errors."""


@dataclass(frozen=True, slots=True)
class ReaderInfo:
    """One reader as ``tram readers`` lists it. ``contact``: cards are plugged into it, chip first, not laid on it."""

    name: str
    present: bool
    atr: str
    simulated: bool
    contact: bool = False


class CardReader(Protocol):
    """All readers of one kind. ``build(options: ReaderOptions) -> CardReader``.

    Emits CardPlaced, CardRemoved, DeviceUp and DeviceDown(Device.READER). Only its own thread touches the handle.
    """

    def start(self, inbox: Inbox) -> None:
        """Begin to watch for cards."""
        ...

    def stop(self) -> None:
        """End the thread and release every handle; returns within two seconds."""
        ...

    def readers(self) -> Sequence[ReaderInfo]:
        """The readers there are now (also without start). Raises FaultError when the service is absent."""
        ...

    def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
        """Run ``job`` with the card of that CardPlaced. If it is gone already, the link's first APDU says so."""
        ...


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """What a reader driver is told: patterns of reader names, the preferred first, separated by commas (the first that
    fits any reader decides), and its own watchdog in seconds an APDU."""

    names: str = "*"
    apdu_timeout: float = 3.0


class CodeSource(Protocol):
    """A camera (``tram.codes``, ``build(options: CodeOptions, decoder: Decoder) -> CodeSource``) or a scanner
    (``tram.scanner``, ``build(options: ScannerOptions) -> CodeSource``).

    Emits CodeSeen, DeviceUp and DeviceDown(Device.CAMERA or SCANNER); a camera also CameraHint.
    """

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        """Begin to look for codes; ``frames`` receives the viewfinder's pictures."""
        ...

    def pause(self, paused: bool) -> None:
        """Stop (or resume) decoding while a result is shown."""
        ...

    def stop(self) -> None:
        """End the thread and release the device; returns within two seconds."""
        ...


def nothing_proves_itself(_payload: bytes) -> bool:
    """For a desk that accepts no signed codes."""
    return False


@dataclass(frozen=True, slots=True)
class CodeOptions:
    """``source``: device index or name, a video file, or a folder of images. ``repeat_after``: the same code is
    ignored for so many seconds. ``proves_itself``: whether a payload bears a signature that this desk trusts, so that
    one frame is enough; any other code counts once two frames agree."""

    source: str = "0"
    width: int = 1920
    height: int = 1080
    repeat_after: float = 5.0
    proves_itself: Callable[[bytes], bool] = nothing_proves_itself


@dataclass(frozen=True, slots=True)
class ScannerOptions:
    """A scanner on a cable. ``address``: a serial port, ``tcp:HOST:PORT``, a HID path or ``VENDOR:PRODUCT``; ""
    finds the only one there is. ``prefix`` and ``suffix``: what the scanner adds to each code, besides line ends and
    AIM identifiers, which are known. ``repeat_after``: the same code is ignored for so many seconds."""

    address: str = ""
    baud: int = 9600
    prefix: bytes = b""
    suffix: bytes = b""
    repeat_after: float = 5.0


@dataclass(frozen=True, slots=True)
class ScannerFound:
    """One scanner of this PC, or what may be one. ``mode``: how it speaks now, which is also the value of
    ``scanner.driver``. ``maker``: "" for a serial port of which only the port is known. ``address``: what
    ``scanner.address`` may say to mean this one; "" for a keyboard. ``advice``: how to bring it into serial mode,
    None for one that needs no change."""

    mode: Literal["serial", "hid", "keyboard"]
    name: str
    maker: str
    address: str
    advice: Message | None
    simulated: bool


class ScannerDiscovery(Protocol):
    """Finds them (``tram.scanners``, ``build() -> ScannerDiscovery``)."""

    def found(self) -> Sequence[ScannerFound]:
        """All scanners of this PC now, known makers first; opens none of them. Raises FaultError
        ``install.missing`` where a library for looking is not installed."""
        ...


@dataclass(frozen=True, slots=True)
class KeyboardOptions:
    """A scanner that types. ``prefix`` and ``suffix``: the characters (or key names) it was set to send around a
    code; ``gap``: seconds between two keys above which a person is typing."""

    prefix: str = ""
    suffix: str = ""
    gap: float = 0.035


@dataclass(frozen=True, slots=True)
class GreyFrame:
    """An 8-bit grey picture, row by row; ``stride`` bytes a row."""

    width: int
    height: int
    pixels: bytes = field(repr=False)


FrameSink = Callable[[GreyFrame], None]


@dataclass(frozen=True, slots=True)
class DecodedCode:
    """One code found in a picture: the raw bytes, never a guessed text."""

    payload: bytes = field(repr=False)


GUIDE = 0.6
"""The middle share of a camera's picture, across and down, in which codes are looked for, and around which the
viewfinder draws its corners. Reading only there costs less than half (docs/decisions/0027-when-the-camera-looks.md)."""


@dataclass(frozen=True, slots=True)
class UnreadCode:
    """A code that was found in a picture but could not be read: its four corners in pixels, and how many modules it has
    along a side (0: not known)."""

    corners: tuple[tuple[int, int], ...]
    modules: int


class Decoder(Protocol):
    """Finds codes in a grey picture. ``build() -> Decoder``; raises ImportError where its library is missing."""

    name: str

    def decode(self, frame: GreyFrame) -> Sequence[DecodedCode]:
        """All codes of the picture, in no promised order. Never raises on a picture."""
        ...


@runtime_checkable
class Locator(Protocol):
    """What a `Decoder` may also be: it tells which codes it found and could not read, for the camera's hints."""

    @property
    def unread(self) -> Sequence[UnreadCode]:
        """Those of the picture that was decoded last."""
        ...


@dataclass(frozen=True, slots=True)
class EligibilityQuestion:
    """Is this person insured? ``scan_id`` makes a repeated question the same question."""

    scan_id: str
    asked_at: datetime
    id_number: IdNumber | None = None
    insurance_code: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    born: PartialDate | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RedeemQuestion:
    """May this ticket's holder pass this gate? Exactly once per (device, ``scan_id``).

    ``ticket`` is its id, or "" where the ticket is bound to ``holder``, the number of a card that was presented
    instead. ``secret``: the code as it was presented, for servers that know their tickets by it. ``people``: how many
    of a group now; None: all who are left.
    """

    scan_id: str
    asked_at: datetime
    event: str
    ticket: str
    gate: str
    holder: IdNumber | None = None
    secret: str | None = field(default=None, repr=False)
    direction: Direction = Direction.ENTRY
    people: int | None = None


@dataclass(frozen=True, slots=True)
class AnnulQuestion:
    """Take back the admission that was answered to ``scan_id``: nobody went through. The same question twice is one.
    ``ticket`` is "" where a card stood for it."""

    scan_id: str
    asked_at: datetime
    event: str
    ticket: str
    gate: str


@dataclass(frozen=True, slots=True)
class Health:
    """What a backend says of itself: its version and its clock."""

    version: str
    time: datetime


class Backend(Protocol):
    """Who is asked. ``build(options: BackendOptions) -> Backend``. Blocking; called on net threads.

    Every method raises FaultError (``net.down``, ``net.timeout``, ``net.server``, ``net.garbage``, ``net.denied``,
    ``net.tls``, ``net.open_circuit``) and never anything else; it returns or raises within ``deadline`` seconds.
    """

    @property
    def simulated(self) -> bool:
        """Whether this is a double."""
        ...

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        """Ask about a person."""
        ...

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        """Redeem a ticket."""
        ...

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        """Give a ticket its use back; nothing happens when this terminal was not admitted with that ``scan_id``.
        Raises ``gate.not_annulled`` besides, when the server takes nothing back so late.
        A redemption with that ``scan_id`` is refused from then on."""
        ...

    def health(self, deadline: float) -> Health:
        """Ask whether it is there."""
        ...


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """Where a backend is and who asks. ``token`` is a secret. ``site``: the section of the settings that is this
    driver's own, None for one without."""

    url: str
    token: str = field(repr=False)
    device: str
    connect: float = 1.5
    ca_file: Path | None = None
    site: BhytSettings | PretixSettings | FhirSettings | None = None


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """What a face must know: the desk's value, the place's name, the language (``vi`` or ``en``), full screen or not.

    ``demo`` puts the demo label on every screen. ``sound`` is the volume from 0 to 1, ``quiet`` the hours in which
    another one holds; ``keyboard`` is set where a scanner types its codes.
    """

    desk: str
    place: str
    language: str
    fullscreen: bool = False
    theme: str = "normal"
    sound: float = 1.0
    demo: bool = False
    quiet: QuietHours | None = None
    keyboard: KeyboardOptions | None = None


class Face(Protocol):
    """What people see and press: a window or a console. ``build(options: FaceOptions) -> Face``."""

    def connect(self, post: Inbox) -> None:
        """Where presses and typed numbers go."""
        ...

    def show(self, view: View) -> None:
        """Paint this view soon; callable from any thread."""
        ...

    def frame(self, frame: GreyFrame) -> None:
        """A viewfinder picture; callable from any thread."""
        ...

    def play(self, cue: Cue) -> None:
        """Make a sound; callable from any thread."""
        ...

    def run(self, started: Callable[[], None]) -> int:
        """The main loop, on the main thread, until quit; ``started`` is called once the first screen is painted."""
        ...

    def quit(self, code: int = 0) -> None:
        """End ``run``; callable from any thread."""
        ...

    def screenshot(self, path: Path) -> None:
        """Save what is shown now (after painting the last view given) as PNG; callable from any thread."""
        ...
