"""How often a camera's picture is worth looking at: often while something moves, seldom while nothing does.

Unpacking a picture costs as much as decoding it, so both are paced. Two bounds hold whatever the camera sends: so many
looks a second, and so large a share of one processor core.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivers.frames import GreyArray, small

MOST_LOOKS = 20.0
"""Looks a second at most. A card is held up for half a second or longer, so this loses none."""

SHARE = 0.4
"""Of one core, for unpacking and decoding together; after a slow look the next ones are left out."""

GLANCE_EVERY = 0.25
"""Seconds between two glances while nothing moves. Each only compares the picture with the one before."""

LOOK_EVERY = 1.0
"""Seconds between two looks while nothing moves: a code may lie still while the lens finds its focus."""

_AWAKE_FOR = 2.0
"""Seconds of frequent looks after a movement: time for every combination of settings of the decoder, three times."""

_LONGEST_PAUSE = 1.0
"""A look that took seconds, because the machine slept, must not blind the camera for as long again."""

_CELLS_ACROSS, _CELL = 64, 5
_STEP = 10.0
"""Grey levels by which a cell's mean must change: five times what strong noise does to the mean of 25 pixels."""

_CELLS_CHANGED = 0.0015
"""A code of 100 pixels changes three times as many."""


class Pace:
    """Whether this picture is worth a look, and when the next one is. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._awake_until = self._looked = float("-inf")
        self._awake = False

    @property
    def awake(self) -> bool:
        """Whether something moved lately."""
        return self._awake

    def wake(self, now: float) -> None:
        """Something is in view."""
        self._awake_until = now + _AWAKE_FOR

    def is_due(self, now: float) -> bool:
        """Whether to look at the picture that was taken now."""
        self._awake = now < self._awake_until
        if not self._awake and now - self._looked < LOOK_EVERY:
            return False
        self._looked = now
        return True

    def pause(self, spent: float) -> float:
        """Seconds to let pass, after ``spent`` seconds of work on a picture."""
        usual = (1 / MOST_LOOKS if self._awake else GLANCE_EVERY) - spent
        fair = spent / SHARE - spent
        return min(max(usual, fair, 0.0), _LONGEST_PAUSE)


class Movement:
    """Whether something moved in a row of pictures. Noise, flicker and a lamp that is switched on are no movement."""

    def __init__(self) -> None:
        self._before: npt.NDArray[np.float32] | None = None

    def in_picture(self, picture: GreyArray) -> bool:
        """Whether this picture shows anything else than those before; the first one does."""
        cells = _cells(picture)
        before = self._before
        if before is None or before.shape != cells.shape:
            self._before = cells
            return True
        difference = cells - before
        changed = np.abs(difference - np.median(difference)) > _STEP
        # What creeps in slowly adds up against an older mean, where it would be too little from picture to picture.
        self._before = (before + difference / 4).astype(np.float32)
        return bool(np.count_nonzero(changed) > _CELLS_CHANGED * changed.size)


def _cells(picture: GreyArray) -> npt.NDArray[np.float32]:
    points = small(picture, _CELLS_ACROSS * _CELL)
    down, across = points.shape[0] // _CELL, points.shape[1] // _CELL
    if down == 0 or across == 0:
        return points.astype(np.float32)
    rows = points[: down * _CELL, : across * _CELL].reshape(down, _CELL, across * _CELL).sum(axis=1, dtype=np.uint16)
    sums: npt.NDArray[np.float32] = rows.reshape(down, across, _CELL).sum(axis=2, dtype=np.float32)
    return sums / np.float32(_CELL * _CELL)
