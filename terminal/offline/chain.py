"""Who is asked about a ticket: the server, else the hub in the house, else this terminal itself.

It goes on to the next only where the one before could not be asked: a no is final, whoever says it. But a hub to which
a ticket is unknown could not be asked about it. Nothing has to be switched: each scan begins at the server again, and
its circuit (drivers.backends.circuit) makes that cost nothing while it is known to be away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from terminal.faults import FaultError
from terminal.model import EligibilityAnswer, RedeemAnswer, Redeemed, Source
from terminal.offline.local import LocalTickets
from terminal.ports import AnnulQuestion, Backend, EligibilityQuestion, Health, RedeemQuestion

_log = logging.getLogger(__name__)

OWN_SHARE = 0.2
"""Seconds kept back for the terminal's own decision, which takes a tenth of that."""

HUB_SHARE = 0.3
"""Of the time for a scan, kept back for a hub: it stands in the same house."""

_NEVER_ASKED = frozenset({"net.open_circuit"})
"""Of any other failure nobody can say whether the question arrived."""

_NOT_HEARD = frozenset({"unknown", "holder_unknown"})
"""A hub's words about a ticket that was sold since it last heard from the server: no no, but ignorance."""

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Server:
    """A server in the order of asking, and how its answers are marked."""

    backend: Backend
    source: Source


class Chain:
    """A `terminal.ports.Backend`. ``local`` decides at the end; None where nothing may be decided without a server.

    Raises what the last one asked raised: the server's fault where nobody else may decide, else the terminal's own
    (``offline.stale``, ``offline.limit``, …).
    """

    def __init__(
        self,
        servers: Sequence[Server],
        local: LocalTickets | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not servers:
            raise ValueError("a chain begins with a server")
        self._servers = tuple(servers)
        self._local = local
        self._monotonic = monotonic

    @property
    def simulated(self) -> bool:
        """Whether the server is a double."""
        return self._servers[0].backend.simulated

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        """The server's answer about a person: nobody else knows."""
        return self._servers[0].backend.check(question, deadline)

    def health(self, deadline: float) -> Health:
        """The server's: whoever decides instead, that it is away is worth telling."""
        return self._servers[0].backend.health(deadline)

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        """The answer of the first that could be asked, within ``deadline``. When it is a no, and one before it may have
        let this scan through and only its answer was lost, an annulment is owed."""
        doubtful: list[Source] = []

        def ask(server: Server, seconds: float) -> RedeemAnswer:
            try:
                answer = replace(server.backend.redeem(question, seconds), source=server.source)
            except FaultError as error:
                doubtful.extend([server.source] if error.fault.code not in _NEVER_ASKED else [])
                raise
            if self._local is not None and server.source is Source.HUB and answer.reason in _NOT_HEARD:
                raise FaultError("net.down", f"the hub has not heard of it: {answer.reason}")
            self._remember(question, answer)
            return answer

        answer = self._first(ask, deadline, lambda local, seconds: local.redeem(question, seconds))
        if doubtful and answer.result is Redeemed.REFUSED:
            self._owe(question)
        return answer

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        """Told to whoever let them through; what cannot be told now stays owed, as a line of the ledger."""
        admitted_by = self._admitted_by(question.scan_id)
        if self._local is not None and admitted_by is Source.LOCAL:
            self._local.annul(question, deadline)
            return
        servers = [server for server in self._servers if admitted_by in (None, server.source)] or [*self._servers]

        def ask(server: Server, seconds: float) -> None:
            server.backend.annul(question, seconds)
            self._forget(question.scan_id)

        self._first(ask, deadline, lambda local, seconds: local.annul(question, seconds), servers)

    def _first(
        self,
        ask: Callable[[Server, float], _R],
        deadline: float,
        own: Callable[[LocalTickets, float], _R],
        servers: Sequence[Server] | None = None,
    ) -> _R:
        """What the first says that can be asked; the own decision at the end."""
        until = self._monotonic() + deadline
        asked = self._servers if servers is None else servers
        for place, server in enumerate(asked):
            try:
                return ask(server, self._share(until, deadline, len(asked) - place - 1))
            except FaultError as error:
                if not error.fault.code.startswith("net.") or (self._local is None and server is asked[-1]):
                    raise
                _log.info("%s could not be asked: %s", server.source.value, error.fault.code)
        if self._local is None:
            raise FaultError("net.down", "nobody to ask")
        return own(self._local, max(until - self._monotonic(), OWN_SHARE))

    def _share(self, until: float, deadline: float, after_it: int) -> float:
        """Seconds for one server when ``after_it`` more may have to be asked, and then the terminal itself."""
        own = min(OWN_SHARE, deadline / 4) if self._local is not None else 0.0
        return until - self._monotonic() - own - after_it * HUB_SHARE * deadline

    def _admitted_by(self, scan_id: str) -> Source | None:
        try:
            return self._local.source_of(scan_id) if self._local is not None else None
        except FaultError as error:
            _log.warning("%s: who let a scan through is not known", error)
            return None

    def _remember(self, question: RedeemQuestion, answer: RedeemAnswer) -> None:
        """A server's answer holds, also where it cannot be kept here: that is told, and nobody waits for it."""
        if self._local is None:
            return
        try:
            self._local.remember(question, answer)
        except FaultError as error:
            _log.warning("%s: a server's answer was not kept", error)

    def _owe(self, question: RedeemQuestion) -> None:
        """A line says that nobody went through, whatever a server made of this scan."""
        if self._local is None:
            return
        try:
            nobody = AnnulQuestion(question.scan_id, question.asked_at, question.event, question.ticket, question.gate)
            self._local.annul(nobody, OWN_SHARE)
        except FaultError as error:
            _log.warning("%s: that nobody went through was not kept", error)

    def _forget(self, scan_id: str) -> None:
        if self._local is None:
            return
        try:
            self._local.forget(scan_id)
        except FaultError as error:
            _log.warning("%s: an annulment was not kept", error)
