"""What a board must be able to do for `drivers.gates.gate`, which owns it."""

from __future__ import annotations

from typing import Protocol


class Board(Protocol):
    """One board with one output and perhaps one contact. All calls come from one thread, one at a time.

    Every method but ``close`` raises FaultError ``gate.absent``, ``gate.denied`` or ``gate.refused`` and nothing else;
    after that only ``close`` is called.
    """

    def connect(self) -> None:
        """Take hold of the board. The output stays as it is found, or goes off."""
        ...

    def drive(self, on: bool) -> None:
        """Switch the output; returns once the board has it. The same again is a sign of life, and changes nothing."""
        ...

    def turns(self) -> int:
        """How often the contact has closed since the last call (for the first: since ``connect``), debounced.

        Only asked for where ``GateOptions.input`` names a contact.
        """
        ...

    def close(self) -> None:
        """Release the handle. Never raises."""
        ...
