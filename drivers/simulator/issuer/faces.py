"""Data groups 2 and 7: pictures in the records that chips hold them in (ICAO Doc 9303-10 §4.7.2 and §4.7.7).

The 39794-5 record follows the module ID-ICAO-ISO-IEC-39794-5-ed-1-v1 of the ICAO application profile.
This software makes use of the Schema from ISO/IEC 39794-5 within modifications permitted in the relevant ISO/IEC
standard. Please reproduce this note if possible.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from enum import Enum

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.portrait import PICTURE_SIZE, draw_portrait

DG2_SIZE = 16_489
"""Bytes of EF.DG2 in the published comparison of chip readers; a CCCD's photo is about that large."""

_JPEG, _JPEG_2000 = 0, 1
_CODE_39794 = {_JPEG: 2, _JPEG_2000: 3}
_TYPE_OF_FACE = b"\x01\x01", b"\x02"


class Picture(Enum):
    """How the face is compressed."""

    JPEG = "JPEG"
    JP2 = "JPEG 2000 file"
    J2K = "bare JPEG 2000 codestream"


class Record(Enum):
    """The standard of the face record."""

    ISO_19794_5 = "ISO/IEC 19794-5:2005"
    ISO_39794_5 = "ISO/IEC 39794-5:2019"


@dataclass(frozen=True, slots=True)
class Face:
    """How a chip holds the face. ``size``: bytes of data group 2 when the picture is a JPEG."""

    picture: Picture = Picture.JPEG
    record: Record = Record.ISO_19794_5
    size: int = DG2_SIZE


@functools.cache
def encode_face(who: str, face: Face) -> bytes:
    """Data group 2 with the face of ``who``, nobody's and labelled as simulated."""
    encode = _encode_19794 if face.record is Record.ISO_19794_5 else _encode_39794
    if face.picture is not Picture.JPEG:
        return encode(_jpeg_2000(who, bare=face.picture is Picture.J2K), _JPEG_2000)
    probe = face.size - 500
    around = len(encode(draw_portrait(who, probe), _JPEG)) - probe
    return encode(draw_portrait(who, face.size - around), _JPEG)


def _encode_19794(image: bytes, kind: int) -> bytes:
    """One face without feature points (ISO/IEC 19794-5:2005 §5)."""
    width, height = (side.to_bytes(2, "big") for side in PICTURE_SIZE)
    frontal, srgb, unspecified = 1, 1, 0
    about_image = bytes([frontal, kind]) + width + height + bytes([srgb, unspecified, 0, 0, 0, 0])
    block = bytes(16) + about_image + image
    block = (len(block) + 4).to_bytes(4, "big") + block
    record = b"FAC\0" + b"010\0" + (14 + len(block)).to_bytes(4, "big") + b"\0\x01" + block
    return _group(tlv.encode(0x5F2E, record), 0x0008)


def _encode_39794(image: bytes, kind: int) -> bytes:
    """One two-dimensional representation (ISO/IEC 39794-5:2019 §8, tags as of the ICAO application profile)."""
    version = _number(0x80, 3) + _number(0x81, 2019)
    size = _number(0x80, PICTURE_SIZE[0]) + _number(0x81, PICTURE_SIZE[1])
    about_image = tlv.encode(0xA0, _number(0x80, _CODE_39794[kind])) + tlv.encode(0xA7, size)
    two_dimensional = tlv.encode(0x80, image) + tlv.encode(0xA1, about_image)
    representation = _number(0x80, 0) + tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, two_dimensional)))
    blocks = tlv.encode(0xA0, version) + tlv.encode(0xA1, tlv.encode(0x30, representation))
    return _group(tlv.encode(0x7F2E, tlv.encode(0x65, blocks)), 0x001B)


def _group(record: bytes, record_format: int) -> bytes:
    """A biometric information group of one template (Doc 9303-10 table 42), the face by JTC 1/SC 37."""
    header = tlv.encode(0x80, _TYPE_OF_FACE[0]) + tlv.encode(0x81, _TYPE_OF_FACE[1])
    header += tlv.encode(0x87, b"\x01\x01") + tlv.encode(0x88, record_format.to_bytes(2, "big"))
    template = tlv.encode(0x7F60, tlv.encode(0xA1, header) + record)
    return tlv.encode(Ef.DG2.tag, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


def _number(tag: int, number: int) -> bytes:
    return tlv.encode(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _jpeg_2000(who: str, *, bare: bool) -> bytes:
    from PIL import Image

    found = io.BytesIO()
    picture = Image.open(io.BytesIO(draw_portrait(who, 40_000)))
    picture.save(found, "JPEG2000", no_jp2=bare, quality_mode="rates", quality_layers=[30], irreversible=True)
    return found.getvalue()


@functools.cache
def encode_signature(who: str) -> bytes:
    """Data group 7 with a scribble instead of a signature."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (300, 90), 255)
    heights = [20 + ord(letter) * 7 % 50 for letter in who]
    points = [(20 + 260 * at // len(heights), height) for at, height in enumerate(heights)]
    ImageDraw.Draw(picture).line(points, fill=0, width=3, joint="curve")
    ImageDraw.Draw(picture).text((20, 74), "SIMULATED", fill=90)
    found = io.BytesIO()
    picture.save(found, "JPEG", quality=70)
    return tlv.encode(Ef.DG7.tag, tlv.encode(0x02, b"\x01") + tlv.encode(0x5F43, found.getvalue()))
