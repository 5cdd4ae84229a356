from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from drivers.simulator.people import PEOPLE
from drivers.simulator.pictures import PictureFolder, draw_code

TICKET = b"6BF+70DP8.CTC3A/9TMC2QEO34*OC9E9" * 8


def read(png: bytes) -> list[bytes]:
    return [bytes(code.bytes) for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))]


@pytest.mark.parametrize("code", PEOPLE)
def test_picture_of_a_card_reads_back_byte_for_byte(code: str) -> None:
    payload = PEOPLE[code].card_qr()
    assert read(draw_code(payload)) == [payload]


def test_picture_of_a_ticket_reads_back(tmp_path: Path) -> None:
    assert read(draw_code(TICKET)) == [TICKET]


def test_picture_is_a_grey_camera_frame() -> None:
    picture = Image.open(io.BytesIO(draw_code(b"a")))
    assert (picture.size, picture.mode, picture.format) == ((1280, 720), "L", "PNG")


def test_folder_holds_one_picture_at_a_time_under_a_new_name(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path, seconds=60.0)
    folder.show(b"one")
    (first,) = tmp_path.iterdir()
    folder.show(b"two")
    (second,) = tmp_path.iterdir()
    assert (second.read_bytes(), second.suffix) == (b"two", ".png")
    assert second.name != first.name
    folder.clear()
    folder.clear()
    assert not list(tmp_path.iterdir())


def test_picture_is_taken_away_by_itself(tmp_path: Path) -> None:
    PictureFolder(tmp_path, seconds=0.05).show(b"one")
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(5.0)
    assert not list(tmp_path.iterdir())
