"""A printer that keeps the slips it is given instead of printing them; it is labelled as what it is."""

from __future__ import annotations

import threading

from terminal.faults import FaultError
from terminal.outputs import Slip


class SimulatedPrinter:
    """A `terminal.outputs.Printer`. ``fault``, from any thread: the catalogue code with which it fails until None."""

    simulated = True

    def __init__(self) -> None:
        self._kept: list[Slip] = []
        self._lock = threading.Lock()
        self.fault: str | None = None

    @property
    def slips(self) -> tuple[Slip, ...]:
        """What was printed so far."""
        with self._lock:
            return tuple(self._kept)

    def print(self, slip: Slip) -> None:
        """Keep it."""
        self.check()
        with self._lock:
            self._kept.append(slip)

    def check(self) -> None:
        """Raise the fault that was set."""
        if self.fault is not None:
            raise FaultError(self.fault, "simulated")
