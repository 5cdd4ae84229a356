"""What lets a desk go on without its servers, built from its settings: who is asked, and what is done about it later.

A store that cannot be used takes the own decisions away, never the desk: it asks its servers as if it had none, and the
self-test says what is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from config.schema import Settings
from crypto.codes.ticket import TicketKey
from terminal import parts, registry
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.flow.desk import Exchange, Rechecks
from terminal.flow.effects import Record
from terminal.model import RedeemAnswer, Source
from terminal.ports import Backend, BackendOptions
from terminal.records.journal import Journal

if TYPE_CHECKING:
    from crypto.tickets.body import LineBody, LineKind
    from terminal.enrolment import Enrolment
    from terminal.offline.assembly import Alone
    from terminal.offline.outbox import Outbox
    from terminal.offline.skew import Timekeeper
    from terminal.offline.sync import ServerExchange
    from terminal.rechecks import Note
    from terminal.records.sealed import SealedKey

log = logging.getLogger(__name__)

TICKETS = "-tickets"
"""Between name and ending of the store, in the name of the file with the event's tickets beside it."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """``backend`` is whom the desk asks. ``decided`` hears of each decision after it was written down; ``close`` lets
    the stores go, after the engine has stopped. ``now``: the servers' time as far as it is known here."""

    backend: Backend
    rechecks: Rechecks | None = None
    exchange: Exchange | None = None
    decided: Callable[[Record, str], None] = lambda _effect, _scan_id: None
    now: Callable[[], datetime] | None = None
    close: Callable[[], None] = lambda: None


def build(
    settings: Settings, journal: Journal, keys: Sequence[TicketKey], clock: Clock, note: Note
) -> Standalone | None:
    """For a desk that asks a backend; None for one that asks nobody. Raises FaultError and ConfigError for what the
    backend's driver needs. ``note`` writes what a payer said later to the journal."""
    if settings.backend.driver == "none":
        return None
    asking = parts.backend_options(settings)
    server = registry.backend(settings.backend.driver)(asking)
    hub = registry.backend("reference")(replace(asking, url=settings.backend.hub)) if settings.backend.hub else None
    plan = _Plan(settings, journal, tuple(keys), clock, note, asking)
    with ExitStack() as stores:
        try:
            made = plan.make(server, hub, stores)
        except FaultError as error:
            log.error("nothing is decided or kept without a server: %s", error)
        else:
            kept = stores.pop_all()
            return replace(made, close=kept.close)
    from terminal.offline.assembly import asked_in_turn

    return Standalone(asked_in_turn(server, hub))


