"""Pictures for data groups, drawn by Pillow: gradients, nobody's face."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(form: str, size: tuple[int, int] = (48, 64), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(out, form, **options)
    return out.getvalue()


JPEG = picture("JPEG")
PROGRESSIVE = picture("JPEG", progressive=True)
JP2 = picture("JPEG2000")
J2K = picture("JPEG2000", no_jp2=True)
TILED = picture("JPEG2000", no_jp2=True, tile_size=(16, 16))
