from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

import backend
from backend.app import create_app
from backend.engine.errors import BusyError
from backend.engine.store import Store
from backend.insured import register
from backend.insured.rules import Member
from backend.serve import openapi_text
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW, TOKEN, Caller, Client, headers, redeem_body

T = TypeVar("T")

_QUESTION = {"scan_id": "v-1", "asked_at": ASKED_AT, "id_number": "003090123450"}


def test_health_needs_no_token(client: Client) -> None:
    response = client.request("GET", "/v1/health")
    assert response.json() == {"status": "ok", "version": "0.1.0", "time": "2026-11-22T08:30:00Z"}


@pytest.mark.parametrize(
    "shown",
    [{}, {"Authorization": TOKEN}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}],
)
@pytest.mark.parametrize("path", ["/v1/eligibility", "/v1/redeem", "/v1/annul", "/v1/other", "/openapi.json", "/docs"])
def test_nothing_else_answers_without_the_token(client: Client, path: str, shown: dict[str, str]) -> None:
    response = client.post(path, content=b"x", headers={"X-Tram-Device": "desk-1", **shown})
    assert (response.status_code, response.json()) == (401, {"error": "unauthorized", "fields": []})
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_two_tokens_are_none(client: Client) -> None:
    both = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}"), ("X-Tram-Device", "d")]
    assert client.post("/v1/redeem", json={}, headers=both).status_code == 401


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"scan_id": "a b"}, ["scan_id"]),
        ({"scan_id": "x" * 65}, ["scan_id"]),
        ({"scan_id": "s-1\n"}, ["scan_id"]),
        ({"scan_id": 1}, ["scan_id"]),
        ({"asked_at": "2026-11-22T15:30:00"}, ["asked_at"]),
        ({"asked_at": "2026-11-22"}, ["asked_at"]),
        ({"asked_at": 1795000000}, ["asked_at"]),
        ({"asked_at": "2026-11-22T25:30:00Z"}, ["asked_at"]),
        ({"id_number": "00309012345"}, ["id_number"]),
        ({"id_number": "٠٠٣٠٩٠١٢٣٤٥٠"}, ["id_number"]),
        ({"insurance_code": "DN9010123456789"}, ["insurance_code"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"born": "20/11/1990"}, ["born"]),
        ({"born": "1990-11-20T00:00:00Z", "name": 5}, ["born", "name"]),
        ({"hobby": "secret"}, []),
        ({"id_number": None}, []),
    ],
    ids=str,
)
def test_a_wrong_field_is_named_and_nothing_is_repeated(
    caller: Caller, change: dict[str, Any], fields: list[str]
) -> None:
    response = caller.post("/v1/eligibility", {**_QUESTION, **change})
    assert (response.status_code, response.json()) == (422, {"error": "invalid_request", "fields": fields})


def test_a_missing_device_is_named(client: Client) -> None:
    response = client.post("/v1/redeem", json=redeem_body("t", "s"), headers={"Authorization": f"Bearer {TOKEN}"})
    assert (response.status_code, response.json()["fields"]) == (422, ["X-Tram-Device"])


@pytest.mark.parametrize("device", ["", "a b", "x" * 65])
def test_a_device_name_has_a_form(caller: Caller, device: str) -> None:
    assert caller.post("/v1/redeem", redeem_body("t", "s"), device).status_code == 422


@pytest.mark.parametrize(("size", "status"), [(8192, 422), (8193, 413)])
def test_a_body_has_at_most_8192_bytes(client: Client, size: int, status: int) -> None:
    response = client.post("/v1/redeem", content=b" " * size, headers=headers())
    assert response.status_code == status


def test_a_body_in_pieces_is_measured_too(client: Client) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b" " * 5000
        yield b" " * 5000

    response = client.post("/v1/redeem", content=pieces(), headers=headers())
    assert (response.status_code, response.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [("GET", "/v1/redeem", 405, "method_not_allowed"), ("POST", "/v2/redeem", 404, "not_found")],
)
def test_a_wrong_address_is_told(client: Client, method: str, path: str, status: int, error: str) -> None:
    response = client.request(method, path, headers=headers())
    assert (response.status_code, response.json()) == (status, {"error": error, "fields": []})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(
    st.binary(max_size=200)
    | st.just(b"[" * 8000)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
    .map(json.dumps)
    .map(str.encode)
)
def test_any_body_ends_in_an_error_of_the_protocol(client: Client, body: bytes) -> None:
    for path in ("/v1/eligibility", "/v1/redeem"):
        response = client.post(path, content=body, headers={**headers(), "Content-Type": "application/json"})
        assert response.status_code == 422
        assert response.json()["error"] == "invalid_request"


class _Failing:
    """A store whose every work fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def write(self, _work: Callable[[sa.Connection], T]) -> T:
        raise self._error

    async def read(self, _work: Callable[[sa.Connection], T]) -> T:
        raise self._error


def test_a_busy_database_is_told_as_busy() -> None:
    client = Client(create_app(_Failing(BusyError()), TOKEN, lambda: NOW, KEYS))
    response = client.post("/v1/redeem", json=redeem_body("t", "s"), headers=headers())
    assert (response.status_code, response.json()["error"]) == (503, "busy")


def test_a_defect_is_told_without_its_text() -> None:
    client = Client(create_app(_Failing(RuntimeError("003090123450")), TOKEN, lambda: NOW, KEYS))
    response = client.post("/v1/redeem", json=redeem_body("t", "s"), headers=headers())
    assert (response.status_code, response.json()) == (500, {"error": "internal", "fields": []})


def test_nothing_personal_is_logged(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        caller.check(id_number="003090123450", name="NGUYỄN VĂN THỬ NGHIỆM")
        caller.post("/v1/eligibility", {**_QUESTION, "name": 5})
    assert not [part for part in ("003090123450", "NGUYỄN") if part in caplog.text]


def test_a_database_error_hides_its_parameters(store: Store) -> None:
    stranger = Member("0039999999", "003090123450", "Ai Đó", "1990", "no-plan", NOW.date(), None)
    with pytest.raises(DBAPIError) as raised, store.transaction() as db:
        register.add_members(db, [stranger])
    assert not [part for part in ("003090123450", "Ai Đó") if part in str(raised.value)]


def test_the_committed_openapi_document_is_the_servers_own() -> None:
    committed = Path(backend.__file__).with_name("openapi.json").read_text("utf-8")
    assert committed == openapi_text(), "run: tram backend openapi > backend/openapi.json"
