"""The face for the screen: decoded under limits, re-encoded, so that no image from a chip reaches the window raw."""

from __future__ import annotations

import io

from crypto.emrtd.face import parse_dg2
from crypto.errors import MalformedError
from terminal.model import Photo

MAX_PIXELS = 4_000_000
"""A chip portrait has about 200,000; more is not a portrait."""

SCREEN_SIDE = 960
_FORMATS = {"jpeg": ("JPEG",), "jp2": ("JPEG2000",), "j2k": ("JPEG2000",)}


def photo_of(dg2: bytes) -> Photo:
    """The portrait in ``dg2``. Raises MalformedError on what is no portrait of sane size, NotSupportedError on a
    record or a picture of another kind."""
    from PIL import Image, UnidentifiedImageError  # 40 ms at start-up, needed only when a photo arrives

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)

    face = parse_dg2(dg2)
    try:
        with Image.open(io.BytesIO(face.data), formats=_FORMATS[face.kind]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise MalformedError("DG2: more pixels than a portrait has")
            picture = image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, *bombs) as error:
        raise MalformedError("DG2: the picture cannot be decoded") from error
    picture.thumbnail((SCREEN_SIDE, SCREEN_SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return Photo(out.getvalue())
