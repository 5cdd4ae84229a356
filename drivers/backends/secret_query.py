"""Addresses with secrets in them, for servers that want it so: the secret part exists on the wire alone.

requests and urllib3 put whole addresses into log lines, exceptions and responses. Here they only ever see the address
without its query; the connection itself adds it while the request line is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

HEADER = "X-Tram-Query"
"""How the query reaches the connection: a header that is taken out again before anything is sent."""


class _Added:
    """Adds the query of a request to its request line."""

    _query = ""
    # Whoever turns http.client's own tracing on would print every byte that is sent.
    debuglevel = 0

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> None:
        given: Mapping[str, str] = headers or {}
        self._query = given.get(HEADER, "")
        kept = {name: value for name, value in given.items() if name != HEADER}
        super().request(method, url, body, kept, **more)  # type: ignore[misc]  # a connection is behind it

    def putrequest(self, method: str, url: str, *args: Any, **more: Any) -> None:
        whole = f"{url}?{self._query}" if self._query else url
        super().putrequest(method, whole, *args, **more)  # type: ignore[misc]  # a connection is behind it


class _PlainConnection(_Added, HTTPConnection):
    pass


class _TlsConnection(_Added, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class SecretQueryAdapter(HTTPAdapter):
    """An adapter of requests whose connections add the query given in ``HEADER``."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Make the pools, of our connections."""
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
