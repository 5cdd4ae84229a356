"""A picture or video file read as if it were held in front of the camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.camera import scan_file
from drivers.decoders import build_zxing
from terminal.faults import FaultError
from tests.qr_pictures import jpeg, noise, placed, png, qr_picture, write_video

EMPTY = np.full((720, 1280), 90, dtype=np.uint8)


def test_a_picture_file_is_scanned(tmp_path: Path) -> None:
    file = tmp_path / "card.jpg"
    file.write_bytes(jpeg(qr_picture("NGUYỄN VĂN THỬ".encode())))
    assert [code.payload for code in scan_file(file, build_zxing())] == ["NGUYỄN VĂN THỬ".encode()]


def test_a_dark_screen_s_picture_is_scanned(tmp_path: Path) -> None:
    file = tmp_path / "phone.png"
    file.write_bytes(png((255 - qr_picture(b"ticket")).astype(np.uint8)))
    assert [code.payload for code in scan_file(file, build_zxing())] == [b"ticket"]


def test_a_picture_without_a_code_gives_none(tmp_path: Path) -> None:
    file = tmp_path / "noise.png"
    file.write_bytes(png(noise(5)))
    assert list(scan_file(file, build_zxing())) == []


def test_a_video_file_is_scanned_each_code_once(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    first, second = (placed(qr_picture(text, width=300, height=300)) for text in (b"first", b"second"))
    write_video(file, [EMPTY, first, first, first, EMPTY, second, second, second, first, first])
    assert [code.payload for code in scan_file(file, build_zxing())] == [b"first", b"second"]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n\x00", b"RIFF\x04\x00\x00\x00AVI "])
def test_a_file_that_is_neither_is_unreadable(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.png"
    file.write_bytes(content)
    with pytest.raises(FaultError, match=r"code\.unreadable"):
        scan_file(file, build_zxing())


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"code\.unreadable"):
        scan_file(tmp_path / "missing.png", build_zxing())