@dataclass(frozen=True, slots=True)
class _Plan:
    settings: Settings
    journal: Journal
    keys: tuple[TicketKey, ...]
    clock: Clock
    note: Note
    asking: BackendOptions

    def make(self, server: Backend, hub: Backend | None, stores: ExitStack) -> Standalone:
        from terminal.offline.assembly import CoverStore, asked_in_turn

        demands, offline = self.settings.demands, self.settings.offline
        if "ticket" in demands:
            enrolment = self._enrolment() if offline.tickets else None
            return (
                self._tickets(server, hub, enrolment, stores) if enrolment else Standalone(asked_in_turn(server, hub))
            )
        if "eligibility" not in demands or not offline.insurance:
            return Standalone(server)
        from terminal.offline.cover import CoverLimits
        from terminal.rechecks import Rechecks as KeptRechecks
        from terminal.records.sealed import open_sealed

        key = self._key()
        store = stores.enter_context(open_sealed(offline.path, key))
        limits = CoverLimits(timedelta(hours=offline.cover_hours), timedelta(days=offline.cover_days))
        backend = asked_in_turn(server, None, None, CoverStore(store, key, limits, self.clock))
        # The server itself is asked again: what was kept of it is no word of its own.
        total = self.settings.backend.total
        return Standalone(backend, KeptRechecks(store, server, self.clock, total, self.note))

    def _key(self) -> SealedKey:
        from terminal.records.sealed import sealed_key

        return sealed_key(self.settings.offline.key_file)

    def _enrolment(self) -> Enrolment | None:
        """What the server told when this device enrolled; None where it never did, and so may decide nothing."""
        from terminal.enrolment import enrolment_beside

        token_file = self.settings.backend.token_file
        if self.settings.backend.driver != "reference" or token_file is None:
            return None
        try:
            found = enrolment_beside(token_file)
        except FaultError as error:
            if error.fault.code != "enrol.missing":
                raise
            log.info("not enrolled: no ticket is decided without a server")
            return None
        return found if found.snapshot_key is not None else None

    def _tickets(self, server: Backend, hub: Backend | None, enrolment: Enrolment, stores: ExitStack) -> Standalone:
        from terminal.offline.assembly import alone, asked_in_turn
        from terminal.offline.budget import Budget
        from terminal.offline.recovery import open_outbox
        from terminal.offline.skew import Timekeeper
        from terminal.offline.snapshots import TicketData

        offline, key = self.settings.offline, self._key()
        times = Timekeeper(self.clock)
        writer = _Writer(self.settings, times)
        outbox = open_outbox(offline.path, key, writer.anew)
        stores.callback(outbox.close)
        data = TicketData(beside(offline.path), key, self.settings.backend.event, enrolment.server_key)
        stores.callback(data.close)
        budget = Budget(offline.snapshot_hours, offline.admissions, offline.warn)
        own = alone(data, outbox, times, enrolment.snapshot_key or b"", budget, self.keys)
        exchange = self._exchange(outbox, own, times, writer)
        return Standalone(
            asked_in_turn(server, hub, own),
            exchange=exchange,
            decided=lambda effect, scan_id: writer.decided(outbox, exchange, effect, scan_id),
            now=lambda: _now(self.clock, times),
        )

    def _exchange(self, outbox: Outbox, own: Alone, times: Timekeeper, writer: _Writer) -> ServerExchange:
        from terminal.offline.sync import Link, ServerExchange
        from terminal.offline.unlit import take_back
        from terminal.records.device_key import device_key

        sign = device_key(self.settings.journal.device_key).sign
        peer = registry.peer("reference")
        links = [Link(peer(self.asking, sign), own.followed)]
        if self.settings.backend.hub:
            links.append(Link(peer(replace(self.asking, url=self.settings.backend.hub), sign), hub=True))
        return ServerExchange(
            links,
            outbox,
            times,
            self.clock,
            writer.anew,
            self.settings.offline.sync,
            first=lambda: take_back(outbox, self.journal, times.stamp, own.tickets.unlit),
        )


class _Writer:
    """Writes the lines that no decision about a ticket writes by itself."""

    def __init__(self, settings: Settings, times: Timekeeper) -> None:
        self._event = settings.backend.event
        self._gate = settings.backend.gate
        self._times = times

    def anew(self, why: str) -> LineBody:
        """The first line of a ledger that starts anew."""
        from crypto.tickets.body import LineKind

        return self._line("anew", LineKind.ANEW, None, why)

    def decided(self, outbox: Outbox, exchange: ServerExchange, effect: Record, scan_id: str) -> None:
        """Staff let somebody in: the ledger knows. Decided here: the servers should know soon."""
        from crypto.tickets.body import LineKind

        if effect.admitted is not None:
            try:
                # A name of its own: under the scan's a server may have refused already.
                outbox.append(self._line(f"{scan_id}-hand", LineKind.MANUAL, effect.ticket, effect.admitted))
            except FaultError as error:  # the journal has it, and nobody is kept out for want of a second record
                log.error("let in by hand, and not in the ledger: %s", error)
            exchange.wake()
        elif isinstance(effect.answer, RedeemAnswer) and effect.answer.source is Source.LOCAL:
            exchange.wake()

    def _line(self, scan_id: str, kind: LineKind, ticket: str | None, reason: str) -> LineBody:
        from crypto.tickets.body import LineBody

        return LineBody(
            scan_id=scan_id,
            kind=kind,
            event=self._event,
            ticket=ticket,
            gate=self._gate,
            stamp=self._times.stamp(),
            reason=reason,
        )


def _now(clock: Clock, times: Timekeeper) -> datetime:
    skew = times.skew()
    return clock.now() + timedelta(seconds=skew.seconds) if skew else clock.now()


def beside(store: Path) -> Path:
    """Where the event's tickets are kept."""
    return store.with_name(f"{store.stem}{TICKETS}{store.suffix}")
