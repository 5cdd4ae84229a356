"""What makes a code easier to read: on the part of a picture in which one was found, or on a picture without a find.

All of it was measured (bench/decoders.py). Instead of the plain picture none of it is worth while: it loses more codes
than it gains.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivers.frames import GreyArray

_MARGIN = 0.18
"""Of a code's side, around it: corners are found less well than codes."""

_REACH = 50
"""Modules around a finder pattern that was taken for a whole Micro QR code: the code it belongs to lies within."""

_LARGEST = 1_500_000
"""Pixels; a code that fills more of a picture does not fail for want of them."""

_SHARPER = 3.0
_SHARPEN_OVER, _LEVEL_OVER = 2.5, 3.0
"""Modules over which the mean is taken that a pixel is compared with."""

_WHOLE_LEVEL_OVER = 19
"""Pixels, where the size of a module is not known: six modules of a code held at a usual distance."""


_SQUARES = (np.arange(256, dtype=np.uint32) ** 2 // 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a picture: its left and top edge there, and the size of a module in it, in pixels."""

    picture: GreyArray = field(repr=False)
    left: int
    top: int
    module: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the whole picture lies in it."""
        height, width = self.picture.shape
        return bool(0 <= x - self.left < width and 0 <= y - self.top < height)


def patch_of(picture: GreyArray, corners: tuple[tuple[int, int], ...], modules: int, *, is_part: bool) -> Patch | None:
    """The surroundings of what was found; None where it is too small or too large to be tried again.

    ``modules``: along its side, 0 for not known. ``is_part``: only a finder pattern was found, the code is around it.
    """
    xs, ys = zip(*corners, strict=True)
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    side = max(right - left, bottom - top)
    module = side / (modules or 45)
    margin = int(_REACH * module if is_part else _MARGIN * side) + 1
    left, top = max(0, left - margin), max(0, top - margin)
    part = picture[top : max(0, bottom + margin + 1), left : max(0, right + margin + 1)]
    return Patch(part, left, top, module) if side >= 8 and 0 < part.size <= _LARGEST else None


def enlarged(patch: Patch) -> GreyArray:
    """Twice as wide and high."""
    return doubled(patch.picture)


def sharpened(patch: Patch) -> GreyArray:
    """What differs from its surroundings differs more; then enlarged. Undoes a little blur."""
    import cv2

    around = _odd(_SHARPEN_OVER * patch.module)
    mean = cv2.blur(patch.picture, (around, around))
    return doubled(cv2.addWeighted(patch.picture, 1 + _SHARPER, mean, -_SHARPER, 0).astype("uint8", copy=False))


def levelled(patch: Patch) -> GreyArray:
    """Enlarged; black where it is darker than its surroundings, white elsewhere. Undoes shadows and faded print."""
    return _levelled(doubled(patch.picture), _odd(2 * _LEVEL_OVER * patch.module))


def smoothed(picture: GreyArray) -> GreyArray:
    """Less grainy: finds codes in bad light and on screens."""
    import cv2

    return cv2.GaussianBlur(picture, (0, 0), 1.0).astype("uint8", copy=False)


def smoothed_and_levelled(picture: GreyArray) -> GreyArray:
    """Less grainy, then black or white by its surroundings: bad light that is uneven, too."""
    return _levelled(smoothed(picture), _WHOLE_LEVEL_OVER)


def levelled_whole(picture: GreyArray) -> GreyArray:
    """Black or white by its surroundings: worn and faded print."""
    return _levelled(picture, _WHOLE_LEVEL_OVER)


def darkened(picture: GreyArray) -> GreyArray:
    """Gamma 2: what is grey becomes dark, so that washed-out modules part from their ground."""
    return _SQUARES[picture]


def doubled(picture: GreyArray) -> GreyArray:
    """Twice as wide and high: finds codes whose modules are few pixels."""
    import cv2

    return cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR).astype("uint8", copy=False)


def _levelled(picture: GreyArray, around: int) -> GreyArray:
    import cv2

    method, kind = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
    return cv2.adaptiveThreshold(picture, 255, method, kind, around, 2).astype("uint8", copy=False)


def _odd(size: float) -> int:
    return min(max(3, round(size) // 2 * 2 + 1), 41)
