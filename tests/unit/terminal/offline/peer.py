"""A server's side of the exchange, as docs/protocol.md tells it, with the faults that a test wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import Line, follows
from terminal.faults import FaultError
from terminal.syncing import Changes, LineAnswer, Skew
from tests.fake_clock import FakeClock


class LedgerPeer:
    """Keeps one device's lines. ``trouble`` gives a fault to each call, before (``before``) or after its work."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.uploads: list[list[int]] = []
        self.calls: list[str] = []
        self.skew: Skew | None = None
        self.before: Callable[[str], None] = lambda _call: None
        self.after: Callable[[str], None] = lambda _call: None
        self.answered: Callable[[list[LineAnswer]], list[LineAnswer]] = lambda answers: answers
        self.refuse: dict[int, str] = {}
        self.conflicts: dict[int, str] = {}
        self.cursor = 10
        self.pages = 1

    def upload(self, lines: Sequence[Line], deadline: float) -> Sequence[LineAnswer]:
        """Keeps them and answers."""
        self._called("upload")
        assert len(lines) <= 500
        self.uploads.append([line.seq for line in lines])
        self.before("upload")
        answers = [self._answer(line) for line in lines]
        self.after("upload")
        return self.answered(answers)

    def changes(self, event: str, cursor: int, deadline: float) -> Changes:
        """So many empty pages."""
        self._called(f"changes {cursor}")
        self.before("changes")
        self.pages -= 1
        self.cursor += 1
        return Changes(self.cursor, self.pages > 0, ())

    def snapshot(self, event: str, to: Path, deadline: float) -> None:
        """A file."""
        self._called("snapshot")
        self.before("snapshot")
        to.write_bytes(b"snapshot")

    @property
    def passages(self) -> list[str]:
        """The scans that it knows, each as often as it stands in the ledger."""
        bodies = [LineBody.from_text(line.body) for line in self.lines]
        return [body.scan_id for body in bodies if body.kind is not LineKind.ANEW]

    def _called(self, call: str) -> None:
        self.calls.append(call)

    def _answer(self, line: Line) -> LineAnswer:
        head = self.lines[-1] if self.lines else None
        if head is not None and line.seq <= head.seq:
            same = any(line == kept for kept in self.lines)
            return LineAnswer(line.seq, "known") if same else LineAnswer(line.seq, "refused", "seq_reused")
        anew = LineBody.from_text(line.body).kind is LineKind.ANEW
        if not follows(head, line, anew=anew):
            gap = line.seq != (head.seq if head else 0) + 1
            return LineAnswer(line.seq, "refused", "gap" if gap else "chain_broken")
        self.lines.append(line)
        if line.seq in self.refuse:
            return LineAnswer(line.seq, "refused", self.refuse[line.seq])
        return LineAnswer(line.seq, "kept", conflict=self.conflicts.get(line.seq))


class Told:
    """How far the ticket data go."""

    def __init__(self, cursor: int, as_of: datetime) -> None:
        self.cursor = cursor
        self.as_of = as_of


class TicketShelf:
    """Ticket data that only remember what was done to them, and what was done here besides."""

    def __init__(self, clock: FakeClock) -> None:
        self.event = "hoi-mau"
        self.clock = clock
        self.now: Told | None = None
        self.taken: list[bytes] = []
        self.covered: list[int] = []
        self.counted: Callable[[], int] = lambda: 0
        self.unfit = False
        self.handed_over = 0

    def told(self) -> Told | None:
        """How far."""
        self.handed_over = self.counted()
        return self.now

    def take(self, file: Path) -> None:
        """A snapshot."""
        self.taken.append(file.read_bytes())
        self.now = Told(1, self.clock.now())

    def apply(self, changes: Changes, as_of: datetime) -> None:
        """Changes."""
        if self.unfit:
            raise FaultError("offline.snapshot", "unfit")
        self.now = Told(changes.cursor, as_of)
        if not changes.more:
            self.covered.append(self.handed_over)

    def age(self, hours: float) -> None:
        """The data become older."""
        assert self.now is not None
        self.now.as_of -= timedelta(hours=hours)
