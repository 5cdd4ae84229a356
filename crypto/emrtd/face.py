"""Data group 2: the face (ICAO Doc 9303-10 §4.7.2), in a record of ISO/IEC 19794-5:2005."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto import tlv
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError

MAX_DG2 = 256 * 1024
"""Longest data group 2 taken, in bytes; common ones have 12 to 30 kB."""

_MAGIC = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
)
_FACE_RECORD = b"FAC\0"
_HEADER = 14  # format, version, record length, number of faces
_FACE_INFO = 20
_FEATURE_POINT = 8
_IMAGE_INFO = 12
_MIN_IMAGE = 64
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class FaceImage:
    """A still encoded image: ``kind`` is ``jpeg``, ``jp2`` or ``j2k`` as its first bytes say."""

    kind: str
    data: bytes = field(repr=False)


def parse_dg2(raw: bytes) -> FaceImage:
    """The first face of data group 2, padding cut off.

    Lengths inside the record are not relied on: documents exist where they are wrong by some bytes, so the image is
    taken from its own first bytes on. Raises MalformedError, NotSupportedError (another record format, not an image).
    """
    if len(raw) > MAX_DG2:
        raise MalformedError("DG2: too long")
    outer, padding = tlv.parse_first(raw)
    if outer.tag != Ef.DG2.tag or padding.strip(b"\0"):
        raise MalformedError("DG2: not one object of tag 75")
    group = tlv.parse_first(outer.value)[0]
    if group.tag != 0x7F61:
        raise MalformedError("DG2: biometric templates missing")
    template = next((item for item in group.children() if item.tag == 0x7F60), None)
    if template is None:
        raise MalformedError("DG2: no face")
    items = template.children()
    record = tlv.find_optional(items, 0x5F2E)
    if record is None:
        record = tlv.find(items, 0x7F2E)
    return _image(record)


def encode_dg2(jpeg: bytes) -> bytes:
    """Data group 2 around one JPEG, as the personaliser writes it; MalformedError when it is no JPEG."""
    width, height = _jpeg_size(jpeg)
    length = _HEADER + _FACE_INFO + _IMAGE_INFO + len(jpeg)
    header = _FACE_RECORD + b"010\0" + length.to_bytes(4, "big") + (1).to_bytes(2, "big")
    face = (length - _HEADER).to_bytes(4, "big") + bytes(_FACE_INFO - 4)
    full_frontal, jpeg_type, srgb, unspecified = 1, 0, 1, 0
    image = bytes([full_frontal, jpeg_type]) + width.to_bytes(2, "big") + height.to_bytes(2, "big")
    image += bytes([srgb, unspecified, 0, 0, 0, 0])
    kind_of_data = tlv.encode(0x80, b"\x01\x01") + tlv.encode(0x81, b"\x02")  # version 1.1, facial features
    kind_of_data += tlv.encode(0x87, b"\x01\x01") + tlv.encode(0x88, b"\x00\x08")  # owner JTC 1/SC 37, 19794-5
    template = tlv.encode(0xA1, kind_of_data) + tlv.encode(0x5F2E, header + face + image + jpeg)
    group = tlv.encode(0x02, b"\x01") + tlv.encode(0x7F60, template)
    return tlv.encode(Ef.DG2.tag, tlv.encode(0x7F61, group))


def _image(record: bytes) -> FaceImage:
    if not record.startswith(_FACE_RECORD):
        raise NotSupportedError("DG2: face record of another format than ISO/IEC 19794-5")
    if len(record) < _HEADER + _FACE_INFO:
        raise MalformedError("DG2: face record cut short")
    if int.from_bytes(record[12:14], "big") == 0:
        raise MalformedError("DG2: face record without a face")
    points = int.from_bytes(record[_HEADER + 4 : _HEADER + 6], "big")
    start = _HEADER + _FACE_INFO + points * _FEATURE_POINT + _IMAGE_INFO
    data = record[start:].rstrip(b"\0")
    if len(data) < _MIN_IMAGE:
        raise MalformedError("DG2: image missing")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return FaceImage(kind, data)
    raise NotSupportedError("DG2: image is neither JPEG nor JPEG 2000")


def _jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from the frame header (ITU-T T.81 §B.2.2)."""
    at = 2
    while jpeg.startswith(_MAGIC[0][0]) and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        if jpeg[at + 1] in _START_OF_FRAME:
            return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    raise MalformedError("DG2: not a JPEG with a frame header")
