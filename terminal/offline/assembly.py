"""The parts of a terminal that also decides by itself, put together: what boot needs, in two steps.

`alone` makes the own decisions out of the open stores; `asked_in_turn` makes the one backend that the desk asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.codes.ticket import TicketKey
from crypto.tickets.record import Marks
from terminal.clock import Clock
from terminal.model import Source
from terminal.offline.budget import Budget, Limits
from terminal.offline.chain import Chain, Server
from terminal.offline.cover import CoverLimits, KeptCover
from terminal.offline.covering import FollowedTickets
from terminal.offline.finding import Finder
from terminal.offline.local import LocalTickets
from terminal.offline.outbox import Outbox
from terminal.offline.skew import Timekeeper
from terminal.offline.snapshots import TicketData
from terminal.offline.uses import OwnUses
from terminal.ports import Backend
from terminal.records.sealed import Sealed, SealedKey


@dataclass(frozen=True, slots=True)
class Alone:
    """``tickets`` decides; ``followed`` is what the exchange with the server gets (`terminal.offline.sync.Link`)."""

    tickets: LocalTickets
    followed: FollowedTickets


@dataclass(frozen=True, slots=True)
class CoverStore:
    """Where answers about insurance are kept, under which key, and for how long."""

    store: Sealed
    key: SealedKey
    limits: CoverLimits
    clock: Clock


def alone(
    data: TicketData,
    outbox: Outbox,
    times: Timekeeper,
    snapshot_key: bytes,
    budget: Budget,
    keys: Sequence[TicketKey] = (),
) -> Alone:
    """The terminal's own decisions about tickets. ``snapshot_key``: the enrolment's; ``keys``: issuers whose signature
    admits a ticket that was sold after the data. Raises FaultError ``offline.write`` or ``offline.damaged``."""
    uses = OwnUses(outbox)
    limits = Limits(data, outbox, uses, times, budget)
    finder = Finder(data, uses, Marks(snapshot_key), keys)
    return Alone(LocalTickets(outbox, uses, finder, limits), FollowedTickets(data, uses, lambda: limits.now().at))


def asked_in_turn(
    server: Backend, hub: Backend | None = None, own: Alone | None = None, cover: CoverStore | None = None
) -> Backend:
    """The server, then the hub in the house, then the terminal itself; with ``cover`` also the payer's kept yes. Only
    the server where there is nothing else. Raises FaultError ``offline.write`` or ``offline.damaged``."""
    backend = server
    if hub is not None or own is not None:
        house = () if hub is None else (Server(hub, Source.HUB),)
        backend = Chain((Server(server, Source.ONLINE), *house), own.tickets if own is not None else None)
    if cover is None:
        return backend
    return KeptCover(backend, cover.store, cover.key, cover.limits, cover.clock)
