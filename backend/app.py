"""The HTTP face of the server: who may ask, how much, and how errors are told without repeating anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from backend.api import (
    DEVICE_HEADER,
    NAME_PATTERN,
    VERSION,
    AnnulRequest,
    EligibilityRequest,
    EligibilityResponse,
    ErrorCode,
    ErrorResponse,
    HealthResponse,
    RedeemRequest,
)
from backend.devices import paths as device_paths
from backend.devices.access import HEALTH
from backend.devices.guard import Guard
from backend.devices.identity import ForbiddenError
from backend.engine.errors import BusyError
from backend.engine.store import Answers
from backend.errors import STATUS, error
from backend.insured import register
from backend.keys import ServerKeys, new_server_keys
from backend.quick import Quick
from backend.tickets import paths as ticket_paths
from backend.tickets import wire
from backend.tickets.redeeming import ScanIdReusedError

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The time now, aware."""

Device = Annotated[str, Header(alias=DEVICE_HEADER, pattern=NAME_PATTERN, description="The asking terminal's name.")]

_FIELDS = frozenset(
    {
        *EligibilityRequest.model_fields,
        *RedeemRequest.model_fields,
        *AnnulRequest.model_fields,
        DEVICE_HEADER,
        *device_paths.EnrolRequest.model_fields,
        *wire.JournalRequest.model_fields,
        *wire.SentLine.model_fields,
        *wire.ResolveRequest.model_fields,
        *ticket_paths.PARAMETERS,
    }
)


def create_app(store: Answers, token: str | None, clock: Clock, keys: ServerKeys) -> FastAPI:
    """The server as an ASGI application. ``token``: what the devices of a one-PC set-up share, None for no such."""
    app = FastAPI(
        title="Trạm reference backend",
        description="Eligibility and ticket answers for terminals; see docs/protocol.md.",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(_open_paths(clock))
    app.include_router(device_paths.open_paths(store, clock, keys), responses=_errors())
    guarded = APIRouter(prefix="/v1", dependencies=[Depends(HTTPBearer(auto_error=False))], responses=_errors())
    guarded.include_router(_questions(store, clock))
    guarded.include_router(ticket_paths.gate_paths(store, clock, keys))
    guarded.include_router(ticket_paths.journal_paths(store, clock, keys))
    guarded.include_router(ticket_paths.data_paths(store, clock, keys))
    guarded.include_router(ticket_paths.watch_paths(store, clock))
    guarded.include_router(device_paths.guarded_paths(store))
    app.include_router(guarded)
    _add_error_handlers(app)
    app.add_middleware(Quick, ways=ticket_paths.gate_ways(store, clock, keys))
    app.add_middleware(Guard, store=store, shared=token, clock=clock)
    return app


def describe() -> dict[str, object]:
    """The OpenAPI document of the protocol."""
    return create_app(_NoStore(), None, lambda: datetime.now(UTC), new_server_keys()).openapi()


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

    @router.get(HEALTH)
    async def health() -> HealthResponse:
        """That the server is there, and its clock."""
        return HealthResponse(status="ok", version=VERSION, time=clock())

    return router


def _errors() -> dict[int | str, dict[str, object]]:
    return {status: {"model": ErrorResponse} for status in sorted({*STATUS.values()} - {404, 405})}


def _questions(store: Answers, clock: Clock) -> APIRouter:
    router = APIRouter()

    @router.post("/eligibility")
    async def eligibility(question: EligibilityRequest, device: Device) -> EligibilityResponse:
        """Whether a person is insured today."""
        return await store.write(lambda db: register.check(db, device, question, clock()))

    return router


def _add_error_handlers(app: FastAPI) -> None:
    told: dict[type[Exception], ErrorCode] = {
        BusyError: ErrorCode.BUSY,
        ForbiddenError: ErrorCode.FORBIDDEN,
        device_paths.CodeRefusedError: ErrorCode.CODE_REFUSED,
        ticket_paths.NotFoundError: ErrorCode.NOT_FOUND,
        Exception: ErrorCode.INTERNAL,
    }

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, raised: RequestValidationError) -> Response:
        named = {str(part) for each in raised.errors() for part in each["loc"][1:]}  # the first says: in the body
        return error(ErrorCode.INVALID, tuple(sorted(named & _FIELDS)))

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, raised: HTTPException) -> Response:
        codes = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD}
        return error(codes.get(raised.status_code, ErrorCode.INVALID))

    @app.exception_handler(ScanIdReusedError)
    async def reused(_request: Request, _raised: ScanIdReusedError) -> Response:
        return error(ErrorCode.SCAN_ID_REUSED, ("scan_id",))

    for kind, code in told.items():
        app.add_exception_handler(kind, _teller(code))


def _teller(code: ErrorCode) -> Callable[[Request, Exception], Response]:
    return lambda _request, _raised: error(code)
