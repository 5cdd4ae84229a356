"""The short way of the questions that gates ask all day: checked, answered and written without FastAPI's routing.

Whatever is unusual about a question (a wrong field, a defect in its answering) takes the long way, through FastAPI,
so that every error is told in one place. What was asked twice by that has been undone the first time.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api import ErrorCode
from backend.devices.identity import SCOPE_KEY, Identity
from backend.engine.errors import BusyError
from backend.errors import error

_JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Way:
    """What a path takes, and how it is answered."""

    question: type[BaseModel]
    answer: Callable[[Any, Identity], Awaitable[BaseModel]]


class Quick:
    """ASGI middleware behind the guard, which has read the whole body; ``ways`` by path, all of them POST."""

    def __init__(self, app: ASGIApp, ways: Mapping[str, Way]) -> None:
        self._app, self._ways = app, ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to FastAPI."""
        way = self._ways.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        asking = scope.get(SCOPE_KEY)
        if way is None or not isinstance(asking, Identity) or not _is_json(scope):
            await self._app(scope, receive, send)
            return
        message = await receive()
        try:
            answer = await way.answer(way.question.model_validate(json.loads(message["body"])), asking)
        except BusyError:
            # Not the long way: it would wait for the database once more.
            await error(ErrorCode.BUSY)(scope, receive, send)
        except Exception:  # noqa: BLE001 - the long way meets it again, and tells
            await self._app(scope, _again(message, receive), send)
        else:
            await _send(answer.__pydantic_serializer__.to_json(answer), send)


def _is_json(scope: Scope) -> bool:
    return [value for name, value in scope["headers"] if name == b"content-type"] == [_JSON]


def _again(message: Message, receive: Receive) -> Receive:
    rest = [message]

    async def again() -> Message:
        return rest.pop() if rest else await receive()

    return again


async def _send(body: bytes, send: Send) -> None:
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", _JSON)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
