"""The client of the reference backend (docs/protocol.md, version 1). Nothing it is told is believed unchecked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from crypto.civil import PartialDate
from drivers.backends.circuit import Circuit
from drivers.backends.http import JsonServer
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.model import Cover, Digests, Direction, Eligibility, EligibilityAnswer, RedeemAnswer, Redeemed
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, Health, RedeemQuestion

_Word = Annotated[str, Meta(min_length=1, max_length=64)]
_Line = Annotated[str, Meta(min_length=1, max_length=200)]
_Note = Annotated[str, Meta(max_length=500)]
_Code = Annotated[str, Meta(pattern=r"^([0-9]{10}|[A-Z]{2}[1-5][0-9]{12})\Z")]
_Time = Annotated[datetime, Meta(tz=True)]
_People = Annotated[int, Meta(ge=0, le=10_000)]

_FIRST_YEAR, _LAST_YEAR = 2020, 2100
_A_DAY = timedelta(days=1)


class _EligibilityRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    scan_id: str
    asked_at: datetime
    id_number: str | None = None
    insurance_code: str | None = None
    name: str | None = None
    born: str | None = None


class _TicketRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    scan_id: str
    asked_at: datetime
    event: str
    gate: str
    ticket: str | None = None
    id_number: str | None = None
    direction: Direction = Direction.ENTRY
    people: int | None = None


class _Cover(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    insurance_code: _Code
    benefit: _Line
    valid_from: date | None
    valid_to: date | None
    facility: _Line | None
    facility_name: _Line | None


class _EligibilityResponse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Eligibility
    reason: Literal[
        "in_force", "not_found", "expired", "not_started", "cancelled", "blocked", "born_differs", "codes_differ"
    ]
    answered_at: _Time
    reference: _Word
    cover: _Cover | None
    registered_name: _Line | None
    note: _Note | None


class _RedeemResponse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    result: Redeemed
    reason: Literal[
        "ok", "annulled", "holder_unknown", "ambiguous", "unknown", "cancelled", "blocked", "revoked", "wrong_day",
        "not_yet", "wrong_gate", "unpaid", "day_limit", "too_many", "used", "full", "not_inside",
    ]  # fmt: skip
    answered_at: _Time
    reference: _Word
    admits: _Line | None
    used_at: _Time | None
    used_place: _Line | None
    people: _People | None = None
    left: _People | None = None
    attention: _Note | None = None


class _AnnulResponse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    result: Literal["annulled", "nothing", "too_late"]
    answered_at: _Time
    reference: _Word


class _HealthResponse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: Literal["ok"]
    version: _Word
    time: _Time


_STATE_OF = {
    "in_force": Eligibility.ELIGIBLE,
    "not_found": Eligibility.NOT_ELIGIBLE,
    "expired": Eligibility.NOT_ELIGIBLE,
    "not_started": Eligibility.NOT_ELIGIBLE,
    "cancelled": Eligibility.NOT_ELIGIBLE,
    "blocked": Eligibility.CARD_INVALID,
    "born_differs": Eligibility.UNKNOWN,
    "codes_differ": Eligibility.UNKNOWN,
}
_WITH_COVER = frozenset({"in_force", "expired", "not_started"})
_WITHOUT_NAME = frozenset({"not_found", "born_differs", "codes_differ"})

_R = TypeVar("_R")


class ReferenceBackend:
    """A `terminal.ports.Backend`."""

    simulated = False

    def __init__(self, options: BackendOptions, clock: Clock) -> None:
        headers = {"Authorization": f"Bearer {options.token}", "X-Tram-Device": options.device}
        self._server = JsonServer(options, headers)
        self._circuit = Circuit(clock)

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        """Ask whether a person is insured. Raises FaultError."""
        body = msgspec.json.encode(_request(question))
        self._circuit.enter()
        answer, digests = self._tell(lambda: self._asked("/v1/eligibility", body, deadline, _person))
        return replace(answer, digests=digests)

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        """Redeem a ticket. Raises FaultError."""
        body = _redemption(question)
        self._circuit.enter()
        answer, digests = self._tell(lambda: self._asked("/v1/redeem", body, deadline, _ticket))
        _require(answer.result is Redeemed.REFUSED or _fits(answer, question), "more people than were asked for")
        return replace(answer, direction=question.direction, digests=digests)

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        """Give a ticket its use back. Raises FaultError, ``gate.not_annulled`` when it is too late for that."""
        body = _annulling(question)
        self._circuit.enter()
        if self._tell(lambda: _annulment(self._server.post("/v1/annul", body, deadline))) == "too_late":
            raise FaultError("gate.not_annulled", "too late")

    def health(self, deadline: float) -> Health:
        """Ask whether the server is there, also while the circuit is open: a good answer closes it."""
        return self._tell(lambda: _health(self._server.get("/v1/health", deadline)))

    def _asked(self, path: str, body: bytes, deadline: float, read: Callable[[bytes], _R]) -> tuple[_R, Digests]:
        """What was answered, with the digests of both sides' words."""
        raw = self._server.post(path, body, deadline)
        return read(raw), Digests(hashlib.sha256(body).hexdigest(), hashlib.sha256(raw).hexdigest())

    def _tell(self, ask: Callable[[], _R]) -> _R:
        try:
            answer = ask()
        except FaultError as error:
            self._circuit.failed(error)
            raise
        self._circuit.succeeded()
        return answer


