"""Fast motion: what programs wait for after a failure passes in a fraction of its time, or a day would not fit into a
minute. Nothing else about them is changed."""

from __future__ import annotations

from backend.hub import turns
from drivers.backends import circuit

OPEN_FOR = 0.4
"""Seconds (instead of 4) after three failures until a server is tried again."""

EVERY = 0.4
"""Seconds (instead of 3) between two exchanges of the hub."""

LONGEST = 1.6
"""Seconds (instead of 60) at most between its tries."""


def hurry() -> None:
    """From now on in this process."""
    circuit.OPEN_FOR = OPEN_FOR
    turns.EVERY, turns.LONGEST = EVERY, LONGEST
