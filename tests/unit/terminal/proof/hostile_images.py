"""Images for data group 2, drawn by Pillow, and such as were made to harm the decoder."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

from PIL import Image

from crypto import tlv
from crypto.emrtd.lds import Ef

MOST = 240_000
"""Bytes that an image can have within the longest data group 2 taken."""


def encoded(kind: str, size: tuple[int, int] = (240, 320), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(out, kind, **options)
    return out.getvalue()


def codestream(size: tuple[int, int] = (240, 320), **options: Any) -> bytes:
    """A bare JPEG 2000 codestream."""
    return encoded("JPEG2000", size, no_jp2=True, **options)


def dg2(image: bytes) -> bytes:
    """Data group 2 around any bytes at all."""
    record = b"FAC\x00010\x00" + (46 + len(image)).to_bytes(4, "big") + b"\0\1" + bytes(32) + image
    template = tlv.encode(0x7F60, tlv.encode(0x5F2E, record))
    return tlv.encode(Ef.DG2.tag, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


# Images that say they are larger than they are -----------------------------------------------------------------------


def jpeg_of(width: int, height: int) -> bytes:
    """A small JPEG whose frame header announces so many pixels."""
    image = encoded("JPEG")
    at = image.index(b"\xff\xc0")
    return image[: at + 5] + struct.pack(">HH", height, width) + image[at + 9 :]


def codestream_of(width: int, height: int, tile: tuple[int, int] | None = None) -> bytes:
    """A small codestream that announces so many pixels, in tiles of that size."""
    image = bytearray(codestream((64, 64)))
    at = image.index(b"\xff\x51")
    image[at + 6 : at + 14] = struct.pack(">II", width, height)
    image[at + 22 : at + 30] = struct.pack(">II", *(tile or (width, height)))
    return bytes(image)


def jp2_of(width: int, height: int) -> bytes:
    """A JP2 file whose header and codestream both announce so many pixels."""
    image = bytearray(encoded("JPEG2000", (64, 64)))
    at = image.index(b"ihdr") + 4
    image[at : at + 8] = struct.pack(">II", height, width)
    at = image.index(b"\xff\x51")
    image[at + 6 : at + 14] = image[at + 22 : at + 30] = struct.pack(">II", width, height)
    return bytes(image)


def layered() -> bytes:
    """A codestream that announces 65,535 quality layers."""
    image = bytearray(codestream((400, 400)))
    at = image.index(b"\xff\x52")
    image[at + 6 : at + 8] = b"\xff\xff"
    return bytes(image)


# Images that are costly to decode ------------------------------------------------------------------------------------


@cache
def endless_scans() -> bytes:
    """A progressive JPEG of four million pixels that refines them again and again: minutes for 240 kB."""
    out = io.BytesIO()
    Image.new("RGB", (2000, 2000)).save(out, "JPEG", progressive=True)
    segments = _segments(out.getvalue())
    last = max(at for at, segment in enumerate(segments) if segment[1] == 0xDA)
    again = segments[last - 1] + segments[last]
    image = out.getvalue()[:-2]
    return image + again * ((MOST - len(image)) // len(again)) + b"\xff\xd9"


def _segments(jpeg: bytes) -> list[bytes]:
    """The marker segments of a JPEG with the entropy-coded data that follow them, without the last marker."""
    found, at = [], 2
    while jpeg[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] == 0xDA:
            while jpeg[end] != 0xFF or jpeg[end + 1] in (0, *range(0xD0, 0xD8)):
                end += 1
        found.append(jpeg[at:end])
        at = end
    return found
