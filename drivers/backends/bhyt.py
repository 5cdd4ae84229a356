"""The Vietnam Social Security gateway asked whether somebody is insured (docs/bhyt.md; CV 1923/BHXH-CNTT 20/06/2024).

The gateway wants its secrets in the address. They are added on the wire alone (secret_query.py): no log line, exception
or ``repr`` ever has them, nor anything about a person.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from config.schema import BhytSettings
from drivers.backends import bhyt_site, bhyt_wire
from drivers.backends.bhyt_answers import Exchange, answer_of
from drivers.backends.bhyt_codes import NOT_FOUND
from drivers.backends.bhyt_ways import Direct, Hospital, Way
from drivers.backends.circuit import Circuit
from drivers.backends.http import JsonServer, Reply
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.model import EligibilityAnswer, RedeemAnswer
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, Health, RedeemQuestion

VERSION = "CV 1923/2024"

_CARD = re.compile(r"[0-9]{10}|[A-Z]{2}[1-5][0-9]{12}")

_R = TypeVar("_R")


class BhytBackend:
    """A `terminal.ports.Backend` that answers about people only."""

    def __init__(self, way: Way, staff_file: Path | None, *, here: bool, clock: Clock) -> None:
        """``here``: whether the address is this computer's own, the only place where a double may answer."""
        self._way = way
        self._staff_file = staff_file
        self._here = here
        self._clock = clock
        self._circuit = Circuit(clock)
        self._double = threading.Event()

    @property
    def simulated(self) -> bool:
        """Whether what answered so far was the double of backend/doubles."""
        return self._double.is_set()

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        """Ask whether a person is insured: by ID number and, where the gateway does not find that, by insurance code.

        Raises FaultError, also ``net.question`` where name, date of birth or any number is missing, ``net.staff`` and
        ``secrets.exposed`` for what is wrong with the staff file.
        """
        keys = _keys(question)
        until = time.monotonic() + deadline
        bodies = [(key, self._body(question, key)) for key in keys]
        self._circuit.enter()
        return self._tell(lambda: self._first_found(question, bodies, until))

    def redeem(self, _question: RedeemQuestion, _deadline: float) -> RedeemAnswer:
        """Raises FaultError ``config.invalid``: the gateway knows nothing of tickets."""
        raise FaultError("config.invalid", "the gateway answers about people only")

    def annul(self, _question: AnnulQuestion, _deadline: float) -> None:
        """Raises FaultError ``config.invalid``."""
        raise FaultError("config.invalid", "the gateway answers about people only")

    def health(self, deadline: float) -> Health:
        """Sign in, asking about nobody; also while the circuit is open: a good answer closes it."""
        until = time.monotonic() + deadline
        reply = self._tell(lambda: self._believed(self._way.reach(until)))
        return Health(VERSION, reply.date or self._clock.now())

    def _body(self, question: EligibilityQuestion, key: str) -> bytes:
        who = bhyt_site.staff(self._staff_file) if self._staff_file else None
        if question.name is None or question.born is None:
            raise FaultError("net.question", "name or date of birth is missing")
        return bhyt_wire.written(
            bhyt_wire.Question(
                card=key,
                name=question.name,
                born=bhyt_wire.birth_text(question.born),
                staff_name=who.name if who else None,
                staff_number=who.id_number.digits if who else None,
            )
        )

    def _first_found(
        self, question: EligibilityQuestion, bodies: list[tuple[str, bytes]], until: float
    ) -> EligibilityAnswer:
        for key, body in bodies:
            reply, card = self._way.ask(body, until)
            self._believed(reply)
            if card.code != NOT_FOUND or key == bodies[-1][0]:
                break
        at = reply.date or self._clock.now()
        return answer_of(Exchange(body, reply.body, card, at, reply.simulated), question, key)

    def _believed(self, reply: Reply) -> Reply:
        """The reply, unless a double gives it from somewhere else than this computer."""
        if reply.simulated:
            if not self._here:
                raise FaultError("config.double", "a simulated gateway that is not on this computer")
            self._double.set()
        return reply

    def _tell(self, ask: Callable[[], _R]) -> _R:
        try:
            answer = ask()
        except FaultError as error:
            self._circuit.failed(error)
            raise
        self._circuit.succeeded()
        return answer


def build(options: BackendOptions) -> BhytBackend:
    """The entry point ``tram.backend``. Raises ConfigError where the password cannot be read."""
    return build_with(options, SystemClock())


def build_with(options: BackendOptions, clock: Clock) -> BhytBackend:
    """The same with another clock."""
    site = options.site
    if not isinstance(site, BhytSettings):
        raise FaultError("config.invalid", "bhyt: no account")
    way: Way
    if site.via == "direct":
        way = Direct(JsonServer(options, {}), bhyt_site.account(site))
    else:
        headers = {"Authorization": f"Bearer {options.token}", "X-Tram-Device": options.device}
        way = Hospital(JsonServer(options, headers))
    return BhytBackend(way, site.staff_file, here=_is_here(options.url), clock=clock)


def _keys(question: EligibilityQuestion) -> list[str]:
    """By what the gateway may know the person, the surer first."""
    keys = [question.id_number.digits] if question.id_number else []
    if question.insurance_code and _CARD.fullmatch(question.insurance_code):
        keys.append(question.insurance_code)
    if not keys:
        raise FaultError("net.question", "neither ID number nor insurance code")
    return keys


def _is_here(url: str) -> bool:
    """Whether the address names this computer itself, by number: a name may lead anywhere."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False
