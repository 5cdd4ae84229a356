"""The ticket calls over HTTP: one short function each; what they do stands in the modules beside this one."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Header, Path, Query, Response

from backend.api import (
    DEVICE_HEADER,
    NAME_PATTERN,
    AnnulRequest,
    AnnulResponse,
    ErrorResponse,
    RedeemRequest,
    RedeemResponse,
)
from backend.devices import book
from backend.devices.identity import Asking, ForbiddenError, Identity, Role
from backend.engine.store import Answers
from backend.keys import ServerKeys
from backend.quick import Way
from backend.tickets import annulling, changes, conflicts, counting, journal, redeeming, snapshots, wire
from backend.tickets.lines import Writer
from crypto.tickets.line import head_message, witness_message
from crypto.tickets.record import holder_mark
from crypto.tickets.rules import day_of

Clock = Callable[[], datetime]

Device = Annotated[str, Header(alias=DEVICE_HEADER, pattern=NAME_PATTERN, description="The asking device's name.")]
Event = Annotated[str, Query(pattern=NAME_PATTERN)]
Number = Annotated[str, Path(pattern=r"^C-[A-Z2-7]{16}$")]
PARAMETERS = frozenset({"event", "since", "limit", "after", "open", "day", "conflict"})
"""Names of what stands in addresses."""

_MOST_CURSOR = 2**63 - 1

SNAPSHOT_AGE = timedelta(minutes=10)
"""A snapshot is as good as a fresh one so long: whoever gets it asks for the changes since."""


class NotFoundError(Exception):
    """There is nothing of that number."""


def gate_ways(store: Answers, clock: Clock, keys: ServerKeys) -> Mapping[str, Way]:
    """What gates ask all day, for the short way to it."""

    async def redeem(question: RedeemRequest, asking: Identity) -> RedeemResponse:
        asking.require_event(question.event)
        mark = None if question.id_number is None else holder_mark(keys.marks, question.id_number)
        return await store.write(lambda db: redeeming.redeem(db, asking.device, question, clock(), mark))

    return MappingProxyType({"/v1/redeem": Way(RedeemRequest, redeem)})


def gate_paths(store: Answers, clock: Clock, keys: ServerKeys) -> APIRouter:
    """What terminals ask at a gate."""
    router = APIRouter()
    redeeming_way = gate_ways(store, clock, keys)["/v1/redeem"]

    @router.post("/redeem", response_model=RedeemResponse)
    async def redeem(question: RedeemRequest, _device: Device, asking: Asking) -> object:
        """Use a ticket once; a repeated scan gets its first answer again."""
        return await redeeming_way.answer(question, asking)

    @router.post("/annul")
    async def annul(question: AnnulRequest, _device: Device, asking: Asking) -> AnnulResponse:
        """Give a ticket its use back; a repetition gets its first answer again."""
        asking.require_event(question.event)
        return await store.write(lambda db: annulling.annul(db, asking.device, question, clock()))

    return router


def journal_paths(store: Answers, clock: Clock, keys: ServerKeys) -> APIRouter:
    """What terminals and hubs hand over afterwards."""
    router = APIRouter()

    @router.post("/journal")
    async def upload(question: wire.JournalRequest, _device: Device, asking: Asking) -> wire.JournalResponse:
        """Hand over lines of a device's ledger; each is kept and counted once."""
        received_at = clock()
        if question.device not in (None, asking.device) and asking.role is not Role.HUB:
            raise ForbiddenError
        device = question.device or asking.device
        done = await store.write(lambda db: _uploaded(db, device, asking, question, received_at))
        return _journal_response(device, done, keys, received_at, clock())

    return router


