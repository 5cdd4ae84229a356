"""A gate double with hands that turn it and pull its cable. No entry point names it: no site can select it."""

from __future__ import annotations

import threading

from drivers.gates.gate import DrivenGate
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.outputs import GateOptions


class SimulatedBoard:
    """A board, its power and its cable; what a `drivers.gates.board.Board` sees of it stands in ``connection``."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turns = 0
        self._plugged = True
        self._frozen = False
        self._calls = 0
        self.energised = False
        self.connections = 0

    def turn(self) -> None:
        """Push the arm once round: the contact closes and opens."""
        with self._changed:
            self._turns += 1

    def unplug(self) -> None:
        """Take away cable and power: the output falls off."""
        with self._changed:
            self._plugged = self.energised = False
            self._turns = 0
            self._changed.notify_all()

    def plug(self) -> None:
        """Put the cable back."""
        with self._changed:
            self._plugged = True
            self._changed.notify_all()

    def freeze(self, frozen: bool = True) -> None:
        """Have every call into the board hang, until it is thawed."""
        with self._changed:
            self._frozen = frozen
            self._changed.notify_all()

    def wait_until(self, energised: bool, timeout: float = 10.0) -> bool:
        """Whether the output came to stand so within ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.energised == energised, timeout)

    def wait_until_called(self, timeout: float = 10.0) -> bool:
        """Whether the driver tried anything within ``timeout`` seconds from now, with or without a cable."""
        with self._changed:
            calls = self._calls
            return self._changed.wait_for(lambda: self._calls > calls, timeout)

    # What the driver calls -----------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Raises FaultError ``gate.absent`` while it is unplugged."""
        with self._changed:
            self._require_there()
            self.connections += 1
            self._turns = 0

    def drive(self, on: bool) -> None:
        """Switch the output."""
        with self._changed:
            self._require_there()
            self.energised = on
            self._changed.notify_all()

    def turns(self) -> int:
        """How often it was turned since the last call."""
        with self._changed:
            self._require_there()
            turns, self._turns = self._turns, 0
            return turns

    def close(self) -> None:
        """Nothing to release."""

    def _require_there(self) -> None:
        self._calls += 1
        self._changed.notify_all()
        self._changed.wait_for(lambda: not self._frozen)
        if not self._plugged:
            raise FaultError("gate.absent", "unplugged")


class SimulatedGate(DrivenGate):
    """A ``terminal.outputs.Gate`` with hands of its own; ``board`` may outlive it, as a real one does."""

    def __init__(self, options: GateOptions, board: SimulatedBoard | None = None, clock: Clock | None = None) -> None:
        self.board = board or SimulatedBoard()
        super().__init__(options, lambda: self.board, clock, simulated=True)
        self._fails_open = options.fails == "open"

    @property
    def passable(self) -> bool:
        """Whether a person could go through now."""
        return self.board.energised != self._fails_open

    def turn(self) -> None:
        """Go through, or push the arm round without having been admitted."""
        self.board.turn()

    def unplug(self) -> None:
        """Pull the board's cable."""
        self.board.unplug()

    def plug(self) -> None:
        """Put it back."""
        self.board.plug()
