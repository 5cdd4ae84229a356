"""Reads that can be repeated to the byte: randomness and clock are given, and a script may stand in for the card.

What a chip proves under randomness that was known before is no proof, so such a read is labelled.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crypto.errors import MalformedError
from terminal import registry
from terminal.clock import Clock
from terminal.evidence import private_file
from terminal.faults import FaultError
from terminal.ports import CardLink, CardReader
from terminal.transcript import MAX_TEXT, Recorder, Replay, parse, write

_MAX_RANDOM = 1 << 16
_SOURCES = "either --script or --record"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--script``, ``--record``, ``--random`` and ``--at``."""
    parser.add_argument("--script", type=Path, metavar="FILE", help="replay a transcript in the place of a card")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write a test card's transcript (with --random)")
    parser.add_argument("--random", type=_hex, metavar="HEX", help="the terminal's randomness, used up in order")
    parser.add_argument("--at", type=_time, metavar="TIME", help="the time that counts, ISO 8601 with offset")


def _hex(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise argparse.ArgumentTypeError("pairs of hex digits") from None
    if len(raw) > _MAX_RANDOM:
        raise argparse.ArgumentTypeError(f"at most {_MAX_RANDOM} bytes")
    return raw


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("ISO 8601, such as 2026-03-04T12:00:00+07:00") from None
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("an offset from UTC belongs to it, such as +07:00 or Z")
    return at.astimezone(UTC)


class GivenRandom:
    """Bytes that were agreed before, each given out once, in order."""

    def __init__(self, numbers: bytes) -> None:
        self._numbers = numbers
        self._used = 0

    @property
    def left(self) -> int:
        """How many bytes nobody asked for."""
        return len(self._numbers) - self._used

    def __call__(self, size: int) -> bytes:
        """The next ``size`` bytes. Raises FaultError ``usage.bad`` when there are not as many."""
        if size > self.left:
            raise FaultError("usage.bad", f"--random: {size} more bytes were asked for, {self.left} are left")
        begin, self._used = self._used, self._used + size
        return self._numbers[begin : self._used]


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A wall clock that stands still; waiting is measured by the real one's monotonic half."""

    at: datetime
    real: Clock

    def now(self) -> datetime:
        """Always the same."""
        return self.at

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return self.real.monotonic()


@dataclass(frozen=True, slots=True)
class ScriptReport:
    """How far a repeatable read got. ``commands`` is the script's length; without a script, what was recorded."""

    commands: int
    answered: int
    random_left: int


class Rehearsal:
    """One repeatable read: its reader, randomness, clock, and in the end its report."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Raises FaultError ``usage.bad`` for options that do not go together, or a script that cannot be read."""
        if args.random is None:
            raise FaultError(
                "usage.bad",
                "--random is needed: without it nothing can be repeated, and the transcript "
                "of a card in use would hold its owner's data",
            )
        if (args.script is None) == (args.record is None):
            raise FaultError("usage.bad", _SOURCES)
        self.random = GivenRandom(args.random)
        self._at: datetime | None = args.at
        self._record: Path | None = args.record
        self._recorder: Recorder | None = None
        self._atr = b""
        self._commands = 0
        self._replay = self._load(args.script)
        if self._record is not None:
            private_file.check_new(self._record)

    def _load(self, script: Path | None) -> Replay | None:
        if script is None:
            return None
        try:
            transcript = parse(private_file.read_bounded(script, MAX_TEXT))
        except MalformedError as error:
            raise FaultError("usage.bad", f"{script}: {error}") from error
        self._commands = len(transcript.exchanges)
        return registry.replay("script")(transcript)

    @property
    def reader(self) -> CardReader | None:
        """The reader on which the script lies; None when a real one is recorded."""
        return self._replay.reader if self._replay else None

    def clock(self, real: Clock) -> Clock:
        """The clock that stands at ``--at``, else the real one."""
        return real if self._at is None else FixedClock(self._at, real)

    def transceive(self, link: CardLink) -> Callable[[bytes], bytes]:
        """The way to the card, written down on the way if that was asked for."""
        if self._record is None:
            return link.transceive
        self._atr = link.atr
        self._recorder = Recorder(link.transceive)
        return self._recorder.transceive

    def finish(self) -> ScriptReport:
        """The report; a recording is written. Raises FaultError ``usage.bad``."""
        if self._replay is not None:
            return ScriptReport(self._commands, self._replay.answered, self.random.left)
        assert self._record is not None  # noqa: S101 - one of the two, see __init__
        assert self._recorder is not None  # noqa: S101 - finish comes after a read
        transcript = self._recorder.transcript(self._atr)
        private_file.write_new(self._record, write(transcript, _HEADING).encode("ascii"))
        count = len(transcript.exchanges)
        return ScriptReport(count, count, self.random.left)


_HEADING = ("Recorded by tram read --record: everything that a TEST card said, under randomness that is known.",)


def wanted(args: argparse.Namespace) -> bool:
    """Whether any option of a repeatable read was given."""
    return any(option is not None for option in (args.script, args.record, args.random, args.at))
