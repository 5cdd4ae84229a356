"""The socket between a terminal that also decides by itself and its server: what both did without the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from crypto.tickets.line import Line


@dataclass(frozen=True, slots=True)
class Skew:
    """How far this computer's clock is from the server's: ``seconds`` to add to the own to get the server's, within
    ``error`` seconds (half the round trip)."""

    seconds: float
    error: float


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What a server made of one line of this device's ledger: ``kept``, ``known``, or ``refused`` for ``reason``.

    ``conflict``: the line stands, and contradicts another one (``duplicate_entry``, …); a supervisor sees both.
    """

    seq: int
    result: Literal["kept", "known", "refused"]
    reason: str | None = None
    conflict: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened elsewhere since a cursor: records of crypto.tickets.snapshot. ``more``: ask again at once."""

    cursor: int
    more: bool
    records: tuple[bytes, ...] = field(repr=False)


class SyncPeer(Protocol):
    """The server side of a terminal that also decides by itself: a ``Backend`` may be one besides.

    Every method raises FaultError like those of `Backend`; ``net.denied`` when the server does not know this device.
    """

    @property
    def skew(self) -> Skew | None:
        """From the answers so far; None before the first."""
        ...

    def upload(self, lines: Sequence[Line], deadline: float) -> Sequence[LineAnswer]:
        """Hand over up to 500 lines of this device's ledger, in their order; an answer for each."""
        ...

    def changes(self, event: str, cursor: int, deadline: float) -> Changes:
        """What happened to the event's tickets since ``cursor``."""
        ...

    def snapshot(self, event: str, to: Path, deadline: float) -> None:
        """All tickets of the event as a snapshot file (crypto.tickets.snapshot), written to ``to``, not yet proven."""
        ...
