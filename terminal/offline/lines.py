"""The ledger's tables in the sealed store, and what holds between their rows: each line is sealed to the one before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import apsw

from crypto.errors import MalformedError
from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import Line, follows, seal_of
from terminal.faults import FaultError
from terminal.offline.head import Head

# A line is ``pending``; ``held`` once a hub has it, which does not count as waiting; ``done`` once the server has it;
# or ``refused``; or ``moved`` into another chain.
# ``ledger`` has one row: the last line ever given, and the last one that was deleted because it was long confirmed.
SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    seq INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    prev BLOB NOT NULL,
    seal BLOB NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'held', 'done', 'refused', 'moved')),
    reason TEXT,
    conflict TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS line_state ON line (state, seq, kind);
CREATE TABLE IF NOT EXISTS ledger (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    seal BLOB NOT NULL,
    base_seq INTEGER NOT NULL,
    base_seal BLOB NOT NULL,
    anew_at INTEGER
) STRICT;
INSERT OR IGNORE INTO ledger VALUES (1, 0, zeroblob(32), 0, zeroblob(32), NULL);
CREATE TABLE IF NOT EXISTS task (
    seq INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
"""

_LAST = "SELECT ledger.seq, ledger.seal, line.seq, body, prev, line.seal FROM ledger LEFT JOIN line USING (seq)"


def insert(db: apsw.Connection, seq: int, prev: bytes, event: LineBody) -> Line:
    """Put line ``seq`` behind the one that is sealed ``prev``."""
    body = event.to_text()
    made = Line(seq, body, prev, seal_of(prev, seq, body))
    db.execute(
        "INSERT INTO line (seq, body, prev, seal, kind, at) VALUES (?, ?, ?, ?, ?, ?)",
        (seq, body, prev, made.seal, event.kind.value, milliseconds(event.stamp.at)),
    )
    db.execute("UPDATE ledger SET seq = ?, seal = ?", (seq, made.seal))
    return made


def last(db: apsw.Connection) -> Line:
    """The last line; nothing is ever chained to one that was changed. Raises ``offline.damaged``."""
    head_seq, head_seal, *row = db.execute(_LAST).get
    if not head_seq:
        return Line(0, "", head_seal, head_seal)
    if row[0] is not None:
        kept = line(*row)
        if kept.seal == head_seal == seal_of(kept.prev, kept.seq, kept.body):
            return kept
    raise FaultError("offline.damaged", f"the ledger's last line ({head_seq}) was changed or cut off")


def highest(db: apsw.Connection) -> int:
    """The highest number that this store knows of, whether its line is good or not."""
    number: int = db.execute("SELECT max(seq, (SELECT coalesce(max(seq), 0) FROM line)) FROM ledger").get
    return number


def prove(db: apsw.Connection, newest: int | None) -> tuple[int, Head]:
    """How many lines there are and the last one, all (or the ``newest``) proven to follow one another up to the
    ledger's head. Raises ``offline.damaged`` with the number after which they do not."""
    total: int = db.execute("SELECT count(*) FROM line").get
    seq, seal, base_seq, base_seal = db.execute("SELECT seq, seal, base_seq, base_seal FROM ledger").get
    skipped = 0 if newest is None else max(0, total - newest)
    rows = db.execute("SELECT seq, body, prev, seal, kind FROM line ORDER BY seq LIMIT -1 OFFSET ?", (skipped,))
    before = _follow(rows, None if skipped else Head(base_seq, base_seal))
    if before != Head(seq, seal):
        raise FaultError("offline.damaged", f"the ledger is broken after {before.seq}: lines are missing")
    return total, before


def _follow(rows: Iterable[tuple[object, ...]], before: Head | None) -> Head:
    for seq, body, prev, seal, kind in rows:
        this = line(seq, body, prev, seal)
        head = before or Head(this.seq - 1, this.prev)
        behind = Line(head.seq, "", b"", head.seal)
        # In JSON a quotation mark within a text is never bare, so this can only be the field itself.
        named = f'"kind":"{kind}"' in this.body
        if not named or not follows(behind, this, anew=kind == LineKind.ANEW.value):
            raise FaultError("offline.damaged", f"the ledger is broken after {head.seq}")
        before = Head(this.seq, this.seal)
    return before or Head(0, bytes(32))


def line(seq: object, body: object, prev: object, seal: object) -> Line:
    """A row as a line; raises ``offline.damaged``."""
    if not (isinstance(seq, int) and isinstance(body, str) and isinstance(prev, bytes) and isinstance(seal, bytes)):
        raise FaultError("offline.damaged", "a line of the ledger is none")
    return Line(seq, body, prev, seal)


def parsed(seq: int, body: str) -> LineBody:
    """What a line says; raises ``offline.damaged``."""
    try:
        return LineBody.from_text(body)
    except MalformedError as error:
        raise FaultError("offline.damaged", f"line {seq} says nothing") from error


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return round(moment.timestamp() * 1000)
