"""A FHIR R4 payer asked whether somebody is insured: CoverageEligibilityRequest and its ``$submit`` (docs/fhir.md).

hl7.org/fhir/R4/coverageeligibilityrequest.html, …response.html, …-operation-submit.html. For insurers and systems like
openIMIS; there is no ``$check`` in R4 (facts: gate §3.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from config.schema import FhirSettings
from drivers.backends.circuit import Circuit
from drivers.backends.http import Call, JsonServer, Reply
from terminal.clock import Clock, SystemClock
from terminal.faults import FaultError
from terminal.model import Digests, EligibilityAnswer, RedeemAnswer
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, Health, RedeemQuestion

KIND = "application/fhir+json"
_SUBMIT = "/CoverageEligibilityRequest/$submit"
_METADATA = "/metadata?_summary=true"
_MOST_METADATA = 4 * 1024 * 1024

_R = TypeVar("_R")


class FhirBackend:
    """A `terminal.ports.Backend` that answers about people only."""

    def __init__(self, options: BackendOptions, site: FhirSettings, clock: Clock) -> None:
        headers = {
            "Accept": f"{KIND}, application/json",
            "Authorization": f"Bearer {options.token}",
            "X-Tram-Device": options.device,
        }
        self._server = JsonServer(options, headers)
        self._site = site
        self._clock = clock
        self._circuit = Circuit(clock)
        self._double = False

    @property
    def simulated(self) -> bool:
        """Whether what answered so far was the double of backend/doubles."""
        return self._double

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        """Ask whether a person is insured. Raises FaultError."""
        from drivers.backends import fhir_wire

        body = fhir_wire.written(question, self._site)
        self._circuit.enter()

        def ask() -> EligibilityAnswer:
            reply = self._send(Call("POST", _SUBMIT, body, kind=KIND), deadline)
            digests = Digests(hashlib.sha256(body).hexdigest(), hashlib.sha256(reply.body).hexdigest())
            at = reply.date or self._clock.now()
            answer = fhir_wire.answer_of(reply.body, question, self._site, at, digests)
            return replace(answer, simulated=reply.simulated)

        return self._tell(ask)

    def redeem(self, _question: RedeemQuestion, _deadline: float) -> RedeemAnswer:
        """Raises FaultError ``config.invalid``: a payer knows nothing of tickets."""
        raise FaultError("config.invalid", "a FHIR payer answers about people only")

    def annul(self, _question: AnnulQuestion, _deadline: float) -> None:
        """Raises FaultError ``config.invalid``."""
        raise FaultError("config.invalid", "a FHIR payer answers about people only")

    def health(self, deadline: float) -> Health:
        """Ask for the CapabilityStatement, also while the circuit is open: a good answer closes it."""
        from drivers.backends import fhir_wire

        def ask() -> Health:
            reply = self._send(Call("GET", _METADATA, most=_MOST_METADATA), deadline)
            return Health(fhir_wire.version_of(reply.body), reply.date or self._clock.now())

        return self._tell(ask)

    def _send(self, call: Call, deadline: float) -> Reply:
        reply = self._server.send(call, deadline)
        if reply.simulated:
            if not self._server.is_here:
                raise FaultError("config.double", "a simulated payer that is not on this computer")
            self._double = True
        return reply

    def _tell(self, ask: Callable[[], _R]) -> _R:
        try:
            answer = ask()
        except FaultError as error:
            self._circuit.failed(error)
            raise
        self._circuit.succeeded()
        return answer


def build(options: BackendOptions) -> FhirBackend:
    """The entry point ``tram.backend``. Raises FaultError ``config.invalid``."""
    if not isinstance(options.site, FhirSettings):
        raise FaultError("config.invalid", "fhir: no payer")
    return FhirBackend(options, options.site, SystemClock())
