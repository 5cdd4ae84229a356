"""How wrong this computer's clock is, kept up between the answers of a server and across jumps of the clock.

An answer says what the server's clock showed at a moment; from there the monotonic clock counts on, which nobody sets.
So a wall clock that is set meanwhile changes the offset by as much, and the server's time stays known. A computer that
slept looks like one whose clock was set forward, where the monotonic clock sleeps too (Linux): the error then covers
both, until the next answer.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crypto.tickets.body import Stamp
from terminal.clock import Clock
from terminal.syncing import Skew

_log = logging.getLogger(__name__)

DRIFT = 1e-4
"""Seconds a second by which two clocks may part: quartz is within 100 ppm (RFC 5905, section 7.2, allows 500 ppm for
the worst and takes 15 ppm as usual)."""

JUMP = 2.0
"""Seconds by which the wall clock may part from the monotonic one between two lines before it counts as set."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The server's time at a moment of the monotonic clock, within ``error`` seconds."""

    server: datetime
    wall: datetime
    mono: float
    error: float


class Timekeeper:
    """Stamps for lines. Callable from any thread."""

    def __init__(self, clock: Clock, boot: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._clock = clock
        self._boot = boot()
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def learn(self, skew: Skew | None) -> None:
        """What the answers of a server say now; None says nothing. A worse knowledge than the own is not taken."""
        if skew is None:
            return
        with self._lock:
            now, mono = self._clock.now(), self._clock.monotonic()
            if self._known is None or skew.error <= self._error(self._known, now, mono):
                self._known = _Known(now + timedelta(seconds=skew.seconds), now, mono, skew.error)

    def skew(self) -> Skew | None:
        """What to add to the wall clock now, with an error that grows with the age of the knowledge; None before the
        first answer."""
        with self._lock:
            return self._skew(self._clock.now(), self._clock.monotonic())

    def stamp(self) -> Stamp:
        """This moment, for a line."""
        with self._lock:
            now, mono = self._clock.now(), self._clock.monotonic()
            skew = self._skew(now, mono)
        return Stamp(
            at=now,
            boot=self._boot,
            mono_ms=_ms(mono),
            skew_ms=None if skew is None else _ms(skew.seconds),
            # Rounded up: an error that is told too small would order what nobody can order.
            skew_error_ms=None if skew is None else _ms(skew.error) + 1,
        )

    def _skew(self, now: datetime, mono: float) -> Skew | None:
        known = self._known
        if known is None:
            return None
        server = known.server + timedelta(seconds=mono - known.mono)
        return Skew((server - now).total_seconds(), self._error(known, now, mono))

    @staticmethod
    def _error(known: _Known, now: datetime, mono: float) -> float:
        age = mono - known.mono
        slept = (now - known.wall).total_seconds() - age
        return known.error + age * DRIFT + (slept if slept > JUMP else 0.0)


def jump(before: Stamp, after: Stamp) -> float:
    """Seconds by which the wall clock was set between two lines, forward or (negative) back; 0 where nothing shows.

    Within one start of the program the monotonic clock tells; between two starts only a clock that went back does.
    """
    passed = (after.at - before.at).total_seconds()
    if before.boot == after.boot:
        parted = passed - (after.mono_ms - before.mono_ms) / 1000
        return parted if abs(parted) > JUMP else 0.0
    return passed if passed < -JUMP else 0.0


def note_jump(before: Stamp | None, after: Stamp) -> None:
    """Log a clock that was set between two lines; the lines themselves stay as they are, and their skew tells all."""
    if before is not None and (parted := jump(before, after)):
        _log.warning("clock.wrong: the clock was set by %+.1f s between two lines of the ledger", parted)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
