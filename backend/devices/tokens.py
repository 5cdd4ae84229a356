"""Whose token it is: asked of the database at most twice a second for each device."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

from backend.devices import book
from backend.devices.codes import token_hash
from backend.devices.identity import Identity, Role
from backend.engine.store import Answers

FRESH = 0.5
"""Seconds for which a device counts as not revoked since it was looked up."""

SHARED = "*"
"""The device of the shared token's identity: any name may stand for it."""

_MOST = 10_000
_SHARED = Identity(SHARED, Role.TERMINAL)


class Tokens:
    """Tokens and their devices, for one event loop.

    ``shared``: the token of the token file, which belongs to no device; None where there is none.
    """

    def __init__(self, store: Answers, shared: str | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._shared = shared.encode() if shared else None
        self._monotonic = monotonic
        self._known: dict[str, tuple[Identity, float]] = {}

    def remembered(self, token: bytes) -> Identity | None:
        """Whose token it is as far as that needs no look into the database."""
        if self._shared is not None and hmac.compare_digest(token, self._shared):
            return _SHARED
        found = self._known.get(_hash(token))
        if found is None or self._monotonic() - found[1] > FRESH:
            return None
        return found[0]

    async def look_up(self, token: bytes) -> Identity | None:
        """Whose token it is by the database; None for nobody's, and for a revoked device's. Raises BusyError."""
        hashed, asked_at = _hash(token), self._monotonic()
        found = await self._store.read(lambda db: book.by_token(db, hashed))
        if found is None:
            self._known.pop(hashed, None)
        else:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[hashed] = (found, asked_at)
        return found


def _hash(token: bytes) -> str:
    return token_hash(token.decode("latin-1"))
