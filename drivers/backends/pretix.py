"""A pretix server asked about tickets, over its check-in API (docs/pretix.md). Nothing it says is trusted unchecked."""

from __future__ import annotations

import http.client
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from config.schema import PretixSettings
from drivers.backends import pretix_wire as wire
from drivers.backends.circuit import Circuit
from drivers.backends.http import Call, JsonServer, Reply
from drivers.backends.pretix_reasons import answer_of
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.model import EligibilityAnswer, RedeemAnswer, Redeemed
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, Health, RedeemQuestion

REMEMBERED = 256
"""Annulled scans whose late redemption would still be refused; an annulment follows its admission by seconds."""

_REDEEM_STATUSES = frozenset({201, 400, 404})
_ANNUL_STATUSES = frozenset({200, 400, 404})
_UNSUCCESSFUL = "Cannot annul an unsuccessful checkin"

log = logging.getLogger(__name__)

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What pretix wants to know before this ticket lets anybody in. ``kind`` is pretix' letter for the type of answer
    (``S`` a line of text, ``B`` yes or no, ``C`` one of ``options``, …); ``options`` are ids with their words."""

    id: int
    text: str
    kind: str
    required: bool
    options: tuple[tuple[int, str], ...]


class PretixBackend:
    """A `terminal.ports.Backend` that answers about tickets only."""

    simulated = False

    def __init__(self, options: BackendOptions, clock: Clock) -> None:
        if not isinstance(options.site, PretixSettings):
            raise FaultError("config.invalid", "pretix: no organiser and no check-in list")
        self._server = JsonServer(options, {"Authorization": f"Device {options.token}"})
        self._circuit = Circuit(clock)
        self._clock = clock
        self._device = options.device
        self._lists = (options.site.checkin_list,)
        self._rpc = f"/api/v1/organizers/{options.site.organizer}/checkinrpc"
        self._lock = threading.Lock()
        self._annulled: deque[str] = deque(maxlen=REMEMBERED)
        self._gate: wire.Gate | None = None

    def check(self, _question: EligibilityQuestion, _deadline: float) -> EligibilityAnswer:
        """Raises FaultError ``config.invalid``: pretix knows nothing of insurance."""
        raise FaultError("config.invalid", "pretix answers about tickets only")

    def redeem(
        self, question: RedeemQuestion, deadline: float, answers: Mapping[int, str] | None = None
    ) -> RedeemAnswer:
        """Redeem a ticket, with ``answers`` by the number of their question. Raises FaultError."""
        nonce = self._nonce(question.scan_id)
        with self._lock:
            if nonce in self._annulled:
                return self._refused("annulled", question)
        if question.holder is not None and not question.ticket:
            return self._refused("holder_unknown", question)
        until = self._clock.monotonic() + deadline
        reply, told = self._redeem(self._request(question, answers), deadline)
        at = reply.date or self._clock.now()
        return answer_of(told, question.direction, at, question.scan_id, lambda passed: self._place(passed, until))

    def questions(self, question: RedeemQuestion, deadline: float) -> tuple[OpenQuestion, ...]:
        """What is still to be asked of this ticket's holder; it stays as unused as it was. Raises FaultError."""
        _, told = self._redeem(msgspec.structs.replace(self._request(question, None), simulate=True), deadline)
        return tuple(
            OpenQuestion(
                each.id,
                wire.in_words(each.question),
                each.type,
                each.required,
                tuple((option.id, wire.in_words(option.answer)) for option in each.options),
            )
            for each in told.questions
        )

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        """Give a ticket its use back. Raises FaultError, ``gate.not_annulled`` when pretix does not take it back."""
        nonce = self._nonce(question.scan_id)
        body = msgspec.json.encode(wire.AnnulRequest(self._lists, nonce))
        call = Call("POST", f"{self._rpc}/annul/", body, statuses=_ANNUL_STATUSES)
        self._circuit.enter()
        taken = self._tell(lambda: _annulled(self._server.send(call, deadline)))
        if not taken:
            raise FaultError("gate.not_annulled", "pretix takes back for 15 minutes, and from the same device")
        with self._lock:
            self._annulled.append(nonce)

    def health(self, deadline: float) -> Health:
        """Ask whether the server is there, also while the circuit is open: a good answer closes it."""
        return self._tell(lambda: self._info(deadline))

    def _info(self, deadline: float) -> Health:
        reply = self._server.send(Call("GET", "/api/v1/device/info"), deadline)
        info = wire.decoded(reply.body, wire.InfoResponse)
        if reply.date is None:
            raise FaultError("net.garbage", "no time in the answer")
        self._gate = info.device.gate
        return Health(info.server.version.pretix, reply.date)

    def _redeem(self, request: wire.RedeemRequest, deadline: float) -> tuple[Reply, wire.RedeemResponse]:
        call = Call("POST", f"{self._rpc}/redeem/", msgspec.json.encode(request), statuses=_REDEEM_STATUSES)
        self._circuit.enter()
        return self._tell(lambda: told_in(self._server.send(call, deadline)))

    def _request(self, question: RedeemQuestion, answers: Mapping[int, str] | None) -> wire.RedeemRequest:
        given = {str(number): answer for number, answer in answers.items()} if answers else msgspec.UNSET
        return wire.RedeemRequest(
            lists=self._lists,
            secret=question.secret or question.ticket,
            type=question.direction.value,
            nonce=self._nonce(question.scan_id),
            answers=given,
        )

    def _nonce(self, scan_id: str) -> str:
        # pretix compares a nonce without asking whose it is: two devices with one nonce would both be let in.
        return f"{self._device}:{scan_id}"

    def _place(self, passed: wire.Checkin, until: float) -> str | None:
        """This gate by its name; of others a device may only know the number that pretix' list of devices shows."""
        if passed.gate is not None and self._gate is None:
            self._learn_gate(until)
        if self._gate is not None and passed.gate == self._gate.id:
            return self._gate.name
        return f"#{passed.device_id}" if passed.device_id is not None else None

    def _learn_gate(self, until: float) -> None:
        try:
            self._info(until - self._clock.monotonic())
        except FaultError as error:
            # The answer about the ticket stands without the gate's name.
            log.info("the gate's name is not known: %s", error.fault.code)

    def _refused(self, reason: str, question: RedeemQuestion) -> RedeemAnswer:
        """What needs no server: pretix would admit an annulled scan anew, and binds no ticket to a card."""
        now = self._clock.now()
        return RedeemAnswer(Redeemed.REFUSED, reason, now, question.scan_id, direction=question.direction)

    def _tell(self, ask: Callable[[], _R]) -> _R:
        try:
            answer = ask()
        except FaultError as error:
            self._circuit.failed(error)
            raise
        self._circuit.succeeded()
        return answer


