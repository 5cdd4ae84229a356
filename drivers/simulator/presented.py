"""A simulated card in somebody's hand: it can be lifted, be slow, or fall silent."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from crypto.errors import CardLostError
from drivers.simulator.faults import ChipFault


class CardSide(Protocol):
    """What can be presented: a chip, byte in, byte out."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        ...

    def reset(self) -> None:
        """Power-on."""
        ...

    def transmit(self, raw: bytes) -> bytes:
        """The response APDU to a command APDU."""
        ...


@dataclass(frozen=True, slots=True)
class Handling:
    """A fault of handling and its measure: APDUs before it is lifted or silent, or milliseconds for each APDU."""

    fault: ChipFault
    measure: int = 0


class PresentedCard:
    """``chip`` for one placing, from being laid down to being lifted. ``lift`` may come from any thread."""

    def __init__(self, chip: CardSide, handling: Handling | None = None) -> None:
        self._chip = chip
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._left: int | None = None
        self._talks: int | None = None
        self._seconds = 0.0
        if handling is not None and handling.fault is ChipFault.LIFTED:
            self._left = handling.measure
        if handling is not None and handling.fault is ChipFault.SLOW:
            self._seconds = handling.measure / 1000
        if handling is not None and handling.fault is ChipFault.SILENT:
            self._talks = handling.measure

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._chip.atr

    @property
    def gone(self) -> bool:
        """Whether it was lifted."""
        return self._gone.is_set()

    def reset(self) -> None:
        """Power-on."""
        self._chip.reset()

    def lift(self, after_apdus: int = 0) -> None:
        """Take the card away: now, or after so many more answers. From any thread."""
        with self._lock:
            self._left = after_apdus
        if after_apdus == 0:
            self._gone.set()

    def transmit(self, command: bytes) -> bytes:
        """The chip's answer, in its own time (a silent card's is never). Raises CardLostError when lifted."""
        if self._gone.wait(self._patience()):
            raise CardLostError("the simulated card was lifted")
        answer = self._chip.transmit(command)
        with self._lock:
            if self._left is not None:
                self._left -= 1
                if self._left <= 0:
                    self._gone.set()
        return answer

    def _patience(self) -> float | None:
        """Seconds to the next answer, None for ever."""
        if self._talks == 0:
            return None
        if self._talks is not None:
            self._talks -= 1
        return self._seconds
