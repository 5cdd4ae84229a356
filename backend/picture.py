"""A signed text as a QR picture."""

from __future__ import annotations

from pathlib import Path

_SCALE = 8
"""Pixels a module: sharp in print and on a phone."""


def save_qr(text: str, path: Path) -> None:
    """Write ``text`` as a QR code (error level M, with its quiet zone) to a PNG file. Raises OSError."""
    import numpy as np
    import zxingcpp
    from PIL import Image

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    Image.fromarray(np.array(code.to_image(scale=_SCALE))).save(path, format="PNG")