def build(options: BackendOptions) -> ReferenceBackend:
    """The entry point ``tram.backend``: a server that speaks docs/protocol.md."""
    return ReferenceBackend(options, SystemClock())


def _request(question: EligibilityQuestion) -> _EligibilityRequest:
    return _EligibilityRequest(
        scan_id=question.scan_id,
        asked_at=question.asked_at,
        id_number=question.id_number.digits if question.id_number else None,
        insurance_code=question.insurance_code,
        name=question.name,
        born=_born(question.born) if question.born else None,
    )


def _redemption(question: RedeemQuestion) -> bytes:
    holder = question.holder.digits if question.holder is not None and not question.ticket else None
    request = _TicketRequest(
        question.scan_id,
        question.asked_at,
        question.event,
        question.gate,
        ticket=None if holder else question.ticket or question.secret,
        id_number=holder,
        direction=question.direction,
        people=question.people,
    )
    return msgspec.json.encode(request)


def _annulling(question: AnnulQuestion) -> bytes:
    ticket = question.ticket or None
    request = _TicketRequest(question.scan_id, question.asked_at, question.event, question.gate, ticket)
    return msgspec.json.encode(request)


def _born(born: PartialDate) -> str:
    """As much of the date as is known: yyyy, yyyy-mm or yyyy-mm-dd."""
    text = f"{born.year:04}"
    if born.month:
        text += f"-{born.month:02}"
        if born.day:
            text += f"-{born.day:02}"
    return text


def _decoded(raw: bytes, kind: type[_R]) -> _R:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Without the library's words: they may quote what was sent.
        raise FaultError("net.garbage", f"not an answer: {kind.__name__}") from None


def _require(right: bool, rule: str) -> None:
    if not right:
        raise FaultError("net.garbage", rule)


def _person(raw: bytes) -> EligibilityAnswer:
    answer = _decoded(raw, _EligibilityResponse)
    _require(_STATE_OF[answer.reason] is answer.state, "state and reason contradict each other")
    _require((answer.cover is not None) == (answer.reason in _WITH_COVER), "cover and reason contradict each other")
    _require(answer.registered_name is None or answer.reason not in _WITHOUT_NAME, "a name where none may be told")
    _check_time(answer.answered_at)
    return EligibilityAnswer(
        state=answer.state,
        reason=answer.reason,
        answered_at=answer.answered_at,
        reference=answer.reference,
        cover=_cover(answer) if answer.cover else None,
        registered_name=answer.registered_name,
        note=answer.note,
    )


def _cover(answer: _EligibilityResponse) -> Cover:
    cover = answer.cover
    if cover is None:
        raise FaultError("net.garbage", "no cover")
    today = answer.answered_at.date()
    begins, ends = cover.valid_from or date.min, cover.valid_to or date.max
    _require(begins <= ends, "the cover ends before it begins")
    if answer.reason == "in_force":
        # A day's grace: the server decides by its own midnight.
        _require(begins <= today + _A_DAY and ends >= today - _A_DAY, "in force, and not today")
    return Cover(
        insurance_code=cover.insurance_code,
        benefit=cover.benefit,
        valid_from=cover.valid_from,
        valid_to=cover.valid_to,
        facility=cover.facility,
        facility_name=cover.facility_name,
    )


def _ticket(raw: bytes) -> RedeemAnswer:
    answer = _decoded(raw, _RedeemResponse)
    _require((answer.reason == "ok") == (answer.result is Redeemed.ADMITTED), "result and reason contradict each other")
    _require(answer.reason != "used" or answer.used_at is not None, "used, and never")
    _check_time(answer.answered_at)
    if answer.used_at is not None:
        _check_time(answer.used_at)
        _require(answer.used_at <= answer.answered_at, "used in the future")
    _require(answer.people is None or answer.result is Redeemed.ADMITTED, "refused people who went in")
    return RedeemAnswer(
        result=answer.result,
        reason=answer.reason,
        answered_at=answer.answered_at,
        reference=answer.reference,
        admits=answer.admits,
        used_at=answer.used_at,
        used_place=answer.used_place,
        people=answer.people,
        left=answer.left,
        attention=answer.attention,
    )


def _fits(answer: RedeemAnswer, question: RedeemQuestion) -> bool:
    """Whether no more went in than were to."""
    return answer.people is None or question.people is None or answer.people <= question.people


def _annulment(raw: bytes) -> Literal["annulled", "nothing", "too_late"]:
    answer = _decoded(raw, _AnnulResponse)
    _check_time(answer.answered_at)
    return answer.result


def _health(raw: bytes) -> Health:
    answer = _decoded(raw, _HealthResponse)
    _check_time(answer.time)
    return Health(answer.version, answer.time)


def _check_time(moment: datetime) -> None:
    _require(_FIRST_YEAR <= moment.year <= _LAST_YEAR, "a time outside this century's use")
