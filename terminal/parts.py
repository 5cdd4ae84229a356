"""The devices of a desk, built as its settings describe them. Nothing is started; what a site does not have is None."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import time

from config.schema import BhytSettings, FhirSettings, PretixSettings, ScannerSettings, Settings
from config.secrets import read_secret
from crypto.codes.ticket import TicketKey
from terminal import registry
from terminal.clock import Clock, SystemClock, wall_time
from terminal.faults import FaultError
from terminal.flow import effects as to
from terminal.flow.desk import Hands, Slips, Speech
from terminal.messages import say
from terminal.model import Message
from terminal.outputs import (
    Gate,
    GateOptions,
    HandOver,
    HandOverOptions,
    Printer,
    PrinterOptions,
    Voice,
    VoiceOptions,
)
from terminal.ports import (
    BackendOptions,
    CardReader,
    CodeOptions,
    CodeSource,
    Decoder,
    Inbox,
    KeyboardOptions,
    ReaderOptions,
    ScannerOptions,
)
from terminal.quiet import QuietHours
from terminal.records.proofs import Proofs

_log = logging.getLogger(__name__)


def reader(settings: Settings) -> CardReader | None:
    """The card readers."""
    if settings.reader.driver == "none":
        return None
    return registry.reader(settings.reader.driver)(ReaderOptions(settings.reader.names, settings.reader.apdu_timeout))


def codes(settings: Settings, keys: Sequence[TicketKey], clock: Clock) -> tuple[CodeSource, ...]:
    """The camera and the scanner on its cable; one that types belongs to the face."""
    found: list[CodeSource] = []
    camera, scanner = settings.codes, settings.scanner
    if camera.driver != "none":
        options = CodeOptions(
            camera.source, camera.width, camera.height, camera.repeat_after, _proves_itself(settings, keys, clock)
        )
        found.append(registry.codes(camera.driver)(options, decoder(camera.decoder)))
    if scanner.driver not in ("none", "keyboard"):
        found.append(registry.scanner(scanner.driver)(scanner_options(scanner, camera.repeat_after)))
    return tuple(found)


def scanner_options(scanner: ScannerSettings, repeat_after: float) -> ScannerOptions:
    """What the driver of the scanner on its cable is told."""
    return ScannerOptions(scanner.address, scanner.baud, scanner.prefix.encode(), scanner.suffix.encode(), repeat_after)


def decoder(name: str) -> Decoder:
    """The decoder of that name, or zbar where zxing-cpp cannot be had. Raises FaultError ``install.missing``."""
    try:
        return registry.decoder(name)()
    except ImportError as error:
        if name != "zxing":
            raise FaultError("install.missing", f"decoder {name}: {error.name}") from error
        _log.warning("zxing-cpp is missing: zbar reads the codes, fewer of them and slower")
        return decoder("zbar")


def _proves_itself(settings: Settings, keys: Sequence[TicketKey], clock: Clock) -> Callable[[bytes], bool]:
    from terminal.flow.recognise import is_proven_ticket

    event, secrets = settings.backend.event, settings.backend.tickets == "any"
    return lambda payload: is_proven_ticket(payload, keys, clock.now(), event=event, secrets=secrets)


def keyboard(settings: Settings) -> KeyboardOptions | None:
    """How the scanner that types marks its codes."""
    scanner = settings.scanner
    if scanner.driver != "keyboard":
        return None
    return KeyboardOptions(scanner.prefix, scanner.suffix, scanner.gap)


def backend_options(settings: Settings) -> BackendOptions:
    """What the backend's driver is told. Raises ConfigError where its token cannot be read."""
    backend = settings.backend
    # The gateway itself gives its tokens to an account, for a while each.
    tokens = backend.driver != "bhyt" or settings.bhyt.via == "hospital"
    token = read_secret("backend-token", "backend.token_file", backend.token_file).value if tokens else ""
    site: dict[str, BhytSettings | PretixSettings | FhirSettings] = {
        "bhyt": settings.bhyt,
        "pretix": settings.pretix,
        "fhir": settings.fhir,
    }
    return BackendOptions(
        url=backend.url,
        token=token,
        device=settings.device,
        connect=backend.connect,
        ca_file=backend.ca_file,
        site=site.get(backend.driver),
    )


def gate(settings: Settings) -> Gate | None:
    """The turnstile, door or barrier."""
    gate = settings.gate
    if gate.driver == "none" or gate.fails == "":
        return None
    contact = gate.input if gate.input >= 0 else None
    options = GateOptions(gate.address, gate.output, contact, gate.seconds, gate.fails, gate.unit, gate.baud)
    return registry.gate(gate.driver)(options)


