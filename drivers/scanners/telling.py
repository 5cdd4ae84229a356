"""Which of the codes that a scanner reads are told."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass

_log = logging.getLogger(__name__)

A_SECOND = 10
"""Codes told a second at most, and at once: three times what a quick hand can do. Anything faster is a fault."""

_GONE_AFTER = 1.0
"""Seconds unread after which a code counts as taken away; a fixed reader reads a code that lies under it again and
again, and whoever still holds it there has not shown it a second time."""

_MOST = 1024


@dataclass(slots=True)
class _Known:
    told: float
    last: float


class Telling:
    """What one scanner has told lately. A scanner checks what it reads, so a code counts at once; told, it is ignored
    for ``repeat_after`` seconds, and longer while it is read again and again. Codes are kept as keyed hashes only."""

    def __init__(self, repeat_after: float) -> None:
        self._repeat_after = repeat_after
        self._key = secrets.token_bytes(16)
        self._known: dict[bytes, _Known] = {}
        self._left = float(A_SECOND)
        self._counted = 0.0
        self._flooded = False

    def tells(self, payload: bytes, now: float, *, paused: bool) -> bool:
        """Whether a code read at ``now`` (monotonic seconds) is to be told. While ``paused`` none is, but what was told
        before and is still being read stays known."""
        mark = hashlib.blake2b(payload, digest_size=16, key=self._key).digest()
        known = self._known.get(mark)
        if known is not None and (now - known.told < self._repeat_after or now - known.last < _GONE_AFTER):
            known.last = now
            return False
        if paused or not self._may_tell(now):
            return False
        self._known.pop(mark, None)
        self._known[mark] = _Known(now, now)
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return True

    def _may_tell(self, now: float) -> bool:
        self._left = min(self._left + (now - self._counted) * A_SECOND, float(A_SECOND))
        self._counted = now
        if self._left < 1:
            if not self._flooded:
                self._flooded = True
                _log.warning("scanner: more than %d codes a second; the others are dropped", A_SECOND)
            return False
        self._flooded = self._flooded and self._left < A_SECOND
        self._left -= 1
        return True
