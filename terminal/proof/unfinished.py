"""What a read had got when its card was lifted, so that the next one goes on there (facts: emrtd §1.4, §3 row 19)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from crypto.emrtd.lds import Ef


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Whole files and the beginning of one more, of the document that ``sod`` belongs to.

    It is used only with a chip that answers with this very EF.SOD, and of it only what fits the hashes therein.
    """

    sod: bytes = field(repr=False)
    files: Mapping[Ef, bytes] = field(repr=False)
    part_of: Ef | None = None
    part: bytes = field(default=b"", repr=False)


NOTHING_READ = Unfinished(b"", {})
"""The card was lost before its security object was read."""


class Shelf:
    """Keeps one person's unfinished read until the person is done. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: int | None = None
        self._kept: Unfinished | None = None

    def open(self, session: int) -> Unfinished | None:
        """What an earlier read for this person left; that for anybody else is thrown away."""
        with self._lock:
            if self._session != session:
                self._session, self._kept = session, None
            return self._kept

    def put(self, session: int, unfinished: Unfinished) -> None:
        """Keep it for the person being served; what comes too late for its own is thrown away."""
        with self._lock:
            if self._session == session:
                self._kept = unfinished

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._session = self._kept = None
