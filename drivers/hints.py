"""What would help the camera to read the code in view: nearer, more light, less glare, or a steady hand.

``complaint`` judges one look; `Hints` decides what is told, so that it neither flickers nor nags.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivers.frames import GreyArray
from drivers.texture import code_like
from terminal.ports import UnreadCode

CLOSER, BRIGHTER, DARKER, STEADY, NOTHING = "closer", "brighter", "darker", "steady", ""
"""Keys under ``hint.camera``."""

_SMALLEST_MODULE = 2.0
"""Pixels a module; below, a code needs luck (facts: 1.8 plainly, 1.5 enlarged and sharp)."""

_DARK, _PALE = 70, 40
"""Grey levels: paper that is darker lacks light; paper and ink that are nearer to each other cannot be told apart."""

_BLOWN = 245
_BLOWN_SHARE = 0.05
_BLOWN_CELL = 4
"""Modules that are all white side by side do not occur in a code: there the light has burnt it out."""

_BLURRED = 0.45
"""Modules over which an edge spreads (its standard deviation); error correction ends at about half a module."""

_NIGHT, _NIGHT_SHARE = 20, 0.9
_BURNT_SHARE = 0.6

_TOLD_AFTER = 1.0
_GAP = 0.7
"""Seconds without a complaint that a row of equal ones may have: one look in four is at another part of the picture."""

_KEPT_FOR = 2.0
_TOLD_FOR = 15.0
_QUIET_FOR = 5.0
"""Seconds without a complaint after which a hint that was told for long enough may be told again."""


def complaint(picture: GreyArray, unread: Sequence[UnreadCode], *, moved: bool) -> str:
    """What is wrong with this look: a key, or "" when nothing is known to be.

    ``unread`` are codes that were found but could not be read, in the picture's pixels. Without one the light is judged
    and a spot that looks like a code, but only when something ``moved``: an empty desk at night needs no lamp.
    """
    known = [code for code in unread if code.modules]
    if known:
        return _of_code(picture, max(known, key=_side))
    if not moved or picture.size == 0:
        return NOTHING
    points = picture[::4, ::4]
    if np.count_nonzero(points < _NIGHT) > _NIGHT_SHARE * points.size:
        return BRIGHTER
    if np.count_nonzero(points >= _BLOWN) > _BURNT_SHARE * points.size:
        return DARKER
    spot = code_like(picture)
    return _of_code(picture, spot) if spot else NOTHING


def _of_code(picture: GreyArray, code: UnreadCode) -> str:
    patch = _patch(picture, code)
    if min(patch.shape) < 8:
        return CLOSER
    module = _side(code) / code.modules
    dark, bright = (int(level) for level in np.percentile(patch, (5, 95)))
    if bright < _DARK:
        return BRIGHTER
    if _burnt_out(patch, module):
        return DARKER
    if module < _SMALLEST_MODULE:
        return CLOSER
    if bright - dark < _PALE:
        return BRIGHTER
    if _spread(patch, bright - dark) > _BLURRED * module:
        return STEADY
    return NOTHING


def _side(code: UnreadCode) -> float:
    """The mean length of the code's sides, in pixels."""
    corners = np.array(code.corners, dtype=np.float64)
    return float(np.hypot(*(corners - np.roll(corners, 1, axis=0)).T).mean())


def _patch(picture: GreyArray, code: UnreadCode) -> GreyArray:
    xs, ys = zip(*code.corners, strict=True)
    return picture[max(0, min(ys)) : max(0, max(ys)) + 1, max(0, min(xs)) : max(0, max(xs)) + 1]


def _burnt_out(patch: GreyArray, module: float) -> bool:
    edge = max(4, round(_BLOWN_CELL * module))
    down, across = patch.shape[0] // edge, patch.shape[1] // edge
    if down < 3 or across < 3:
        return False
    cells = patch[: down * edge, : across * edge].reshape(down, edge, across, edge).min(axis=(1, 3))
    return bool(np.count_nonzero(cells >= _BLOWN) > _BLOWN_SHARE * cells.size)


def _spread(patch: GreyArray, contrast: int) -> float:
    """Over how many pixels the sharpest edges spread, in the direction of the greater spread (a hand moves one way).

    An edge of height ``contrast`` that a Gauss curve of deviation s has blurred rises by contrast / (s * 2.5) a pixel.
    """
    wide = patch.astype(np.int16)
    steepest = min(float(np.percentile(np.abs(np.diff(wide, axis=axis)), 99)) for axis in (0, 1))
    return contrast / (2.5 * max(steepest, 1.0))


class Hints:
    """Which hint stands: a complaint that held for a second, until it has not for two, or until a code is read.

    After 15 s it is taken back in any case: whoever has not acted by then is not there, or cannot.
    """

    def __init__(self) -> None:
        self._told = self._wish = self._stale = NOTHING
        self._since = self._last = self._supported = self._told_at = float("-inf")

    def heard(self, wish: str, now: float) -> str | None:
        """The hint to tell now, "" to take it back, None for no change. ``wish``: the complaint of this look."""
        if now - self._last > _QUIET_FOR:
            self._stale = NOTHING
        if wish:
            self._note(wish, now)
            if wish not in (self._told, self._stale) and now - self._since >= _TOLD_AFTER:
                self._told, self._supported, self._told_at = wish, now, now
                return wish
        if self._told and now - self._told_at >= _TOLD_FOR:
            self._stale = self._told
            return self.read()
        if self._told and now - self._supported >= _KEPT_FOR:
            return self.read()
        return None

    def read(self) -> str | None:
        """A code was read, or looking ended: "" when there is a hint to take back."""
        told, self._told, self._wish = self._told, NOTHING, NOTHING
        return NOTHING if told else None

    def _note(self, wish: str, now: float) -> None:
        if wish != self._wish or now - self._last > _GAP:
            self._since = now
        self._wish, self._last = wish, now
        if wish == self._told:
            self._supported = now
