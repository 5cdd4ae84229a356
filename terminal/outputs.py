"""The sockets on the other side of the kiosk: what a gate, a printer, a voice and a hand-over must be able to do.

Found through the entry points ``tram.gate``, ``tram.printer``, ``tram.voice`` and ``tram.handover``, like the ports in
``terminal.ports``; every implementation passes the contract suite of its port (tests/contract).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from terminal.ports import Inbox

if TYPE_CHECKING:
    from terminal.handing import Handed

Position = Literal["shut", "open"]
"""How a gate stands for people: ``shut`` holds everybody back but the one admitted, ``open`` lets everybody through."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """What a gate driver is told.

    ``address``: where the board is, in the driver's own terms (a serial port, ``tcp:HOST:PORT``, a GPIO chip).
    ``output``: the relay, coil or line that releases one passage; ``input``: the contact that the turning arm closes,
    None where there is none. ``seconds``: how long a person may take, and with it how long the release lasts.
    ``fails``: how the gate stands while nobody drives its output. ``shut``: the output is switched on to release;
    ``open``: it is switched on to lock, and off to release, so that a dead terminal or a power cut lets people out.
    ``unit`` and ``baud`` are for boards on a bus.
    """

    address: str
    output: int = 1
    input: int | None = None
    seconds: float = 6.0
    fails: Position = "shut"
    unit: int = 1
    baud: int = 9600


class Gate(Protocol):
    """One turnstile, door or barrier. ``build(options: GateOptions) -> Gate``; raises FaultError ``install.missing``.

    Emits DeviceUp and DeviceDown(Device.GATE), GateTurned and GateBlocked. Only its own thread touches the board; no
    method but ``stop`` waits for it. A passage asked for while the board is away comes back as GateBlocked.
    """

    @property
    def simulated(self) -> bool:
        """Whether this is a double."""
        ...

    @property
    def tells(self) -> bool:
        """Whether it can tell that somebody went through. If not, no GateTurned and no GateBlocked ever comes, but for
        a board that is away."""
        ...

    def check(self) -> None:
        """Whether the board can be reached; nothing moves, and a gate that another program drives stays as it stands.
        Not while started. Blocking, for six seconds at most; raises FaultError ``gate.absent``, ``gate.denied`` or
        ``gate.refused``."""
        ...

    def start(self, inbox: Inbox) -> None:
        """Take hold of the board, in the shut position."""
        ...

    def open(self, passage: str) -> None:
        """Release one passage for ``seconds``; its end is told by GateTurned or GateBlocked with the same name.

        People admitted one after the other queue: each turn ends the oldest passage that is still open."""
        ...

    def hold(self, position: Position) -> None:
        """``open``: stay open until told ``shut`` (fire, crush, a stretcher); passages that are open then end as
        turned."""
        ...

    def stop(self) -> None:
        """Let the board go, standing as ``fails`` says; returns within two seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip of paper: all texts are said already, in the language of the desk; nothing on it opens a chip.

    ``rows`` are label and value; ``code`` is printed as a QR code below them, ``foot`` as small text at the end.
    """

    title: str
    place: str
    rows: tuple[tuple[str, str], ...] = field(repr=False)
    code: bytes | None = field(default=None, repr=False)
    foot: str = ""


@dataclass(frozen=True, slots=True)
class PrinterOptions:
    """``address``: a device file, ``tcp:HOST[:PORT]``, ``usb:VENDOR:PRODUCT``, ``serial:PORT``, ``file:PATH`` or the
    system's name of a printer, as the driver says. ``dots``: the width that prints. ``seconds``: for one slip."""

    address: str
    dots: int = 576
    seconds: float = 10.0
    baud: int = 9600


class Printer(Protocol):
    """Prints slips. ``build(options: PrinterOptions) -> Printer``; raises FaultError ``install.missing``.

    Blocking; called on the desk's own printing thread, one slip at a time.
    """

    @property
    def simulated(self) -> bool:
        """Whether this is a double."""
        ...

    def print(self, slip: Slip) -> None:
        """Print one slip and cut it off. Raises FaultError (``printer.absent``, ``printer.denied``, ``printer.paper``,
        ``printer.failed``) and nothing else, within ``seconds``; a slip is printed whole or reported as failed."""
        ...

    def check(self) -> None:
        """Whether it could print now, as far as it tells; raises as ``print`` does, prints nothing."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """``clips``: a folder of recorded sentences ("" for none); ``volume`` from 0 to 1."""

    clips: str = ""
    volume: float = 1.0


class Voice(Protocol):
    """Says what the screen says. ``build(options: VoiceOptions) -> Voice``; raises FaultError ``install.missing``."""

    def say(self, key: str, text: str, language: str, volume: float) -> None:
        """Begin to say it, cutting off what is still being said; never blocks, never raises. ``key`` names the
        sentence (``title.ok.bhyt``), ``volume`` from 0 (silent) to 1 is what holds at this hour."""
        ...

    def stop(self) -> None:
        """Be silent and let everything go."""
        ...


@dataclass(frozen=True, slots=True)
class HandOverOptions:
    """What a way to the hospital's own system is told. ``keep``: seconds for which a result that nobody took is held,
    in memory only. ``port``, ``token_file`` and ``origins`` are the desk API's, ``folder`` the file drop's, ``hl7``
    (``HOST:PORT``) the HL7 listener's."""

    device: str
    desk: str
    keep: float = 600.0
    port: int = 0
    token_file: Path | None = None
    origins: tuple[str, ...] = ()
    folder: Path | None = None
    hl7: str = ""


class HandOver(Protocol):
    """One way to the hospital's own system. ``build(options: HandOverOptions, clock: Clock) -> HandOver``; raises
    FaultError ``config.invalid``.

    Emits HandedOver and HandOverFailed, each failure once a result. What was not taken waits in memory and is handed
    over as soon as that is possible, each visit once, the latest word about it; after ``keep`` seconds, or when a
    hundred wait, it is dropped as ``handover.given_up``.
    """

    @property
    def name(self) -> str:
        """``desk_api``, ``folder`` or ``hl7``: the ``to`` of its events."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether this is a double."""
        ...

    def check(self) -> None:
        """Whether it could hand over now; hands over nothing. Not while started. Blocking, for six seconds at most;
        raises FaultError ``handover.…``."""
        ...

    def start(self, inbox: Inbox) -> None:
        """Be ready. Never blocks, never raises: what is wrong is told with the first result."""
        ...

    def hand(self, handed: Handed) -> None:
        """Hand this over, now or when possible. Callable from any thread, never blocks, never raises."""
        ...

    def again(self) -> None:
        """Try at once what waits, also what was refused. Callable from any thread, never blocks, never raises."""
        ...

    def stop(self) -> None:
        """Let everything go and forget what waits; returns within two seconds."""
        ...
