"""What a picture says about its camera: how bright it is, and whether its edges are sharp. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.ports import GreyFrame

DARK = 45
"""Grey level (0 to 255) that even the brightest parts of a covered lens or a dark room stay below."""

FLAT = 40
"""Levels between dark and bright parts below which there is nothing in view to judge the focus by."""

BLURRED = 0.22
"""Share of that range which the steepest edges climb within two pixels of a picture 640 wide. A focused lens reaches
0.4 to 1 on print and faces; one blurred by five pixels or more, too much for any card's code, stays below this."""

_ROWS = 72
_STEP = 2


@dataclass(frozen=True, slots=True)
class Look:
    """``bright``: the level that one pixel in fifty exceeds; ``range``: from there to the level that one in fifty stays
    below; ``edge``: the climb over two pixels that one pixel in 500 exceeds."""

    bright: int
    range: int
    edge: int

    @property
    def sharpness(self) -> float | None:
        """From 0 to about 1; None where there is nothing to judge by."""
        return self.edge / self.range if self.range >= FLAT else None

    @property
    def fault(self) -> str | None:
        """The catalogue code of what is wrong with the camera, if anything is."""
        if self.bright < DARK:
            return "camera.dark"
        sharpness = self.sharpness
        return "camera.blurred" if sharpness is not None and sharpness < BLURRED else None


def look_at(frame: GreyFrame) -> Look:
    """The measures of one picture, from at most 72 of its rows."""
    levels, climbs = [0] * 256, [0] * 256
    for number in range(0, frame.height, max(1, frame.height // _ROWS)):
        row = frame.pixels[number * frame.width : (number + 1) * frame.width]
        for level in row:
            levels[level] += 1
        for left, right in zip(row, row[_STEP:], strict=False):
            climbs[abs(left - right)] += 1
    bright = _quantile(levels, 0.98)
    return Look(bright, bright - _quantile(levels, 0.02), _quantile(climbs, 0.998))


def _quantile(counts: list[int], share: float) -> int:
    """The lowest level that at least ``share`` of all do not exceed."""
    wanted, seen = share * sum(counts), 0
    for level, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return level
    return len(counts) - 1
