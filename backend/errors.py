"""How an error is told: its code and the names of wrong fields, and nothing that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fastapi.responses import JSONResponse

from backend.api import ErrorCode, ErrorResponse

STATUS: Mapping[ErrorCode, int] = MappingProxyType(
    {
        ErrorCode.UNAUTHORIZED: 401,
        ErrorCode.FORBIDDEN: 403,
        ErrorCode.CODE_REFUSED: 403,
        ErrorCode.NOT_FOUND: 404,
        ErrorCode.METHOD: 405,
        ErrorCode.TOO_SLOW: 408,
        ErrorCode.TOO_LARGE: 413,
        ErrorCode.INVALID: 422,
        ErrorCode.SCAN_ID_REUSED: 422,
        ErrorCode.INTERNAL: 500,
        ErrorCode.BUSY: 503,
        ErrorCode.NOT_HERE: 503,
    }
)
"""HTTP status of every error."""

_UNREAD = frozenset({ErrorCode.TOO_SLOW, ErrorCode.TOO_LARGE})
"""The rest of the request is not waited for, so nothing else can come on this connection."""


def error(code: ErrorCode, fields: tuple[str, ...] = ()) -> JSONResponse:
    """The answer that tells of an error."""
    headers: dict[str, str] = {}
    if code is ErrorCode.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if code in _UNREAD:
        headers["Connection"] = "close"
    return JSONResponse(ErrorResponse(error=code, fields=fields).model_dump(mode="json"), STATUS[code], headers)