def data_paths(store: Answers, clock: Clock, keys: ServerKeys) -> APIRouter:
    """What terminals and hubs must know to go on alone."""
    router = APIRouter()
    kept = _Snapshots(store, clock, keys)

    @router.get("/changes")
    async def feed(
        _device: Device,
        asking: Asking,
        event: Event,
        since: Annotated[int, Query(ge=0, le=_MOST_CURSOR)],
        limit: Annotated[int, Query(ge=1, le=changes.MOST)] = 1000,
    ) -> wire.ChangesResponse:
        """What happened to an event's tickets since a cursor, as it stands now."""
        asking.require_event(event)
        found = await store.read(lambda db: changes.page(db, event, since, limit, clock(), keys.marks))
        records = tuple(base64.b64encode(record).decode("ascii") for record in found.records)
        return wire.ChangesResponse(cursor=found.cursor.no, more=found.cursor.more, records=records)

    @router.get("/snapshot", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
    async def snapshot(_device: Device, asking: Asking, event: Event) -> Response:
        """All tickets of an event in one signed file, hashed, without names (crypto/tickets/snapshot.py)."""
        asking.require_event(event)
        return Response(await kept.of(event), media_type="application/octet-stream")

    @router.get("/tickets")
    async def tickets(
        _device: Device,
        asking: Asking,
        event: Event,
        after: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = "",
        since: Annotated[int | None, Query(ge=0, le=_MOST_CURSOR)] = None,
    ) -> wire.TicketsResponse:
        """An event's tickets in full, a page by number, or those that changed since a cursor; for hubs."""
        asking.require_event(event)
        if since is not None:
            return await store.read(lambda db: snapshots.changed_since(db, event, since, clock()))
        return await store.read(lambda db: snapshots.page(db, event, after, clock()))

    return router


def watch_paths(store: Answers, clock: Clock) -> APIRouter:
    """What supervisors see and decide."""
    router = APIRouter()

    @router.get("/conflicts")
    async def listing(
        _device: Device,
        asking: Asking,
        event: Event,
        only_open: Annotated[bool, Query(alias="open")] = True,
    ) -> wire.ConflictsResponse:
        """Admissions without the server that contradict what it knows."""
        asking.require_event(event)
        rows, more = await store.read(lambda db: conflicts.listed(db, event, only_open=only_open))
        return wire.ConflictsResponse(conflicts=rows, more=more)

    @router.post("/conflicts/{conflict}", responses={404: {"model": ErrorResponse}})
    async def resolve(
        conflict: Number, question: wire.ResolveRequest, _device: Device, asking: Asking
    ) -> wire.ConflictsResponse:
        """Note what somebody made of a conflict."""
        rows = await store.write(lambda db: _resolved(db, asking, conflict, question, clock()))
        return wire.ConflictsResponse(conflicts=rows, more=False)

    @router.get("/counters")
    async def counters(
        _device: Device, asking: Asking, event: Event, day: Annotated[date | None, Query()] = None
    ) -> wire.CountersResponse:
        """How many people went through each gate, and how many are in each zone, on a day (default: today)."""
        asking.require_event(event)
        return await store.read(lambda db: _counters(db, event, day or day_of(clock())))

    return router


class _Snapshots:
    """The snapshots built last, one for each event; one is built at a time."""

    def __init__(self, store: Answers, clock: Clock, keys: ServerKeys) -> None:
        self._store, self._clock, self._keys = store, clock, keys
        self._building = asyncio.Lock()
        self._built: dict[str, tuple[datetime, bytes]] = {}

    async def of(self, event: str) -> bytes:
        """The event's snapshot, not older than `SNAPSHOT_AGE`."""
        async with self._building:
            now = self._clock()
            found = self._built.get(event)
            if found is not None and timedelta(0) <= now - found[0] < SNAPSHOT_AGE:
                return found[1]
            self._built = {name: old for name, old in self._built.items() if now - old[0] < SNAPSHOT_AGE}
            file = await self._store.read(lambda db: snapshots.built(db, event, now, self._keys))
            self._built[event] = (now, file)
            return file


def _uploaded(
    db: sa.Connection, device: str, asking: Identity, question: wire.JournalRequest, now: datetime
) -> journal.Uploaded:
    owner = asking if device == asking.device else book.by_name(db, device)
    sent = [line.line() for line in question.lines]
    if owner is None or (sent and not _is_signed(device, owner.key, question)):
        raise ForbiddenError
    writer = Writer(device, owner.event, for_others=owner.role is Role.HUB)
    done = journal.upload(db, writer, sent, now)
    if sent and question.head_signature is not None:
        journal.keep_signature(db, device, sent[-1], base64.b64decode(question.head_signature))
    return done


def _is_signed(device: str, key: bytes | None, question: wire.JournalRequest) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if key is None or question.head_signature is None:
        return False
    signature = base64.b64decode(question.head_signature)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, head_message(device, question.lines[-1].line()))
    except InvalidSignature:
        return False
    return True


def _journal_response(
    device: str, done: journal.Uploaded, keys: ServerKeys, received_at: datetime, answered_at: datetime
) -> wire.JournalResponse:
    signature = keys.signing.sign(witness_message(device, done.head.seq, done.head.seal))
    return wire.JournalResponse(
        received_at=received_at,
        answered_at=answered_at,
        answers=tuple(
            wire.LineAnswer.model_validate(
                {"seq": each.seq, "result": each.result, "reason": each.reason, "conflict": each.conflict}
            )
            for each in done.answers
        ),
        witness=wire.Witness(
            seq=done.head.seq, seal=done.head.seal.hex(), signature=base64.b64encode(signature).decode("ascii")
        ),
    )


def _resolved(
    db: sa.Connection, asking: Identity, conflict: str, question: wire.ResolveRequest, now: datetime
) -> tuple[wire.ConflictRow, ...]:
    event = conflicts.event_of(db, conflict)
    if event is None:
        raise NotFoundError
    asking.require_event(event)
    conflicts.resolve(db, event, conflict, question.state, question.noted_by, now)
    return conflicts.one(db, event, conflict)


def _counters(db: sa.Connection, event: str, day: date) -> wire.CountersResponse:
    gates = counting.at_gates(db, event, day)
    zones = counting.capacities(db, event)
    return wire.CountersResponse(
        event=event,
        day=day,
        inside=sum(each.entered - each.exited for each in gates),
        gates=tuple(
            wire.GateCount(gate=each.gate, zone=each.zone, entered=each.entered, exited=each.exited) for each in gates
        ),
        zones=tuple(
            wire.ZoneCount(
                zone=zone,
                inside=sum(each.entered - each.exited for each in gates if each.zone == zone),
                capacity=zones[zone],
            )
            for zone in sorted(zones)
        ),
    )
