"""Builds one terminal from its settings, once, and hands the parts to each other. Finds devices by entry point only."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from config.rules import check_complete
from config.schema import Settings
from crypto.codes.ticket import TicketKey
from crypto.errors import ProofError
from crypto.trust.ticket_keys import load_ticket_keys
from terminal import journaling, parts, registry, standalone
from terminal.clock import Clock, SystemClock
from terminal.events import Device, Event, SelfTested
from terminal.faults import FaultError
from terminal.flow.desk import Desk
from terminal.flow.effects import Effect
from terminal.flow.engine import Engine
from terminal.flow.jobs import AskWork, ReadWork
from terminal.flow.rules import Rules, Times
from terminal.flow.states import State
from terminal.model import CheckName, Direction
from terminal.outputs import Gate
from terminal.ports import CardReader, Face, FaceOptions
from terminal.records.journal import Journal
from terminal.records.proofs import Proofs, policy_of
from terminal.records.pseudonym import site_key
from terminal.standalone import Standalone
from terminal.view import Desk as DeskName

if TYPE_CHECKING:
    from terminal.proof.reading import Tools

EXTENDED_BLOCK = 65_000
"""Bytes a READ BINARY asks for with extended length: below the 65,535 that a PC/SC message can carry."""

TO_BE_HEARD = 0.5
"""Seconds for which a question is waited for beyond the time that its backend may use up: what follows a server that
never answers (a kept yes, the own decision, its fsync) comes at the very end of that."""

Watch = Callable[[State, tuple[Effect, ...]], None]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A built terminal: start and stop ``engine``, run ``face`` on the main thread, ``close`` at the end."""

    settings: Settings
    engine: Engine
    face: Face
    journal: Journal
    close: Callable[[], None]
    """Lets journal and stores go, after the engine has stopped."""


def build(
    settings: Settings,
    *,
    face: Face | None = None,
    reader: CardReader | None = None,
    gate: Gate | None = None,
    demo: bool = False,
    watch: Watch | None = None,
    clock: Clock | None = None,
) -> Terminal:
    """The terminal that ``settings`` describe. Raises ConfigError or FaultError; nothing is started yet.

    ``face``, ``reader`` and ``gate`` given here take the place of the configured ones: the demo's, labelled as such.
    """
    check_complete(settings, None)
    clock = clock or SystemClock()
    face = face or build_face(settings, demo=demo)
    journal = Journal(settings.journal.path)
    with ExitStack() as undo:
        undo.callback(journal.close)
        desk = _desk(settings, clock, journal, face, undo)
        desk = replace(desk, reader=reader or parts.reader(settings), gate=gate or parts.gate(settings))
        engine = Engine(replace(desk, rules=replace(desk.rules, gate=desk.gate is not None)), watch)
        return Terminal(settings, engine, face, journal, undo.pop_all().close)


def _desk(settings: Settings, clock: Clock, journal: Journal, face: Face, undo: ExitStack) -> Desk:
    keys = _ticket_keys(settings)
    site = site_key(settings.journal.key_file)
    proofs = Proofs(settings.device, settings.journal.device_key, site, policy_of(settings))
    alone = standalone.build(settings, journal, keys, clock, journaling.later_noter(settings, journal, site, clock))
    if alone is not None:
        undo.callback(alone.close)
    return Desk(
        rules=rules_of(settings),
        face=face,
        clock=clock,
        record=journaling.recorder(settings, journal, site, proofs, clock, alone),
        note=journaling.noter(settings, journal, clock),
        codes=parts.codes(settings, keys, clock),
        slips=parts.slips(settings, clock, proofs),
        speech=parts.speech(settings),
        hands=parts.hands(settings, clock, proofs),
        read=lambda post: _read_work(settings, clock, post),
        ask=_asking(settings, alone),
        rechecks=alone.rechecks if alone else None,
        exchange=alone.exchange if alone else None,
        now=alone.now if alone else None,
        ticket_keys=keys,
        event=settings.backend.event,
        secrets=settings.backend.tickets == "any",
        warm_up=_warm_up,
        self_test=lambda: _self_test(settings, clock),
    )


