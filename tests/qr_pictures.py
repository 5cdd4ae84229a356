"""Pictures of QR codes for tests, made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drivers.frames import GreyArray


def qr_picture(payload: bytes, *, module: int = 4, width: int = 1280, height: int = 720) -> GreyArray:
    """The payload's code in the middle of a light grey picture."""
    import zxingcpp

    barcode = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode)
    code = np.array(zxingcpp.write_barcode_to_image(barcode, scale=module), dtype=np.uint8)
    return placed(code, width=width, height=height)


def placed(code: GreyArray, *, width: int = 1280, height: int = 720) -> GreyArray:
    """A small picture in the middle of a larger light grey one."""
    picture = np.full((height, width), 200, dtype=np.uint8)
    top, left = (height - code.shape[0]) // 2, (width - code.shape[1]) // 2
    picture[top : top + code.shape[0], left : left + code.shape[1]] = code
    return picture


def noise(seed: int, *, width: int = 640, height: int = 480) -> GreyArray:
    """A picture without any code."""
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def png(picture: GreyArray) -> bytes:
    """The picture as a PNG file."""
    import cv2

    return bytes(cv2.imencode(".png", picture)[1])


def jpeg(picture: GreyArray, quality: int = 90) -> bytes:
    """The picture as a JPEG file."""
    import cv2

    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def write_video(path: Path, pictures: Sequence[GreyArray]) -> None:
    """A Motion JPEG AVI of the pictures, 25 a second."""
    import cv2

    height, width = pictures[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (width, height), isColor=True)
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
