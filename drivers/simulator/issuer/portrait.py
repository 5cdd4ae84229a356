"""A drawn face for data group 2: nobody's, labelled as simulated, and of exactly the wanted size in bytes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

PICTURE_SIZE = (336, 448)
"""Width and height of every portrait, in pixels."""

_COMMENT = b"SIMULATED PORTRAIT, NO REAL PERSON. "
_START_OF_IMAGE = 2
_SMALLEST_COMMENT = 4
_LONGEST_COMMENT = 0xFFFF - 2


@dataclass(frozen=True, slots=True)
class _Look:
    """What differs from face to face; every number is 0 to 255."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    shirt: tuple[int, int, int]
    seed: int


def draw_portrait(who: str, size: int) -> bytes:
    """A JPEG of exactly ``size`` bytes; the same ``who`` always gets the same face.

    Raises ValueError when so few bytes cannot hold a picture.
    """
    from PIL import Image, ImageFilter

    look = _look(who)
    face = _draw(look).filter(ImageFilter.GaussianBlur(1.2))
    picture = Image.blend(face, _grain(look.seed), 0.04)
    for quality in range(96, 4, -2):
        found = io.BytesIO()
        picture.save(found, "JPEG", quality=quality, subsampling=2)
        room = size - len(found.getvalue())
        if room == 0 or room >= _SMALLEST_COMMENT:
            return _padded(found.getvalue(), room)
    raise ValueError(f"a portrait does not fit {size} bytes")


def _look(who: str) -> _Look:
    digest = hashlib.sha256(who.encode()).digest()
    tone = digest[0] % 40
    return _Look(
        skin=(235 - tone, 190 - tone, 150 - tone),
        hair=(20 + digest[1] % 40, 18 + digest[1] % 30, 20 + digest[1] % 20),
        shirt=(60 + digest[2] % 180, 60 + digest[3] % 180, 60 + digest[4] % 180),
        seed=int.from_bytes(digest[5:9], "big"),
    )


def _draw(look: _Look) -> Image.Image:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", PICTURE_SIZE, (214, 226, 240))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((68, 40, 268, 330), fill=look.hair)
    draw.rounded_rectangle((20, 352, 316, 520), 90, fill=look.shirt)
    draw.rectangle((138, 300, 198, 380), fill=look.skin)
    draw.ellipse((88, 78, 248, 330), fill=look.skin)
    draw.pieslice((84, 60, 252, 240), 180, 360, fill=look.hair)
    for middle in (134, 202):
        draw.ellipse((middle - 18, 190, middle + 18, 210), fill=(250, 250, 250))
        draw.ellipse((middle - 8, 191, middle + 8, 209), fill=(40, 26, 20))
        draw.arc((middle - 24, 166, middle + 24, 200), 200, 340, fill=look.hair, width=6)
    draw.line((168, 205, 160, 250, 174, 252), fill=tuple(part - 40 for part in look.skin), width=4)
    draw.arc((136, 252, 200, 296), 20, 160, fill=(170, 70, 70), width=6)
    draw.text((168, 428), "MAU - SIMULATED", fill=(180, 0, 0), font=ImageFont.load_default(22), anchor="mm")
    return picture


def _grain(seed: int) -> Image.Image:
    """Noise as a camera makes it, so that the picture compresses like a photograph."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(seed).integers(0, 256, (PICTURE_SIZE[1], PICTURE_SIZE[0], 3), dtype=np.uint8)
    return Image.fromarray(noise)


def _padded(jpeg: bytes, room: int) -> bytes:
    comments = b""
    while room:
        length = min(room - _SMALLEST_COMMENT, _LONGEST_COMMENT)
        if 0 < room - _SMALLEST_COMMENT - length < _SMALLEST_COMMENT:
            length -= _SMALLEST_COMMENT
        text = (_COMMENT * (length // len(_COMMENT) + 1))[:length]
        comments += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + text
        room -= _SMALLEST_COMMENT + length
    return jpeg[:_START_OF_IMAGE] + comments + jpeg[_START_OF_IMAGE:]