def build_face(settings: Settings, *, demo: bool = False) -> Face:
    """The configured face."""
    face = settings.face
    options = FaceOptions(
        desk=settings.desk,
        place=settings.place,
        language=settings.language,
        fullscreen=face.fullscreen,
        theme=face.theme,
        sound=face.sound,
        demo=demo,
        quiet=parts.quiet_hours(settings),
        keyboard=parts.keyboard(settings),
    )
    return registry.face(face.driver)(options)


def rules_of(settings: Settings) -> Rules:
    """The session's rules from the settings."""
    asks = settings.backend.driver != "none"
    demands = frozenset(CheckName(name) for name in settings.demands)
    inputs = {
        Device.READER: settings.reader.driver,
        Device.CAMERA: settings.codes.driver,
        Device.SCANNER: settings.scanner.driver,
    }
    present = frozenset(device for device, driver in inputs.items() if driver != "none")
    needs = tuple(frozenset({Device(name)}) for name in settings.needs) or (present,)
    tickets = CheckName.TICKET in demands
    return Rules(
        desk=DeskName(settings.desk),
        demands=demands - {CheckName.TICKET},
        needs=needs,
        asks=asks and CheckName.ELIGIBILITY in demands,
        tickets=tickets,
        people=bool(demands - {CheckName.TICKET}) or settings.backend.cards,
        cards=settings.backend.cards,
        hands=_hands(settings),
        queue=settings.desk == "gate",
        removal=None if settings.times.removal == "never" else settings.times.removal,
        prints=settings.printer.driver != "none",
        times=_times(settings),
    )


def _hands(settings: Settings) -> Literal["", "decided", "pressed"]:
    given = settings.handover
    return given.when if given.api or given.folder is not None or given.hl7 else ""


def _times(settings: Settings) -> Times:
    times = settings.times
    return Times(
        slow=times.slow,
        reading=times.reading,
        retry=times.retry,
        bounce=times.bounce,
        ask_number=times.ask_number,
        place_card=times.place_card,
        asking=settings.backend.total + TO_BE_HEARD,
        allow=times.result_allow,
        attention=times.result_attention,
        stop=times.result_stop,
        cannot_check=times.result_cannot,
        warn=times.warn,
    )


def _warm_up() -> None:
    """Load now, while nobody waits, what the first card, photo and question would otherwise load."""
    for name in ("crypto.codes.sniff", "terminal.proof.reading", "terminal.proof.photo", "requests"):
        importlib.import_module(name)


def _ticket_keys(settings: Settings) -> tuple[TicketKey, ...]:
    try:
        return load_ticket_keys(settings.trust.tickets)
    except (ProofError, OSError) as error:
        raise FaultError("trust.unreadable", f"{settings.trust.tickets}: {error}") from error


def _self_test(settings: Settings, clock: Clock) -> SelfTested:
    from terminal.selftest import self_test

    return self_test(settings, clock)


def _read_work(settings: Settings, clock: Clock, post: Callable[[Event], None]) -> ReadWork:
    block = EXTENDED_BLOCK if settings.reader.block == "extended" else settings.reader.block
    return ReadWork(lambda: tools_for(settings, clock), block, settings.reader.photo, post)


def tools_for(settings: Settings, clock: Clock) -> Tools:
    """What a chip read needs. Raises FaultError ``trust.unreadable``."""
    from terminal.proof.reading import Tools
    from terminal.proof.trusted import open_trust

    return Tools(open_trust(settings.trust), clock.now, time.perf_counter, os.urandom)


def _asking(settings: Settings, alone: Standalone | None) -> Callable[[Callable[[Event], None]], AskWork] | None:
    if alone is None:
        return None
    backend, asked = settings.backend, alone.backend
    people = 1 if backend.people == "one" else None
    direction = Direction(backend.direction)
    return lambda post: AskWork(asked, backend.gate, backend.total, post, backend.event, direction, people)
