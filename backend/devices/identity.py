"""The one who asks, as the guard found out; every endpoint gets it as `Asking`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request

SCOPE_KEY = "tram.identity"
"""Where the guard leaves an `Identity` in the ASGI scope."""


class Role(StrEnum):
    """What a device is for; backend.devices.access says what each may call."""

    TERMINAL = "terminal"
    HUB = "hub"
    SUPERVISOR = "supervisor"
    SELLER = "seller"


class ForbiddenError(Exception):
    """Whoever asks is known, and may not ask this."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A device that showed its token. ``event``: the only one it may ask about, None for all.

    ``key``: its raw Ed25519 public key; None when it came with the token file that one-PC set-ups share.
    """

    device: str
    role: Role
    event: str | None = None
    gate: str | None = None
    key: bytes | None = field(default=None, repr=False)

    @property
    def enrolled(self) -> bool:
        """Whether this device has a key of its own, so that its ledger lines can be believed."""
        return self.key is not None

    def require_event(self, event: str) -> None:
        """Raises ForbiddenError when this device was enrolled for another event."""
        if self.event is not None and self.event != event:
            raise ForbiddenError


async def identity_of(request: Request) -> Identity:
    """Who asks. The guard lets nobody through without; an application without a guard must not answer."""
    # Asynchronous, because FastAPI would give a plain function a thread of its own with every request.
    found = request.scope.get(SCOPE_KEY)
    if not isinstance(found, Identity):
        raise ForbiddenError
    return found


Asking = Annotated[Identity, Depends(identity_of)]
"""The endpoint's parameter."""
