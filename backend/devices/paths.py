"""``POST /v1/enrol`` and ``GET /v1/devices``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from backend.api import Name
from backend.devices import book
from backend.devices.identity import Asking, Role
from backend.engine.store import Answers
from backend.keys import ServerKeys

_KEY = 32


class CodeRefusedError(Exception):
    """The code is wrong, expired, used, or was guessed at too often."""


def _raw_key(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a key is written in base64") from None
    if len(raw) != _KEY:
        raise ValueError("an Ed25519 public key has 32 bytes")
    return text


PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$"), AfterValidator(_raw_key)]
"""A raw Ed25519 public key in base64."""


class EnrolRequest(BaseModel):
    """A device that was added by an operator, with the code that it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    code: str = Field(min_length=1, max_length=64, repr=False, description="The one-time code; gaps do not count.")
    device: Name
    public_key: PublicKey = Field(description="The device's Ed25519 public key, 32 bytes in base64.")


class EnrolResponse(BaseModel):
    """What the device keeps. The token is told this once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str = Field(repr=False)
    device: str
    role: Role
    event: str | None = Field(description="The only event that it may ask about; null for all.")
    gate: str | None
    server_key: str = Field(description="The server's Ed25519 public key in base64: it signs snapshots.")
    snapshot_key: str | None = Field(
        repr=False, description="The key of ticket marks in snapshots, base64; terminals and hubs get it."
    )


class KnownDevice(BaseModel):
    """A device, as far as a hub must know it to answer in the server's place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: str
    role: Role
    event: str | None
    gate: str | None
    token_hash: str | None = Field(repr=False, description="SHA-256 of its token in hex; null: let nobody in with it.")
    public_key: str | None = Field(description="Its Ed25519 public key in base64.")
    enrolled_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class DevicesResponse(BaseModel):
    """All devices that may ask about the hub's event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    devices: tuple[KnownDevice, ...]


def open_paths(store: Answers, clock: Callable[[], datetime], keys: ServerKeys) -> APIRouter:
    """Where devices enrol; nobody is known yet."""
    router = APIRouter(prefix="/v1")

    @router.post("/enrol")
    async def enrol(question: EnrolRequest) -> EnrolResponse:
        """Exchange a one-time code for a token; once."""
        key = base64.b64decode(question.public_key)
        now = clock()
        found = await store.write(lambda db: book.enrol(db, question.device, question.code, key, now))
        if found is None:
            raise CodeRefusedError
        who = found.identity
        marks = who.role in (Role.TERMINAL, Role.HUB)
        return EnrolResponse(
            token=found.token,
            device=who.device,
            role=who.role,
            event=who.event,
            gate=who.gate,
            server_key=_text(keys.public),
            snapshot_key=_text(keys.marks) if marks else None,
        )

    return router


def guarded_paths(store: Answers) -> APIRouter:
    """What hubs ask about devices."""
    router = APIRouter()

    @router.get("/devices")
    async def devices(asking: Asking) -> DevicesResponse:
        """The devices that a hub lets in while the server is out of reach; those of its event."""
        found = await store.read(lambda db: book.devices(db, asking.event))
        return DevicesResponse(devices=tuple(_known(each) for each in found))

    return router


def _known(device: book.Device) -> KnownDevice:
    return KnownDevice(
        device=device.device,
        role=device.role,
        event=device.event,
        gate=device.gate,
        token_hash=device.token_hash,
        public_key=_text(device.public_key) if device.public_key else None,
        enrolled_at=device.enrolled_at,
        revoked_at=device.revoked_at,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
