"""When a code in view counts as shown: signed, or read twice alike; and not still the same showing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from terminal.ports import nothing_proves_itself

_AGREE_WITHIN = 2.0
"""Seconds within which an unsigned code must be read twice: its own error detection is too weak for one frame alone."""

_GONE_AFTER = 1.0
"""Seconds out of view after which a code counts as taken away; a trembling hand hides it for less."""

_MOST = 512
"""Codes that are remembered: more than can be told within the time for which one is ignored."""


@dataclass(slots=True)
class _Sighting:
    last: float
    told: float | None = None


class Sightings:
    """What one camera has seen lately. Codes are kept as keyed hashes only, so no personal data stays behind.

    A code that was told is ignored for ``repeat_after`` seconds, and longer while it stays in view: whoever still holds
    up the phone after being admitted has not shown the ticket a second time.
    """

    def __init__(self, repeat_after: float, proves_itself: Callable[[bytes], bool] = nothing_proves_itself) -> None:
        self._repeat_after = repeat_after
        self._proves_itself = proves_itself
        self._key = secrets.token_bytes(16)
        self._seen: dict[bytes, _Sighting] = {}

    def saw(self, payload: bytes, now: float) -> bool:
        """Whether a code read at ``now`` (monotonic seconds) is to be told. Its signature is tried once a showing."""
        mark = hashlib.blake2b(payload, digest_size=16, key=self._key).digest()
        known = self._seen.pop(mark, None)
        if known is None or self._is_over(known, now):
            known = _Sighting(now)
            sure = self._proves_itself(payload)
        else:
            known.last, sure = now, True
        self._seen[mark] = known
        if len(self._seen) > _MOST:
            self._forget_one()
        if not sure or known.told is not None:
            return False
        known.told = now
        return True

    def resumed(self, paused_at: float, now: float) -> None:
        """Looking begins again after a pause, whose time does not count as time out of view: what was in view may have
        stayed there. What was read only once must be read anew."""
        self._seen = {mark: sighting for mark, sighting in self._seen.items() if sighting.told is not None}
        self.unmoved(now - paused_at)

    def unmoved(self, seconds: float) -> None:
        """Nothing moved for so long: what was in view is there still, whether or not each look could read it."""
        for sighting in self._seen.values():
            if sighting.told is not None:
                sighting.last += seconds

    def _forget_one(self) -> None:
        """The oldest of those that were not told; a flood of others must not make a told one count again."""
        untold = (mark for mark, sighting in self._seen.items() if sighting.told is None)
        del self._seen[next(untold, next(iter(self._seen)))]

    def _is_over(self, sighting: _Sighting, now: float) -> bool:
        if sighting.told is None:
            return now - sighting.last > _AGREE_WITHIN
        return now - sighting.told >= self._repeat_after and now - sighting.last >= _GONE_AFTER