def slips(settings: Settings, clock: Clock, proofs: Proofs | None = None) -> Slips | None:
    """The slip printer."""
    chosen = settings.printer
    if chosen.driver == "none":
        return None
    printer = registry.printer(chosen.driver)(PrinterOptions(chosen.address, chosen.dots, chosen.seconds, chosen.baud))
    return _Slips(printer, settings, clock, proofs)


class _Slips:
    """Puts a result into words and prints it."""

    def __init__(self, printer: Printer, settings: Settings, clock: Clock, proofs: Proofs | None) -> None:
        self._printer = printer
        self._proofs = proofs
        self._settings = settings
        self._clock = clock

    @property
    def simulated(self) -> bool:
        """Whether a double prints."""
        return self._printer.simulated

    def print(self, effect: to.PrintSlip) -> None:
        """Print the slip of a result."""
        from terminal.slip import slip_of

        place, language = self._settings.place, self._settings.language
        simulated = effect.simulated or self._printer.simulated
        now, proof = self._clock.now(), self._proofs.of(effect.session) if self._proofs else None
        slip = slip_of(effect.result, place=place, language=language, now=now, simulated=simulated, proof=proof)
        self._printer.print(slip)

    def check(self) -> None:
        """Whether it could print now."""
        self._printer.check()


def handovers(settings: Settings, clock: Clock) -> tuple[HandOver, ...]:
    """The ways to the hospital's own system."""
    given = settings.handover
    options = HandOverOptions(
        settings.device,
        settings.desk,
        port=given.port,
        token_file=given.token_file,
        origins=given.origins,
        folder=given.folder,
        hl7=given.hl7,
    )
    ways = {"desk_api": given.api, "folder": given.folder is not None, "hl7": given.hl7 != ""}
    return tuple(registry.handover(name)(options, clock) for name, used in ways.items() if used)


def hands(settings: Settings, clock: Clock, proofs: Proofs) -> Hands | None:
    """The ways to the hospital's own system, and what the site lets out over them."""
    ways = handovers(settings, clock)
    return _Hands(ways, settings, clock, proofs) if ways else None


class _Hands:
    """Makes what is handed over of a result, once for all ways."""

    def __init__(self, ways: Sequence[HandOver], settings: Settings, clock: Clock, proofs: Proofs) -> None:
        self._ways = ways
        self._settings = settings
        self._clock = clock
        self._proofs = proofs

    def start(self, post: Inbox) -> None:
        """Begin."""
        for way in self._ways:
            way.start(post)

    def hand(self, effect: to.HandOver, scan_id: str) -> None:
        """Give a result to every one of them."""
        from terminal.handing import handed_of

        handed = handed_of(
            effect.result,
            self._settings,
            session=effect.session,
            visit=scan_id,
            method=effect.method,
            at=self._clock.now(),
            simulated=effect.simulated,
            proof=self._proofs.of(effect.session),
        )
        for way in self._ways:
            way.hand(handed)

    def stop(self) -> None:
        """End, also when one of them fails at it."""
        with ExitStack() as stops:
            for way in self._ways:
                stops.callback(way.stop)


def speech(settings: Settings, wall: Callable[[], time] = lambda: _wall_clock()) -> Speech | None:
    """The voice."""
    chosen = settings.voice
    if chosen.driver == "none":
        return None
    voice = registry.voice(chosen.driver)(VoiceOptions(str(chosen.clips or ""), chosen.volume))
    return _Speech(voice, settings, wall)


class _Speech:
    """Knows the language of the desk and the hour."""

    def __init__(self, voice: Voice, settings: Settings, wall: Callable[[], time]) -> None:
        self._voice = voice
        self._settings = settings
        self._quiet = quiet_hours(settings)
        self._wall = wall

    def say(self, message: Message) -> None:
        """Speak this sentence."""
        volume = self._settings.voice.volume
        if self._quiet:
            volume = self._quiet.volume_at(self._wall(), volume)
        language = self._settings.language
        self._voice.say(message.key, say(message, language), language, volume)

    def stop(self) -> None:
        """Be silent."""
        self._voice.stop()


def quiet_hours(settings: Settings) -> QuietHours | None:
    """The hours of another volume."""
    if not settings.face.quiet:
        return None
    begin, end = (time.fromisoformat(text) for text in settings.face.quiet.split("-"))
    return QuietHours(begin, end, settings.face.quiet_sound)


def _wall_clock() -> time:
    return wall_time(SystemClock())
