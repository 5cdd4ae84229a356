"""Ticket data as the exchange with a server follows them, with what they contain of this terminal's own doing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from terminal.offline.snapshots import TicketData, Told
from terminal.offline.uses import Known, OwnUses
from terminal.syncing import Changes


class FollowedTickets:
    """The `terminal.offline.sync.Tickets` of a server; used by the exchange's thread alone."""

    def __init__(self, data: TicketData, uses: OwnUses, now: Callable[[], datetime]) -> None:
        self.event = data.event
        self._data = data
        self._uses = uses
        self._now = now
        self._known: Known | None = None

    def told(self) -> Told | None:
        """How far the data go; the exchange asks this after it handed over and before it fetches."""
        if self._known is None:
            self._uses.reconcile()
        self._known = self._uses.known(self._now())
        return self._data.told()

    def take(self, file: Path) -> Told:
        """Make the snapshot in ``file`` the tickets from now on. It may have been made before the server knew all of
        this terminal: only the changes after it say that nothing is missing."""
        return self._data.take(file)

    def apply(self, changes: Changes, as_of: datetime) -> None:
        """Take over what changed; with the last of it, what the server knew when it was asked is in the data."""
        self._data.apply(changes, as_of)
        if not changes.more and self._known is not None:
            self._uses.cover(self._known, as_of)
