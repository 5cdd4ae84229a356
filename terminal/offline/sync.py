"""The exchange with the servers, on a thread of its own: first what this terminal did alone, then what they know.

A peer is asked in turn: the server, else the hub in the house. Nothing here stands at the door: whatever fails, the
next turn tries again, later and later, and by itself.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import Line
from terminal.clock import Clock
from terminal.events import Synced
from terminal.faults import FaultError
from terminal.offline.lines import parsed
from terminal.offline.outbox import BROKEN_CHAIN, Outbox, Told
from terminal.offline.skew import Timekeeper
from terminal.ports import Inbox
from terminal.syncing import Changes, LineAnswer, SyncPeer
from terminal.traces import describe

_log = logging.getLogger(__name__)

BATCH = 500
"""Lines of one upload (docs/protocol.md)."""

OLD = timedelta(hours=24)
"""Ticket data of that age are fetched whole again: a day's changes may be more than all tickets."""

KEPT = timedelta(days=30)
"""How long confirmed lines stay here, for a server that lost them."""

_DAY = 86_400.0
_FIRST_PAUSE = 1.0
_STOP_WITHIN = 1.5
_SHORT, _LONG = 10.0, 120.0


class Known(Protocol):
    """How far ticket data go."""

    @property
    def cursor(self) -> int:
        """Changes up to it are in them."""
        ...

    @property
    def as_of(self) -> datetime:
        """How everything was at that time, by the server's clock."""
        ...


