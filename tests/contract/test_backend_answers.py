"""What every `terminal.ports.Backend` makes of a good answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from terminal.model import Eligibility, Redeemed
from terminal.ports import Backend, BackendOptions
from tests.contract.backend_rigs import PERSON, RIGS, TICKET, Rig, Said
from tests.contract.test_backend import DEADLINE, TOKEN


@contextmanager
def served(rig: Rig, said: Said | None) -> Iterator[Backend]:
    """The client of a server that says this."""
    assert said is not None
    server = rig.server(said.script())
    try:
        yield rig.build(BackendOptions(server.url, TOKEN, "quay-1"))
    finally:
        server.close()


@pytest.fixture(params=sorted(name for name, rig in RIGS.items() if rig.eligible))
def rig_for_people(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param]


@pytest.fixture(params=sorted(name for name, rig in RIGS.items() if rig.admitted))
def rig_for_tickets(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param]


def test_an_eligible_person_is_told(rig_for_people: Rig) -> None:
    with served(rig_for_people, rig_for_people.eligible) as backend:
        answer = backend.check(PERSON, DEADLINE)
    assert answer.state is Eligibility.ELIGIBLE
    assert answer.reference
    assert answer.cover is not None
    assert answer.cover.insurance_code == rig_for_people.code
    assert not backend.simulated


def test_a_ticket_is_admitted(rig_for_tickets: Rig) -> None:
    with served(rig_for_tickets, rig_for_tickets.admitted) as backend:
        answer = backend.redeem(TICKET, DEADLINE)
    assert (answer.result, answer.reason) == (Redeemed.ADMITTED, "ok")
    assert answer.reference
    assert not backend.simulated
