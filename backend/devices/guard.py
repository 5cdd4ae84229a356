"""The guard before every call: token, device, role and size, before a single byte of the body is parsed."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api import DEVICE_HEADER, MAX_BODY, NAME_PATTERN, ErrorCode
from backend.devices import book
from backend.devices.access import OPEN, may, row_of
from backend.devices.identity import SCOPE_KEY, Identity
from backend.devices.seen import Seen
from backend.devices.tokens import SHARED, Tokens
from backend.engine.errors import BusyError
from backend.engine.store import Answers
from backend.errors import error

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""

_BEARER = b"Bearer "
_NAME = re.compile(NAME_PATTERN)
_NUMBER = re.compile(rb"-?[0-9]{1,12}")


class Guard:
    """ASGI middleware. Leaves an `Identity` in the scope of what it lets through.

    ``shared``: the token of one-PC set-ups, None for none. ``body_seconds``: how long a body may take to arrive.
    """

    def __init__(
        self,
        app: ASGIApp,
        store: Answers,
        shared: str | None,
        clock: Callable[[], datetime],
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._store = store
        self._tokens = Tokens(store, shared)
        self._seen = Seen(clock)
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with an error, or let the call through with its whole body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            found = await self._admit(scope)
        except BusyError:
            found = ErrorCode.BUSY
        if isinstance(found, ErrorCode):
            await error(found, (DEVICE_HEADER,) if found is ErrorCode.INVALID else ())(scope, receive, send)
            return
        body = await self._body(scope, receive)
        if isinstance(body, ErrorCode):
            await error(body)(scope, receive, send)
            return
        if body is None:
            return
        scope[SCOPE_KEY] = found
        await self._app(scope, _replay(body, receive), send)
        await self._note(scope, found)

    async def _admit(self, scope: Scope) -> Identity | ErrorCode | None:
        """Who asks; None on a path that is open to all; an error for whoever may not ask this."""
        if scope["path"] in OPEN:
            return None
        token = _only(scope, b"authorization")
        if token is None or not token.startswith(_BEARER):
            return ErrorCode.UNAUTHORIZED
        shown = token[len(_BEARER) :]
        known = self._tokens.remembered(shown) or await self._tokens.look_up(shown)
        if known is None:
            return ErrorCode.UNAUTHORIZED
        identity = _as_device(known, _only(scope, DEVICE_HEADER.lower().encode()))
        if isinstance(identity, ErrorCode):
            return identity
        row = row_of(scope["path"])
        if row is None:
            return ErrorCode.NOT_FOUND
        allowed = may(row, scope["method"], identity.role, enrolled=identity.enrolled)
        return identity if allowed else ErrorCode.FORBIDDEN

    async def _body(self, scope: Scope, receive: Receive) -> bytes | ErrorCode | None:
        """The whole body; None when whoever sent it has gone."""
        row = row_of(scope["path"])
        try:
            async with asyncio.timeout(self._body_seconds):
                return await _read(receive, row.longest if row else MAX_BODY)
        except TimeoutError:
            return ErrorCode.TOO_SLOW

    async def _note(self, scope: Scope, found: Identity | None) -> None:
        if found is None or not found.enrolled:
            return
        if self._seen.note(found.device, _number(scope, b"x-tram-skew"), _number(scope, b"x-tram-waiting")):
            sightings = self._seen.take()
            # It was answered already, and when it was seen is worth less than the next answer.
            with contextlib.suppress(BusyError):
                await self._store.write(lambda db: book.note_seen(db, sightings))


def _as_device(known: Identity, named: bytes | None) -> Identity | ErrorCode:
    name = named.decode("latin-1") if named is not None else ""
    if not _NAME.fullmatch(name):
        return ErrorCode.INVALID
    if known.device == SHARED:
        return Identity(name, known.role)
    return known if known.device == name else ErrorCode.FORBIDDEN


def _only(scope: Scope, header: bytes) -> bytes | None:
    """The value of a header that is there exactly once."""
    values: list[bytes] = [value for name, value in scope["headers"] if name == header]
    return values[0] if len(values) == 1 else None


def _number(scope: Scope, header: bytes) -> int | None:
    value = _only(scope, header)
    return int(value) if value is not None and _NUMBER.fullmatch(value) else None


async def _read(receive: Receive, longest: int) -> bytes | ErrorCode | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > longest:
            return ErrorCode.TOO_LARGE
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return rest.pop() if rest else await receive()

    return replayed
