"""Light and focus, from pictures of cards, rooms, walls and covered lenses."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.checks.picture import Look, look_at
from terminal.ports import GreyFrame
from tests.qr_pictures import noise, qr_picture


def frame(picture: Any) -> GreyFrame:
    return GreyFrame(picture.shape[1], picture.shape[0], picture.tobytes())


def card(blur: float = 0.0) -> Any:
    """A code on light paper as a viewfinder shows it, 640 wide."""
    picture = qr_picture(b"003090123450|invented", module=5, width=640, height=360)
    return cv2.GaussianBlur(picture, (0, 0), blur) if blur else picture


def room(light: float) -> Any:
    """Soft shades with some edges, as most rooms look."""
    shades = np.add.outer(np.linspace(40, 120, 360), np.linspace(0, 80, 640))
    shades[100:300, 200:420] += 50
    return np.clip(shades * light, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("picture", [card(), card(0.7), card(1.2), room(1.0), noise(1, width=640, height=360)])
def test_a_focused_picture_is_in_order(picture: Any) -> None:
    assert look_at(frame(picture)).fault is None


@pytest.mark.parametrize("blur", [5.0, 8.0, 16.0])
def test_a_picture_far_out_of_focus_is_told(blur: float) -> None:
    assert look_at(frame(card(blur))).fault == "camera.blurred"


@pytest.mark.parametrize("picture", [card() // 16, room(0.1), np.zeros((360, 640), np.uint8)])
def test_a_covered_lens_is_told(picture: Any) -> None:
    assert look_at(frame(picture)).fault == "camera.dark"


def test_an_empty_wall_says_nothing_about_the_focus() -> None:
    look = look_at(frame(np.full((360, 640), 180, np.uint8)))
    assert (look.fault, look.sharpness) == (None, None)


def test_the_sharper_of_two_pictures_measures_more() -> None:
    measures = [look_at(frame(card(blur))).sharpness or 0.0 for blur in (0.0, 2.0, 4.0, 8.0)]
    assert measures == sorted(measures, reverse=True)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_any_picture_has_measures_within_their_range(width: int, height: int, data: st.DataObject) -> None:
    pixels = data.draw(st.binary(min_size=width * height, max_size=width * height))
    look = look_at(GreyFrame(width, height, pixels))
    assert 0 <= look.bright <= 255
    assert 0 <= look.range <= 255
    assert look.sharpness is None or look.sharpness >= 0
    assert look.fault in (None, "camera.dark", "camera.blurred")


def test_a_picture_without_pixels_is_dark() -> None:
    assert look_at(GreyFrame(0, 0, b"")) == Look(0, 0, 0)
