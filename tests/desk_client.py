"""A program that uses the desk API as a page does, over plain sockets."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from drivers.handover.desk_api import DeskApi
from terminal.outputs import HandOverOptions

PAGE = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class Answer:
    """One answer, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Client:
    """Asks the desk API at ``port``, with the token of ``token_file``, from the page ``origin`` ("" for a program)."""

    port: int
    token_file: Path
    origin: str = ""

    def ask(
        self, method: str, path: str, *, token: bool = True, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Answer:
        """One request and its answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20.0)
        try:
            line.request(method, path, headers=self._headers(token=token) | dict(headers))
            got = line.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            line.close()

    def ticket(self) -> str:
        """A ticket for one subscription."""
        return str(json.loads(self.ask("POST", "/v1/session").body)["ticket"])

    def subscribe(
        self, path: str = "/v1/results", *, token: bool = True, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Subscription:
        """Listen; the answer's head is read already."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20.0)
        line.request("GET", path, headers=self._headers(token=token) | dict(headers))
        sock = line.sock
        return Subscription(line.getresponse(), sock)

    def _headers(self, *, token: bool) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token_file.read_text('ascii').strip()}"} if token else {}
        return headers | ({"Origin": self.origin} if self.origin else {})


class Subscription:
    """A stream of events."""

    def __init__(self, response: http.client.HTTPResponse, sock: socket.socket) -> None:
        self._response = response
        self.sock = sock
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def line(self) -> str:
        """The next line, without its end; "" also at the end of the stream."""
        return self._response.readline().decode().rstrip("\n")

    def event(self) -> tuple[str, dict[str, object]]:
        """The next event's id and data; raises EOFError at the end of the stream."""
        seen = ""
        while raw := self._response.readline():
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name == "id":
                seen = value
            if name == "data":
                return seen, json.loads(value)
        raise EOFError

    def close(self) -> None:
        """Go away."""
        self._response.close()
        self.sock.close()


def client_of(api: DeskApi, options: HandOverOptions, origin: str = PAGE) -> Client:
    """A client of that desk API, once it listens."""
    assert options.token_file is not None
    return Client(api.port, options.token_file, origin)


def until_status(client: Client, **wanted: int) -> None:
    """Until the desk API says so of itself; a closed socket is noticed by its event loop, not at once."""
    moment = threading.Event()
    for _ in range(400):
        told = json.loads(client.ask("GET", "/v1/status").body)
        if wanted.items() <= told.items():
            return
        moment.wait(0.05)
    raise AssertionError(told)