def build(options: BackendOptions) -> PretixBackend:
    """The entry point ``tram.backend``: a pretix server."""
    return PretixBackend(options, SystemClock())


def told_in(reply: Reply) -> tuple[Reply, wire.RedeemResponse]:
    """A redemption's answer, with what carried it. Raises FaultError ``net.garbage``, ``net.denied``."""
    _check_list(reply)
    told = wire.decoded(reply.body, wire.RedeemResponse)
    expected = 201 if told.status == "ok" else 404 if told.reason == "invalid" else 400
    if reply.status != expected:
        raise FaultError("net.garbage", f"HTTP {reply.status} and {told.status} contradict each other")
    return reply, told


def _check_list(reply: Reply) -> None:
    if reply.status == http.client.BAD_REQUEST and wire.invalid(reply.body).lists:
        raise FaultError("net.denied", "this device has no right to this check-in list")


def _annulled(reply: Reply) -> bool:
    """Whether nobody is admitted by this scan any more."""
    if reply.status == http.client.OK:
        return bool(wire.decoded(reply.body, wire.AnnulResponse))
    if reply.status == http.client.NOT_FOUND:
        return bool(wire.decoded(reply.body, wire.Missing))
    _check_list(reply)
    said = wire.invalid(reply.body).said
    if not said:
        raise FaultError("net.garbage", "HTTP 400 without a reason")
    return _UNSUCCESSFUL in said
