"""QR codes to show or to print (ISO/IEC 18004)."""

from __future__ import annotations


def qr_modules(payload: bytes) -> tuple[tuple[bool, ...], ...]:
    """The code's modules, row by row, True is dark; error correction level M, no quiet zone (it needs four modules)."""
    import zxingcpp
    from PIL import Image

    content: str | bytes = payload.decode("ascii") if payload.isascii() else payload
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    grey = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))
    levels = grey.tobytes()
    return tuple(
        tuple(level < 128 for level in levels[at : at + grey.width]) for at in range(0, len(levels), grey.width)
    )
