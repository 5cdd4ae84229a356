"""What the zxing decoder does beyond the contract, and what happens where zbar is too old."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from drivers.decoders import _Zbar, build_zxing, darkened, enlarged
from drivers.frames import GreyArray, frame_of
from tests.qr_pictures import noise, placed, qr_picture

TEXT = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu, Xã Thử, Tỉnh Mẫu|15072021".encode()


def shrunk(picture: GreyArray, pixels: float, module: int = 8) -> GreyArray:
    """A code drawn with ``module`` pixels a module, seen from where ``pixels`` are left, a little out of focus."""
    import cv2

    size = (int(picture.shape[1] * pixels / module), int(picture.shape[0] * pixels / module))
    return cv2.GaussianBlur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (0, 0), 0.5).astype(np.uint8)


def test_a_code_on_a_dark_screen_is_read_within_three_frames() -> None:
    frame = frame_of((255 - qr_picture(TEXT)).astype(np.uint8))
    decoder = build_zxing()
    assert TEXT in [code.payload for _ in range(3) for code in decoder.decode(frame)]


def test_far_codes_are_read_that_one_plain_pass_misses() -> None:
    import zxingcpp

    plain = ours = 0
    for step in range(20):
        far = shrunk(qr_picture(TEXT, module=8, width=700, height=700), 1.45 + step / 40)
        picture = placed(far, width=640, height=360)
        noisy = np.clip(picture.astype(int) + noise(step, width=640, height=360) // 24 - 5, 0, 255).astype(np.uint8)
        found = zxingcpp.read_barcodes(
            noisy,
            formats=zxingcpp.BarcodeFormat.QRCode,  # type: ignore[arg-type]  # the stub knows only the plural
            try_rotate=False,
            try_invert=False,
            try_downscale=False,
        )
        plain += any(code.bytes == TEXT for code in found)
        ours += [code.payload for code in build_zxing().decode(frame_of(noisy))] == [TEXT]
    assert ours > plain


def test_enlarging_keeps_the_pixels_and_fills_the_gaps_with_means() -> None:
    assert enlarged(np.array([[0, 100], [50, 200]], dtype=np.uint8)).tolist() == [
        [0, 50, 100],
        [25, 87, 150],
        [50, 125, 200],
    ]


def test_enlarging_nothing_gives_nothing() -> None:
    assert enlarged(np.zeros((0, 0), dtype=np.uint8)).size == 0


def test_darkening_keeps_black_and_white() -> None:
    assert darkened(np.array([[0, 128, 255]], dtype=np.uint8)).tolist() == [[0, 64, 255]]


def test_a_libzbar_without_raw_bytes_is_refused() -> None:
    from pyzbar import wrapper

    class Old(_Zbar):
        _BINARY = 0x7FFF

    library: ctypes.CDLL = wrapper.load_libzbar()
    with pytest.raises(ImportError, match=r"0\.23\.1"):
        Old(library)
