"""One exchange between a hub and its upstream server: first what happened here, then what happened elsewhere.

Everything that an exchange needs is in the database, and everything it learns goes there before the next step; a hub
that ends in the middle goes on where it was. What is told twice is known the second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from backend.engine.sql import insert
from backend.engine.store import Store
from backend.hub import intake
from backend.hub.own_lines import Stamper, begin_anew, line_up, lines_after
from backend.hub.tables import HUB_RELAY
from backend.hub.upstream import RefusedError, Upstream
from backend.tickets.tables import LINE
from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import Line, head_message

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from backend.tickets.wire import JournalResponse, TicketsResponse
    from crypto.tickets.record import Marks

_AT_ONCE = 500
_MILLISECOND = timedelta(milliseconds=1)

_ANOTHER_CHAIN = frozenset({"seq_reused", "chain_broken"})
"""Why a line is refused that its hub wrote without knowing all that it wrote before."""

_log = logging.getLogger(__name__)

_DONE = sa.select(HUB_RELAY.c.seq).where(HUB_RELAY.c.device == sa.bindparam("the_device"))
# A device's word stands on the last line of each of its uploads: up to there, lines are handed on together.
_SIGNED = (
    sa.select(sa.func.min(LINE.c.seq))
    .where(
        LINE.c.device == sa.bindparam("the_device"),
        LINE.c.seq > sa.bindparam("the_seq"),
        LINE.c.signature.is_not(None),
    )
    .scalar_subquery()
)
_UPLOAD = (
    sa.select(LINE)
    .where(LINE.c.device == sa.bindparam("the_device"), LINE.c.seq > sa.bindparam("the_seq"), LINE.c.seq <= _SIGNED)
    .order_by(LINE.c.seq)
)
_WAITING = (
    sa.select(LINE.c.device)
    .outerjoin(HUB_RELAY, HUB_RELAY.c.device == LINE.c.device)
    .where(LINE.c.signature.is_not(None), LINE.c.seq > sa.func.coalesce(HUB_RELAY.c.seq, 0))
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Self:
    """Who this hub is: its name upstream, the event whose gates it answers, the key of its own ledger, and the upstream
    server's marks."""

    device: str
    event: str
    key: Ed25519PrivateKey = field(repr=False)
    marks: Marks = field(repr=False)


