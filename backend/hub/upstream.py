"""What a hub says to its upstream server, over one kept connection."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from backend.api import DEVICE_HEADER, HealthResponse
from backend.devices.paths import DevicesResponse, KnownDevice
from backend.tickets.wire import JournalResponse, TicketsResponse
from crypto.tickets.line import Line

if TYPE_CHECKING:
    import requests

_CONNECT, _ANSWER = 3.0, 20.0
_MOST_BYTES = 16 * 1024 * 1024
_CHUNK = 65_536
_OK = 200

A = TypeVar("A", bound=BaseModel)


class UpstreamError(Exception):
    """The upstream server did not answer, or not as agreed; the text says which, and nothing that was sent."""


class RefusedError(UpstreamError):
    """It answered that it does not want this: a token, a right or a signature is wrong."""


@dataclass(frozen=True, slots=True)
class Account:
    """How this hub is known upstream. ``ca_file``: who vouches for the server; None: the usual authorities."""

    url: str
    device: str
    token: str = field(repr=False)
    ca_file: Path | None = None


class Upstream:
    """The upstream server. One thread uses it; every method raises UpstreamError."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._session: requests.Session | None = None

    def clock(self) -> datetime:
        """The server's time."""
        return self._ask("GET", "/v1/health", HealthResponse).time

    def devices(self) -> tuple[KnownDevice, ...]:
        """The devices that may ask about this hub's event."""
        return self._ask("GET", "/v1/devices", DevicesResponse).devices

    def tickets(self, event: str, after: str) -> TicketsResponse:
        """A page of the event's tickets, by their numbers."""
        return self._ask("GET", f"/v1/tickets?event={event}&after={after}", TicketsResponse)

    def changed(self, event: str, since: int) -> TicketsResponse:
        """The tickets that changed since a cursor."""
        return self._ask("GET", f"/v1/tickets?event={event}&since={since}", TicketsResponse)

    def hand_over(self, device: str, lines: Sequence[Line], signature: bytes) -> JournalResponse:
        """Lines of a device's ledger, as they are, with the device's own word for them."""
        sent = [
            {"seq": line.seq, "body": line.body, "prev": line.prev.hex(), "seal": line.seal.hex()} for line in lines
        ]
        question = {"device": device, "lines": sent, "head_signature": base64.b64encode(signature).decode("ascii")}
        return self._ask("POST", "/v1/journal", JournalResponse, question)

    def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            self._session.close()

    def _ask(self, method: str, path: str, kind: type[A], question: dict[str, Any] | None = None) -> A:
        import requests

        try:
            with self._open().request(
                method,
                self._account.url.rstrip("/") + path,
                json=question,
                timeout=(_CONNECT, _ANSWER),
                allow_redirects=False,
                stream=True,
            ) as response:
                status, body = response.status_code, _body(response)
        except (requests.RequestException, OSError, ValueError) as error:
            raise UpstreamError(type(error).__name__) from None
        if status != _OK:
            raise (RefusedError if 400 <= status < 500 else UpstreamError)(f"HTTP {status}")
        try:
            return kind.model_validate_json(body)
        except ValidationError:
            raise UpstreamError(f"not an answer: {kind.__name__}") from None

    def _open(self) -> requests.Session:
        import requests

        if self._session is None:
            session = requests.Session()
            session.trust_env = False
            session.verify = str(self._account.ca_file) if self._account.ca_file else True
            session.headers.update(
                {"Authorization": f"Bearer {self._account.token}", DEVICE_HEADER: self._account.device}
            )
            self._session = session
        return self._session


def _body(response: requests.Response) -> bytes:
    body = bytearray()
    for part in response.iter_content(_CHUNK):
        body += part
        if len(body) > _MOST_BYTES:
            raise UpstreamError("too long")
    return bytes(body)
