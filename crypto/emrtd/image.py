"""The encoded images in data groups, known by their own first bytes and cut at their own end.

JPEG: ITU-T T.81 Annex B. JPEG 2000: ITU-T T.800 Annex A (codestream) and Annex I (JP2 file). What a data group says
about its image's length or format is not relied on: documents are in use where it is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crypto.errors import MalformedError, NotSupportedError


class ImageKind(StrEnum):
    """How an image is encoded: JPEG, a JP2 file, or the bare JPEG 2000 codestream."""

    JPEG = "jpeg"
    JP2 = "jp2"
    J2K = "j2k"


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """A still encoded image, ``data`` from its first byte to its last as far as it can be told."""

    kind: ImageKind
    data: bytes = field(repr=False)


_CODESTREAM = b"\xff\x4f\xff\x51"
_MAGIC = (
    (b"\xff\xd8\xff", ImageKind.JPEG),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", ImageKind.JP2),
    (_CODESTREAM, ImageKind.J2K),
)
_MIN_IMAGE = 64

_BARE_JPEG = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a segment inside an image: TEM, RSTn
_JPEG_END, _JPEG_SCAN, _STUFFED = 0xD9, 0xDA, 0x00
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_TILE_PART, _CODESTREAM_END = b"\xff\x90", b"\xff\xd9"
_TILE_PART_HEADER = 12
_BOX_HEADER = 8


def kind_of(data: bytes) -> ImageKind | None:
    """The kind of image that ``data`` begins with, or None."""
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def image_in(data: bytes, expected: int = 0) -> EncodedImage:
    """The image in ``data`` that begins at ``expected``, or else the first one in it; what follows its end is cut.

    Raises MalformedError (too few bytes for an image), NotSupportedError (neither JPEG nor JPEG 2000).
    """
    start = expected if kind_of(data[expected : expected + 12]) else _first_magic(data)
    found = data[start:]
    kind = kind_of(found)
    if len(found) < _MIN_IMAGE:
        raise MalformedError("image: missing or cut short")
    if kind is None:
        raise NotSupportedError("image: neither JPEG nor JPEG 2000")
    end = _ENDS[kind](found)
    return EncodedImage(kind, found.rstrip(b"\0") if end is None else found[:end])


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from the frame header (T.81 §B.2.2); MalformedError when there is none."""
    at = 2
    while kind_of(jpeg) is ImageKind.JPEG and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        if jpeg[at + 1] in _START_OF_FRAME:
            return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    raise MalformedError("image: not a JPEG with a frame header")


def _first_magic(data: bytes) -> int:
    places = [place for magic, _ in _MAGIC if (place := data.find(magic)) >= 0]
    return min(places, default=0)


# Where an image ends: the index after its last byte, or None when its structure does not tell ----------------------


def _jpeg_end(data: bytes) -> int | None:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _JPEG_END:
            return at + 2
        if marker == 0xFF:  # a fill byte (T.81 §B.1.1.2)
            at += 1
        elif marker in _BARE_JPEG:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == _JPEG_SCAN:
                at = _after_scan(data, at)
    return at + 2 if data[at : at + 2] == _CODESTREAM_END else None


def _after_scan(data: bytes, at: int) -> int:
    """The next marker that ends the entropy-coded data, which begin at ``at``."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != _STUFFED and data[at + 1] not in _BARE_JPEG:
            return at
        at += 2


def _codestream_end(data: bytes, at: int = 0) -> int | None:
    at += 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at : at + 2] != _CODESTREAM_END:
        if data[at : at + 2] == _TILE_PART:
            length = int.from_bytes(data[at + 6 : at + 10], "big")
            if length < _TILE_PART_HEADER:  # 0: up to the end of the codestream, which only decoding can find
                return None
            at += length
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at + 2 if data[at : at + 2] == _CODESTREAM_END else None


def _jp2_end(data: bytes) -> int | None:
    at = 0
    while at + _BOX_HEADER <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"jp2c":
            # The box may claim more or less than there is, or 0 for "all the rest": its content knows its own end.
            return _codestream_end(data, at + _BOX_HEADER)
        if length < _BOX_HEADER:
            break
        at += length
    return None


_ENDS = {ImageKind.JPEG: _jpeg_end, ImageKind.JP2: _jp2_end, ImageKind.J2K: _codestream_end}
