"""The HTTP face of the server: who may ask, how much, and how errors are told without repeating anything."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend import ledger, register
from backend.api import (
    DEVICE_HEADER,
    MAX_BODY,
    NAME_PATTERN,
    VERSION,
    AnnulRequest,
    AnnulResponse,
    EligibilityRequest,
    EligibilityResponse,
    ErrorCode,
    ErrorResponse,
    HealthResponse,
    RedeemRequest,
    RedeemResponse,
)
from backend.engine.errors import BusyError
from backend.engine.store import Answers

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The time now, aware."""

Device = Annotated[str, Header(alias=DEVICE_HEADER, pattern=NAME_PATTERN, description="The asking terminal's name.")]

_HEALTH = "/v1/health"
_FIELDS = frozenset(
    {*EligibilityRequest.model_fields, *RedeemRequest.model_fields, *AnnulRequest.model_fields, DEVICE_HEADER}
)
_STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD: 405,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.INVALID: 422,
    ErrorCode.SCAN_ID_REUSED: 422,
    ErrorCode.INTERNAL: 500,
    ErrorCode.BUSY: 503,
}


def create_app(store: Answers, token: str, clock: Clock) -> FastAPI:
    """The server as an ASGI application; every path but health asks for ``token``."""
    app = FastAPI(
        title="Trạm reference backend",
        description="Eligibility and ticket answers for terminals; see docs/protocol.md.",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(_open_paths(clock))
    app.include_router(_guarded_paths(store, clock))
    _add_error_handlers(app)
    app.add_middleware(_Guard, token=token)
    return app


def describe() -> dict[str, object]:
    """The OpenAPI document of the protocol."""
    return create_app(_NoStore(), "", lambda: datetime.now(UTC)).openapi()


class _NoStore:
    """For describing the server without a database."""

    async def write(self, _work: Callable[[sa.Connection], T]) -> T:
        """Nothing."""
        raise BusyError

    async def read(self, _work: Callable[[sa.Connection], T]) -> T:
        """Nothing."""
        raise BusyError


def _open_paths(clock: Clock) -> APIRouter:
    router = APIRouter()

    @router.get(_HEALTH)
    async def health() -> HealthResponse:
        """That the server is there, and its clock."""
        return HealthResponse(status="ok", version=VERSION, time=clock())

    return router


def _guarded_paths(store: Answers, clock: Clock) -> APIRouter:
    # The guard has already checked the token; the scheme stands here for the OpenAPI document.
    errors: dict[int | str, dict[str, object]] = {
        status: {"model": ErrorResponse} for status in sorted({*_STATUS.values()} - {404, 405})
    }
    router = APIRouter(prefix="/v1", dependencies=[Depends(HTTPBearer(auto_error=False))], responses=errors)

    @router.post("/eligibility")
    async def eligibility(question: EligibilityRequest, device: Device) -> EligibilityResponse:
        """Whether a person is insured today."""
        return await store.write(lambda db: register.check(db, device, question, clock()))

    @router.post("/redeem")
    async def redeem(question: RedeemRequest, device: Device) -> RedeemResponse:
        """Use a ticket once; a repeated scan gets its first answer again."""
        return await store.write(lambda db: ledger.redeem(db, device, question, clock()))

    @router.post("/annul")
    async def annul(question: AnnulRequest, device: Device) -> AnnulResponse:
        """Give a ticket its use back; a repetition gets its first answer again."""
        return await store.write(lambda db: ledger.annul(db, device, question, clock()))

    return router


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        named = {str(part) for each in error.errors() for part in each["loc"]}
        return _error(ErrorCode.INVALID, tuple(sorted(named & _FIELDS)))

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        codes = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD}
        return _error(codes.get(error.status_code, ErrorCode.INVALID))

    @app.exception_handler(ledger.ScanIdReusedError)
    async def reused(_request: Request, _raised: ledger.ScanIdReusedError) -> JSONResponse:
        return _error(ErrorCode.SCAN_ID_REUSED, ("scan_id",))

    @app.exception_handler(BusyError)
    async def busy(_request: Request, _raised: BusyError) -> JSONResponse:
        return _error(ErrorCode.BUSY)

    @app.exception_handler(Exception)
    async def internal(_request: Request, _raised: Exception) -> JSONResponse:
        return _error(ErrorCode.INTERNAL)


def _error(code: ErrorCode, fields: tuple[str, ...] = ()) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if code is ErrorCode.UNAUTHORIZED else None
    body = ErrorResponse(error=code, fields=fields).model_dump(mode="json")
    return JSONResponse(body, _STATUS[code], headers)


class _Guard:
    """Token and size, before a single byte of the body is parsed."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] != _HEALTH and not hmac.compare_digest(self._shown(scope), self._expected):
            await _error(ErrorCode.UNAUTHORIZED)(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            await _error(ErrorCode.TOO_LARGE)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    @staticmethod
    def _shown(scope: Scope) -> bytes:
        values: list[bytes] = [value for name, value in scope["headers"] if name == b"authorization"]
        return values[0] if len(values) == 1 else b""


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None once it is longer than MAX_BODY."""
    body = b""
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        body += piece
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return rest.pop() if rest else await receive()

    return replayed
