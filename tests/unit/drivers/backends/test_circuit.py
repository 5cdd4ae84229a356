"""The circuit breaker, by its clock."""

from __future__ import annotations

import pytest

from drivers.backends.circuit import FAILURES, OPEN_FOR, Circuit
from terminal.faults import FaultError
from tests.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def circuit(clock: FakeClock) -> Circuit:
    return Circuit(clock)


def fail(circuit: Circuit, times: int, code: str = "net.down") -> None:
    for _ in range(times):
        circuit.enter()
        circuit.failed(FaultError(code))


def is_open(circuit: Circuit) -> bool:
    try:
        circuit.enter()
    except FaultError as error:
        return error.fault.code == "net.open_circuit"
    return False


def test_it_stays_closed_below_the_number_of_failures(circuit: Circuit) -> None:
    fail(circuit, FAILURES - 1)
    assert not is_open(circuit)


def test_it_opens_at_the_number_of_failures_in_a_row(circuit: Circuit) -> None:
    fail(circuit, FAILURES)
    assert is_open(circuit)


def test_a_success_in_between_starts_the_count_again(circuit: Circuit) -> None:
    fail(circuit, FAILURES - 1)
    circuit.succeeded()
    fail(circuit, FAILURES - 1)
    assert not is_open(circuit)


@pytest.mark.parametrize("code", ["net.denied", "net.tls"])
def test_what_waiting_cannot_mend_does_not_open_it(circuit: Circuit, code: str) -> None:
    fail(circuit, FAILURES + 2, code)
    assert not is_open(circuit)


@pytest.mark.parametrize("code", ["net.down", "net.timeout", "net.server", "net.garbage"])
def test_every_technical_failure_opens_it(circuit: Circuit, code: str) -> None:
    fail(circuit, FAILURES, code)
    assert is_open(circuit)


def test_after_a_while_exactly_one_question_may_try(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, FAILURES)
    clock.advance(OPEN_FOR - 0.1)
    assert is_open(circuit)
    clock.advance(0.1)
    assert not is_open(circuit)
    assert is_open(circuit)


def test_a_trial_that_succeeds_closes_it(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, FAILURES)
    clock.advance(OPEN_FOR)
    circuit.enter()
    circuit.succeeded()
    assert not is_open(circuit)
    assert not is_open(circuit)


def test_a_trial_that_fails_opens_it_for_the_whole_time_again(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, FAILURES)
    clock.advance(OPEN_FOR)
    fail(circuit, 1)
    clock.advance(OPEN_FOR - 0.1)
    assert is_open(circuit)


def test_a_trial_that_never_ends_does_not_keep_it_open_for_ever(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, FAILURES)
    clock.advance(OPEN_FOR)
    circuit.enter()
    clock.advance(OPEN_FOR)
    assert not is_open(circuit)
