"""PC/SC as functions whose answers a test replaces: what no virtual reader says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from smartcard import scard

READER = "ACME Reader [Contactless] 00 00"
ATR = list(bytes.fromhex("3B8080010101"))
PRESENT, EMPTY = scard.SCARD_STATE_PRESENT, scard.SCARD_STATE_EMPTY


class FakeService:
    """PC/SC as functions whose answers a test replaces."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.disconnected: list[int] = []
        self.released: list[int] = []
        self.set("SCardEstablishContext", lambda scope: (0, 7))
        self.set("SCardReleaseContext", self._release)
        self.set("SCardConnect", lambda context, reader, mode, protocols: (0, 9, scard.SCARD_PROTOCOL_T1))
        self.set("SCardStatus", lambda card: (0, READER, 0, scard.SCARD_PROTOCOL_T1, ATR))
        self.set("SCardBeginTransaction", lambda card: 0)
        self.set("SCardTransmit", lambda card, pci, command: (0, [0x90, 0x00]))
        self.set("SCardDisconnect", self._disconnect)
        self.set("SCardGetStatusChange", lambda context, wait, states: (0, [(READER, PRESENT | 1 << 16, ATR)]))

    def _release(self, context: int) -> int:
        self.released.append(context)
        return 0

    def _disconnect(self, _card: int, how: int) -> int:
        self.disconnected.append(how)
        return 0

    def set(self, name: str, answer: Callable[..., Any]) -> None:
        self._monkeypatch.setattr(scard, name, answer)


class FakeReaders:
    """What SCardListReaders and SCardGetStatusChange say, as a script that ends with waiting."""

    def __init__(self, service: FakeService) -> None:
        self.names: list[str] = [READER]
        self.events: dict[str, int] = {}
        self.code = scard.SCARD_S_SUCCESS
        self.changed, self.told = threading.Event(), threading.Event()
        self.knows_hot_plug = True
        self.most_at_once = 0
        service.set("SCardListReaders", self._list)
        service.set("SCardGetStatusChange", self._wait)

    def _list(self, _context: int, _groups: list[str]) -> tuple[int, list[str]]:
        return (0, self.names) if self.names else (scard.SCARD_E_NO_READERS_AVAILABLE, [])

    def _wait(self, _context: int, wait_ms: int, states: list[tuple[str, int]]) -> tuple[int, list[Any]]:
        self.most_at_once = max(self.most_at_once, len(states))
        if self.code != scard.SCARD_S_SUCCESS:
            code, self.code = self.code, scard.SCARD_S_SUCCESS
            return code, []
        if not self.knows_hot_plug and any("PnP" in name for name, _ in states):
            return scard.SCARD_E_UNKNOWN_READER, []
        now = {name: self.events.get(name, scard.SCARD_STATE_EMPTY) for name, _ in states}
        if all(now[name] == state for name, state in states):
            self.changed.wait(wait_ms / 1000)
            self.changed.clear()
            return scard.SCARD_E_TIMEOUT, [(name, state, []) for name, state in states]
        self.told.set()
        return 0, [(name, now[name] | scard.SCARD_STATE_CHANGED, ATR) for name, _ in states]

    def show(self, reader: str, event: int) -> None:
        """Let the reader say so, and wait until it was heard."""
        self.told.clear()
        self.events = {**self.events, reader: event}
        self.changed.set()
        assert self.told.wait(10.0)
