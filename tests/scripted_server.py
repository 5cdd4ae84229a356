"""An HTTP server on loopback that says exactly what a test tells it to, also what no server should."""

from __future__ import annotations

import json
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[socket.socket, Heard], bool]
"""Answers one request on the connection; False closes it."""


class ScriptedServer:
    """Serves until ``close``; ``heard`` keeps every request and ``connections`` counts the connections."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.heard: list[Heard] = []
        self.connections = 0
        self.closing = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        threading.Thread(target=self._accept, name="scripted-server", daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self.closing.set()
        _shut(self._listener)
        while not self._open.empty():
            _shut(self._open.get())

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.put(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while (heard := _request(stream)) is not None:
                    self.heard.append(heard)
                    if not self.script(connection, heard):
                        _shut(connection)
                        return
        except OSError:
            # The client, or the end of the test, cut the connection.
            return


class SigningInServer(ScriptedServer):
    """The same with the social security gateway's token endpoint, which always lets in; ``heard`` leaves it out."""

    TOKEN_PATH = "/api/token/take"

    @property
    def script(self) -> Script:
        """Signs in, and does what the test said for everything else."""
        return self._signing_in

    @script.setter
    def script(self, script: Script) -> None:
        self._said = script

    def _signing_in(self, connection: socket.socket, heard: Heard) -> bool:
        if heard.path != self.TOKEN_PATH:
            return self._said(connection, heard)
        self.heard.remove(heard)
        answer = {"maKetQua": "200", "APIKey": {"access_token": "a-token", "id_token": "an-id-token"}}
        connection.sendall(
            message(json.dumps(answer).encode(), "200 OK", "application/json", "Date: Sun, 22 Nov 2026 08:30:00 GMT")
        )
        return True


def _shut(endpoint: socket.socket) -> None:
    try:
        endpoint.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It was cut from the other end.
        pass
    finally:
        endpoint.close()


def _request(stream: object) -> Heard | None:
    readline, read = stream.readline, stream.read  # type: ignore[attr-defined]  # a file object
    line = readline(65_536).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while (header := readline(65_536).decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Heard(line[0], line[1], headers, read(int(headers.get("content-length", "0"))))


def message(body: bytes, status: str = "200 OK", kind: str = "application/json", *more: str) -> bytes:
    """A whole HTTP answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(head).encode() + body


def says(raw: bytes, *, stay: bool = True) -> Script:
    """A script that always sends these bytes."""

    def script(connection: socket.socket, _heard: Heard) -> bool:
        connection.sendall(raw)
        return stay

    return script


def answers(value: object, status: str = "200 OK") -> Script:
    """A script that always answers this JSON."""
    return says(message(json.dumps(value).encode(), status))