class Tickets(Protocol):
    """The server's ticket data on this computer, and what they contain of this terminal's own doing
    (`terminal.offline.covering.FollowedTickets`)."""

    event: str

    def told(self) -> Known | None:
        """How far; None before the first snapshot. What was handed over until then is in the changes that follow."""
        ...

    def take(self, file: Path) -> object:
        """Make the snapshot in ``file`` the tickets from now on."""
        ...

    def apply(self, changes: Changes, as_of: datetime) -> None:
        """Take over what changed; with the last of it, all that was handed over is in the data. Raises FaultError
        ``offline.snapshot`` where a snapshot is needed."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A server to exchange with. ``tickets``: the ticket data that come from it. ``hub``: it is the one in the house,
    and hands lines on."""

    peer: SyncPeer
    tickets: Tickets | None = None
    hub: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the exchange stands after a turn. ``online``: a peer answered. ``conflicts``: those it told of so far."""

    queued: int = 0
    tasks: int = 0
    conflicts: int = 0
    as_of: datetime | None = None
    online: bool = False


class ServerExchange:
    """A `terminal.flow.desk.Exchange`. ``links``: the preferred one first. ``every``: seconds between two turns.
    ``anew``: the first line of a ledger that starts anew. ``first``: done on the thread before the first turn."""

    def __init__(
        self,
        links: Sequence[Link],
        outbox: Outbox,
        times: Timekeeper,
        clock: Clock,
        anew: Callable[[str], LineBody],
        every: float = 15.0,
        first: Callable[[], object] = lambda: None,
    ) -> None:
        self._links = tuple(links)
        self._outbox = outbox
        self._times = times
        self._clock = clock
        self._anew = anew
        self._every = every
        self._first = first
        self._condition = threading.Condition()
        self._stopping = self._woken = False
        self._thread = threading.Thread(target=self._work, name="net-sync", daemon=True)
        self._post: Inbox = lambda _event: None
        self._pause = _FIRST_PAUSE
        self._tidy_at = 0.0
        self.standing = Standing()

    def start(self, post: Inbox) -> None:
        """Begin; posts Synced whenever the number of waiting lines is another."""
        self._post = post
        self._thread.start()

    def stop(self) -> None:
        """End; returns within two seconds, also while a server is silent."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join(_STOP_WITHIN)

    def wake(self) -> None:
        """Something was decided here: hand it over at once if a server answered last. From any thread."""
        with self._condition:
            if self.standing.online:
                self._woken = True
                self._condition.notify_all()

    def turn(self) -> float:
        """One exchange with the first peer that answers; seconds until the next is due. Never raises."""
        online = any(self._reached(link) for link in self._links if not self._stopping)
        self._tell(online)
        if online:
            self._pause = _FIRST_PAUSE
            self._tidy()
            return self._every
        pause, self._pause = self._pause, min(self._pause * 2, max(self._every, _FIRST_PAUSE))
        return pause

    def _work(self) -> None:
        with _logged("at start"):
            self._first()
        pause = 0.0
        while self._wait(pause):
            pause = self.turn()

    def _wait(self, seconds: float) -> bool:
        """Whether to go on, after so long or as soon as woken."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopping or self._woken, seconds)
            self._woken = False
            return not self._stopping

    def _reached(self, link: Link) -> bool:
        try:
            self._hand_over(link)
            self._fetch(link)
        except FaultError as error:
            _log.info("exchange with the %s: %s", "hub" if link.hub else "server", error)
            return False
        except Exception as error:  # noqa: BLE001 - the thread's last stop: what waits is handed over by the next turn
            _log.error("exchange with the %s: %s", "hub" if link.hub else "server", describe(error))
            return False
        return True

    def _tidy(self) -> None:
        """Once a day and start."""
        if self._clock.monotonic() >= self._tidy_at:
            self._tidy_at = self._clock.monotonic() + _DAY
            with _logged("forgetting"):
                self._outbox.forget(self._clock.now(), KEPT)

    def _tell(self, online: bool) -> None:
        with _logged("counting"):
            waiting = self._outbox.waiting()
            before, known = self.standing, [link.tickets.told() for link in self._links if link.tickets]
            self.standing = replace(
                before,
                queued=waiting.lines,
                tasks=len(self._outbox.tasks()),
                as_of=max((one.as_of for one in known if one is not None), default=None),
                online=online,
            )
            if (before.queued, before.online) != (waiting.lines, online):
                self._post(Synced(waiting.lines, online))

    # What this terminal did

    def _hand_over(self, link: Link) -> None:
        filled = False
        while not self._stopping and (lines := self._outbox.pending(BATCH, held=not link.hub)):
            told = self._upload(link, lines)
            if told.broken is not None:
                seq, reason = told.broken
                if filled or reason != "gap" or not self._fill(link, seq):
                    self._start_anew(link, lines[0], f"{reason} at {seq}")
                filled = True
            elif told.done + told.refused == 0:
                raise FaultError("net.garbage", "no line was confirmed")

    def _upload(self, link: Link, lines: Sequence[Line]) -> Told:
        answers = self._answers(link, lines)
        told = self._outbox.confirmed(answers, by_hub=link.hub)
        if told.conflicts or told.refused:
            _log.warning("%d lines contradict others, %d were refused", told.conflicts, told.refused)
        self.standing = replace(self.standing, conflicts=self.standing.conflicts + told.conflicts)
        return told

    def _answers(self, link: Link, lines: Sequence[Line]) -> Sequence[LineAnswer]:
        answers = link.peer.upload(lines, _SHORT)
        self._times.learn(link.peer.skew)
        if [answer.seq for answer in answers] != [line.seq for line in lines]:
            # Nothing of such an answer counts: the lines stay, and the next upload finds them known.
            raise FaultError("net.garbage", "answers to other lines")
        return answers

    def _start_anew(self, link: Link, first: Line, why: str) -> None:
        """Give up the chain that the server does not take; never twice before it took anything of the new one."""
        if link.hub or parsed(first.seq, first.body).kind is LineKind.ANEW:
            raise FaultError("net.server", f"its copy of the ledger does not fit: {why}")
        self._outbox.begin_anew(self._anew(why))

    def _fill(self, link: Link, seq: int) -> bool:
        """Hand over again what is kept from before line ``seq``, from further back as long as there is a gap; whether
        the gap is closed. A server put back from a backup, or a hub that is new, needs this."""
        lines = self._outbox.before(seq, BATCH)
        if not lines or self._stopping:
            return False
        broken = _broken(self._answers(link, lines))
        if broken is None:
            return True
        if broken.reason != "gap" or broken.seq != lines[0].seq or not self._fill(link, broken.seq):
            return False
        return _broken(self._answers(link, lines)) is None

    # What the servers know

    def _fetch(self, link: Link) -> None:
        if link.tickets is None or self._stopping:
            return
        tickets = link.tickets
        told = tickets.told()
        if told is None or told.as_of < self._server_time() - OLD:
            self._take(link.peer, tickets)
        else:
            try:
                self._follow(link.peer, tickets, told.cursor)
            except FaultError as error:
                if error.fault.code != "offline.snapshot":
                    raise
                _log.info("changes do not fit what is known: %s", error)
                self._take(link.peer, tickets)

    def _follow(self, peer: SyncPeer, tickets: Tickets, cursor: int) -> None:
        more = True
        while more and not self._stopping:
            asked_at = self._server_time()
            changes = peer.changes(tickets.event, cursor, _SHORT)
            self._times.learn(peer.skew)
            tickets.apply(changes, asked_at)
            if changes.more and changes.cursor <= cursor:
                raise FaultError("net.garbage", "changes without end")
            cursor, more = changes.cursor, changes.more

    def _take(self, peer: SyncPeer, tickets: Tickets) -> None:
        file = self._outbox.store.path.with_name(self._outbox.store.path.name + "-snapshot")
        try:
            peer.snapshot(tickets.event, file, _LONG)
            tickets.take(file)
        finally:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def _server_time(self) -> datetime:
        skew = self._times.skew()
        return self._clock.now() + timedelta(seconds=skew.seconds if skew else 0.0)


def _broken(answers: Sequence[LineAnswer]) -> LineAnswer | None:
    return next((one for one in answers if one.result == "refused" and one.reason in BROKEN_CHAIN), None)


@contextlib.contextmanager
def _logged(what: str) -> Iterator[None]:
    """Within: whatever is raised is logged; the exchange goes on."""
    try:
        yield
    except FaultError as error:
        _log.warning("exchange, %s: %s", what, error)
    except Exception as error:  # noqa: BLE001 - as above
        _log.error("exchange, %s: %s", what, describe(error))
