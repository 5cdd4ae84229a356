"""Builds one terminal from its settings, once, and hands the parts to each other. Finds devices by entry point only."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from config.rules import check_complete
from config.schema import Settings
from crypto.codes.ticket import TicketKey
from crypto.errors import ProofError
from crypto.trust.ticket_keys import load_ticket_keys
from terminal import parts, registry
from terminal.clock import Clock, SystemClock
from terminal.events import Device, Event, SelfTested
from terminal.faults import FaultError
from terminal.flow.desk import Desk, Noted
from terminal.flow.effects import Effect, Record
from terminal.flow.engine import Engine
from terminal.flow.jobs import AskWork, ReadWork
from terminal.flow.rules import Rules, Times
from terminal.flow.states import State
from terminal.model import CheckName, Direction, Outcome
from terminal.outputs import Gate
from terminal.ports import CardReader, Face, FaceOptions
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.records.proofs import Proofs, policy_of
from terminal.records.pseudonym import SiteKey, site_key
from terminal.view import Desk as DeskName

if TYPE_CHECKING:
    from terminal.proof.reading import Tools

EXTENDED_BLOCK = 65_000
"""Bytes a READ BINARY asks for with extended length: below the 65,535 that a PC/SC message can carry."""

Watch = Callable[[State, tuple[Effect, ...]], None]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A built terminal: start and stop ``engine``, run ``face`` on the main thread, close ``journal`` at the end."""

    settings: Settings
    engine: Engine
    face: Face
    journal: Journal


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
        desk = _desk(settings, clock, journal, face)
        desk = replace(desk, reader=reader or parts.reader(settings), gate=gate or parts.gate(settings))
        engine = Engine(replace(desk, rules=replace(desk.rules, gate=desk.gate is not None)), watch)
        undo.pop_all()
    return Terminal(settings, engine, face, journal)


def _desk(settings: Settings, clock: Clock, journal: Journal, face: Face) -> Desk:
    keys = _ticket_keys(settings)
    site = site_key(settings.journal.key_file)
    proofs = Proofs(settings.device, settings.journal.device_key, site, policy_of(settings))
    return Desk(
        rules=rules_of(settings),
        face=face,
        clock=clock,
        record=_recorder(settings, journal, site, proofs, clock),
        note=_noter(settings, journal, clock),
        codes=parts.codes(settings, keys, clock),
        slips=parts.slips(settings, clock, proofs),
        speech=parts.speech(settings),
        hands=parts.hands(settings, clock, proofs),
        read=lambda post: _read_work(settings, clock, post),
        ask=_asking(settings),
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
        asking=settings.backend.total,
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


def _asking(settings: Settings) -> Callable[[Callable[[Event], None]], AskWork] | None:
    backend = settings.backend
    if backend.driver == "none":
        return None
    options = parts.backend_options(settings)
    build_backend = registry.backend(backend.driver)
    people = 1 if backend.people == "one" else None
    direction = Direction(backend.direction)
    return lambda post: AskWork(
        build_backend(options), backend.gate, backend.total, post, backend.event, direction, people
    )


def _recorder(
    settings: Settings, journal: Journal, key: SiteKey, proofs: Proofs, clock: Clock
) -> Callable[[Record, str, float], None]:
    def record(effect: Record, scan_id: str, ms: float) -> None:
        now = clock.now()
        entry = entry_of(effect, settings, key, now, scan_id, ms)
        journal.append(replace(entry, proof=proofs.make(effect, scan_id, now)))

    return record


def _noter(settings: Settings, journal: Journal, clock: Clock) -> Callable[[Noted], None]:
    def note(noted: Noted) -> None:
        journal.append(note_of(noted, settings, clock.now()))

    return note


def note_of(noted: Noted, settings: Settings, now: datetime) -> JournalEntry:
    """The journal's line for what happened at the gate."""
    effect = noted.effect
    return JournalEntry(
        when=now,
        session=noted.session,
        desk=DeskName(settings.desk),
        device=settings.device,
        method=Method.HAND if effect.by_hand else Method.TICKET if noted.ticket else Method.NOTHING,
        outcome=Outcome.ATTENTION,
        reason=effect.reason,
        fault=effect.fault,
        scan_id=effect.passage or None,
        ticket=noted.ticket,
        simulated=noted.simulated,
    )


def entry_of(effect: Record, settings: Settings, key: SiteKey, now: datetime, scan_id: str, ms: float) -> JournalEntry:
    """The journal's line for a decision: pseudonym and masked number in the place of the person."""
    number = effect.person.id_number if effect.person else None
    metrics = effect.reading.metrics if effect.reading else None
    return JournalEntry(
        when=now,
        session=effect.session,
        desk=DeskName(settings.desk),
        device=settings.device,
        method=Method.HAND if effect.admitted else Method(effect.method),
        outcome=effect.verdict.outcome,
        reason=f"reason.{effect.admitted}" if effect.admitted else effect.verdict.title.key,
        fault=effect.verdict.fault,
        masked=number.masked if number else None,
        pseudonym=key.pseudonym(number) if number else None,
        checks=tuple((check.name, check.word) for check in effect.verdict.checks),
        scan_id=scan_id,
        ticket=effect.ticket,
        reference=effect.reference,
        simulated=effect.simulated,
        ms=round(ms),
        access=metrics.access if metrics else None,
        why_bac=metrics.why_bac.key if metrics and metrics.why_bac else None,
        chip_proof=(effect.reading.chip_proof if effect.reading else "") or None,
    )
