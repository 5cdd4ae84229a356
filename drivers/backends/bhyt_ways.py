"""The two ways to the gateway: directly, or through the hospital's own system that holds the account (docs/bhyt.md)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from drivers.backends import bhyt_wire as wire
from drivers.backends.bhyt_codes import NOT_SIGNED_IN
from drivers.backends.bhyt_site import Account
from drivers.backends.http import Call, JsonServer, Reply
from terminal.faults import FaultError

TOKEN_PATH = "/api/token/take"  # noqa: S105 - an address
CARD_PATH = "/api/egw/KQNhanLichSuKCB2024"

_UNAUTHORIZED = "HTTP 401"


class Way(Protocol):
    """How a question reaches the gateway. Both raise FaultError; both end by ``until`` (``time.monotonic``)."""

    def ask(self, body: bytes, until: float) -> tuple[Reply, wire.CardAnswer]:
        """The answer to the body of a ``KQNhanLichSuKCB2024``, as it came and as it was understood."""
        ...

    def reach(self, until: float) -> Reply:
        """Whether it is there, asking about nobody."""
        ...


@dataclass(frozen=True, slots=True)
class _Session:
    access_token: str = field(repr=False)
    id_token: str = field(repr=False)


class Direct:
    """The gateway itself. Tokens are kept in memory until they are refused; then this signs in once more, not twice.

    ``expires_in`` is not looked at: a refusal is certain, and this computer's clock is not.
    """

    def __init__(self, server: JsonServer, account: Account) -> None:
        self._server = server
        self._account = account
        self._signing_in = threading.Lock()
        self._session: _Session | None = None

    def ask(self, body: bytes, until: float) -> tuple[Reply, wire.CardAnswer]:
        """See Way."""
        session = self._signed_in(None, until)
        answer = self._asked(session, body, until)
        if answer is None:
            answer = self._asked(self._signed_in(session, until), body, until)
        if answer is None:
            raise FaultError("net.denied", "signed in, and refused again")
        return answer

    def reach(self, until: float) -> Reply:
        """Sign in: the one thing that can be asked without asking about somebody."""
        with _Turn(self._signing_in, until):
            return self._sign_in(until)

    def _asked(self, session: _Session, body: bytes, until: float) -> tuple[Reply, wire.CardAnswer] | None:
        """The answer, or None where the gateway wants somebody to sign in."""
        query = urlencode(
            {
                "token": session.access_token,
                "id_token": session.id_token,
                "username": self._account.user,
                "password": self._account.password,
            }
        )
        call = Call("POST", CARD_PATH, body, query=query, most=wire.MOST_BYTES)
        try:
            reply = self._server.send(call, until - time.monotonic())
        except FaultError as error:
            if error.detail == _UNAUTHORIZED:  # whatever its body is: a page, or nothing
                return None
            raise
        card = wire.card(reply.body)
        return None if card.code == NOT_SIGNED_IN else (reply, card)

    def _signed_in(self, refused: _Session | None, until: float) -> _Session:
        """The session there is, or a new one where that is the ``refused`` one: others may have been quicker."""
        with _Turn(self._signing_in, until):
            if self._session is None or self._session is refused:
                self._sign_in(until)
            if self._session is None:
                raise FaultError("net.denied", "not signed in")
            return self._session

    def _sign_in(self, until: float) -> Reply:
        self._session = None
        body = msgspec.json.encode({"username": self._account.user, "password": self._account.password})
        reply = self._server.send(Call("POST", TOKEN_PATH, body), until - time.monotonic())
        self._session = _Session(*wire.tokens(reply.body))
        return reply


class Hospital:
    """The hospital's system: the same body to ``backend.url``, with the bearer token that it gave this terminal."""

    def __init__(self, server: JsonServer) -> None:
        self._server = server

    def ask(self, body: bytes, until: float) -> tuple[Reply, wire.CardAnswer]:
        """See Way."""
        reply = self._server.send(Call("POST", "", body, most=wire.MOST_BYTES), until - time.monotonic())
        card = wire.card(reply.body)
        if card.code == NOT_SIGNED_IN:
            raise FaultError("net.denied", "the hospital's system is not signed in")
        return reply, card

    def reach(self, until: float) -> Reply:
        """A GET of the same address, which answers any JSON."""
        return self._server.send(Call("GET", ""), until - time.monotonic())


class _Turn:
    """A lock that is waited for no longer than the question may take."""

    def __init__(self, lock: threading.Lock, until: float) -> None:
        self._lock = lock
        self._until = until

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=max(self._until - time.monotonic(), 0.0)):
            raise FaultError("net.timeout", "another question is signing in")

    def __exit__(self, *_: object) -> None:
        self._lock.release()
