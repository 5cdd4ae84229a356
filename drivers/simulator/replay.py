"""A card that plays a transcript: it answers as written, and only to the very commands that are written.

Found through the entry point ``tram.replay``, which no site configuration can name. Labelled simulated, whatever card
the transcript was made from: nothing here proves that a card is present.
"""

from __future__ import annotations

from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.presented import PresentedCard
from terminal.faults import FaultError
from terminal.transcript import Transcript

_ATR = bytes.fromhex("3B80800101")
"""A contactless card without historical bytes (PC/SC part 3 §3.1.3.2.3.1), where the transcript names none."""

_BEFORE, _SHOWN = 4, 16


class ScriptedCard:
    """The card side. Not for several threads at once."""

    def __init__(self, transcript: Transcript) -> None:
        self._exchanges = transcript.exchanges
        self.atr = transcript.atr or _ATR
        self.answered = 0

    def reset(self) -> None:
        """Nothing: a transcript goes on where it stopped, since power-on is not part of it."""

    def transmit(self, raw: bytes) -> bytes:
        """The response that is written for ``raw``. Raises FaultError ``script.differs``."""
        if self.answered == len(self._exchanges):
            raise FaultError(
                "script.differs", f"command {self.answered + 1}: the script has ended, sent {_cut(raw, 0)}"
            )
        exchange = self._exchanges[self.answered]
        if raw != exchange.command:
            raise FaultError("script.differs", f"command {self.answered + 1}: {_difference(exchange.command, raw)}")
        self.answered += 1
        return exchange.response


class ScriptReplay:
    """A ``terminal.transcript.Replay``: the scripted card on the in-process reader."""

    def __init__(self, transcript: Transcript) -> None:
        self._card = ScriptedCard(transcript)
        self.reader = SimulatedReader()
        self.reader.place(PresentedCard(self._card))

    @property
    def answered(self) -> int:
        """How many commands were answered so far."""
        return self._card.answered


def build(transcript: Transcript) -> ScriptReplay:
    """The replay of ``transcript``."""
    return ScriptReplay(transcript)


def _difference(expected: bytes, sent: bytes) -> str:
    pairs = zip(expected, sent, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(expected), len(sent)))
    return f"differs at byte {at}: expected {_cut(expected, at)}, sent {_cut(sent, at)}"


def _cut(command: bytes, at: int) -> str:
    """The bytes about the difference, and how long the whole is: enough to find it, not the whole command."""
    begin = max(0, at - _BEFORE)
    piece = command[begin : begin + _SHOWN]
    before, after = "…" if begin else "", "…" if begin + len(piece) < len(command) else ""
    return f"{before}{piece.hex().upper()}{after} ({len(command)} bytes)"
