"""The desk API over real sockets: what pages get, and what nobody gets."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from drivers.handover.desk_api import DeskApi, build
from drivers.handover.desk_server import Limits
from terminal.clock import SystemClock
from terminal.events import HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.handing import as_json
from terminal.outputs import HandOverOptions
from tests.desk_client import PAGE, Client, Subscription, client_of, until_status
from tests.fake_clock import FakeClock
from tests.handed_over import visit
from tests.inbox import RecordingInbox


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
    until_status(client, subscribers=0)
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


def test_what_waits_is_sent_once_more_on_demand(api: DeskApi, client: Client, inbox: RecordingInbox) -> None:
    api.hand(visit(1))
    inbox.wait_for(HandOverFailed)
    page = client.subscribe()
    until_status(client, subscribers=1)
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
    assert client_of(api, options).ask("GET", "/v1/results/last").status == 204


def test_a_quiet_line_shows_signs_of_life(started: Callable[..., DeskApi], options: HandOverOptions) -> None:
    page = client_of(started(Limits(heartbeat=0.02)), options).subscribe()
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
    evil = client_of(api, options, "https://evil.example")
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
    client = client_of(api, options)
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
        until_status(client, subscribers=0)
        api.stop()
    told = caplog.text
    secret = ("NGUY", "003090", client.token_file.read_text("ascii").strip())
    assert [text for text in secret if text in told] == []
    caplog.clear()


def test_it_stops_with_pages_listening_and_starts_again(
    api: DeskApi, options: HandOverOptions, inbox: RecordingInbox
) -> None:
    page = client_of(api, options).subscribe()
    api.hand(visit(1))
    page.event()
    api.stop()
    with pytest.raises(EOFError):
        page.event()
    page.close()
    api.start(inbox)
    assert client_of(api, options).ask("GET", "/v1/results/last").status == 204
