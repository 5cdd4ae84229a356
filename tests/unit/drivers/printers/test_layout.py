"""The slip as a picture: Vietnamese whole, nothing invisible, no more paper than needed."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from drivers.printers.layout import FOOT, LABEL, PLACE, TITLE, VALUE, Face, font, leading, picture_of, wrapped
from tests.house.rooms import ROOT
from tests.unit.drivers.printers.slips import SLIP

_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES) + "đ"
ALL_LETTERS = LETTERS + LETTERS.upper()


def _ink(picture: Image.Image) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return ~np.array(picture)


def test_there_are_as_many_vietnamese_letters_as_there_are() -> None:
    assert len(set(ALL_LETTERS)) == 2 * (12 * 6 + 1)


@pytest.mark.parametrize("face", [TITLE, PLACE, LABEL, VALUE, FOOT], ids=lambda face: f"{face.file}-{face.size}")
def test_no_letter_is_cut_above_or_below(face: Face) -> None:
    """Each letter drawn with room to spare has no ink outside the rows that a line gets."""
    above, below = leading(face)
    for letter in ALL_LETTERS + "gjpqy,;()":
        free = Image.new("1", (120, 240), 1)
        ImageDraw.Draw(free).text((20, 120), letter, fill=0, font=font(face), anchor="ls")
        rows = np.flatnonzero(_ink(free).any(axis=1))
        assert 120 - above <= rows[0], letter
        assert rows[-1] < 120 + below, letter


@pytest.mark.parametrize("face", [TITLE, PLACE, LABEL, VALUE, FOOT], ids=lambda face: f"{face.file}-{face.size}")
def test_every_letter_is_in_the_font_and_looks_like_no_other(face: Face) -> None:
    drawn = {letter: bytes(font(face).getmask(letter, mode="1")) for letter in ALL_LETTERS}
    nothing = bytes(font(face).getmask("\U000f0000", mode="1"))
    assert nothing not in drawn.values()
    assert len(set(drawn.values())) == len(drawn)


@pytest.mark.parametrize("dots", [200, 384, 576, 1200, 203])
def test_the_picture_is_as_wide_as_the_paper_in_whole_bytes(dots: int) -> None:
    picture = picture_of(SLIP, dots)
    assert picture.mode == "1"
    assert picture.width == dots // 8 * 8


@pytest.mark.parametrize("dots", [200, 384, 576, 832])
def test_the_code_is_read_by_another_reader(dots: int) -> None:
    picture = picture_of(SLIP, dots)
    # Thermal paper has a margin that belongs to the quiet zone.
    grey = np.pad(np.array(picture.convert("L")), 32, constant_values=255)
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(grey)
    assert found == "a1b2c3"


def test_a_slip_without_a_code_is_shorter() -> None:
    assert picture_of(replace(SLIP, code=None), 576).height < picture_of(SLIP, 576).height - 100


def test_a_code_of_any_bytes_is_drawn() -> None:
    assert picture_of(replace(SLIP, code=b"\x00\xff"), 576).height


def test_a_long_name_goes_on_in_the_next_line() -> None:
    name = "CÔNG TẰNG TÔN NỮ HUYỀN THƯỢNG NGUYỄN THỊ THỬ NGHIỆM"
    lines = wrapped(name, VALUE, 300)
    assert len(lines) > 1
    assert " ".join(lines) == name
    assert all(font(VALUE).getlength(line) <= 300 for line in lines)


def test_a_word_longer_than_the_paper_is_broken() -> None:
    lines = wrapped("ab " + "M" * 30, VALUE, 300)
    assert lines[0] == "ab"
    assert "".join(lines[1:]) == "M" * 30


def test_what_another_system_wrote_does_not_use_up_the_roll() -> None:
    lines = wrapped("từ " * 5000, VALUE, 300)
    assert len(lines) == 6
    assert lines[-1].endswith("…")
    many_lines = wrapped("\n".join("abcdefghi"), VALUE, 300)
    assert many_lines == ["a", "b", "c", "d", "e", "f…"]


def test_marks_that_hide_or_turn_letters_are_left_out() -> None:
    assert wrapped("Trần\u202e Thị\u200b \x1b@Đo\t Lường\x00", VALUE, 500) == ["Trần Thị @Đo Lường"]


def test_letters_that_came_in_parts_are_put_together() -> None:
    assert wrapped(unicodedata.normalize("NFD", "Nguyễn"), VALUE, 500) == ["Nguyễn"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.integers(min_value=40, max_value=576))
def test_any_text_fits(text: str, width: int) -> None:
    lines = wrapped(text, VALUE, width)
    assert len(lines) <= 6
    assert all(font(VALUE).getlength(line) <= width for line in lines if len(line) > 1)
    assert all(letter.isprintable() for line in lines for letter in line)


def test_the_fonts_are_found_without_the_window() -> None:
    program = (
        "import sys; from drivers.printers.layout import VALUE, font; font(VALUE); print('PySide6' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
