"""Says once that there is no space, and once that there is again: the log would only make it worse."""

from __future__ import annotations

import logging

_LOG = logging.getLogger("tram.backend")


class Shortage:
    """Whether the database lacks space at the moment."""

    def __init__(self) -> None:
        self._lasts = False

    def note(self, *, full: bool) -> None:
        """What the last work met."""
        if full and not self._lasts:
            _LOG.error("no space for the database: questions are answered 503 until there is; nothing was lost")
        if self._lasts and not full:
            _LOG.warning("there is space for the database again")
        self._lasts = full
