"""Lines of the computer's own GPIO chip, through the Linux character device (libgpiod's v2 interface).

Output: high is on. Contact: between its line and ground, with the chip's own pull-up; the kernel debounces it and keeps
every closing until it is asked for (Linux, userspace-api/gpio/chardev; https://libgpiod.readthedocs.io).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from drivers.gates.gate import DrivenGate
from drivers.gates.required import require, require_library
from terminal.faults import FaultError
from terminal.outputs import GateOptions

if TYPE_CHECKING:
    from gpiod import LineRequest

CONSUMER = "tram"
"""What ``gpioinfo`` shows beside our lines."""

DEBOUNCE = timedelta(milliseconds=20)

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})
_REFUSED = frozenset({errno.EINVAL, errno.ERANGE})


class GpioBoard:
    """A `drivers.gates.board.Board`; ``request_lines`` is ``gpiod.request_lines``, where no test puts another."""

    def __init__(self, options: GateOptions, request_lines: Callable[..., LineRequest] | None = None) -> None:
        self._options = options
        self._request_lines = request_lines
        self._lines: LineRequest | None = None

    def connect(self) -> None:
        """Request the lines, the output off."""
        import gpiod
        from gpiod.line import Bias, Direction, Edge, Value

        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
            self._options.output: gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE),
        }
        if self._options.input is not None:
            config[self._options.input] = gpiod.LineSettings(
                direction=Direction.INPUT,
                edge_detection=Edge.RISING,
                bias=Bias.PULL_UP,
                active_low=True,
                debounce_period=DEBOUNCE,
            )
        request = self._request_lines or gpiod.request_lines
        try:
            self._lines = request(self._options.address, consumer=CONSUMER, config=config)
        except (OSError, ValueError) as error:
            raise _fault_of(error) from error

    def drive(self, on: bool) -> None:
        """Set the line."""
        from gpiod.line import Value

        try:
            self._held().set_value(self._options.output, Value.ACTIVE if on else Value.INACTIVE)
        except (OSError, ValueError) as error:
            raise _fault_of(error) from error

    def turns(self) -> int:
        """The closings that the kernel has kept."""
        from gpiod import EdgeEvent

        closings = 0
        try:
            lines = self._held()
            while lines.wait_edge_events(0):
                closings += sum(event.event_type is EdgeEvent.Type.RISING_EDGE for event in lines.read_edge_events())
        except (OSError, ValueError) as error:
            raise _fault_of(error) from error
        return closings

    def close(self) -> None:
        """Give the lines back."""
        if self._lines is not None:
            self._lines.release()
            self._lines = None

    def _held(self) -> LineRequest:
        if self._lines is None:
            raise FaultError("gate.absent", "no lines")
        return self._lines


def build(options: GateOptions) -> DrivenGate:
    """The entry point ``tram.gate``: lines of a GPIO chip. Raises ``install.missing`` and ``config.invalid``."""
    require_library("gpiod")
    require(options.input != options.output, "gate.input: ≠ gate.output")
    return DrivenGate(options, lambda: GpioBoard(options))


def _fault_of(error: OSError | ValueError) -> FaultError:
    number = getattr(error, "errno", None)
    if number in _DENIED:
        code = "gate.denied"
    else:
        code = "gate.refused" if isinstance(error, ValueError) or number in _REFUSED else "gate.absent"
    return FaultError(code, type(error).__name__)
