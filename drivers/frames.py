"""Grey pictures: as the ports carry them, as NumPy arrays, and out of PNG and JPEG files under limits."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from terminal.ports import GUIDE, GreyFrame

GreyArray = npt.NDArray[np.uint8]
"""Height by width, one byte a pixel."""

MOST_BYTES = 32 * 1024 * 1024
MOST_PIXELS = 50_000_000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_CROP_FROM = 480
"""Pictures less high than this are always looked at in full: their middle holds too few pixels for a code."""

_MOST_LOOKED_AT = 3_200_000
"""Pixels of one look: the middle of a 4K picture as it is; larger ones are thinned out."""


class NotAPictureError(Exception):
    """Bytes that are no PNG or JPEG, are broken, or exceed the limits."""


def frame_of(picture: GreyArray) -> GreyFrame:
    """The picture as the ports carry it (copied)."""
    height, width = picture.shape
    return GreyFrame(width, height, picture.tobytes())


def array_of(frame: GreyFrame) -> GreyArray:
    """The frame's pixels as an array, not copied; read only."""
    return np.frombuffer(frame.pixels, dtype=np.uint8).reshape(frame.height, frame.width)


def middle(picture: GreyArray) -> GreyArray:
    """What the guide box frames; small pictures in full. A view, not a copy."""
    height, width = picture.shape
    if height < _CROP_FROM:
        return picture
    top, left = int(height * (1 - GUIDE) / 2), int(width * (1 - GUIDE) / 2)
    return picture[top : height - top, left : width - left]


def small(picture: GreyArray, width: int) -> GreyArray:
    """Every n-th pixel, so that at most ``width`` columns are left: enough for a viewfinder."""
    step = -(-picture.shape[1] // width)
    return picture[::step, ::step]


def bounded(picture: GreyArray) -> GreyArray:
    """Every n-th pixel, so that a look takes a bounded time whatever the camera's size."""
    step = 1
    while picture.size > _MOST_LOOKED_AT * step * step:
        step += 1
    return picture[::step, ::step]


def decode_picture(raw: bytes) -> GreyArray:
    """The grey picture in a PNG or JPEG file. Raises NotAPictureError; the size is checked before anything unpacks."""
    import cv2

    width, height = picture_size(raw)
    if width * height > MOST_PIXELS or len(raw) > MOST_BYTES:
        raise NotAPictureError("larger than the limits")
    try:
        picture = cv2.imdecode(np.frombuffer(raw, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise NotAPictureError("OpenCV refuses it") from error
    if picture is None or picture.ndim != 2 or picture.size > MOST_PIXELS:
        raise NotAPictureError("broken")
    return picture.astype(np.uint8, copy=False)


def picture_size(raw: bytes) -> tuple[int, int]:
    """Width and height as a PNG (W3C PNG §11.2.2) or JPEG (ITU-T T.81 §B.2.2) header claims. NotAPictureError."""
    if raw.startswith(_PNG):
        if len(raw) < 24 or raw[12:16] != b"IHDR":
            raise NotAPictureError("PNG without IHDR")
        width, height = struct.unpack(">II", raw[16:24])
    elif raw.startswith(_JPEG):
        width, height = _jpeg_size(raw)
    else:
        raise NotAPictureError("neither PNG nor JPEG")
    if width == 0 or height == 0:
        raise NotAPictureError("without pixels")
    return width, height


def _jpeg_size(raw: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(raw):
        if raw[at] != 0xFF:
            raise NotAPictureError("JPEG: marker expected")
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        elif 0xD0 <= marker <= 0xD9 or length < 2:
            raise NotAPictureError("JPEG: no frame header before the picture")
        else:
            at += 2 + length
    raise NotAPictureError("JPEG: cut short")