class Exchange:
    """Exchanges with one upstream server. One thread uses it."""

    def __init__(
        self, store: Store, upstream: Upstream, own: Self, clock: Callable[[], datetime], stamper: Stamper
    ) -> None:
        self._store, self._upstream, self._own, self._clock = store, upstream, own, clock
        self._stamper = stamper
        self._knows = False
        self._refused: set[str] = set()

    def run(self) -> None:
        """Tell and hear everything. Raises UpstreamError, BusyError; what was done by then stays done."""
        self._learn_skew()
        self._tell_own()
        self._hand_on()
        self._hear()

    def knows(self) -> bool:
        """Whether this hub ever heard of all tickets; before that it can say nothing of any. From any thread."""
        if not self._knows:
            with self._store.transaction() as db:
                self._knows = intake.cursor_of(db, self._own.event) is not None
        return self._knows

    def close(self) -> None:
        """Let go of the connection."""
        self._upstream.close()

    def _learn_skew(self) -> None:
        before = self._clock()
        there = self._upstream.clock()
        after = self._clock()
        half = (after - before) / 2
        skew, error = (there - (before + half)) // _MILLISECOND, -(-half // _MILLISECOND)
        self._stamper = replace(self._stamper, skew_ms=skew, skew_error_ms=max(0, error))

    def _tell_own(self) -> None:
        while True:
            with self._store.transaction() as db:
                line_up(db, self._stamper)
                lines = lines_after(db, self._told(db, self._own.device), _AT_ONCE)
            if not lines:
                return
            signature = self._own.key.sign(head_message(self._own.device, lines[-1]))
            answer = self._upstream.hand_over(self._own.device, lines, signature)
            strange = [each.seq for each in answer.answers if each.reason in _ANOTHER_CHAIN]
            if strange:
                self._begin_anew(strange[0], answer.witness.seq)
            else:
                self._confirm(self._own.device, lines, answer)

    def _begin_anew(self, first: int, kept: int) -> None:
        """The server has other lines of this hub than it has itself: its database was lost, or brought back from an
        older day. What the server did not take is told again, behind the ``kept`` lines that are there."""
        anew = LineBody(
            scan_id="anew",
            kind=LineKind.ANEW,
            event=self._own.event,
            ticket=None,
            gate=self._own.device,
            stamp=self._stamper.at(self._clock()),
        )
        with self._store.transaction() as db:
            begin_anew(db, first, kept, anew.to_text())
            self._put_told(db, self._own.device, kept)
        _log.warning("the server has other lines of this hub: its ledger goes on anew behind number %d", kept)

    def _hand_on(self) -> None:
        """The lines that devices handed over here, unchanged, each upload with its device's own signature."""
        with self._store.transaction() as db:
            devices = db.execute(_WAITING).scalars().all()
        for device in sorted(devices):
            try:
                self._hand_on_of(device)
            except RefusedError as error:
                # It was enrolled anew since it signed them. It holds up nobody else, and tells the server itself.
                if device not in self._refused:
                    _log.warning("the server refuses the lines of %s: %s", device, error)
                self._refused.add(device)
            else:
                self._refused.discard(device)

    def _hand_on_of(self, device: str) -> None:
        while upload := self._next_upload(device):
            lines, signature = upload
            self._confirm(device, lines, self._upstream.hand_over(device, lines, signature))

    def _next_upload(self, device: str) -> tuple[Sequence[Line], bytes] | None:
        with self._store.transaction() as db:
            rows = db.execute(_UPLOAD, {"the_device": device, "the_seq": self._told(db, device)}).all()
        if not rows:
            return None
        return [Line(row.seq, row.body.decode(), row.prev, row.seal) for row in rows], rows[-1].signature

    def _confirm(self, device: str, lines: Sequence[Line], answer: JournalResponse) -> None:
        """Go on behind these lines; where the server lacks some before them (it was set back), behind what it has."""
        lacks = any(each.reason == "gap" for each in answer.answers) and answer.witness.seq < lines[0].seq - 1
        seq = answer.witness.seq if lacks else lines[-1].seq
        with self._store.transaction() as db:
            self._put_told(db, device, seq)

    def _hear(self) -> None:
        found = self._upstream.devices()
        with self._store.transaction() as db:
            intake.take_devices(db, found, self._clock())
            cursor = intake.cursor_of(db, self._own.event)
        if cursor is None:
            cursor = self._hear_everything()
        while True:
            page = self._upstream.changed(self._own.event, cursor)
            self._take(page, page.cursor)
            if page.next is None:
                return
            cursor = page.cursor

    def _hear_everything(self) -> int:
        """All tickets, page by page; the cursor is that of the first page: what changed meanwhile is heard again."""
        page = self._upstream.tickets(self._own.event, "")
        cursor = page.cursor
        while True:
            self._take(page, None)
            if page.next is None:
                return cursor
            page = self._upstream.tickets(self._own.event, page.next)

    def _take(self, page: TicketsResponse, cursor: int | None) -> None:
        with self._store.transaction() as db:
            # What was decided here meanwhile gets its line first: upstream's word about a ticket must not hide it.
            line_up(db, self._stamper)
            intake.take_tickets(db, self._own.event, page, self._own.marks, self._clock())
            if cursor is not None:
                intake.move_cursor(db, self._own.event, cursor)

    def _told(self, db: sa.Connection, device: str) -> int:
        return int(db.execute(_DONE, {"the_device": device}).scalar_one_or_none() or 0)

    @staticmethod
    def _put_told(db: sa.Connection, device: str, seq: int) -> None:
        put = insert(HUB_RELAY).values(device=device, seq=seq)
        db.execute(put.on_conflict_do_update(index_elements=["device"], set_={"seq": seq}))
