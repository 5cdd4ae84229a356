"""Where something like a code is in a picture, even when it is too small or too blurred for a decoder to find it."""

from __future__ import annotations

import math

import numpy as np

from drivers.frames import GreyArray
from terminal.ports import UnreadCode

_CELL = 4
"""Pixels from one point that is judged to the next; each by its surroundings of 5 × 5 pixels."""

_LEAST_RANGE = 24
_TIMES_USUAL = 2.5
"""Grey levels between the darkest and the brightest pixel around a point that make it busy, and how many times the
picture's usual range that must be, noise included."""

_SMALLEST, _LARGEST = 24, 0.9
"""Pixels along the smallest side, and the share of the picture's height that the largest may take."""

_FULL, _LONG = 0.4, 1.7
"""Of its upright frame a square that is turned by half a right angle fills one half."""

_STANDS_OUT = 0.4
"""Of all that is busy; a page of print has many spots."""

_MODULES = 49
"""Along the side of a usual card's code."""


def code_like(picture: GreyArray) -> UnreadCode | None:
    """The largest busy, compact, about square spot, as an upright square of its area; None where there is none."""
    import cv2

    around = np.ones((5, 5), dtype=np.uint8)
    spans = (cv2.dilate(picture, around) - cv2.erode(picture, around))[::_CELL, ::_CELL]
    busy = spans > max(_LEAST_RANGE, _TIMES_USUAL * float(np.median(spans)))
    spots = cv2.connectedComponentsWithStats(busy.astype(np.uint8), connectivity=4)[2][1:]
    compact = [spot for spot in spots.tolist() if _is_compact(*spot[2:], highest=picture.shape[0])]
    if not compact:
        return None
    left, top, wide, high, filled = max(compact, key=lambda spot: spot[4])
    if filled < _STANDS_OUT * np.count_nonzero(busy):
        return None
    half = math.sqrt(filled) / 2
    middle = (left + wide / 2, top + high / 2)
    corners = ((-half, -half), (half, -half), (half, half), (-half, half))
    return UnreadCode(
        tuple((round(_CELL * (middle[0] + x)), round(_CELL * (middle[1] + y))) for x, y in corners), _MODULES
    )


def _is_compact(wide: int, high: int, filled: int, *, highest: int) -> bool:
    short, long = sorted((wide, high))
    fits = short * _CELL >= _SMALLEST and long * _CELL <= _LARGEST * highest
    return fits and long <= _LONG * short and filled >= _FULL * wide * high
