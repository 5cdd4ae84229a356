"""Who was let in and has not yet gone through: what it takes to undo an admission when the gate did not turn."""

from __future__ import annotations

from dataclasses import dataclass, replace

from terminal.flow.effects import Use

MOST = 32
"""Passages kept; nobody waits behind so many open ones. The oldest is forgotten first, and stays admitted."""

RETRIES = (2.0, 5.0, 10.0)
"""Seconds before each further try to give an entry back, while the server does not answer."""


@dataclass(frozen=True, slots=True)
class _Passage:
    use: Use | None
    tries: int = 0


class Passages:
    """The passages that may still have to be undone, by name. They outlive the session: the next person may be served
    while this one walks. A ticket is no personal data; it is kept until its passage ended."""

    def __init__(self) -> None:
        self._open: dict[str, _Passage] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, passage: str, use: Use | None) -> None:
        """Somebody was let in, for what was redeemed if anything was."""
        self._open[passage] = _Passage(use)
        while len(self._open) > MOST:
            del self._open[next(iter(self._open))]

    def use(self, passage: str) -> Use | None:
        """What is to be given back, if anything is."""
        known = self._open.get(passage)
        return known.use if known else None

    def end(self, passage: str) -> None:
        """Nothing remains to be done."""
        self._open.pop(passage, None)

    def next_try(self, passage: str) -> float | None:
        """Seconds until giving back is to be tried again; None when it was tried often enough."""
        known = self._open.get(passage)
        if known is None or known.tries >= len(RETRIES):
            return None
        self._open[passage] = replace(known, tries=known.tries + 1)
        return RETRIES[known.tries]
