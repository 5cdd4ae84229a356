"""The desk API over real sockets: what pages get, and what nobody gets."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.handover.desk_api import DeskApi, build
from drivers.handover.desk_server import Limits
from terminal.clock import SystemClock
from terminal.events import HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.handing import as_json
from terminal.outputs import HandOverOptions
from tests.desk_client import PAGE, Client, Subscription
from tests.fake_clock import FakeClock
from tests.handed_over import visit
from tests.inbox import RecordingInbox

Start = Callable[..., Client]


@pytest.fixture
def options(tmp_path: Path) -> HandOverOptions:
    return HandOverOptions("quay-3", "reception", token_file=tmp_path / "desk-api.token", origins=(PAGE,))


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def started(options: HandOverOptions, inbox: RecordingInbox, clock: FakeClock) -> Iterator[Callable[..., DeskApi]]:
    apis: list[DeskApi] = []

    def start(limits: Limits | None = None, port: int = 0) -> DeskApi:
        api = DeskApi(replace(options, port=port), clock, limits)
        apis.append(api)
        api.start(inbox)
        return api

    yield start
    for api in apis:
        api.stop()


@pytest.fixture
def api(started: Callable[..., DeskApi]) -> DeskApi:
    made: DeskApi = started()
    return made


@pytest.fixture
def client(api: DeskApi, options: HandOverOptions) -> Client:
    return _client(api, options)


def _client(api: DeskApi, options: HandOverOptions, origin: str = PAGE) -> Client:
    assert options.token_file is not None
    return Client(api.port, options.token_file, origin)


def test_a_page_that_listens_gets_each_result(api: DeskApi, client: Client, inbox: RecordingInbox) -> None:
    page = client.subscribe(f"/v1/results?ticket={client.ticket()}", token=False)
    assert (page.status, page.headers["content-type"]) == (200, "text/event-stream")
    assert page.headers["access-control-allow-origin"] == PAGE
    for number in (1, 2):
        api.hand(visit(number))
        assert page.event()[1] == json.loads(as_json(visit(number)))
        assert inbox.wait_for(HandedOver) == HandedOver(number, "desk_api")
    page.close()


def test_without_a_page_it_is_told_and_the_page_that_comes_gets_it(
    api: DeskApi, client: Client, inbox: RecordingInbox
) -> None:
    assert client.ask("GET", "/v1/results/last").status == 204
    api.hand(visit(1))
    assert inbox.wait_for(HandOverFailed) == HandOverFailed(1, "desk_api", "handover.absent")
    last = client.ask("GET", "/v1/results/last")
    assert (last.status, last.headers["content-type"]) == (200, "application/json")
    assert last.body.decode() == as_json(visit(1))
    assert inbox.wait_for(HandedOver) == HandedOver(1, "desk_api")


def test_a_page_that_was_away_gets_what_it_missed(api: DeskApi, client: Client, inbox: RecordingInbox) -> None:
    page = client.subscribe()
    api.hand(visit(1))
    seen, _ = page.event()
    page.close()
    inbox.wait_for(HandedOver)
    _until_status(client, subscribers=0)
    for number in (2, 3):
        api.hand(visit(number))
        inbox.wait_for(HandOverFailed)
    by_header = client.subscribe(headers={"Last-Event-ID": seen})
    assert [by_header.event()[1]["visit"] for _ in range(2)] == [visit(2).visit, visit(3).visit]
    by_query = client.subscribe(f"/v1/results?after={seen}")
    assert by_query.event()[1]["visit"] == visit(2).visit
    assert [inbox.wait_for(HandedOver).session for _ in range(2)] == [2, 3]
    for page in (by_header, by_query):
        page.close()


def _until_status(client: Client, **wanted: int) -> None:
    """Until the desk API says so of itself; a closed socket is noticed by its event loop, not at once."""
    moment = threading.Event()
    for _ in range(400):
        told = json.loads(client.ask("GET", "/v1/status").body)
        if wanted.items() <= told.items():
            return
        moment.wait(0.05)
    raise AssertionError(told)


def test_what_waits_is_sent_once_more_on_demand(api: DeskApi, client: Client, inbox: RecordingInbox) -> None:
    api.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    page = client.subscribe()
    _until_status(client, subscribers=1)
    api.again()
    assert page.event()[1]["visit"] == visit(1).visit
    assert inbox.wait_for(HandedOver).session == 1
    page.close()


def test_after_ten_minutes_nobody_gets_it_any_more(
    started: Callable[..., DeskApi], options: HandOverOptions, inbox: RecordingInbox, clock: FakeClock
) -> None:
    api = started(Limits(look=0.02))
    api.hand(visit(1))
    assert inbox.wait_for(HandOverFailed).fault == "handover.absent"
    clock.advance(600.0)
    assert inbox.wait_for(HandOverFailed) == HandOverFailed(1, "desk_api", "handover.given_up")
    assert _client(api, options).ask("GET", "/v1/results/last").status == 204


def test_a_quiet_line_shows_signs_of_life(started: Callable[..., DeskApi], options: HandOverOptions) -> None:
    page = _client(started(Limits(heartbeat=0.02)), options).subscribe()
    assert [page.line() for _ in range(6)] == ["retry: 2000", "", ": tram", "", ": tram", ""]
    page.close()


def test_the_status_says_who_it_is_and_nobody_else(api: DeskApi, client: Client, inbox: RecordingInbox) -> None:
    api.hand(visit())
    inbox.wait_for(HandOverFailed)
    told = json.loads(client.ask("GET", "/v1/status").body)
    assert told == {"version": 1, "device": "quay-3", "desk": "reception", "kept": 1, "subscribers": 0}


WAYS_IN = [("GET", "/v1/results"), ("GET", "/v1/results/last"), ("GET", "/v1/status"), ("POST", "/v1/session")]


@pytest.mark.parametrize(("method", "path"), [*WAYS_IN, ("GET", "/"), ("GET", "/v1/results/last/../last")])
def test_without_token_right_name_and_allowed_origin_there_is_nothing(
    api: DeskApi, client: Client, inbox: RecordingInbox, options: HandOverOptions, method: str, path: str
) -> None:
    api.hand(visit())
    inbox.wait_for(HandOverFailed)
    evil = _client(api, options, "https://evil.example")
    answers = [
        client.ask(method, path, token=False),
        client.ask(method, path, headers={"Host": f"evil.example:{api.port}"}),
        evil.ask(method, path),
        evil.ask(method, path, token=False),
        evil.ask("OPTIONS", path, headers={"Access-Control-Request-Method": method}),
    ]
    assert [answer.status for answer in answers] == [401, 421, 403, 403, 403]
    assert {answer.body for answer in answers} == {b""}
    assert all("access-control-allow-origin" not in answer.headers for answer in answers[1:])
    assert not [event for event in inbox.all() if isinstance(event, HandedOver)]


def test_every_answer_forbids_keeping_and_guessing(client: Client) -> None:
    for answer in (client.ask("GET", "/v1/status"), client.ask("GET", "/nothing"), client.ask("GET", "/", token=False)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in answer.headers


def test_other_paths_and_methods(client: Client) -> None:
    assert client.ask("GET", "/v2/results").status == 404
    wrong = client.ask("POST", "/v1/status")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET")
    assert client.ask("DELETE", "/v1/results").status == 405


def test_a_preflight_is_answered_for_the_allowed_page(client: Client) -> None:
    answer = client.ask(
        "OPTIONS",
        "/v1/session",
        token=False,
        headers={"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"},
    )
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert answer.headers["vary"] == "Origin"


# Too much ------------------------------------------------------------------------------------------------------------


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
    _until_status(client, subscribers=0)


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
    client = _client(api, options)
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
    _until_status(client, subscribers=1)
    page.close()


def test_more_connections_than_allowed_are_turned_away(
    started: Callable[..., DeskApi], options: HandOverOptions
) -> None:
    api = started(Limits(connections=2))
    idle = [socket.create_connection(("127.0.0.1", api.port), 20.0) for _ in range(2)]
    client = _client(api, options)
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
    client = _client(api, options)
    lazy = client.subscribe()
    lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page = client.subscribe()
    _until_status(client, subscribers=2)
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


# The port and the token ----------------------------------------------------------------------------------------------


def test_it_listens_to_this_computer_alone(api: DeskApi) -> None:
    for host in ("127.0.0.2", "::1"):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((host, api.port), 20.0).close()


def test_a_taken_port_is_told_and_used_as_soon_as_it_is_free(
    started: Callable[..., DeskApi], options: HandOverOptions, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("drivers.handover.desk_api._TRY_AGAIN", 0.05)
    monkeypatch.setattr("drivers.handover.desk_api._CHECK_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other, caplog.at_level(logging.ERROR):
        api = started(port=other.getsockname()[1])
        api.hand(visit(1))
        assert inbox.wait_for(HandOverFailed) == HandOverFailed(1, "desk_api", "handover.port")
        with pytest.raises(FaultError) as raised:
            DeskApi(replace(options, port=other.getsockname()[1]), SystemClock()).check()
        assert raised.value.fault.code == "handover.port"
    client = _client(api, options)
    assert client.ask("GET", "/v1/results/last").body.decode() == as_json(visit(1))
    assert inbox.wait_for(HandedOver).session == 1
    assert "NGUY" not in caplog.text
    caplog.clear()


def test_check_takes_a_running_desk_api_for_what_it_is(api: DeskApi, options: HandOverOptions) -> None:
    DeskApi(replace(options, port=api.port), SystemClock()).check()


def test_check_of_a_free_port_makes_no_token(options: HandOverOptions) -> None:
    build(options, SystemClock()).check()
    assert options.token_file is not None
    assert not options.token_file.exists()


def test_a_token_that_others_may_read_opens_nothing(
    started: Callable[..., DeskApi], options: HandOverOptions, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    assert options.token_file is not None
    options.token_file.write_text("t" * 43, "ascii")
    options.token_file.chmod(0o644)
    with caplog.at_level(logging.ERROR):
        started().hand(visit(1))
        assert inbox.wait_for(HandOverFailed).fault == "handover.denied"
    caplog.clear()
    with pytest.raises(FaultError) as raised:
        build(options, SystemClock()).check()
    assert raised.value.fault.code == "handover.denied"


def test_without_a_token_file_there_is_nothing_to_build() -> None:
    with pytest.raises(FaultError) as raised:
        build(HandOverOptions("quay-3", "reception"), SystemClock())
    assert raised.value.fault.code == "config.invalid"


def test_nothing_personal_is_logged_whatever_is_asked(
    api: DeskApi, client: Client, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        page: Subscription = client.subscribe()
        api.hand(visit(1))
        page.event()
        client.ask("GET", "/v1/results/last?name=NGUYEN")
        page.close()
        _until_status(client, subscribers=0)
        api.stop()
    told = caplog.text
    secret = ("NGUY", "003090", client.token_file.read_text("ascii").strip())
    assert [text for text in secret if text in told] == []
    caplog.clear()


def test_it_stops_with_pages_listening_and_starts_again(
    api: DeskApi, options: HandOverOptions, inbox: RecordingInbox
) -> None:
    page = _client(api, options).subscribe()
    api.hand(visit(1))
    page.event()
    api.stop()
    with pytest.raises(EOFError):
        page.event()
    page.close()
    api.start(inbox)
    assert _client(api, options).ask("GET", "/v1/results/last").status == 204
