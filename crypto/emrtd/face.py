"""Data group 2: the face (ICAO Doc 9303-10 §4.7.2), in a record of ISO/IEC 19794-5:2005 or ISO/IEC 39794-5:2019.

The 39794-5 record follows the module ID-ICAO-ISO-IEC-39794-5-ed-1-v1 of the ICAO application profile, whose tags are
implicit; nothing but the way to the image is taken.
This software makes use of the Schema from ISO/IEC 39794-5 within modifications permitted in the relevant ISO/IEC
standard. Please reproduce this note if possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from crypto import tlv
from crypto.emrtd.image import ImageKind, image_in, jpeg_size
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError

MAX_DG2 = 256 * 1024
"""Longest data group 2 taken, in bytes; common ones have 12 to 30 kB."""

_ROUNDING = 8
"""Bytes by which the group's length may differ from what is there: documents with padded records are in use."""

_MAX_OBJECTS = 64
_MAX_OBJECT_HEADER = 16
_GROUP, _TEMPLATE, _RECORD, _NEW_RECORD = 0x7F61, 0x7F60, 0x5F2E, 0x7F2E

_FACE_RECORD = b"FAC\0"
_HEADER = 14  # format, version, record length, number of faces
_FACE_INFO = 20
_FEATURE_POINT = 8
_IMAGE_INFO = 12

_FACE_IMAGE_DATA_BLOCK = 0x65  # [APPLICATION 5]
_TO_REPRESENTATION = (
    0xA1,  # representationBlocks
    0x30,  # the first of them
    0xA1,  # imageRepresentation
)
_TO_IMAGE = (
    0xA0,  # base
    0xA0,  # imageRepresentation2DBlock
    0x80,  # representationData2D
)
_EXTENSION = 0xA1  # the other choice beside base


class FaceRecord(Enum):
    """The standard that a face record follows."""

    ISO_19794_5 = "ISO/IEC 19794-5"
    ISO_39794_5 = "ISO/IEC 39794-5"


@dataclass(frozen=True, slots=True)
class FaceImage:
    """A still encoded image: ``kind`` is ``jpeg``, ``jp2`` or ``j2k`` as its first bytes say."""

    kind: ImageKind
    data: bytes = field(repr=False)
    record: FaceRecord = FaceRecord.ISO_19794_5


def parse_dg2(raw: bytes) -> FaceImage:
    """The first face of data group 2, padding cut off.

    Lengths serve to step over what comes before the image, no more: documents exist where they are wrong by some
    bytes, so the image is taken from its own first bytes to its own end.
    Raises MalformedError, NotSupportedError (another record format, not an image).
    """
    if len(raw) > MAX_DG2:
        raise MalformedError("DG2: too long")
    record = _into(_into(_into(_group(raw), _GROUP), _TEMPLATE), _RECORD, _NEW_RECORD)
    if record.startswith(_FACE_RECORD):
        return _image(record)
    if record[:1] == b"\xa1":
        record = _into(record, 0xA1)
    if record[:1] == bytes([_FACE_IMAGE_DATA_BLOCK]):
        return _image_39794(record)
    raise NotSupportedError("DG2: face record of neither ISO/IEC 19794-5 nor ISO/IEC 39794-5")


def encode_dg2(jpeg: bytes) -> bytes:
    """Data group 2 around one JPEG, as the personaliser writes it; MalformedError when it is no JPEG."""
    width, height = jpeg_size(jpeg)
    length = _HEADER + _FACE_INFO + _IMAGE_INFO + len(jpeg)
    header = _FACE_RECORD + b"010\0" + length.to_bytes(4, "big") + (1).to_bytes(2, "big")
    face = (length - _HEADER).to_bytes(4, "big") + bytes(_FACE_INFO - 4)
    full_frontal, jpeg_type, srgb, unspecified = 1, 0, 1, 0
    image = bytes([full_frontal, jpeg_type]) + width.to_bytes(2, "big") + height.to_bytes(2, "big")
    image += bytes([srgb, unspecified, 0, 0, 0, 0])
    kind_of_data = tlv.encode(0x80, b"\x01\x01") + tlv.encode(0x81, b"\x02")  # version 1.1, facial features
    kind_of_data += tlv.encode(0x87, b"\x01\x01") + tlv.encode(0x88, b"\x00\x08")  # owner JTC 1/SC 37, 19794-5
    template = tlv.encode(0xA1, kind_of_data) + tlv.encode(_RECORD, header + face + image + jpeg)
    group = tlv.encode(0x02, b"\x01") + tlv.encode(_TEMPLATE, template)
    return tlv.encode(Ef.DG2.tag, tlv.encode(_GROUP, group))


# The way to the record: what follows it is left on, since only the image itself says where it ends -------------------


def _group(raw: bytes) -> bytes:
    tag, length, start = tlv.read_header(raw)
    if tag != Ef.DG2.tag:
        raise MalformedError("DG2: not an object of tag 75")
    if len(raw.rstrip(b"\0")) - _ROUNDING > start + length or len(raw) + _ROUNDING < start + length:
        raise MalformedError("DG2: not as long as it says")
    return raw[start:]


def _into(objects: bytes, *tags: int) -> bytes:
    """From the content of the first object of one of ``tags`` in a row of objects on, to the end of the file."""
    at = 0
    for _ in range(_MAX_OBJECTS):
        tag, length, start = tlv.read_header(objects[at : at + _MAX_OBJECT_HEADER])
        if tag in tags:
            return objects[at + start :]
        at += start + length
    raise MalformedError("DG2: too many objects before the face")


# The records ---------------------------------------------------------------------------------------------------------


def _image(record: bytes) -> FaceImage:
    if len(record) < _HEADER + _FACE_INFO:
        raise MalformedError("DG2: face record cut short")
    if int.from_bytes(record[12:14], "big") == 0:
        raise MalformedError("DG2: face record without a face")
    points = int.from_bytes(record[_HEADER + 4 : _HEADER + 6], "big")
    found = image_in(record, _HEADER + _FACE_INFO + points * _FEATURE_POINT + _IMAGE_INFO)
    return FaceImage(found.kind, found.data)


def _image_39794(record: bytes) -> FaceImage:
    inside = _into(record, _FACE_IMAGE_DATA_BLOCK)
    for tag in _TO_REPRESENTATION:
        inside = _into(inside, tag)
    if inside[:1] == bytes([_EXTENSION]):
        raise NotSupportedError("DG2: image of a later edition of ISO/IEC 39794-5")
    for tag in _TO_IMAGE:
        inside = _into(inside, tag)
    found = image_in(inside)
    return FaceImage(found.kind, found.data, FaceRecord.ISO_39794_5)
