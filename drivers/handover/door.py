"""Who may ask the desk API: programs and pages of this computer that know the token, and pages of allowed origins only.

A page of any other site runs in the same browser and can send requests here, also under a name of its own that leads to
127.0.0.1 (DNS rebinding). So the Host header must be ours, the Origin one of the site's list, and the secret known.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from drivers.handover.http_request import RefusedError, Request
from terminal.clock import Clock

TICKET_SECONDS = 30.0
MOST_TICKETS = 64

METHODS = "GET, POST"
HEADERS = "Authorization, Last-Event-ID"
_PREFLIGHT_SECONDS = "600"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Ticket:
    secret: str = field(repr=False)
    origin: str
    until: float


class Door:
    """Lets a request in or raises RefusedError. ``port``: where this computer is asked."""

    def __init__(self, token: str, origins: Sequence[str], port: int, clock: Clock) -> None:
        self._token = token.encode("ascii")
        self._origins = frozenset(as_sent(origin) for origin in origins)
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._clock = clock
        self._tickets: list[_Ticket] = []

    def check_address(self, request: Request) -> None:
        """It was sent to this computer by name, from nowhere or from an allowed page."""
        if request.headers.get("host", "").lower() not in self._hosts:
            raise RefusedError(HTTPStatus.MISDIRECTED_REQUEST)
        if "origin" in request.headers and request.headers["origin"] not in self._origins:
            raise RefusedError(HTTPStatus.FORBIDDEN)

    def cors(self, request: Request) -> dict[str, str]:
        """What tells the browser that this page may read the answer; for requests that passed ``check_address``."""
        origin = request.headers.get("origin", "")
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin in self._origins else {}

    def preflight(self, request: Request) -> dict[str, str]:
        """The answer's headers to the question whether a page may ask (Fetch standard; Private Network Access). Raises
        RefusedError for a method or header that nobody needs here."""
        wanted = request.headers.get("access-control-request-method", "")
        asked = request.headers.get("access-control-request-headers", "")
        names = {name.strip().lower() for name in asked.split(",") if name.strip()}
        if "origin" not in request.headers or wanted not in METHODS.split(", "):
            raise RefusedError(HTTPStatus.FORBIDDEN)
        if not names <= set(HEADERS.lower().split(", ")):
            raise RefusedError(HTTPStatus.FORBIDDEN)
        headers = {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": HEADERS,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }
        if request.headers.get("access-control-request-private-network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return headers

    def check_token(self, request: Request) -> None:
        """It brings the token."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = hmac.compare_digest(given.strip().encode("latin-1"), self._token)
        if scheme.lower() != "bearer" or not known:
            raise RefusedError(HTTPStatus.UNAUTHORIZED)

    def ticket(self, request: Request, random: Callable[[int], str] = secrets.token_urlsafe) -> str:
        """A ticket for one subscription, for whoever brought the token: an EventSource cannot set a header."""
        self._drop_old()
        made = _Ticket(random(24), request.headers.get("origin", ""), self._clock.monotonic() + TICKET_SECONDS)
        self._tickets = [*self._tickets, made][-MOST_TICKETS:]
        return made.secret

    def check_subscriber(self, request: Request) -> None:
        """It brings the token, or a ticket that nobody used before, from the page that was given it."""
        given = request.query.get("ticket")
        if given is None:
            self.check_token(request)
            return
        self._drop_old()
        origin = request.headers.get("origin", "")
        for one in self._tickets:
            if hmac.compare_digest(one.secret.encode(), given.encode()):
                self._tickets.remove(one)
                if one.origin == origin:
                    return
        raise RefusedError(HTTPStatus.UNAUTHORIZED)

    def _drop_old(self) -> None:
        now = self._clock.monotonic()
        self._tickets = [one for one in self._tickets if one.until > now]


def as_sent(origin: str) -> str:
    """The origin as browsers send it: lower case, without the scheme's own port."""
    parts = urlsplit(origin.lower())
    if parts.port is not None and parts.port == _PORTS.get(parts.scheme):
        return f"{parts.scheme}://{parts.netloc.rpartition(':')[0]}"
    return f"{parts.scheme}://{parts.netloc}"
