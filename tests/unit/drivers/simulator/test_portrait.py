from __future__ import annotations

import io

import pytest
from PIL import Image

from drivers.simulator.issuer.portrait import _padded, draw_portrait


@pytest.mark.parametrize("size", [12_000, 16_404, 16_405, 16_406, 40_000, 200_000])
def test_portrait_has_exactly_the_wanted_size(size: int) -> None:
    jpeg = draw_portrait("somebody", size)
    assert len(jpeg) == size
    assert Image.open(io.BytesIO(jpeg)).size == (336, 448)


def test_everybody_has_one_face_of_their_own() -> None:
    assert draw_portrait("one", 16_000) == draw_portrait("one", 16_000)
    assert draw_portrait("one", 16_000) != draw_portrait("two", 16_000)


@pytest.mark.parametrize("room", [0, 4, 5, 65_537, 65_538, 65_539, 65_540, 65_541, 65_542, 131_074, 131_075])
def test_any_room_is_filled_with_whole_comments(room: int) -> None:
    smallest = draw_portrait("somebody", 12_000)
    padded = _padded(smallest, room)
    assert len(padded) == 12_000 + room
    assert Image.open(io.BytesIO(padded)).getpixel((0, 0)) == Image.open(io.BytesIO(smallest)).getpixel((0, 0))


def test_too_few_bytes_hold_no_portrait() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        draw_portrait("somebody", 500)
