"""Data group 7: the displayed signature or usual mark (ICAO Doc 9303-10 §4.7.7)."""

from __future__ import annotations

from crypto import tlv
from crypto.emrtd.data_elements import data_elements
from crypto.emrtd.image import EncodedImage, image_in
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError

_IMAGE = 0x5F43


def parse_dg7(raw: bytes) -> tuple[EncodedImage, ...]:
    """The images in their order, padding cut off. Raises MalformedError, NotSupportedError (not an image)."""
    images = data_elements(raw, Ef.DG7).repeated(_IMAGE)
    if not images:
        raise MalformedError("DG7: no image")
    return tuple(map(image_in, images))


def encode_dg7(image: bytes) -> bytes:
    """Data group 7 around one image."""
    return tlv.encode(Ef.DG7.tag, tlv.encode(0x02, b"\x01") + tlv.encode(_IMAGE, image))
