"""One card on one reader: wait for it, do one piece of work with it, let the reader go."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Generic, TypeVar

from crypto.errors import CardError, ProofError
from terminal.events import CardPlaced, DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.flow.jobs import fault_of
from terminal.ports import CardLink, CardReader

READ_SECONDS = 60.0
"""The most that one card's work may take."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reader's card (a name or a pattern), and how many seconds to wait for one."""

    reader: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Done(Generic[_T]):
    result: _T


def with_card(reader: CardReader, wanted: Wanted, work: Callable[[CardLink], _T]) -> _T:
    """What ``work`` returns, run on the reader's thread; the reader is stopped afterwards.

    Raises FaultError: what the work raised as one, ``card.silent`` or the device's fault without a card,
    ``card.timeout``.
    """
    outcome: queue.SimpleQueue[_Done[_T] | Exception] = queue.SimpleQueue()

    def job(link: CardLink) -> None:
        try:
            outcome.put(_Done(work(link)))
        except Exception as error:  # noqa: BLE001 - told to the waiting main thread, which raises it
            outcome.put(error)

    try:
        card = _wait_for_card(reader, wanted)
        reader.submit(card.card, job, threading.Event())
        try:
            found = outcome.get(timeout=READ_SECONDS)
        except queue.Empty:
            raise FaultError("card.timeout") from None
    finally:
        reader.stop()
    if isinstance(found, Exception):
        raise _as_fault(found) from found
    return found.result


def _wait_for_card(reader: CardReader, wanted: Wanted) -> CardPlaced:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    reader.start(events.put)
    until = time.monotonic() + wanted.seconds
    fault = "card.silent"
    while (left := until - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(event, DeviceDown | DeviceUp):
            fault = event.fault if isinstance(event, DeviceDown) else "card.silent"
        if isinstance(event, CardPlaced) and _is(event.reader, wanted.reader):
            return event
    raise FaultError(fault, f"no card within {wanted.seconds:g} s")


def _is(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _as_fault(error: Exception) -> FaultError:
    if isinstance(error, FaultError):
        return error
    detail = str(error) if isinstance(error, CardError | ProofError) else type(error).__name__
    return FaultError(fault_of(error), detail)
