"""Request heads: strictly read, in bounds."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.handover.http_request import MOST_BYTES, MOST_HEADERS, RefusedError, parse_request


def test_a_browsers_request() -> None:
    request = parse_request(
        b"GET /v1/results?ticket=a-B_1&after=x.2 HTTP/1.1\r\nHost: 127.0.0.1:8123\r\n"
        b"Origin:https://his.example\t\r\nX: \xc3"
    )
    assert (request.method, request.path) == ("GET", "/v1/results")
    assert request.query == {"ticket": "a-B_1", "after": "x.2"}
    assert request.headers == {"host": "127.0.0.1:8123", "origin": "https://his.example", "x": "\xc3"}
    assert "a-B_1" not in repr(request)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 400),
        (b"GET / HTTP/1.0", 400),
        (b"GET / HTTP/2", 400),
        (b"get / HTTP/1.1", 400),
        (b"GET http://127.0.0.1/ HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost", 400),
        (b"GET / HTTP/1.1\r\nHost : x", 400),
        (b"GET / HTTP/1.1\r\n folded: x", 400),
        (b"GET / HTTP/1.1\r\nA: x\ny", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nhost: b", 400),
        (b"GET / HTTP/1.1\r\nOrigin: a\r\nOrigin: b", 400),
        (b"GET /?name=Nguy%E1 HTTP/1.1", 400),
        (b"GET /?a=1&a=2 HTTP/1.1", 400),
        (b"GET /?a HTTP/1.1", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked", 413),
        (b"GET / HTTP/1.1" + b"\r\nA: b" * (MOST_HEADERS + 1), 431),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * MOST_BYTES, 431),
    ],
    ids=lambda value: str(value)[:40],
)
def test_anything_else_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as raised:
        parse_request(head)
    assert raised.value.status is HTTPStatus(status)


HEADS = st.one_of(
    st.binary(max_size=400),
    st.builds(
        lambda method, target, rows: b" ".join([method, target, b"HTTP/1.1"]) + b"".join(b"\r\n" + row for row in rows),
        st.sampled_from([b"GET", b"POST", b"OPTIONS"]),
        st.binary(max_size=40).map(lambda text: b"/" + text),
        st.lists(st.binary(max_size=40) | st.just(b"Host: x") | st.just(b"Content-Length: -1"), max_size=6),
    ),
)


@given(HEADS)
def test_whatever_comes_ends_in_a_request_or_a_refusal(head: bytes) -> None:
    try:
        request = parse_request(head)
    except RefusedError as error:
        assert 400 <= error.status < 500
    else:
        assert request.path.startswith("/")
        assert all(name == name.lower() for name in request.headers)
