"""Who may ask what: every role on every path, wrong and revoked devices, bodies that are too long or too slow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Scope

import backend
from backend.app import create_app
from backend.devices import book
from backend.devices.access import LONG_BODY, OPEN, TABLE, may, row_of
from backend.devices.guard import Guard
from backend.devices.identity import ForbiddenError, Identity, Role
from backend.devices.seen import EVERY, Seen
from backend.devices.tokens import FRESH, SHARED, Tokens
from backend.engine.errors import BusyError
from tests.unit.backend.calls import KEYS, NOW, TOKEN, Client, headers, redeem_body
from tests.unit.backend.devices.conftest import Site

_ALLOWED = {
    ("POST", "/v1/eligibility"): {"terminal", "shared"},
    ("POST", "/v1/redeem"): {"terminal", "shared"},
    ("POST", "/v1/annul"): {"terminal", "shared"},
    ("POST", "/v1/journal"): {"terminal", "hub"},
    ("GET", "/v1/changes"): {"terminal", "hub", "shared"},
    ("GET", "/v1/snapshot"): {"terminal", "hub", "shared"},
    ("GET", "/v1/tickets"): {"hub"},
    ("GET", "/v1/devices"): {"hub"},
    ("GET", "/v1/conflicts"): {"supervisor"},
    ("POST", "/v1/conflicts/C-1"): {"supervisor"},
    ("GET", "/v1/counters"): {"supervisor", "seller"},
}
_ROLES = ("terminal", "hub", "supervisor", "seller", "shared")


def _documented() -> Iterator[tuple[str, str]]:
    document = json.loads(Path(backend.__file__).with_name("openapi.json").read_text("utf-8"))
    for path, operations in document["paths"].items():
        for method in operations:
            yield method.upper(), path.replace("{conflict}", "C-1").replace("{id}", "C-1")


def test_every_documented_path_says_who_may_call_it() -> None:
    guarded = {(method, path) for method, path in _documented() if path not in OPEN}
    assert guarded <= _ALLOWED.keys()
    assert len(TABLE) == len(_ALLOWED)


@pytest.mark.parametrize(("method", "path"), list(_ALLOWED))
def test_who_may_call_what(site: Site, method: str, path: str) -> None:
    answered = set()
    for role in _ROLES:
        token = TOKEN if role == "shared" else site.enrolled(role, Role(role))
        answer = site.client.request(method, path, headers=headers(role, token))
        if answer.status_code != 403:
            answered.add(role)
        else:
            assert answer.json() == {"error": "forbidden", "fields": []}
    assert answered == _ALLOWED[method, path]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_nobodys(site: Site, method: str) -> None:
    answer = site.client.request(method, "/v1/redeem", headers=headers("d", TOKEN))
    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/v1/redeem/", "/v1/conflicts/a/b", "/v1//redeem", "/v1/conflicts/", "/v1", "/"])
def test_a_path_without_a_row_is_not_there(site: Site, path: str) -> None:
    assert site.client.post(path, headers=headers("d", TOKEN)).status_code == 404
    assert row_of(path) is None


def test_a_stolen_token_is_no_other_devices(site: Site) -> None:
    token = site.enrolled("gate-1")
    answer = site.client.post("/v1/redeem", json=redeem_body("T-1", "s-1"), headers=headers("gate-2", token))
    assert (answer.status_code, answer.json()) == (403, {"error": "forbidden", "fields": []})


@pytest.mark.parametrize("named", [None, "", "a b", "x" * 65, "gate-1\n"])
def test_a_device_says_its_name_once_and_rightly(site: Site, named: str | None) -> None:
    token = site.enrolled("gate-1")
    shown = [("Authorization", f"Bearer {token}"), *([("X-Tram-Device", named.strip("\n"))] if named else [])]
    shown += [("X-Tram-Device", "gate-1")] if named == "gate-1\n" else []
    answer = site.client.request("GET", "/v1/changes", headers=shown)
    assert (answer.status_code, answer.json()["fields"]) == (422, ["X-Tram-Device"])


def test_a_revoked_device_is_refused_within_a_second(site: Site) -> None:
    token = site.enrolled("gate-1")
    time = [0.0]
    tokens = Tokens(site.store, None, lambda: time[0])
    shown = token.encode()

    async def asked() -> Identity | None:
        return tokens.remembered(shown) or await tokens.look_up(shown)

    assert asyncio.run(asked()) is not None
    with site.store.transaction() as db:
        book.revoke(db, "gate-1", NOW)
    time[0] = 1.0
    assert asyncio.run(asked()) is None
    assert FRESH < 1
    assert Site(site.store).client.request("GET", "/v1/changes", headers=headers("gate-1", token)).status_code == 401


def test_a_revoked_device_cannot_use_a_code_from_before(site: Site) -> None:
    code = site.add("gate-1")
    with site.store.transaction() as db:
        book.revoke(db, "gate-1", NOW)
    assert site.enrol("gate-1", code).status_code == 403
    with site.store.transaction() as db, pytest.raises(book.NoDeviceError):
        book.revoke(db, "gate-9", NOW)


def test_a_known_device_is_not_looked_up_with_every_request(site: Site) -> None:
    token = site.enrolled("gate-1").encode()
    time, looks = [0.0], []

    class Counted:
        async def read(self, work: Any) -> Any:
            looks.append(time[0])
            return await site.store.read(work)

        async def write(self, work: Any) -> Any:
            return await site.store.write(work)

    tokens = Tokens(Counted(), TOKEN, lambda: time[0])

    async def ask() -> None:
        for moment in range(100):
            time[0] = moment / 50
            assert tokens.remembered(token) or await tokens.look_up(token)
        shared = tokens.remembered(TOKEN.encode())
        assert shared is not None
        assert (shared.device, shared.enrolled) == (SHARED, False)

    asyncio.run(ask())
    assert len(looks) <= 5


def test_without_a_shared_token_none_is_shared(site: Site) -> None:
    client = Client(create_app(site.store, None, lambda: NOW, KEYS))
    for token in ("", "None", TOKEN):
        assert client.post("/v1/redeem", json={}, headers=headers("d", token)).status_code == 401


def test_another_events_device_is_refused() -> None:
    Identity("d", Role.TERMINAL, None).require_event("any")
    Identity("d", Role.TERMINAL, "a").require_event("a")
    with pytest.raises(ForbiddenError):
        Identity("d", Role.TERMINAL, "a").require_event("b")


def test_an_upload_may_be_longer_than_a_question(site: Site) -> None:
    token = site.enrolled("gate-1")
    at = headers("gate-1", token)
    assert site.client.post("/v1/journal", content=b" " * LONG_BODY, headers=at).status_code != 413
    assert site.client.post("/v1/journal", content=b" " * (LONG_BODY + 1), headers=at).status_code == 413
    assert site.client.post("/v1/enrol", content=b" " * 8193).status_code == 413
    assert site.client.request("GET", "/v1/health", content=b" " * 8193).status_code == 413


async def _asked(app: Any, receive: Any, path: str = "/v1/health") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    await app(scope, receive, send)
    return sent


def test_a_body_that_does_not_end_is_given_up(site: Site) -> None:
    async def drip() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": True}

    async def never(*_: Any) -> None:
        raise AssertionError("the application was asked")

    guard = Guard(never, site.store, None, lambda: NOW, body_seconds=0.05)
    sent = asyncio.run(_asked(guard, drip))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["error"] == "too_slow"


def test_whoever_hangs_up_in_the_middle_is_not_answered(site: Site) -> None:
    parts: list[Message] = [
        {"type": "http.request", "body": b"{}", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def cut() -> Message:
        return parts.pop(0)

    async def never(*_: Any) -> None:
        raise AssertionError("the application was asked")

    assert asyncio.run(_asked(Guard(never, site.store, None, lambda: NOW), cut)) == []


def test_a_busy_database_is_told_before_anybody_is_let_in() -> None:
    class Busy:
        async def read(self, _work: Any) -> Any:
            raise BusyError

        write = read

    client = Client(create_app(Busy(), None, lambda: NOW, KEYS))
    assert client.post("/v1/redeem", json={}, headers=headers("d", "t" * 43)).json()["error"] == "busy"


def test_when_a_device_was_seen_is_written_now_and_then(site: Site) -> None:
    token = site.enrolled("gate-1")

    def ask(**more: str) -> None:
        shown = {**headers("gate-1", token), **more}
        assert site.client.request("GET", "/v1/changes", headers=shown).status_code != 401

    def row() -> book.Device:
        with site.store.transaction() as db:
            return book.devices(db)[0]

    ask(**{"X-Tram-Skew": "-340", "X-Tram-Waiting": "12"})
    assert (row().seen_at, row().skew_ms, row().waiting) == (NOW, -340, 12)
    site.pass_by(EVERY - timedelta(seconds=1))
    ask(**{"X-Tram-Waiting": "x"})
    assert row().seen_at == NOW
    site.pass_by(timedelta(seconds=1))
    ask()
    assert (row().seen_at, row().skew_ms, row().waiting) == (NOW + EVERY, -340, 12)


def test_a_clock_set_back_does_not_stop_the_writing() -> None:
    now = [NOW]
    seen = Seen(lambda: now[0])
    assert seen.note("d", 1, None)
    assert not seen.note("d", None, 2)
    assert [(each.skew_ms, each.waiting) for each in seen.take()] == [(1, 2)]
    now[0] -= timedelta(hours=3)
    assert seen.note("d", None, None)


def test_a_hub_gets_the_devices_of_its_event(site: Site) -> None:
    site.enrolled("gate-1", event="e")
    site.enrolled("gate-2", event="other")
    site.enrolled("gate-3")
    token = site.enrolled("hub-1", Role.HUB, event="e")
    found = site.client.request("GET", "/v1/devices", headers=headers("hub-1", token)).json()["devices"]
    assert [each["device"] for each in found] == ["gate-1", "gate-3", "hub-1"]
    assert len(found[0]["token_hash"]) == 64
    assert not [each for each in found if site.tokens["gate-1"] in str(each)]


def test_rows_hold_for_their_methods_only() -> None:
    row = row_of("/v1/journal")
    assert row is not None
    assert may(row, "POST", Role.TERMINAL, enrolled=True)
    assert not may(row, "POST", Role.TERMINAL, enrolled=False)
    assert not may(row, "POST", Role.SELLER, enrolled=True)
    assert may(row, "GET", Role.SELLER, enrolled=True)  # nobody's: the answer is 405
