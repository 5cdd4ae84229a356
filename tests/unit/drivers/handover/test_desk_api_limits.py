"""The desk API under more than it takes: crowds, slow requests, pages that do not read."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.handover.desk_api import DeskApi
from drivers.handover.desk_server import Limits
from terminal.events import HandedOver
from terminal.outputs import HandOverOptions
from tests.desk_client import Client, client_of, until_status
from tests.handed_over import visit
from tests.inbox import RecordingInbox


def test_a_thousand_subscribers_hold_up_nobody(api: DeskApi, client: Client, inbox: RecordingInbox) -> None:
    first = client.subscribe()
    head = f"GET /v1/results HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\n{_bearer(client)}\r\n\r\n".encode()
    lines = []
    for _ in range(999):
        line = socket.create_connection(("127.0.0.1", api.port), 20.0)
        line.settimeout(20.0)
        line.sendall(head)
        lines.append(line)
    statuses = [_status_of(line) for line in lines]
    assert statuses.count(b"200") == Limits().subscribers - 1
    assert set(statuses) <= {b"200", b"503", b""}
    api.hand(visit(1))
    assert first.event()[1]["visit"] == visit(1).visit
    assert inbox.wait_for(HandedOver).session == 1
    for line in lines:
        line.close()
    first.close()
    until_status(client, subscribers=0)


def _bearer(client: Client) -> str:
    return f"Authorization: Bearer {client.token_file.read_text('ascii').strip()}"


def _status_of(line: socket.socket) -> bytes:
    """The status, or nothing where the line was cut."""
    try:
        return line.recv(15)[9:12]
    except ConnectionError:
        return b""


def test_a_slow_request_is_cut_off_and_one_who_listens_notices_nothing(
    started: Callable[..., DeskApi], options: HandOverOptions
) -> None:
    api = started(Limits(connections=8, head=0.3))
    client = client_of(api, options)
    page = client.subscribe()
    slow = [socket.create_connection(("127.0.0.1", api.port), 20.0) for _ in range(7)]
    for line in slow:
        line.sendall(b"GET /v1/status HTTP/1.1\r\nA: ")
    api.hand(visit(1))
    assert page.event()[1]["visit"] == visit(1).visit
    for line in slow:
        line.settimeout(20.0)
        assert _status_of(line) == b""
        line.close()
    until_status(client, subscribers=1)
    page.close()


def test_more_connections_than_allowed_are_turned_away(
    started: Callable[..., DeskApi], options: HandOverOptions
) -> None:
    api = started(Limits(connections=2))
    idle = [socket.create_connection(("127.0.0.1", api.port), 20.0) for _ in range(2)]
    client = client_of(api, options)
    assert client.ask("GET", "/v1/status").status == 503
    for line in idle:
        line.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000 + b"\r\n\r\n", b"431"), (b"\x16\x03\x01\x02\r\n\r\n", b"400")],
    ids=["long head", "TLS"],
)
def test_a_request_that_is_none(api: DeskApi, client: Client, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", api.port), 20.0) as line:
        line.sendall(sent)
        assert _status_of(line) in (status, b"")
    assert client.ask("GET", "/v1/status").status == 200


def test_a_page_that_does_not_read_is_cut_off_and_the_others_are_served(
    started: Callable[..., DeskApi], options: HandOverOptions, inbox: RecordingInbox
) -> None:
    api = started(Limits(write=0.3, unread=4))
    client = client_of(api, options)
    lazy = client.subscribe()
    lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page = client.subscribe()
    until_status(client, subscribers=2)
    long = visit(1, address="Đường Thử " * 50_000)
    served = 0
    while json.loads(client.ask("GET", "/v1/status").body)["subscribers"] == 2:
        api.hand(replace(long, visit=f"v-{served}"))
        assert page.event()[1]["visit"] == f"v-{served}"
        served += 1
        assert served < 500
    assert served
    for one in (lazy, page):
        one.close()
