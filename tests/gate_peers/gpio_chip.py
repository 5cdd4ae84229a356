"""A GPIO chip as gpiod's version 2 interface shows it; this computer has none.

Only ``gpiod.request_lines`` is replaced. What it is given and what it raises are the library's: LineSettings, Value,
EdgeEvent, RequestReleasedError, and OSError with the numbers of the kernel (ENOENT without the chip, EBUSY for a line
that is taken, EINVAL for one that is not there, EPERM for writing to an input, ENODEV after the chip has gone).
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable
from datetime import timedelta

import gpiod
from gpiod.exception import RequestReleasedError
from gpiod.line import Bias, Direction, Edge, Value

from tests.gate_peers.output import Output

LINES = 8

Config = dict[Iterable[int | str] | int | str, gpiod.LineSettings | None]


class GpioChip:
    """Eight lines. A pushed contact pulls its line to ground."""

    def __init__(self, path: str = "/dev/gpiochip-test") -> None:
        self.path = path
        self.outputs = {number: Output() for number in range(LINES)}
        self.taken: dict[int, str | None] = {}
        self.there = True
        self.denied = False
        self._lock = threading.Lock()
        self._requests: list[LineRequest] = []

    def request_lines(
        self,
        path: str,
        config: Config,
        consumer: str | None = None,
        event_buffer_size: int | None = None,
        output_values: dict[int | str, Value] | None = None,
    ) -> LineRequest:
        """What ``gpiod.request_lines`` does."""
        assert event_buffer_size is None
        assert output_values is None
        if self.denied:
            raise _error(errno.EACCES)
        if not self.there or path != self.path:
            raise _error(errno.ENOENT)
        settings = {number: each or gpiod.LineSettings() for number, each in config.items() if isinstance(number, int)}
        with self._lock:
            if not set(settings) <= set(range(LINES)):
                raise _error(errno.EINVAL)
            if set(settings) & set(self.taken):
                raise _error(errno.EBUSY)
            request = LineRequest(self, settings)
            self._requests.append(request)
            self.taken |= dict.fromkeys(settings, consumer)
        for number, each in settings.items():
            if each.direction is Direction.OUTPUT:
                self.outputs[number].switch(bool(each.output_value))
        return request

    def release(self, request: LineRequest, numbers: Iterable[int]) -> None:
        """The lines are free again and keep their level."""
        with self._lock:
            self._requests.remove(request)
            for number in numbers:
                del self.taken[number]

    def push(self, number: int, duration: timedelta = timedelta(milliseconds=200)) -> None:
        """Close the contact to ground for so long, and open it."""
        self.ground(number, closed=True, duration=duration)
        self.ground(number, closed=False, duration=duration)

    def ground(self, number: int, *, closed: bool, duration: timedelta = timedelta(milliseconds=200)) -> None:
        """Close or open the contact, and leave it so for ``duration`` at least."""
        with self._lock:
            for request in self._requests:
                request.grounded(number, closed, duration)

    def vanish(self) -> None:
        """The chip (an expander on USB) is unplugged."""
        self.there = False
        for output in self.outputs.values():
            output.switch(False)

    def come_back(self) -> None:
        """It is plugged in again."""
        self.there = True


class LineRequest:
    """What ``gpiod.LineRequest`` is, as far as a driver of ours may use it."""

    def __init__(self, chip: GpioChip, settings: dict[int, gpiod.LineSettings]) -> None:
        self._chip = chip
        self._settings = settings
        self._events: list[gpiod.EdgeEvent] = []
        self._released = False

    def set_value(self, line: int, value: Value) -> None:
        """Raises OSError, ValueError for a line of another request, RequestReleasedError."""
        self._check()
        if line not in self._settings:
            raise ValueError("unknown line")
        if self._settings[line].direction is not Direction.OUTPUT:
            raise _error(errno.EPERM)
        self._chip.outputs[line].switch(bool(value))

    def wait_edge_events(self, timeout: timedelta | float | None = None) -> bool:
        """Whether there are any; a driver that waits here would not hear what else it is told."""
        self._check()
        assert timeout == 0
        return bool(self._events)

    def read_edge_events(self, max_events: int | None = None) -> list[gpiod.EdgeEvent]:
        """All that were kept."""
        self._check()
        assert max_events is None
        events, self._events = self._events, []
        return events

    def release(self) -> None:
        """Give the lines back."""
        if not self._released:
            self._released = True
            self._chip.release(self, self._settings)

    def grounded(self, number: int, closed: bool, duration: timedelta) -> None:
        """The kernel's side: a level that outlasts the debounce period is an edge, rising where it is called active."""
        settings = self._settings.get(number)
        if settings is None or settings.direction is not Direction.INPUT or duration < settings.debounce_period:
            return
        assert settings.bias is Bias.PULL_UP, "an open contact would float"
        rising = closed == settings.active_low
        if settings.edge_detection in (Edge.RISING if rising else Edge.FALLING, Edge.BOTH):
            kind = gpiod.EdgeEvent.Type.RISING_EDGE if rising else gpiod.EdgeEvent.Type.FALLING_EDGE
            self._events.append(gpiod.EdgeEvent(kind.value, 0, number, 1, 1))

    def _check(self) -> None:
        if self._released:
            raise RequestReleasedError
        if not self._chip.there:
            raise _error(errno.ENODEV)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
