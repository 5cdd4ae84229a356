"""One HTTP/1.1 request as a browser sends it to the desk API: strictly read, in bounds, and nothing guessed (RFC 9112).

The desk API takes no bodies: what announces one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

MOST_BYTES = 8192
MOST_HEADERS = 64

_LINE = re.compile(rb"([A-Z]{1,16}) (/[!-~]{0,2000}) HTTP/1\.1")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([\t -~\x80-\xff]*)")
_QUERY = re.compile(r"([a-z_]{1,32})=([A-Za-z0-9._-]{0,256})")

_ONCE = frozenset({"host", "origin", "authorization", "last-event-id", "content-length"})


class RefusedError(Exception):
    """The request is not answered but with ``status``."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` by lower-case name; ``query`` holds a ticket, so it is never shown."""

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def parse_request(head: bytes) -> Request:
    """The request whose head (up to and without the empty line) this is. Raises RefusedError."""
    if len(head) > MOST_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    line, *rows = head.split(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    path, _, query = found.group(2).decode("ascii").partition("?")
    headers = _headers(rows)
    if "transfer-encoding" in headers or headers.get("content-length", "0").strip() != "0":
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return Request(found.group(1).decode("ascii"), path, _query(query), headers)


def _headers(rows: list[bytes]) -> dict[str, str]:
    if len(rows) > MOST_HEADERS:
        raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    headers: dict[str, str] = {}
    for row in rows:
        found = _HEADER.fullmatch(row)
        if found is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        name = found.group(1).decode("ascii").lower()
        if name in _ONCE and name in headers:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        headers[name] = found.group(2).decode("latin-1").strip()
    return headers


def _query(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in text.split("&") if text else ():
        found = _QUERY.fullmatch(pair)
        if found is None or found.group(1) in values:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        values[found.group(1)] = found.group(2)
    return values
