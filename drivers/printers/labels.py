"""What is sent to a label printer: the slip's picture as one graphic field (ZPL II Programming Guide, ^GF)."""

from __future__ import annotations

from PIL import Image

_BYTE = 8


def label_commands(picture: Image.Image) -> bytes:
    """One label as high as the picture, printed once.

    ``picture`` is of mode "1", black is 0, and its width a multiple of 8. Figures only: nothing that a slip says can be
    taken for a command.
    """
    stride = picture.width // _BYTE
    dots = bytes(byte ^ 0xFF for byte in picture.tobytes())  # in ZPL 1 is black
    size = len(dots)
    return (
        f"^XA^PW{picture.width}^LL{picture.height}^LH0,0^PQ1"
        f"^FO0,0^GFA,{size},{size},{stride},{dots.hex().upper()}^FS^XZ\r\n"
    ).encode("ascii")
