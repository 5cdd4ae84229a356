"""A double of the social security gateway as of CV 1923/BHXH-CNTT (20/06/2024), with invented people and every fault.

It looks at secrets as the real one does: an account for a token, and account and token in the address of each question.
Beside the gateway's own addresses it has ``/relay``, which does what a hospital's system would (docs/bhyt.md).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from backend.doubles import bhyt_faults as faults
from backend.doubles.bhyt_people import Asked, People, Person, answer, verdict
from backend.doubles.label import Clock, Labelled, http_date

TOKEN_LIFE = timedelta(hours=1)

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Secrets:
    """The account that may ask, and the bearer token of ``/relay``."""

    user: str
    password: str = field(repr=False)
    relay_token: str = field(repr=False)

    def admits(self, user: object, digest: object) -> bool:
        """Whether this is the account; the password comes as MD5 in hex, in capitals or not."""
        right = hashlib.md5(self.password.encode(), usedforsecurity=False).hexdigest()
        shown = digest.lower() if isinstance(digest, str) else ""
        return user == self.user and hmac.compare_digest(shown.encode(), right.encode())


class Gateway:
    """The state of the double: who is signed in until when, and which fault was played already."""

    def __init__(self, people: People, secrets_: Secrets, clock: Clock, pause: Pause = asyncio.sleep) -> None:
        self.people = people
        self.secrets = secrets_
        self.clock = clock
        self.pause = pause
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._forgotten: set[str] = set()

    def sign_in(self, body: object) -> dict[str, Any]:
        """The answer of ``token/take``."""
        given = body if isinstance(body, dict) else {}
        if not self.secrets.admits(given.get("username"), given.get("password")):
            return {"maKetQua": "401", "APIKey": None}
        token, id_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        expires = self.clock() + TOKEN_LIFE
        self._tokens[token] = (id_token, expires)
        key = {
            "access_token": token,
            "id_token": id_token,
            "token_type": "bearer",
            "username": self.secrets.user,
            "expires_in": expires.isoformat(),
        }
        return {"maKetQua": "200", "APIKey": key}

    def signed_in(self, query: dict[str, str]) -> bool:
        """Whether the address of a question names the account and a token that still counts."""
        id_token, expires = self._tokens.get(query.get("token", ""), ("", self.clock()))
        if not self.secrets.admits(query.get("username"), query.get("password")) or expires <= self.clock():
            return False
        return hmac.compare_digest(query.get("id_token", "").encode(), id_token.encode())

    def forgets(self, person: Person) -> bool:
        """Whether all tokens are forgotten now: the first time that this person is asked about."""
        if person.fault != "unauthorized_once" or person.id_number in self._forgotten:
            return False
        self._forgotten.add(person.id_number)
        self._tokens.clear()
        return True


def create_app(gateway: Gateway) -> ASGIApp:
    """The double as an ASGI application; every answer bears the label."""
    app = FastAPI(title="Simulated social security gateway", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_gateway_paths(gateway))
    app.include_router(_relay_paths(gateway))
    return Labelled(app, gateway.clock)


def _gateway_paths(gateway: Gateway) -> APIRouter:
    router = APIRouter()

    @router.post("/api/token/take")
    async def take(request: Request) -> Response:
        """A token for the account."""
        return JSONResponse(gateway.sign_in(await _body(request)))

    @router.post("/api/egw/KQNhanLichSuKCB2024")
    async def card(request: Request) -> Response:
        """The answer about a card."""
        if not gateway.signed_in(dict(request.query_params)):
            return _unauthorized()
        return await _answered(gateway, await _body(request))

    return router


def _relay_paths(gateway: Gateway) -> APIRouter:
    router = APIRouter()
    expected = f"Bearer {gateway.secrets.relay_token}".encode()

    def admitted(request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), expected)

    @router.post("/relay")
    async def relayed(request: Request) -> Response:
        """The same answer by way of the hospital's system."""
        return await _answered(gateway, await _body(request)) if admitted(request) else _unauthorized()

    @router.get("/relay")
    async def there(request: Request) -> Response:
        """That the hospital's system is there."""
        return JSONResponse({"status": "ok"}) if admitted(request) else _unauthorized()

    return router


def _unauthorized() -> Response:
    return JSONResponse({"maKetQua": "401", "ghiChu": "Lỗi xác thực tài khoản"}, 401)


async def _body(request: Request) -> object:
    try:
        return await request.json()
    except ValueError:
        return None


async def _answered(gateway: Gateway, body: object) -> Response:
    asked = Asked.of(body)
    if asked is None:
        return JSONResponse(answer("205", None, "Lỗi sai định dạng tham số", gateway.clock().date(), None))
    code, person = verdict(gateway.people, asked)
    as_planned = person is not None and code == person.code
    note = person.note if person and as_planned else _note_of(gateway.people, code)
    fault = person.fault if person and as_planned else ""
    if person and fault and gateway.forgets(person):
        return _unauthorized()
    told = answer(code, person, note, gateway.clock().date(), faults.visits(fault))
    return await _with_fault(gateway, fault, told)


def _note_of(people: People, code: str) -> str:
    return next((one.note for one in people.persons if one.code == code), "Người tra cứu chưa được đăng ký")


async def _with_fault(gateway: Gateway, fault: str, told: dict[str, Any]) -> Response:
    if fault in ("slow", "late"):
        await gateway.pause(faults.SLOW if fault == "slow" else faults.LATE)
    if fault == "other_person":
        other = gateway.people.persons[0]
        told |= {"maThe": other.card, "maSoBHXH": other.card[-10:], "hoTen": other.name, "ngaySinh": other.born}
    whole = JSONResponse(told)
    if fault == "clock_ahead":
        whole.headers["date"] = http_date(gateway.clock() + timedelta(days=2))
    instead: dict[str, Callable[[], Response]] = {
        "http_500": lambda: JSONResponse({"Message": "An error has occurred."}, 500),
        "login_page": lambda: HTMLResponse(faults.PAGE),
        "garbage": lambda: Response(whole.body[:40], media_type="application/json"),
        "cut": lambda: faults.CutResponse(whole.body, media_type="application/json"),
        "endless_history": lambda: StreamingResponse(faults.endless(told), media_type="application/json"),
    }
    return instead[fault]() if fault in instead else whole
