"""JSON over HTTP to one server, within a deadline that holds whatever the other side does.

Neither a URL nor an exception nor a log line carries anything that was sent: what went wrong is told by its kind.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivers.device import Lane, StuckError
from terminal.faults import FaultError
from terminal.ports import BackendOptions

if TYPE_CHECKING:
    import requests

MOST_BYTES = 1024 * 1024
SIMULATED_HEADER = "X-Tram-Simulated"
"""``1`` in every answer of a double (backend/doubles)."""

_CHUNK = 65_536
_DENIED = frozenset({401, 403})
_OK = frozenset({int(http.client.OK)})
_JSON = frozenset({"application/json", "application/fhir+json"})


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked. ``query`` is written to the connection and nowhere else (secret_query.py); ``statuses``: the ones
    that are answers; ``most``: bytes that an answer may have; ``answer``: of which media type it must be; ``to``: the
    file that it goes to instead of into the reply."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    query: str = field(default="", repr=False)
    kind: str = "application/json"
    statuses: frozenset[int] = _OK
    most: int = MOST_BYTES
    answer: str = "application/json"
    to: Path | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer's status, its JSON, and the time of its ``Date`` header (RFC 9110 §6.6.1) where it has a right one.

    ``simulated``: it says of itself that a double gave it."""

    status: int
    body: bytes = field(repr=False)
    date: datetime | None = None
    simulated: bool = False


class JsonServer:
    """Sends JSON and returns JSON, both as bytes. Connections are kept alive and shared by threads.

    Every method raises FaultError: ``net.down``, ``net.timeout``, ``net.tls``, ``net.denied`` (401, 403),
    ``net.server`` (5xx) or ``net.garbage`` (any other status, a redirect, no JSON, more than 1 MB).
    """

    def __init__(self, options: BackendOptions, headers: dict[str, str]) -> None:
        self._base = options.url.rstrip("/")
        self._connect = options.connect
        self._ca_file = options.ca_file
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "tram", **headers}
        self._lock = threading.Lock()
        self._session: requests.Session | None = None

    @property
    def is_here(self) -> bool:
        """Whether its address is this computer's own, the only place where a double may answer."""
        try:
            return ipaddress.ip_address(urlsplit(self._base).hostname or "").is_loopback
        except ValueError:
            return False

    def get(self, path: str, deadline: float) -> bytes:
        """The answer to a GET, within ``deadline`` seconds."""
        return self.send(Call("GET", path), deadline).body

    def post(self, path: str, body: bytes, deadline: float) -> bytes:
        """The answer to a POST, within ``deadline`` seconds. It may be sent twice: the server must know repetitions."""
        return self.send(Call("POST", path, body), deadline).body

    def send(self, call: Call, deadline: float) -> Reply:
        """The answer to any call, within ``deadline`` seconds. It may be sent twice."""
        if deadline <= 0:
            raise FaultError("net.timeout", "no time left to ask")
        until = time.monotonic() + deadline
        # Name look-ups and drop by drop headers know no time-out of their own, so the whole exchange runs aside.
        lane = Lane("net-exchange", _nothing)
        try:
            return lane.call(lambda: self._exchange(call, until), deadline)
        except StuckError:
            raise FaultError("net.timeout", "deadline") from None
        finally:
            lane.close()

    def _exchange(self, call: Call, until: float) -> Reply:
        try:
            return self._once(call, until)
        except _CutError:
            # The server closed the kept connection this very moment.
            try:
                return self._once(call, until)
            except _CutError:
                raise FaultError("net.down", "cut off") from None

    def _once(self, call: Call, until: float) -> Reply:
        import requests
        from urllib3.exceptions import HTTPError

        if self._ca_file is not None and not self._ca_file.is_file():
            raise FaultError("net.tls", "the certificate file is missing")
        left = max(until - time.monotonic(), 0.001)
        try:
            response = self._open().request(
                call.method,
                self._base + call.path,
                data=call.body,
                headers=_headers(call),
                timeout=(min(self._connect, left), left),
                allow_redirects=False,
                stream=True,
                verify=str(self._ca_file) if self._ca_file else True,
            )
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise _fault_of(error) from None
        with response:
            if response.status_code not in call.statuses:
                raise _refusal(response.status_code)
            _check_kind(response, call.answer)
            simulated = response.headers.get(SIMULATED_HEADER) == "1"
            return Reply(response.status_code, _body(response, until, call), _date(response), simulated)

    def _open(self) -> requests.Session:
        import requests

        from drivers.backends.secret_query import SecretQueryAdapter

        with self._lock:
            if self._session is None:
                session = requests.Session()
                session.trust_env = False
                session.headers.update(self._headers)
                session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
                for scheme in ("http://", "https://"):
                    session.mount(scheme, SecretQueryAdapter(pool_maxsize=4, max_retries=0))
                self._session = session
            return self._session


def _nothing() -> None:
    """A lane without a handle has nothing to release."""


def _headers(call: Call) -> dict[str, str]:
    from drivers.backends.secret_query import HEADER

    kind = {"Accept": call.answer} | ({"Content-Type": call.kind} if call.body is not None else {})
    return kind | ({HEADER: call.query} if call.query else {})


def _refusal(status: int) -> FaultError:
    if status in _DENIED:
        return FaultError("net.denied", f"HTTP {status}")
    return FaultError("net.server" if 500 <= status <= 599 else "net.garbage", f"HTTP {status}")


def _check_kind(response: requests.Response, expected: str) -> None:
    # The login page of a hotel's or hospital's network answers 200 too.
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind not in (_JSON if expected in _JSON else {expected}):
        raise FaultError("net.garbage", f"not {expected}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FaultError("net.garbage", "compressed without being asked")


def _date(response: requests.Response) -> datetime | None:
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
        return date.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _body(response: requests.Response, until: float, call: Call) -> bytes:
    parts = _parts(response, until, call.most)
    if call.to is None:
        return b"".join(parts)
    try:
        with call.to.open("wb") as file:
            for part in parts:
                file.write(part)
    except OSError as error:
        raise FaultError("offline.write", f"download: {type(error).__name__}") from None
    return b""


def _parts(response: requests.Response, until: float, most: int) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    size = 0
    try:
        while part := response.raw.read1(_CHUNK, decode_content=False):
            size += len(part)
            if size > most:
                raise FaultError("net.garbage", "too long")
            if time.monotonic() > until:
                raise FaultError("net.timeout", "body")
            yield part
    except ReadTimeoutError:
        raise FaultError("net.timeout", "body") from None
    except HTTPError as error:
        raise FaultError("net.down", type(error).__name__) from None


class _CutError(Exception):
    """The connection was closed before an answer began."""


def _fault_of(error: Exception) -> FaultError | _CutError:
    import requests

    causes = _causes(error)
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in causes):
        code = "net.tls"
    elif isinstance(error, requests.exceptions.ReadTimeout):
        code = "net.timeout"
    elif any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in causes):
        return _CutError()
    elif any(isinstance(cause, http.client.HTTPException) for cause in causes):
        code = "net.garbage"
    else:
        code = "net.down"
    return FaultError(code, type(causes[-1]).__name__)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised for; requests and urllib3 keep the cause among the arguments."""
    found: list[BaseException] = []
    todo = [error]
    while todo and len(found) < 20:
        found.append(todo.pop())
        inner = (*found[-1].args, getattr(found[-1], "reason", None), found[-1].__cause__)
        todo += [cause for cause in inner if isinstance(cause, BaseException) and cause not in found]
    return found
