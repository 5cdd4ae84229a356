"""Camera pictures of codes: what a document camera would see of an invented card or ticket."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

_FRAME = (1280, 720)
_CARD = (980, 640)
_DESK, _PAPER, _INK = 96, 238, 60
_CODE_SHARE = 0.84
_LABEL = "MAU - SIMULATED"


def draw_code(payload: bytes) -> bytes:
    """A 1280x720 grey PNG of a card-like sheet with ``payload`` as a QR code, a little uneven as cameras see it."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    frame = Image.new("L", _FRAME, _DESK)
    draw = ImageDraw.Draw(frame)
    left, top = (_FRAME[0] - _CARD[0]) // 2, (_FRAME[1] - _CARD[1]) // 2
    draw.rounded_rectangle((left, top, left + _CARD[0], top + _CARD[1]), 24, fill=_PAPER)
    code = _code(payload, int(_CARD[1] * _CODE_SHARE))
    frame.paste(code, (_FRAME[0] // 2 - code.width // 2, _FRAME[1] // 2 - code.height // 2))
    draw.text((left + 24, top + 16), _LABEL, fill=_INK, font=ImageFont.load_default(26))
    found = io.BytesIO()
    _lit(frame.filter(ImageFilter.GaussianBlur(0.8))).save(found, "PNG", compress_level=1)
    return found.getvalue()


class PictureFolder:
    """The folder that the camera double looks at: at most one picture lies there, for a moment.

    A picture appears whole or not at all, under a new name each time.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        self._lock = threading.Lock()
        self._number = 0
        self._shown: Path | None = None
        self._timer: threading.Timer | None = None

    def show(self, png: bytes) -> None:
        """Put ``png`` in front of the camera in the place of an earlier one, for the folder's time."""
        with self._lock:
            self._clear()
            self._number += 1
            path = self._folder / f"simulated-{self._number:04}.png"
            part = path.with_suffix(".part")
            part.write_bytes(png)
            os.replace(part, path)
            self._shown = path
            self._timer = threading.Timer(self._seconds, self.clear)
            self._timer.daemon = True
            self._timer.start()

    def clear(self) -> None:
        """Take the picture away."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._shown is not None:
            self._shown.unlink(missing_ok=True)
            self._shown = None


def _code(payload: bytes, room: int) -> Image.Image:
    """A QR code of whole pixels a module, with its quiet zone, at most ``room`` pixels wide."""
    import numpy as np
    import zxingcpp
    from PIL import Image

    symbol = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = np.array(symbol.to_image(scale=1))
    picture = Image.fromarray(modules)
    scale = max(1, room // picture.width)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def _lit(frame: Image.Image) -> Image.Image:
    """The picture under a light that falls off to one side, with the sensor's noise."""
    import numpy as np
    from PIL import Image

    pixels = np.asarray(frame, dtype=np.float32) * np.linspace(1.0, 0.82, _FRAME[0], dtype=np.float32)
    noise = np.random.default_rng(7).normal(0.0, 3.0, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
