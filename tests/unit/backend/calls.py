"""How the tests ask the server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.types import ASGIApp

from backend.keys import new_server_keys
from backend.sample import EVENT

TOKEN = "t" * 40
KEYS = new_server_keys()
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
ASKED_AT = "2026-11-22T15:30:00+07:00"


def signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def headers(device: str = "desk-1", token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "X-Tram-Device": device}


def redeem_body(ticket: str, scan_id: str, gate: str = "cong-1") -> dict[str, str]:
    return {"scan_id": scan_id, "asked_at": ASKED_AT, "event": EVENT, "ticket": ticket, "gate": gate}


@dataclass(frozen=True)
class Client:
    """HTTP requests to an application without a network."""

    app: ASGIApp

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, more))

    async def _request(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://backend") as client:
            return await client.request(method, path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@dataclass(frozen=True)
class Caller:
    """A terminal."""

    client: Client

    def post(self, path: str, body: dict[str, Any], device: str = "desk-1") -> httpx.Response:
        return self.client.post(path, json=body, headers=headers(device))

    def check(self, **more: Any) -> dict[str, Any]:
        response = self.post("/v1/eligibility", {"scan_id": "v-1", "asked_at": ASKED_AT, **more})
        assert response.status_code == 200
        return dict(response.json())

    def redeem(self, ticket: str, scan_id: str = "s-1", gate: str = "cong-1", device: str = "desk-1") -> dict[str, Any]:
        response = self.post("/v1/redeem", redeem_body(ticket, scan_id, gate), device)
        assert response.status_code == 200
        return dict(response.json())

    def annul(self, ticket: str, scan_id: str = "s-1", gate: str = "cong-1", device: str = "desk-1") -> str:
        response = self.post("/v1/annul", redeem_body(ticket, scan_id, gate), device)
        assert response.status_code == 200
        return str(response.json()["result"])
