"""QR codes as pictures: zxing-cpp writes them too."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.faults import FaultError


def build(payload: bytes) -> Sequence[Sequence[bool]]:
    """The modules of a QR code that holds ``payload``, row by row, True for dark, without the quiet zone.

    Raises FaultError ``install.missing`` without zxing-cpp, and ``usage.bad`` for more than a code holds.
    """
    try:
        import numpy as np
        import zxingcpp
    except ImportError as error:
        raise FaultError("install.missing", f"tram.qr: {error.name or error}") from error
    try:
        code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    except ValueError as error:
        raise FaultError("usage.bad", "more than a QR code holds") from error
    picture = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))
    return [[bool(grey == 0) for grey in row] for row in picture]
