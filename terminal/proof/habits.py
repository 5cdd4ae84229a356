"""What this reader and this kind of card were found to do, so that the next card of the kind is not asked again.

Kept in memory, by reader and answer to reset (for contactless cards, what the reader makes of the card's own words):
the same kind of card behaves in the same way on the same reader, and no card can be told from another by it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

SHORT_BLOCK = 223
"""Plain bytes that fit a short answer under every cipher: what no reader and no chip refuses."""

_KINDS = 64
_SETTLED = 2


@dataclass(frozen=True, slots=True)
class Habits:
    """One kind of card on one reader.

    ``block``: the most plain bytes that a READ BINARY may ask for, None when nobody knows. ``granted``: the most that
    was asked for and answered. ``losses``: how often the card was lost while more than a short answer was asked for
    and none had ever come. The rest says whether files are reached by short identifier: in the application, and
    EF.CardAccess.
    """

    block: int | None = None
    granted: int = 0
    losses: int = 0
    short_ids: bool | None = None
    access_by_short_id: bool | None = None

    def read_size(self, wanted: int, *, again: bool = False) -> int:
        """How many bytes to ask for where the site wants ``wanted``; ``again``: the card was lost just now.

        A reader that cannot carry a long answer often loses the card over it; a hand that lifts the card looks just
        the same. So the try after a loss is short, the next card of the kind may show that it was the hand, and a
        second loss settles the question.
        """
        if self.granted <= SHORT_BLOCK and (self.losses >= _SETTLED or (self.losses and again)):
            return min(wanted, SHORT_BLOCK)
        return wanted if self.block is None else min(wanted, self.block)


NOTHING_KNOWN = Habits()


class HabitBook:
    """The habits of the last kinds of cards met, by reader and answer to reset. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, bytes], Habits] = OrderedDict()

    def recall(self, reader: str, atr: bytes) -> Habits | None:
        """What is known, None for a kind that was never met on this reader."""
        with self._lock:
            return self._known.get((reader, atr))

    def note(self, reader: str, atr: bytes, habits: Habits) -> None:
        """Remember; the kind that was met longest ago is forgotten for it."""
        with self._lock:
            self._known[reader, atr] = habits
            self._known.move_to_end((reader, atr))
            while len(self._known) > _KINDS:
                self._known.popitem(last=False)
