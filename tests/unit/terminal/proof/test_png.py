"""PNG as written here is read by another library as it was meant."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from terminal.proof.png import png_of


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_every_pixel_is_where_it_was(width: int, height: int, data: st.DataObject) -> None:
    pixels = data.draw(st.binary(min_size=width * height * 3, max_size=width * height * 3))
    with Image.open(io.BytesIO(png_of(width, height, pixels))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (width, height))
        assert picture.tobytes() == pixels


def test_a_picture_of_a_screen_s_size() -> None:
    with Image.open(io.BytesIO(png_of(960, 960, bytes(960 * 960 * 3)))) as picture:
        assert picture.getextrema() == ((0, 0),) * 3


@pytest.mark.parametrize(("width", "height", "count"), [(2, 2, 11), (2, 2, 13), (0, 2, 0), (2, 0, 0)])
def test_pixels_must_be_as_many_as_the_size_says(width: int, height: int, count: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        png_of(width, height, bytes(count))
