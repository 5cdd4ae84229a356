"""The book of devices: added by an operator, enrolled once with a code, revoked, seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from backend.devices.codes import ATTEMPTS, LIFE, code_hash, new_code, new_token, token_hash
from backend.devices.identity import Identity, Role
from backend.devices.tables import DEVICE, ENROLMENT

_THIS = DEVICE.c.device == sa.bindparam("this")
_BY_TOKEN = sa.select(DEVICE).where(DEVICE.c.token_hash == sa.bindparam("hash"), DEVICE.c.revoked_at.is_(None))
# This one conditional delete decides whose code it was: a code is used once, whoever comes first.
_USE_CODE = (
    sa.delete(ENROLMENT)
    .where(
        ENROLMENT.c.device == sa.bindparam("this"),
        ENROLMENT.c.code_hash == sa.bindparam("hash"),
        ENROLMENT.c.expires_at > sa.bindparam("now", type_=DEVICE.c.added_at.type),
        ENROLMENT.c.attempts < ATTEMPTS,
    )
    .returning(ENROLMENT.c.device)
)
_COUNT_ATTEMPT = (
    sa.update(ENROLMENT)
    .where(ENROLMENT.c.device == sa.bindparam("this"), ENROLMENT.c.attempts < ATTEMPTS)
    .values(attempts=ENROLMENT.c.attempts + 1)
)
_SEEN = (
    sa.update(DEVICE)
    .where(_THIS)
    .values(
        seen_at=sa.bindparam("at"),
        skew_ms=sa.func.coalesce(sa.bindparam("skew"), DEVICE.c.skew_ms),
        waiting=sa.func.coalesce(sa.bindparam("queue"), DEVICE.c.waiting),
    )
)


class EnrolledError(Exception):
    """A device of that name is enrolled already."""


class NoDeviceError(Exception):
    """There is no device of that name."""


@dataclass(frozen=True, slots=True)
class Device:
    """A row of the book; ``waiting``: ledger lines that it had not handed over when it was seen last."""

    device: str
    role: Role
    event: str | None
    gate: str | None
    public_key: bytes | None = field(repr=False)
    token_hash: str | None = field(repr=False)
    added_at: datetime
    enrolled_at: datetime | None
    revoked_at: datetime | None
    seen_at: datetime | None
    skew_ms: int | None
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that asked: when, and what it said of its clock (milliseconds to add) and its waiting lines."""

    device: str
    at: datetime
    skew_ms: int | None
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Admission:
    """An enrolled device and its new token, which is told once and stored nowhere."""

    identity: Identity
    token: str = field(repr=False)


def add(
    db: sa.Connection, name: str, role: Role, now: datetime, *, event: str | None, gate: str | None, again: bool = False
) -> str:
    """Put a device into the book; its one-time code. Raises EnrolledError unless ``again``.

    A device that enrols again keeps its old token until then: a desk goes on while somebody walks over to it. With
    another role or event that token ends at once: whoever has it was never given those.
    """
    columns = (DEVICE.c.enrolled_at, DEVICE.c.role, DEVICE.c.event)
    known = db.execute(sa.select(*columns).where(_THIS), {"this": name}).one_or_none()
    if known is not None and known.enrolled_at is not None and not again:
        raise EnrolledError
    about: dict[str, str | None] = {"role": role.value, "event": event, "gate": gate}
    if known is not None and (known.role, known.event) != (role.value, event):
        about["token_hash"] = None
    if known is None:
        db.execute(sa.insert(DEVICE), {"device": name, "added_at": now, **about})
    else:
        db.execute(sa.update(DEVICE).where(_THIS).values(**about), {"this": name})
    db.execute(sa.delete(ENROLMENT).where(ENROLMENT.c.device == name))
    code = new_code()
    row = {"device": name, "code_hash": code_hash(name, code), "expires_at": now + LIFE, "attempts": 0}
    db.execute(sa.insert(ENROLMENT), row)
    return code


def enrol(db: sa.Connection, name: str, code: str, public_key: bytes, now: datetime) -> Admission | None:
    """Exchange a code for a token; None when it is wrong, expired, used, or was guessed at too often.

    Nothing tells these apart, and the attempt is to be committed: who guesses must not learn, nor start anew.
    """
    this = {"this": name, "hash": code_hash(name, code), "now": now}
    if db.execute(_USE_CODE, this).one_or_none() is None:
        db.execute(_COUNT_ATTEMPT, {"this": name})
        return None
    token = new_token()
    db.execute(
        sa.update(DEVICE)
        .where(_THIS)
        .values(token_hash=token_hash(token), public_key=public_key, enrolled_at=now, revoked_at=None),
        {"this": name},
    )
    row = db.execute(sa.select(DEVICE).where(_THIS), {"this": name}).one()
    return Admission(_identity(row), token)


def revoke(db: sa.Connection, name: str, now: datetime) -> None:
    """From now on neither its token nor its code is worth anything. Raises NoDeviceError."""
    db.execute(sa.delete(ENROLMENT).where(ENROLMENT.c.device == name))
    found = db.execute(
        sa.update(DEVICE).where(_THIS).values(revoked_at=now, token_hash=None).returning(DEVICE.c.device),
        {"this": name},
    )
    if found.one_or_none() is None:
        raise NoDeviceError


def by_token(db: sa.Connection, hashed: str) -> Identity | None:
    """The device whose token has this hash, unless it was revoked."""
    row = db.execute(_BY_TOKEN, {"hash": hashed}).one_or_none()
    return None if row is None else _identity(row)


def devices(db: sa.Connection, event: str | None = None) -> tuple[Device, ...]:
    """All devices by name; with ``event`` those that may ask about it."""
    wanted = sa.select(DEVICE).order_by(DEVICE.c.device)
    if event is not None:
        wanted = wanted.where(sa.or_(DEVICE.c.event.is_(None), DEVICE.c.event == event))
    return tuple(_device(row) for row in db.execute(wanted))


def by_name(db: sa.Connection, name: str) -> Identity | None:
    """The device of that name, also a revoked one: what it signed before still happened."""
    row = db.execute(sa.select(DEVICE).where(_THIS), {"this": name}).one_or_none()
    return None if row is None else _identity(row)


def note_seen(db: sa.Connection, sightings: Iterable[Sighting]) -> None:
    """Write down who asked when."""
    for each in sightings:
        db.execute(_SEEN, {"this": each.device, "at": each.at, "skew": each.skew_ms, "queue": each.waiting})


def _identity(row: sa.Row[Any]) -> Identity:
    return Identity(row.device, Role(row.role), row.event, row.gate, row.public_key)


def _device(row: sa.Row[Any]) -> Device:
    return Device(**{**row._mapping, "role": Role(row.role)})
