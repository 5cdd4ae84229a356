"""Who is let in: host, origin, token, ticket."""

from __future__ import annotations

import pytest

from drivers.handover.door import MOST_TICKETS, TICKET_SECONDS, Door, as_sent
from drivers.handover.http_request import RefusedError, Request
from tests.fake_clock import FakeClock

PAGE = "https://his.example"
TOKEN = "t" * 43


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def door(clock: FakeClock) -> Door:
    return Door(TOKEN, (PAGE, "https://OTHER.example:443"), 8123, clock)


def _request(method: str = "GET", query: dict[str, str] | None = None, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/v1/results", query or {}, {"host": "127.0.0.1:8123"} | named)


def _status(work: object, *arguments: object) -> int:
    assert callable(work)
    with pytest.raises(RefusedError) as raised:
        work(*arguments)
    return int(raised.value.status)


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost:8123", "LOCALHOST:8123"])
def test_this_computer_is_asked_by_its_own_name(door: Door, host: str) -> None:
    door.check_address(_request(host=host))


@pytest.mark.parametrize(
    "host", ["", "evil.example:8123", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:8123", "[::1]:8123"]
)
def test_a_name_that_leads_here_by_rebinding_is_refused_even_with_the_token(door: Door, host: str) -> None:
    assert _status(door.check_address, _request(host=host, authorization=f"Bearer {TOKEN}")) == 421


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://his.example", "https://his.example:444", "https://his.example.evil.example",
     "null", "", "https://his.example/", "HTTPS://his.example", "http://127.0.0.1:8123"],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused_and_told_nothing(door: Door, origin: str) -> None:
    request = _request(origin=origin, authorization=f"Bearer {TOKEN}")
    assert _status(door.check_address, request) == 403
    assert door.cors(request) == {}


@pytest.mark.parametrize("origin", [PAGE, "https://other.example"])
def test_an_allowed_page_and_no_other_may_read_the_answer(door: Door, origin: str) -> None:
    request = _request(origin=origin)
    door.check_address(request)
    assert door.cors(request) == {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def test_a_program_without_an_origin_needs_the_token_only(door: Door) -> None:
    door.check_address(_request())
    door.check_token(_request(authorization=f"bearer {TOKEN}"))


@pytest.mark.parametrize("given", ["", TOKEN, "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff"])
def test_without_the_token_nobody_comes_in(door: Door, given: str) -> None:
    assert _status(door.check_token, _request(authorization=given)) == 401
    assert _status(door.check_token, _request()) == 401


def test_a_preflight_gets_exactly_what_is_needed(door: Door) -> None:
    asked = _request("OPTIONS", origin=PAGE, access_control_request_method="POST")
    headers = door.preflight(asked)
    assert headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert "Access-Control-Allow-Private-Network" not in headers
    private = _request(
        "OPTIONS",
        origin=PAGE,
        access_control_request_method="GET",
        access_control_request_headers="authorization, Last-Event-ID",
        access_control_request_private_network="true",
    )
    assert door.preflight(private)["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize(
    "headers",
    [
        {"access_control_request_method": "GET"},
        {"origin": PAGE},
        {"origin": PAGE, "access_control_request_method": "DELETE"},
        {"origin": PAGE, "access_control_request_method": "GET", "access_control_request_headers": "x-other"},
    ],
)
def test_a_preflight_for_more_is_refused(door: Door, headers: dict[str, str]) -> None:
    assert _status(door.preflight, _request("OPTIONS", None, **headers)) == 403


def test_a_ticket_is_good_once_for_its_page_and_not_for_long(door: Door, clock: FakeClock) -> None:
    def subscribing(ticket: str, origin: str = PAGE) -> Request:
        return _request(query={"ticket": ticket}, origin=origin)

    first = door.ticket(_request("POST", origin=PAGE))
    door.check_subscriber(subscribing(first))
    assert _status(door.check_subscriber, subscribing(first)) == 401
    stolen = door.ticket(_request("POST", origin=PAGE))
    assert _status(door.check_subscriber, subscribing(stolen, "https://other.example")) == 401
    assert _status(door.check_subscriber, subscribing(stolen)) == 401, "a ticket that was tried is used"
    late = door.ticket(_request("POST", origin=PAGE))
    clock.advance(TICKET_SECONDS)
    assert _status(door.check_subscriber, subscribing(late)) == 401
    # A script or picture tag of any page sends no origin.
    loose = door.ticket(_request("POST", origin=PAGE))
    assert _status(door.check_subscriber, _request(query={"ticket": loose})) == 401


def test_a_ticket_does_not_stand_in_for_the_token_elsewhere(door: Door) -> None:
    ticket = door.ticket(_request("POST", origin=PAGE))
    assert _status(door.check_token, _request(authorization=f"Bearer {ticket}")) == 401


def test_a_subscriber_may_bring_the_token(door: Door) -> None:
    door.check_subscriber(_request(authorization=f"Bearer {TOKEN}"))
    assert _status(door.check_subscriber, _request()) == 401


def test_of_too_many_tickets_the_oldest_is_void(door: Door) -> None:
    tickets = [door.ticket(_request("POST", origin=PAGE)) for _ in range(MOST_TICKETS + 1)]
    oldest, newest = (_request(query={"ticket": one}, origin=PAGE) for one in (tickets[0], tickets[-1]))
    assert _status(door.check_subscriber, oldest) == 401
    door.check_subscriber(newest)


@pytest.mark.parametrize(
    ("origin", "sent"),
    [
        ("https://HIS.example", "https://his.example"),
        ("https://his.example:443", "https://his.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[::1]:443", "https://[::1]"),
    ],
)
def test_origins_are_compared_as_browsers_send_them(origin: str, sent: str) -> None:
    assert as_sent(origin) == sent
