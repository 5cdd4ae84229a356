"""The contact of a turning arm, seen by looking at it again and again."""

from __future__ import annotations


class Contact:
    """Tells when it closes. A contact bounces, so what one look sees counts once the next look sees it too."""

    def __init__(self) -> None:
        self._seen: bool | None = None
        self._settled: bool | None = None

    def closes(self, closed: bool) -> bool:
        """One look; whether the contact has just closed. Closed from the first look on, it is at rest, or stuck."""
        agreed = closed == self._seen
        self._seen = closed
        if not agreed or closed == self._settled:
            return False
        before, self._settled = self._settled, closed
        return closed and before is False
