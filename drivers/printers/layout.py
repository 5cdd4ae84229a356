"""A slip as a picture in black and white: what a receipt printer's own letters cannot write is drawn.

No code page of ESC/POS holds all Vietnamese letters, and printers ship without the ones that do; the shipped Noto Sans
has them all.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from terminal.faults import FaultError
from terminal.outputs import Slip
from terminal.qr import qr_modules
from terminal.shown import visible

_LABELS = 0.38
"""The labels' share of the width."""

_GAP = 12
_MOST_LINES = 6
"""Of one text: what another system wrote does not decide how much paper is used."""

_MODULE = 6
_MOST_OF_WIDTH = 0.6
_QUIET = 4


@dataclass(frozen=True, slots=True)
class Face:
    """A weight and a size in dots; 24 dots are 3 mm at 203 dots an inch."""

    file: str
    size: int


TITLE = Face("NotoSans-Bold.ttf", 38)
PLACE = Face("NotoSans-Regular.ttf", 26)
LABEL = Face("NotoSans-Regular.ttf", 22)
VALUE = Face("NotoSans-Medium.ttf", 28)
FOOT = Face("NotoSans-Regular.ttf", 22)


def picture_of(slip: Slip, dots: int) -> Image.Image:
    """The slip, ``dots`` (down to whole bytes) wide and as high as it needs; mode "1", black is 0.

    Raises FaultError ``install.missing`` where our fonts are not.
    """
    sheet = _Sheet(dots // 8 * 8)
    sheet.centred(slip.title, TITLE)
    sheet.centred(slip.place, PLACE)
    sheet.line()
    for label, value in slip.rows:
        sheet.row(label, value)
    if slip.code is not None:
        sheet.code(slip.code)
    if slip.foot:
        sheet.line()
        sheet.centred(slip.foot, FOOT)
    return sheet.picture()


@functools.cache
def font(face: Face) -> ImageFont.FreeTypeFont:
    """The shipped font. Raises FaultError ``install.missing``."""
    try:
        return ImageFont.truetype(_folder() / face.file, face.size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise FaultError("install.missing", face.file) from error


def _folder() -> Path:
    """Where the fonts are; ui itself, and with it Qt, is not imported for them."""
    spec = importlib.util.find_spec("ui")
    if spec is None or spec.origin is None:
        raise FaultError("install.missing", "ui/fonts")
    return Path(spec.origin).parent / "fonts"


def wrapped(text: str, face: Face, width: int) -> list[str]:
    """The lines of a text that fit ``width`` dots; composed letters, nothing invisible, and an end with … if long."""
    letters = font(face)
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines += _lines(visible(paragraph), letters, width)
    if len(lines) > _MOST_LINES:
        cut = lines[_MOST_LINES - 1]
        while cut and letters.getlength(cut + "…") > width:
            cut = cut[:-1]
        lines = [*lines[: _MOST_LINES - 1], cut + "…"]
    return lines


def _lines(text: str, letters: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if letters.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = _pieces(word, letters, width)
        yield from full
    if line:
        yield line


def _pieces(word: str, letters: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """A word too long for a line, cut where the line ends; the last piece may be short."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and letters.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


@functools.cache
def leading(face: Face) -> tuple[int, int]:
    """Rows above and below the baseline that the tallest and deepest Vietnamese letters need, with a little air."""
    _, top, _, bottom = font(face).getbbox("ẴẪỖỠỮẶỘỰgjyặợự", anchor="ls")
    return int(-top) + 2, int(bottom) + 2


class _Sheet:
    """Drawn from the top down; the paper grows as needed."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._top = 0
        self._parts: list[tuple[int, int, Image.Image]] = []

    def centred(self, text: str, face: Face) -> None:
        """Lines in the middle."""
        for line in wrapped(text, face, self._width):
            drawn = _drawn(line, face)
            self._place((self._width - drawn.width) // 2, drawn)
        self._top += _GAP // 2

    def line(self) -> None:
        """A rule across."""
        self._top += _GAP // 2
        self._place(0, Image.new("1", (self._width, 2), 0))
        self._top += _GAP

    def row(self, label: str, value: str) -> None:
        """A label on the left and its value beside it, on one first baseline."""
        middle = int(self._width * _LABELS)
        start = self._top
        self._top += leading(VALUE)[0] - leading(LABEL)[0]
        ends = [self._column(0, label, LABEL, middle - _GAP)]
        self._top = start
        ends.append(self._column(middle, value, VALUE, self._width - middle))
        self._top = max(ends) + _GAP // 2

    def code(self, payload: bytes) -> None:
        """The QR code in the middle, with its quiet zone."""
        modules = qr_modules(payload)
        scale = max(2, min(_MODULE, int(self._width * _MOST_OF_WIDTH) // len(modules)))
        drawn = Image.new("1", (len(modules), len(modules)), 1)
        drawn.putdata([not dark for row in modules for dark in row])
        drawn = drawn.resize((drawn.width * scale, drawn.height * scale), Image.Resampling.NEAREST)
        self._top += _QUIET * scale
        self._place((self._width - drawn.width) // 2, drawn)
        self._top += _QUIET * scale

    def picture(self) -> Image.Image:
        """Everything on one piece of paper."""
        paper = Image.new("1", (self._width, self._top), 1)
        for left, top, part in self._parts:
            paper.paste(part, (left, top))
        return paper

    def _column(self, left: int, text: str, face: Face, width: int) -> int:
        for line in wrapped(text, face, width):
            self._place(left, _drawn(line, face))
        return self._top

    def _place(self, left: int, part: Image.Image) -> None:
        self._parts.append((left, self._top, part))
        self._top += part.height


def _drawn(line: str, face: Face) -> Image.Image:
    above, below = leading(face)
    letters = font(face)
    part = Image.new("1", (max(1, round(letters.getlength(line))), above + below), 1)
    ImageDraw.Draw(part).text((0, above), line, fill=0, font=letters, anchor="ls")
    return part
