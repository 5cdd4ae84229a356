"""The short way of redemptions says exactly what the long one says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from backend.app import create_app
from backend.engine.errors import BusyError
from backend.sample import EVENT, tickets
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW, TOKEN, Client, headers, redeem_body

T = TypeVar("T")

_SHORT, _LONG = "application/json", "application/json; charset=utf-8"
"""Content types: a parameter is unusual enough for the long way."""

_GOOD = redeem_body(tickets(NOW.date())[0][0].ticket, "s-1")


def _post(client: Client, kind: str, body: bytes, device: str = "desk-1") -> tuple[int, bytes, str]:
    asking = {**headers(device), "Content-Type": kind}
    response = client.post("/v1/redeem", content=body, headers=asking)
    return response.status_code, response.content, response.headers["content-type"]


_TICKETS = [*(ticket.ticket for ticket, _ in tickets(NOW.date())), "nobody-sold-this"]
_WRONG: tuple[dict[str, object], ...] = (
    {"more": 1},
    {"asked_at": 5},
    {"people": "2"},
    {"people": 0},
    {"direction": "up"},
    {"id_number": "003090123450"},
)
_MISTAKES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"' + b"x" * 100 + b'"',
    b"\xff\xfe",
    b"[" * 5000,
    json.dumps(_GOOD).encode("utf-16"),
    json.dumps({name: value for name, value in _GOOD.items() if name != "gate"}).encode(),
    *(json.dumps({**_GOOD, **wrong}).encode() for wrong in _WRONG),
]


@pytest.mark.parametrize("first", [_SHORT, _LONG])
def test_an_answer_is_the_same_to_the_letter_on_both_ways(client: Client, first: str) -> None:
    for number, ticket in enumerate(_TICKETS):
        body = json.dumps(redeem_body(ticket, f"s-{number}")).encode()
        answers = {_post(client, kind, body) for kind in (first, _SHORT, _LONG)}
        assert [code for code, _, _ in answers] == [200]


def test_a_mistake_is_told_the_same_on_both_ways(client: Client) -> None:
    counted = [len({_post(client, kind, body) for kind in (_SHORT, _LONG)}) for body in _MISTAKES]
    assert counted == [1] * len(_MISTAKES)


def test_a_scan_id_of_another_question_is_told_on_both_ways(client: Client) -> None:
    _post(client, _SHORT, json.dumps(_GOOD).encode())
    other = json.dumps({**_GOOD, "gate": "cong-2"}).encode()
    answers = {_post(client, kind, other) for kind in (_SHORT, _LONG)}
    assert [(code, json.loads(body)["error"]) for code, body, _ in answers] == [(422, "scan_id_reused")]


class _Counting:
    """A store that fails, and counts how often it was asked."""

    def __init__(self, error: Exception) -> None:
        self.asked = 0
        self._error = error

    async def write(self, _work: Callable[[sa.Connection], T]) -> T:
        self.asked += 1
        raise self._error

    async def read(self, _work: Callable[[sa.Connection], T]) -> T:
        raise self._error


@pytest.mark.parametrize(("error", "code", "asked"), [(BusyError(), 503, 1), (RuntimeError("x"), 500, 2)])
def test_a_busy_database_is_not_asked_twice(error: Exception, code: int, asked: int) -> None:
    store = _Counting(error)
    client = Client(create_app(store, TOKEN, lambda: NOW, KEYS))
    assert _post(client, _SHORT, json.dumps(_GOOD).encode())[0] == code
    assert store.asked == asked


def test_other_methods_and_paths_go_the_long_way(client: Client) -> None:
    answers: dict[str, Any] = {
        "get": client.request("GET", "/v1/redeem", headers=headers()).status_code,
        "annul": client.post(
            "/v1/annul", json={**_GOOD, "event": EVENT, "asked_at": ASKED_AT}, headers=headers()
        ).status_code,
        "nobody": client.post("/v1/redeem", json=_GOOD).status_code,
    }
    assert answers == {"get": 405, "annul": 200, "nobody": 401}
