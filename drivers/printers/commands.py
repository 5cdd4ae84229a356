"""What is sent to a receipt printer: the slip's picture as raster bands, and the cut (Epson ESC/POS; python-escpos).

A picture of text is mostly white. It goes out in bands as wide as their ink, which makes a slip a third as long on a
serial line, and no band needs more memory than a simple printer has.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from terminal.faults import FaultError

BAND_ROWS = 96
"""Rows of one GS v 0 command at most: 7 KB on 80 mm paper."""

_GAP_ROWS = 4
_BYTE = 8


def slip_commands(picture: Image.Image) -> bytes:
    """All commands of one slip: initialise, the bands, feed and cut. Raises FaultError ``install.missing``.

    ``picture`` is of mode "1", black is 0, and its width a multiple of 8.
    """
    encoder = _encoder(picture.width)
    encoder.hw("INIT")
    for band in bands(picture):
        encoder.image(band, impl="bitImageRaster", fragment_height=BAND_ROWS)
    encoder.cut(mode="PART")
    return bytes(encoder.output)


def _encoder(dots: int) -> Any:
    """python-escpos writing to memory: its own connections have neither deadlines nor a way to be given up.

    Its default profile cuts no paper, and without a width it prints a remark for each picture.
    """
    try:
        from escpos.capabilities import Profile, pickle_dir
        from escpos.printer import Dummy
    except ImportError as error:
        raise FaultError("install.missing", "python-escpos") from error
    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(pickle_dir, ignore_errors=True)  # made anew in every process, and left behind
    profile = Profile(features={"paperPartCut": True})
    profile.profile_data = profile.profile_data | {"media": {"width": {"pixels": dots}}}
    return Dummy(profile=profile)


def bands(picture: Image.Image) -> Iterator[Image.Image]:
    """The picture from the top down, cut at white rows and at BAND_ROWS, each band as wide as its ink."""
    inked = _inked(picture)
    top = 0
    while top < picture.height:
        bottom = _end(inked, top)
        band = picture.crop((0, top, picture.width, bottom))
        yield band.crop((0, 0, _ink_width(band), band.height))
        top = bottom


def _end(inked: Sequence[bool], top: int) -> int:
    """Where the band that begins at ``top`` ends: before the next white gap, or after it when it is one itself."""
    last = min(len(inked), top + BAND_ROWS)
    white = not any(inked[top : top + _GAP_ROWS])
    for row in range(top + 1, last):
        if white and inked[row]:
            return row
        if not white and not any(inked[row : row + _GAP_ROWS]):
            return row
    return last


def _inked(picture: Image.Image) -> list[bool]:
    stride = picture.width // _BYTE
    data, white = picture.tobytes(), b"\xff" * stride
    return [data[at : at + stride] != white for at in range(0, len(data), stride)]


def _ink_width(band: Image.Image) -> int:
    """Up to the last black dot, in whole bytes; white is one byte wide, the least there is."""
    box = Image.eval(band.convert("L"), lambda grey: 255 - grey).getbbox()
    right = box[2] if box else 1
    return -(-right // _BYTE) * _BYTE
