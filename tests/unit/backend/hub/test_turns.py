"""When a hub exchanges, and that nothing ends it but its stop."""

from __future__ import annotations

import logging
import threading

import pytest

from backend.engine.errors import BusyError
from backend.hub.turns import EVERY, LONGEST, Turns
from backend.hub.upstream import RefusedError, UpstreamError


def test_it_waits_longer_while_nobody_answers_and_not_any_more_when_somebody_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ends = [UpstreamError("away")] * 8 + [RefusedError("HTTP 401"), BusyError(), None, None]
    pauses: list[float] = []
    done = threading.Event()

    def exchange() -> None:
        error = ends[len(pauses)]
        if error is not None:
            raise error

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == len(ends):
            done.set()
        return done.is_set()

    turns = Turns(exchange, wait)
    with caplog.at_level(logging.ERROR):
        turns.start()
        assert done.wait(20)
        turns.stop(20)
    assert [round(pause / EVERY, 3) >= 1.6 for pause in pauses[:2]] == [True, True]
    assert all(0.8 * LONGEST <= pause <= LONGEST for pause in pauses[6:10])
    assert all(0.8 * EVERY <= pause <= EVERY for pause in pauses[10:])
    assert "refuses this hub: HTTP 401" in caplog.text


def test_it_stops_at_once_while_it_waits() -> None:
    exchanged = threading.Event()
    turns = Turns(exchanged.set)
    turns.start()
    assert exchanged.wait(20)
    turns.stop(20)
    assert not [thread for thread in threading.enumerate() if thread.name == "hub-exchange"]


def test_a_defect_ends_one_exchange_and_not_all_of_them(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()
    number = "".join(map(str, range(12)))
    tries: list[int] = []

    def exchange() -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise ValueError(number)

    def wait(_seconds: float) -> bool:
        if len(tries) == 2:
            done.set()
        return done.is_set()

    turns = Turns(exchange, wait)
    with caplog.at_level(logging.ERROR):
        turns.start()
        assert done.wait(20)
        turns.stop(20)
    assert "ValueError" in caplog.text
    assert number not in caplog.text
