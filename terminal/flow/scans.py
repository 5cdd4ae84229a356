"""The names under which the backend, the gate and the journal know a visit."""

from __future__ import annotations

import hashlib
import os

from crypto.codes.ticket import Ticket
from crypto.id_number import IdNumber

MOST = 256
"""Unanswered tickets that are remembered; the oldest is forgotten first, and asked about as a new one."""


class ScanIds:
    """One scan id for each session, but for a ticket whose answer never came: it keeps its id until it was decided.

    The server may have used it up while its answer got lost. Shown again, under its first id, it gets that answer again
    (docs/protocol.md, exactly once), where a new id would be told that it is used.
    """

    def __init__(self, boot: str) -> None:
        self._boot = boot
        self._salt = os.urandom(16)
        self._unanswered: dict[tuple[str, str], str] = {}
        self._asked: tuple[int, tuple[str, str], str] | None = None

    def of(self, session: int) -> str:
        """The id of this session."""
        if self._asked is not None and self._asked[0] == session:
            return self._asked[2]
        return f"{self._boot}-{session}"

    def asked(self, session: int, ticket: Ticket | None, holder: IdNumber | None = None) -> str:
        """The id under which this session asks about a ticket, or about the one that is bound to a card."""
        mark = (ticket.event, ticket.ticket_id) if ticket else ("", self._mark(holder))
        scan_id = self._unanswered.setdefault(mark, self.of(session))
        if len(self._unanswered) > MOST:
            del self._unanswered[next(iter(self._unanswered))]
        self._asked = (session, mark, scan_id)
        return scan_id

    def _mark(self, holder: IdNumber | None) -> str:
        """Not the number itself: this outlives its person."""
        digits = holder.digits if holder else ""
        return hashlib.blake2b(digits.encode(), key=self._salt, digest_size=16).hexdigest()

    def decided(self, session: int) -> None:
        """Its holder was let in or refused, and that is written down: whoever shows it again asks anew."""
        if self._asked is not None and self._asked[0] == session:
            self._unanswered.pop(self._asked[1], None)
