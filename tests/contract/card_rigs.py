"""Benches on which the card-reader contract is tried: a kind of reader, and hands that lay a card on it.

A new kind of reader joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import pytest

from crypto.errors import CardLostError
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.presented import PresentedCard
from terminal.ports import CardReader, ReaderOptions
from tests.pcscd import PcscDaemon
from tests.stub_chip import ATR, Answers, StubChip


class Rig(Protocol):
    """One reader and one hand."""

    def reader(self, options: ReaderOptions) -> CardReader:
        """A new driver, not started."""
        ...

    def place(self, answers: Answers) -> None:
        """Lay down a card that answers so; None from ``answers`` tears it out in the middle of that APDU."""
        ...

    def lift(self) -> None:
        """Take it off, and wait until the reader has noticed."""
        ...


class PcscRig:
    """The real PC/SC daemon with a chip on its virtual reader."""

    def __init__(self, daemon: PcscDaemon) -> None:
        self._daemon = daemon
        self.chip: StubChip | None = None

    def reader(self, options: ReaderOptions) -> CardReader:
        """The PC/SC driver."""
        from drivers.pcsc import build

        return build(options)

    def place(self, answers: Answers) -> None:
        """Insert into the first virtual reader."""
        self.chip = StubChip(self._daemon.port, answers)

    def lift(self) -> None:
        """Remove, if it is still there."""
        if self.chip is not None:
            self.chip.lift()
            self.chip = None
            self._daemon.wait_until_empty()


class _Answering:
    """A card side made of a function from APDU to answer."""

    atr = ATR

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.presented = PresentedCard(self)

    def reset(self) -> None:
        """Nothing to forget."""

    def transmit(self, raw: bytes) -> bytes:
        """What the function says; None tears the card out."""
        answer = self._answers(raw)
        if answer is None:
            self.presented.lift()
            raise CardLostError
        return answer


class InProcessRig:
    """The reader double, with a card laid on it directly."""

    def __init__(self) -> None:
        self._reader: SimulatedReader | None = None
        self._lying: PresentedCard | None = None

    def reader(self, options: ReaderOptions) -> CardReader:
        """The reader double; a card that lies there already is on it."""
        self._reader = SimulatedReader(options)
        if self._lying is not None:
            self._reader.place(self._lying)
        return self._reader

    def place(self, answers: Answers) -> None:
        """Lay a card down."""
        self._lying = _Answering(answers).presented
        if self._reader is not None:
            self._reader.place(self._lying)

    def lift(self) -> None:
        """Take it off."""
        self._lying = None
        if self._reader is not None:
            self._reader.lift()


RIGS: Mapping[str, Callable[[pytest.FixtureRequest], Rig]] = MappingProxyType(
    {
        "in-process": lambda _request: InProcessRig(),
        "pcsc": lambda request: PcscRig(request.getfixturevalue("pcscd")),
    }
)
